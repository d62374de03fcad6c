"""How complete candles are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from argusnexus.model.candles import Candles

_LISTED_GAPS = 100


class Gap(NamedTuple):
    """A hole in the time grid: open time of the first missing candle (ns since the epoch), and how many are missing."""

    start: int
    missing: int


@dataclass(frozen=True, slots=True)
class Quality:
    """How complete candles are.

    Attributes:
        gaps_detected: holes in the time grid between the first and the last candle.
        missing_candles: candles missing in all of them; `longest_gap` in the longest.
        gaps: the first hundred.
        zero_volume: candles without volume.
    """

    candles: int
    gaps_detected: int
    missing_candles: int
    longest_gap: int
    gaps: tuple[Gap, ...]
    zero_volume: int


def quality(candles: Candles) -> Quality:
    """Gaps and candles without volume; `candles` must be free of data errors."""
    step = candles.granularity.ns
    missing = np.diff(candles.times) // step - 1
    before = np.flatnonzero(missing)
    listed = (Gap(int(candles.times[row]) + step, int(missing[row])) for row in before[:_LISTED_GAPS])
    return Quality(
        candles=len(candles),
        gaps_detected=len(before),
        missing_candles=int(missing.sum()),
        longest_gap=int(missing.max(initial=0)),
        gaps=tuple(listed),
        zero_volume=int(np.count_nonzero(candles.volume == 0.0)),
    )
