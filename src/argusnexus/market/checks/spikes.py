"""Prices that leave their neighbourhood and come back at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argusnexus.market.checks.findings import (
    Code,
    Finding,
    Severity,
    many,
    places_of,
    time_text,
    times_listed,
)

if TYPE_CHECKING:
    from argusnexus.market.checks.usable import Usable
    from argusnexus.model.candles import Candles, FloatColumn

_BLOCK = 50
_TYPICAL_RANGES = 10.0
_LEAST = 0.10
_MILLIONFOLD = float(np.log(1e6))
_NEIGHBOURS = ((1, 1), (1, 2), (2, 1), (1, 3), (2, 2), (3, 1))


def find_spikes(series: Usable, given: Candles) -> tuple[Finding, ...]:
    """Up to three candles whose high or low is far beyond the candles before and after.

    Far is 10 % (as a logarithm) and ten times the typical range of a candle thereabouts: the median of log(high/low) over
    fifty candles, at least half of that over all.
    """
    highs, lows = np.log(series.candles.high), np.log(series.candles.low)
    beyond = np.maximum(_beyond(highs), _beyond(-lows))
    found = np.flatnonzero((beyond > _LEAST) & (beyond > _TYPICAL_RANGES * _typical(highs - lows)))
    if not len(found):
        return ()
    largest = int(found[beyond[found].argmax()])
    rows = np.sort(series.rows[found])
    times = series.candles.times
    message = (
        f"{many(len(found), 'candle reaches', 'candles reach')} far beyond those before and after: "
        f"{times_listed(times[found])}; the farthest is {time_text(int(times[largest]))}, "
        f"{_factor(float(beyond[largest]))} from both sides"
    )
    return (Finding(Code.PRICE_SPIKE, Severity.WARNING, len(rows), rows, places_of(given, rows), message),)


def _factor(log_distance: float) -> str:
    if log_distance > _MILLIONFOLD:
        return "more than a million times away"
    if log_distance > 1.0:
        return f"{np.exp(log_distance):,.0f} times away"
    return f"{np.expm1(log_distance):.0%} away"


def _beyond(levels: FloatColumn) -> FloatColumn:
    """How far each level is above a level at most three rows before and one after; the largest of all such pairs."""
    best = np.full(len(levels), -np.inf)
    for back, ahead in _NEIGHBOURS:
        stop = len(levels) - ahead
        if stop > back:
            around = np.maximum(levels[: stop - back], levels[back + ahead :])
            best[back:stop] = np.maximum(best[back:stop], levels[back:stop] - around)
    return best


def _typical(ranges: FloatColumn) -> FloatColumn:
    if not len(ranges):
        return ranges
    blocks = -(-len(ranges) // _BLOCK)
    padded = np.pad(ranges, (0, blocks * _BLOCK - len(ranges)), mode="edge")
    medians = np.median(padded.reshape(blocks, _BLOCK), axis=1)
    floor = 0.5 * np.median(ranges)
    return np.repeat(np.maximum(medians, floor), _BLOCK)[: len(ranges)]
