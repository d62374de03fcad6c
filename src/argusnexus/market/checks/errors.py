"""What stops a replay, with what a reader wants to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argusnexus.market.checks.findings import Code, Finding, Severity, places_of
from argusnexus.model.faults import FaultCode, data_errors

if TYPE_CHECKING:
    from argusnexus.model.candles import BoolColumn, Candles, IntColumn
    from argusnexus.model.faults import Fault


def find_errors(candles: Candles) -> tuple[Finding, ...]:
    """The data errors of the candles, which are the only findings that stop a replay."""
    return tuple(_as_finding(candles, fault) for fault in data_errors(candles))


def _as_finding(candles: Candles, fault: Fault) -> Finding:
    return Finding(
        code=Code[fault.code.name],
        severity=Severity.ERROR,
        count=fault.count,
        rows=fault.rows,
        places=places_of(candles, fault.rows),
        message=fault.message + _detail(candles, fault),
    )


def _detail(candles: Candles, fault: Fault) -> str:
    rows = fault.rows
    if fault.code is FaultCode.DUPLICATE_TIME:
        alike = _identical(candles, rows)
        return f"; {alike:,} identical to the earlier row, {len(rows) - alike:,} conflicting with it"
    if fault.code is FaultCode.LOW_ABOVE_BODY:
        return _sides(candles.open[rows] < candles.low[rows], candles.close[rows] < candles.low[rows])
    if fault.code is FaultCode.HIGH_BELOW_BODY:
        return _sides(candles.open[rows] > candles.high[rows], candles.close[rows] > candles.high[rows])
    return ""


def _sides(by_open: BoolColumn, by_close: BoolColumn) -> str:
    return f"; the open in {np.count_nonzero(by_open):,}, the close in {np.count_nonzero(by_close):,}"


def _identical(candles: Candles, rows: IntColumn) -> int:
    """How many of the rows equal, in all columns, the row of the same time before them."""
    order = np.argsort(candles.times, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    before = order[place[rows] - 1]
    columns = (candles.open, candles.high, candles.low, candles.close, candles.volume)
    alike = [
        (column[rows] == column[before]) | (np.isnan(column[rows]) & np.isnan(column[before]))
        for column in columns
    ]
    return int(np.count_nonzero(np.logical_and.reduce(alike)))
