"""Rows of `decisions` from a journal's columns."""

from __future__ import annotations

import math
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus.engine.columns import reason_name
from argusnexus.model.decisions import DecisionResult, RiskLayer, SizeTerm
from argusnexus.model.orders import OrderRole
from argusnexus.model.times import MINUTE, compact
from argusnexus.truth.texts import Form, iso_texts, lists, null, numbers, objects, quoted, same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argusnexus.engine.rows import RowMaker
    from argusnexus.model.candles import Candles, FloatColumn, IntColumn
    from argusnexus.truth.codecs import SqlValue

_CANDLE = ("open", "high", "low", "close", "volume")
_ACCOUNT = (
    "cash",
    "equity",
    "peak",
    "day_base",
    "realised_today",
    "held_cash",
    "group_value",
    "total_value",
)
_PLAN = ("entry", "stop", "take_profit", "limit_floor", "quantity", "net_risk_reward")
_ROLES = {DecisionResult.ENTRY.value: OrderRole.ENTRY.value, DecisionResult.EXIT.value: OrderRole.EXIT.value}
_RESULT_NAMES = {result.value: result.name for result in DecisionResult}
_TERMS = {term.value: f'"{term.label}"' for term in SizeTerm}


class Decisions(NamedTuple):
    """Decisions of one symbol that carry a signal, as columns.

    Attributes:
        records: a `DecisionRecord` whose fields are columns.
        values, limits: of the risk layers, a row each.
        candles: which of the symbol's they were made on.
    """

    records: Any
    values: FloatColumn
    limits: FloatColumn
    candles: IntColumn


def decision_cells(
    rows: RowMaker, candles: Candles, indicators: Mapping[str, FloatColumn], decisions: Decisions
) -> list[tuple[SqlValue, ...]]:
    """One tuple for each decision, in the order of the table's columns."""
    records, index = decisions.records, decisions.candles
    times = iso_texts(candles.times[index] + candles.granularity.ns)
    results, reasons = (column.astype(np.int64).tolist() for column in (records.result, records.reason))
    names = {code: reason_name(code, rows.hold_reasons) for code in set(reasons)}
    stamps = [compact(time) for time in times]
    before, _ = rows.id_parts("dec")
    orders = {result: rows.id_parts("ord", role) for result, role in _ROLES.items()}
    return list(
        zip(
            (before + stamp for stamp in stamps),
            repeat(rows.run_id),
            times,
            repeat(rows.symbol),
            repeat(rows.strategy_name),
            _signals({name: column[index] for name, column in indicators.items()}, len(times)),
            _checks(decisions),
            _contexts(candles, decisions),
            map(_RESULT_NAMES.__getitem__, results),
            map(names.__getitem__, reasons),
            (
                orders[result][0] + stamp + orders[result][1] if result in orders else None
                for result, stamp in zip(results, stamps, strict=True)
            ),
            strict=False,
        )
    )


def _signals(seen: Mapping[str, FloatColumn], count: int) -> list[str]:
    return objects({name: numbers(column) for name, column in seen.items()}).texts(count)


def _checks(decisions: Decisions) -> list[str]:
    failed = decisions.records.failed.astype(np.int64)
    unchecked = (failed < 0) | (decisions.records.result == DecisionResult.EXIT)
    if unchecked.all():
        return ["[]"] * len(failed)
    checks = lists([_check(layer, decisions, failed) for layer in RiskLayer]).texts(len(failed))
    return ["[]" if none else text for none, text in zip(unchecked.tolist(), checks, strict=True)]


def _check(layer: RiskLayer, decisions: Decisions, failed: IntColumn) -> Form:
    bits = failed >> layer & 1
    passed = ["false" if bit else "true" for bit in bits.tolist()]
    return objects(
        {
            "layer": same(f'"{layer.label}"'),
            "value": _values(layer, decisions.values[:, layer]),
            "limit": _limits(layer, decisions.limits[:, layer]),
            "passed": Form("%s", (passed,)) if bits.any() else same("true"),
        }
    )


def _values(layer: RiskLayer, column: FloatColumn) -> Form:
    if layer is RiskLayer.CIRCUIT_BREAKER_COOLDOWN:
        return numbers(np.where(column >= 0, column / MINUTE, np.nan))
    return numbers(column)


def _limits(layer: RiskLayer, column: FloatColumn) -> Form:
    if layer is RiskLayer.TRADING_HALTED:
        return null()
    return numbers(column / MINUTE if layer is RiskLayer.CIRCUIT_BREAKER_COOLDOWN else column)


def _contexts(candles: Candles, decisions: Decisions) -> list[str]:
    records, index = decisions.records, decisions.candles
    seen = {name: numbers(getattr(candles, name)[index]) for name in _CANDLE}
    common = objects(
        {
            "account": objects({name: numbers(getattr(records, name)) for name in _ACCOUNT}),
            "candle": objects(seen | {"time": quoted(iso_texts(candles.times[index]))}),
        }
    )
    more = _plans(records), _trailing_stops(records.trailing_stop)
    return Form(f"{common.pattern[:-1]}%s%s}}", (*common.columns, *more)).texts(len(index))


def _plans(records: Any) -> list[str]:
    """Nothing where there is no plan."""
    terms = [_TERMS[term] for term in records.size_term.astype(np.int64).tolist()]
    plan = {name: numbers(getattr(records, name)) for name in _PLAN} | {"size_term": Form("%s", (terms,))}
    texts = objects(plan).texts(len(terms))
    planned = (records.entry > 0.0).tolist()
    return [f',"plan":{text}' if known else "" for known, text in zip(planned, texts, strict=True)]


def _trailing_stops(column: FloatColumn) -> list[str]:
    """Nothing where there is none."""
    return [f',"trailing_stop":{stop!r}' if math.isfinite(stop) else "" for stop in column.tolist()]
