"""Rows of `decisions` from a journal's columns."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus.engine.columns import reason_name
from argusnexus.model.decisions import DecisionResult, RiskLayer, SizeTerm
from argusnexus.model.orders import OrderRole
from argusnexus.model.times import MINUTE, compact
from argusnexus.replay.bulk.texts import NULL, iso_texts, numbers, objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    """One tuple a decision, in the order of the table's columns."""
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
    if not seen:
        return ["{}"] * count
    return objects({name: numbers(column) for name, column in seen.items()})


def _checks(decisions: Decisions) -> list[str]:
    failed = decisions.records.failed.astype(np.int64)
    unchecked = (failed < 0) | (decisions.records.result == DecisionResult.EXIT)
    layers = [
        objects(
            {
                "layer": repeat(f'"{layer.label}"'),
                "value": _values(layer, decisions.values[:, layer]),
                "limit": _limits(layer, decisions.limits[:, layer]),
                "passed": ["false" if bit else "true" for bit in (failed >> layer & 1).tolist()],
            }
        )
        for layer in RiskLayer
    ]
    together = (f"[{','.join(checks)}]" for checks in zip(*layers, strict=True))
    return ["[]" if none else text for none, text in zip(unchecked.tolist(), together, strict=True)]


def _values(layer: RiskLayer, column: FloatColumn) -> list[str]:
    if layer is RiskLayer.CIRCUIT_BREAKER_COOLDOWN:
        return numbers(np.where(column >= 0, column / MINUTE, np.nan))
    return numbers(column)


def _limits(layer: RiskLayer, column: FloatColumn) -> Iterable[str]:
    if layer is RiskLayer.TRADING_HALTED:
        return repeat(NULL)
    return numbers(column / MINUTE if layer is RiskLayer.CIRCUIT_BREAKER_COOLDOWN else column)


def _contexts(candles: Candles, decisions: Decisions) -> list[str]:
    records, index = decisions.records, decisions.candles
    opened = {"time": (f'"{time}"' for time in iso_texts(candles.times[index]))}
    seen = opened | {name: numbers(getattr(candles, name)[index]) for name in _CANDLE}
    common = {
        "account": objects({name: numbers(getattr(records, name)) for name in _ACCOUNT}),
        "candle": objects(seen),
    }
    plans = (f',"plan":{plan}' for plan in _plans(records))
    stops = (f',"trailing_stop":{stop}' for stop in numbers(records.trailing_stop))
    planned, trailing = (records.entry > 0.0).tolist(), np.isfinite(records.trailing_stop).tolist()
    return [
        f"{text[:-1]}{plan if with_plan else ''}{stop if with_stop else ''}}}"
        for text, plan, with_plan, stop, with_stop in zip(
            objects(common), plans, planned, stops, trailing, strict=True
        )
    ]


def _plans(records: Any) -> list[str]:
    terms = map(_TERMS.__getitem__, records.size_term.astype(np.int64).tolist())
    return objects({name: numbers(getattr(records, name)) for name in _PLAN} | {"size_term": terms})
