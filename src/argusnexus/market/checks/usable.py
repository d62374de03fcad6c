"""The candles that later checks can be made on: one per time, in order, with numbers for values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from argusnexus.model.candles import BoolColumn, Candles, IntColumn


@dataclass(frozen=True, slots=True, eq=False)
class Usable:
    """Candles in order of time.

    Attributes:
        rows: which row each was, as the candles were given, counted from 0.
    """

    candles: Candles
    rows: IntColumn

    def __len__(self) -> int:
        return len(self.rows)


def on_grid(candles: Candles) -> IntColumn:
    """The rows whose times are multiples of the granularity, in order of time, the first one of each time."""
    rows = np.argsort(candles.times, kind="stable")
    times = candles.times[rows]
    first = np.diff(times, prepend=times[:1] - 1) != 0
    return np.asarray(rows[first & (times % candles.granularity.ns == 0)])


def usable(candles: Candles) -> Usable:
    """Without the rows that no statistic can be made of; a body outside the range stays."""
    rows = on_grid(candles)
    rows = rows[_sound(candles)[rows]]
    return Usable(candles.rows(rows), rows)


def _sound(candles: Candles) -> BoolColumn:
    """Finite throughout, prices above 0, no negative volume, a low that isn't above the high."""
    prices = (candles.open, candles.high, candles.low, candles.close)
    sound = np.isfinite(candles.volume) & (candles.volume >= 0.0) & (candles.low <= candles.high)
    for price in prices:
        sound &= np.isfinite(price) & (price > 0.0)
    return np.asarray(sound)
