"""Where the volume begins to be counted in another unit: base currency, quote currency, contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from argusnexus.market.checks.findings import Code, Finding, Severity, many, places_of, time_text

if TYPE_CHECKING:
    from argusnexus.market.checks.usable import Usable
    from argusnexus.model.candles import Candles, FloatColumn

_BLOCK = 24
_SMOOTHED = 3
_STRETCH = 7 * _BLOCK
_DECADES = 1.5
_OVERLAP = 0.05
_NAMED_JUMPS = 5


class _Jump(NamedTuple):
    """Where the volume may begin to be in another unit.

    Attributes:
        place: of the first volume in it, among the volumes above 0.
        decades: decimal logarithm of the factor between the medians of the weeks (168 volumes) before and after.
        overlap: the part of these volumes that is on the other's side of the middle between the medians.
    """

    place: int
    decades: float
    overlap: float


def find_volume_units(series: Usable, given: Candles) -> tuple[Finding, ...]:
    """Sharp jumps of the volume by a factor of 30 and more that last; candles without volume don't count."""
    traded = np.flatnonzero(series.candles.volume > 0.0)
    logs = np.log10(series.candles.volume[traded])
    jumps = _lasting(logs, [_located(logs, peak) for peak in _peaks(logs)])
    if not jumps:
        return ()
    rows = np.sort(series.rows[traded[[jump.place for jump in jumps]]])
    times = series.candles.times[traded]
    named = ", ".join(
        f"{'up' if jump.decades > 0 else 'down'} by {10 ** abs(jump.decades):,.0f} at {time_text(int(times[jump.place]))}"
        for jump in jumps[:_NAMED_JUMPS]
    )
    more = f" and {len(jumps) - _NAMED_JUMPS} more" if len(jumps) > _NAMED_JUMPS else ""
    message = f"the volume's unit changes {many(len(jumps), 'time', 'times')}: {named}{more}"
    return (Finding(Code.VOLUME_UNIT, Severity.WARNING, len(jumps), rows, places_of(given, rows), message),)


def _peaks(logs: FloatColumn) -> list[int]:
    """The blocks of 24 that may hold a jump: the median of the three before differs from that of the three after."""
    blocks = len(logs) // _BLOCK
    if blocks < 2 * _SMOOTHED + 1:
        return []
    medians = np.median(logs[: blocks * _BLOCK].reshape(blocks, _BLOCK), axis=1)
    smooth = np.median(sliding_window_view(medians, _SMOOTHED), axis=1)
    steps = smooth[_SMOOTHED + 1 :] - smooth[: -_SMOOTHED - 1]
    sides = np.where(np.abs(steps) >= _DECADES, np.sign(steps), 0.0)
    groups = np.split(np.arange(len(steps)), np.flatnonzero(np.diff(sides)) + 1)
    return [
        int(group[np.abs(steps[group]).argmax()]) + _SMOOTHED for group in groups if sides[group[0]] != 0.0
    ]


def _located(logs: FloatColumn, block: int) -> int:
    """The index at which the volumes around a block are best parted in lower and higher ones."""
    first, end = (block - _SMOOTHED) * _BLOCK, (block + _SMOOTHED + 1) * _BLOCK
    around = logs[first:end]
    before, after = np.median(around[: _SMOOTHED * _BLOCK]), np.median(around[-_SMOOTHED * _BLOCK :])
    is_after = np.abs(around - after) < np.abs(around - before)
    wrong = np.concatenate(([0], np.cumsum(np.where(is_after, 1, -1))))
    return first + int(wrong.argmin())


def _lasting(logs: FloatColumn, indices: list[int]) -> list[_Jump]:
    """The jumps that hold for a while on either side, without the overlap that a mere rise of activity has."""
    jumps = (_jump(logs, index) for index in sorted(set(indices)))
    return [jump for jump in jumps if abs(jump.decades) >= _DECADES and jump.overlap <= _OVERLAP]


def _jump(logs: FloatColumn, place: int) -> _Jump:
    before, after = logs[max(0, place - _STRETCH) : place], logs[place : place + _STRETCH]
    low, high = float(np.median(before)), float(np.median(after))
    middle = (low + high) / 2
    strays = ((before > middle) == (high > low)).mean() + ((after > middle) != (high > low)).mean()
    return _Jump(place, high - low, float(strays) / 2)
