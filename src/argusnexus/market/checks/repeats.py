"""Blocks of candles that stand in the series twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argusnexus.market.checks.findings import Code, Finding, Severity, places_of, time_text

if TYPE_CHECKING:
    import numpy.typing as npt

    from argusnexus.market.checks.usable import Usable
    from argusnexus.model.candles import BoolColumn, Candles, FloatColumn, IntColumn

    Hashes = npt.NDArray[np.uint64]

_BLOCK = 3
_SHIFT_1, _SHIFT_2, _SHIFT_3 = (np.uint64(bits) for bits in (30, 27, 31))
_FACTOR_1, _FACTOR_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def find_repeats(series: Usable, given: Candles) -> tuple[Finding, ...]:
    """Three and more candles in a row whose high, low, close and volume stood there before, under other times.

    Candles without volume or range don't count: they are alike by nature.
    """
    places, earlier = _repeated_blocks(series.candles)
    if not len(places):
        return ()
    copies = np.unique(places[:, np.newaxis] + np.arange(_BLOCK))
    rows = np.sort(series.rows[copies])
    times = series.candles.times
    message = (
        f"{len(copies):,} candles repeat high, low, close and volume of earlier ones, at least {_BLOCK} in a row; "
        f"the first stand from {time_text(int(times[places[0]]))}, as they did from {time_text(int(times[earlier[0]]))}"
    )
    return (
        Finding(Code.REPEATED_BLOCK, Severity.WARNING, len(copies), rows, places_of(given, rows), message),
    )


def _repeated_blocks(candles: Candles) -> tuple[IntColumn, IntColumn]:
    """Where each repeated block of three begins, ascending, and where its like began before."""
    nothing = np.zeros(0, dtype=np.int64)
    count = len(candles) - _BLOCK + 1
    if count < 2:  # noqa: PLR2004 (a block and its copy)
        return nothing, nothing
    telling = (candles.volume > 0.0) & (candles.high > candles.low)
    starts = np.flatnonzero(
        np.logical_and.reduce([telling[place : place + count] for place in range(_BLOCK)])
    )
    blocks = _block_hashes(candles, count)[starts]
    order = np.argsort(blocks, kind="stable")
    again = np.flatnonzero(blocks[order][1:] == blocks[order][:-1])
    later, earlier = starts[order[again + 1]], starts[order[again]]
    same = _equal_blocks(candles, later, earlier)
    by_time = np.argsort(later[same], kind="stable")
    return later[same][by_time], earlier[same][by_time]


def _equal_blocks(candles: Candles, ones: IntColumn, others: IntColumn) -> BoolColumn:
    """Whether blocks of equal hashes are equal indeed."""
    equal = [
        column[ones + place] == column[others + place]
        for column in _columns(candles)
        for place in range(_BLOCK)
    ]
    return np.asarray(np.logical_and.reduce(equal))


def _columns(candles: Candles) -> tuple[FloatColumn, ...]:
    return candles.high, candles.low, candles.close, candles.volume


def _block_hashes(candles: Candles, count: int) -> Hashes:
    single = np.zeros(len(candles), dtype=np.uint64)
    for column in _columns(candles):
        single = _mixed(single + np.ascontiguousarray(column).view(np.uint64))
    blocks = np.zeros(count, dtype=np.uint64)
    for place in range(_BLOCK):
        blocks = _mixed(blocks + single[place : place + count])
    return blocks


def _mixed(values: Hashes) -> Hashes:
    """Every bit of the input spread over all bits (the finaliser of SplitMix64: Steele, Lea and Flood, 2014)."""
    values = (values ^ (values >> _SHIFT_1)) * _FACTOR_1
    values = (values ^ (values >> _SHIFT_2)) * _FACTOR_2
    return values ^ (values >> _SHIFT_3)
