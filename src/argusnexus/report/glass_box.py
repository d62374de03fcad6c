"""How well a ledger answers for a run: measured by asking it, audited by recomputing it."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from argusnexus.clock import stopwatch
from argusnexus.errors import LedgerError
from argusnexus.model.times import from_ns
from argusnexus.report.summary import AuditSummary, GlassBox, LookupTimes
from argusnexus.report.why import explain_candle, explain_trade
from argusnexus.truth.audit import audit_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from argusnexus.report.facts import Facts
    from argusnexus.truth.queries import LedgerReader

Row = TypeVar("Row")

SAMPLE = 8
"""Trades, and candles, that are explained to measure a lookup: enough to see a slow one, few enough not to be felt."""

TRADES_AUDITED = 5_000
"""The most trades that a report has audited: that takes about a second. `argus audit` has no such bound."""

_MILLISECONDS = 1000
_SHARE = 0.95

NO_LOOKUPS = LookupTimes(None, None, None, 0)
NO_AUDIT = AuditSummary(None, 0, 0)
NO_GLASS_BOX = GlassBox(NO_LOOKUPS, NO_AUDIT)
"""Of a run that the ledger doesn't have."""


class _Candle(NamedTuple):
    """A decision that can be asked for."""

    symbol: str
    as_of: datetime


def glass_box(reader: LedgerReader, facts: Facts) -> GlassBox:
    """Measured and audited on the run's own rows; a run of very many trades isn't audited."""
    audited = len(facts.trades) <= TRADES_AUDITED
    summary = _audited(reader, facts.run.run_id) if audited else NO_AUDIT
    return GlassBox(_lookup_times(reader, facts), summary)


def _audited(reader: LedgerReader, run_id: str) -> AuditSummary:
    audit = audit_run(reader, run_id)
    return AuditSummary(audit.coverage_percent, audit.checks, len(audit.findings))


def _lookup_times(reader: LedgerReader, facts: Facts) -> LookupTimes:
    """Trades and candles of a sample, each explained once."""
    lookups: list[Callable[[], object]] = [
        partial(explain_trade, reader, trade.trade_id) for trade in _picked(facts.trades)
    ]
    lookups += [partial(explain_candle, reader, facts.run.run_id, *candle) for candle in _candles(facts)]
    return lookup_times([seconds for lookup in lookups if (seconds := _seconds(lookup)) is not None])


def _seconds(lookup: Callable[[], object]) -> float | None:
    """How long a lookup takes; None where the ledger has no answer (the audit says why)."""
    start = stopwatch()
    try:
        lookup()
    except LedgerError:
        return None
    return stopwatch() - start


def lookup_times(seconds: Sequence[float]) -> LookupTimes:
    """The figures of so many lookups; p95 by nearest rank, so that it is one that was measured."""
    if not seconds:
        return NO_LOOKUPS
    ranked = sorted(_MILLISECONDS * one for one in seconds)
    p95 = ranked[math.ceil(_SHARE * len(ranked)) - 1]
    return LookupTimes(sum(ranked) / len(ranked), p95, ranked[-1], len(ranked))


def _candles(facts: Facts) -> list[_Candle]:
    """Decisions of all symbols, evenly picked; none where there is no tape."""
    symbols = [symbol for symbol, curve in facts.curves.items() if len(curve.as_of)]
    lines = [(symbol, row) for symbol in symbols for row in _places(len(facts.curves[symbol].as_of))]
    return [_Candle(symbol, from_ns(int(facts.curves[symbol].as_of[row]))) for symbol, row in _picked(lines)]


def _picked(rows: Sequence[Row]) -> list[Row]:
    """At most `SAMPLE` of them, evenly spread."""
    return [rows[place] for place in _places(len(rows))]


def _places(count: int) -> list[int]:
    """At most `SAMPLE` places from the first to the last of `count`."""
    last = min(SAMPLE, count) - 1
    return [round(step * (count - 1) / last) if last else 0 for step in range(last + 1)]
