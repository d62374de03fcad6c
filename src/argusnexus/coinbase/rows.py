"""Rows of an answer, and the candles that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.errors import DataError
from argusnexus.model.candles import Candles
from argusnexus.model.faults import data_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from argusnexus.model.candles import Granularity
    from argusnexus.model.spans import Span


class Row(NamedTuple):
    """One candle as it was answered; `time` is its open time, nanoseconds since the epoch."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float


def candles_of(symbol: str, granularity: Granularity, rows: Iterable[Row], asked: Span) -> Candles:
    """The rows that open within what was asked, oldest first, a repeated one once.

    Raises:
        DataError: if one of them can't be, or two differ about the same time.
    """
    kept = sorted({row for row in rows if asked.start <= row.time < asked.stop})
    candles = _columns(symbol, granularity, kept)
    wrong = data_errors(candles)
    if wrong:
        lines = "\n".join(f"  {finding.message}" for finding in wrong)
        raise DataError(
            f"The venue answered with {symbol} {granularity} candles that can't be, and none of that answer was "
            f"stored:\n{lines}"
        )
    return candles


def _columns(symbol: str, granularity: Granularity, rows: Sequence[Row]) -> Candles:
    times = np.array([row.time for row in rows], dtype=np.int64)
    values = (
        np.array([row[place] for row in rows], dtype=np.float64) for place in range(1, len(Row._fields))
    )
    return Candles(symbol, granularity, times, *values)
