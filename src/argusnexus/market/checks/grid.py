"""How complete candles are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.market.checks.findings import LISTED_PLACES, Code, Finding, Place, by_share, many, time_text
from argusnexus.market.checks.usable import on_grid

if TYPE_CHECKING:
    from argusnexus.model.candles import Candles, IntColumn

_LISTED_GAPS = 100
_YEARS_IN_WORDS = 4


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


class _Holes(NamedTuple):
    """Open time of the first missing candle, candles missing, and the row after it, of each hole."""

    starts: IntColumn
    missing: IntColumn
    next_rows: IntColumn


def quality(candles: Candles) -> Quality:
    """Gaps and candles without volume; rows with times off the grid or there already don't count for gaps."""
    holes = _holes(candles)
    listed = (Gap(int(holes.starts[hole]), int(holes.missing[hole])) for hole in range(len(holes.starts)))
    return Quality(
        candles=len(candles),
        gaps_detected=len(holes.starts),
        missing_candles=int(holes.missing.sum()),
        longest_gap=int(holes.missing.max(initial=0)),
        gaps=tuple(gap for gap, _ in zip(listed, range(_LISTED_GAPS), strict=False)),
        zero_volume=int(np.count_nonzero(candles.volume == 0.0)),
    )


def find_holes(candles: Candles) -> tuple[Finding, ...]:
    """Missing candles between the first and the last."""
    holes = _holes(candles)
    if not len(holes.starts):
        return ()
    missing, longest = int(holes.missing.sum()), int(holes.missing.argmax())
    length = int(holes.missing[longest])
    message = (
        f"{many(missing, 'candle is', 'candles are')} missing in {many(len(holes.starts), 'hole', 'holes')}; "
        f"the longest has {length:,}, from {time_text(int(holes.starts[longest]))}{_years(holes)}"
    )
    severity = by_share(missing, length, len(candles) + missing)
    return (Finding(Code.HOLES, severity, missing, holes.next_rows, _places(candles, holes), message),)


def _holes(candles: Candles) -> _Holes:
    step = candles.granularity.ns
    rows = on_grid(candles)
    times = candles.times[rows]
    missing = np.diff(times) // step - 1
    before = np.flatnonzero(missing)
    return _Holes(times[before] + step, missing[before], rows[before + 1])


def _places(candles: Candles, holes: _Holes) -> tuple[Place, ...]:
    listed = zip(*(column[:LISTED_PLACES].tolist() for column in holes), strict=True)
    step = candles.granularity.ns
    return tuple(Place(row, start, start + (missing - 1) * step, missing) for start, missing, row in listed)


def _years(holes: _Holes) -> str:
    """Where most are missing, by the year in which a hole begins; nothing when all begin in one."""
    years = holes.starts.astype("datetime64[ns]").astype("datetime64[Y]").astype(np.int64) + 1970
    if years[0] == years[-1]:
        return ""
    counts = np.bincount(years - years[0], weights=holes.missing)
    most = np.sort(np.argsort(-counts, kind="stable")[:_YEARS_IN_WORDS])
    named = ", ".join(f"{years[0] + year}: {int(counts[year]):,}" for year in most if counts[year])
    return f" (most of them in {named})"
