"""Rows and tape as one stream of decisions, in the order of time."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from argusnexus.model.decisions import Decision, DecisionResult, Phase
from argusnexus.model.times import from_ns, iso, to_ns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from argusnexus.model.candles import FloatColumn
    from argusnexus.truth.tape import TapeTable

_CONTEXT = ("open_time", "phase", "close", "equity", "trailing_stop")


def merged(run_id: str, rows: Sequence[Decision], batches: Iterable[TapeTable]) -> Iterator[Decision]:
    """One symbol's decisions: every row, and the tape's line wherever there is no row of that time."""
    known = np.array([to_ns(row.timestamp) for row in rows], np.int64)
    unknown = (batch.rows(~np.isin(batch.as_of, known)) for batch in batches)
    lines = (line for batch in unknown for line in decisions_of(run_id, batch))
    return heapq.merge(rows, lines, key=lambda decision: decision.timestamp)


def in_time_order(streams: Mapping[str, Iterator[Decision]]) -> Iterator[Decision]:
    """All symbols' streams as one; at one time, in the mapping's order."""
    return heapq.merge(*streams.values(), key=lambda decision: decision.timestamp)


def decisions_of(run_id: str, tape: TapeTable) -> Iterator[Decision]:
    """The tape's lines as decisions."""
    contexts = zip(
        (iso(from_ns(moment)) for moment in tape.open_time.tolist()),
        (Phase(code).name for code in tape.phase.tolist()),
        _numbers(tape.close),
        _numbers(tape.equity),
        _numbers(tape.trailing_stop),
        strict=True,
    )
    indicators = [_numbers(column) for column in tape.indicators.values()]
    signals = zip(*indicators, strict=True) if indicators else [()] * len(tape)
    outcomes = zip(tape.as_of.tolist(), tape.result.tolist(), tape.reason.tolist(), strict=True)
    for (moment, result, reason), context, values in zip(outcomes, contexts, signals, strict=True):
        as_of = from_ns(moment)
        yield Decision(
            decision_id=f"tape_{run_id}_{tape.symbol}_{as_of:%Y%m%dT%H%M%S}",
            run_id=run_id,
            timestamp=as_of,
            symbol=tape.symbol,
            strategy_name=tape.strategy_name,
            signal_values=dict(zip(tape.indicators, values, strict=True)),
            risk_checks=(),
            market_context=dict(zip(_CONTEXT, context, strict=True)),
            result=DecisionResult(result),
            result_reason=tape.reasons[reason],
        )


def _numbers(column: FloatColumn) -> list[float | None]:
    """As a row's JSON has them: nothing where there is no number."""
    values = column.astype(object)
    values[~np.isfinite(column)] = None
    numbers: list[float | None] = values.tolist()
    return numbers
