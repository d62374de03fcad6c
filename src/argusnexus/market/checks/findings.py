"""What a check found: its kind, how bad it is, where it is and what it does to a replay."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.model.times import from_ns, iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.model.candles import BoolColumn, Candles, IntColumn

LISTED_PLACES = 20
_WORTH_A_WARNING = 0.01
_LONG_STRETCH = 24
_NAMED_TIMES = 4


class Severity(Enum):
    """What follows from a finding."""

    ERROR = "error"  # a replay refuses the candles
    WARNING = "warning"  # a replay's results may be wrong because of it
    INFO = "info"  # worth knowing


class Code(Enum):
    """Kinds of findings; the value is their name for machines."""

    DUPLICATE_TIME = "duplicate_time"
    OUT_OF_ORDER = "out_of_order"
    OFF_GRID = "off_grid"
    NOT_FINITE = "not_finite"
    LOW_NOT_POSITIVE = "low_not_positive"
    LOW_ABOVE_BODY = "low_above_body"
    HIGH_BELOW_BODY = "high_below_body"
    NEGATIVE_VOLUME = "negative_volume"
    HOLES = "holes"
    ZERO_VOLUME = "zero_volume"
    ONE_PRICE = "one_price"
    FROZEN_PRICE = "frozen_price"
    REPEATED_BLOCK = "repeated_block"
    VOLUME_UNIT = "volume_unit"
    PRICE_SPIKE = "price_spike"
    SYNTHETIC_OPEN = "synthetic_open"
    PRICE_STEP = "price_step"
    OFF_INCREMENT = "off_increment"
    DISPUTED = "disputed"
    CLOCK_SHIFT = "clock_shift"
    UNRELATED = "unrelated"


class Place(NamedTuple):
    """A stretch of rows that follow each other.

    Attributes:
        first_row: counted from 0, as the candles were given; of a hole, the row after it.
        first_time, last_time: open times, nanoseconds since the epoch.
        candles: how many; of a hole, how many are missing.
    """

    first_row: int
    first_time: int
    last_time: int
    candles: int


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """Everything of one kind that was found.

    Attributes:
        count: of candles; of holes, the candles that are missing.
        rows: the numbers of all rows it is about, as the candles were given, counted from 0.
        places: the first twenty stretches.
        message: what was found and where, in words.
    """

    code: Code
    severity: Severity
    count: int
    rows: IntColumn
    places: tuple[Place, ...]
    message: str

    @property
    def effect(self) -> str:
        """What it does to a replay, in words."""
        return _EFFECTS[self.code]


def by_share(count: int, longest: int, total: int) -> Severity:
    """A warning when more than 1 % of the candles are concerned, or 24 that follow each other."""
    grave = longest >= _LONG_STRETCH or count > _WORTH_A_WARNING * total
    return Severity.WARNING if grave else Severity.INFO


def runs_of(marked: BoolColumn) -> tuple[IntColumn, IntColumn]:
    """First row and length of every stretch of marked rows."""
    edges = np.diff(np.concatenate(([False], marked, [False])).astype(np.int8))
    firsts = np.flatnonzero(edges == 1)
    return firsts, np.flatnonzero(edges == -1) - firsts


def places_of(candles: Candles, rows: IntColumn) -> tuple[Place, ...]:
    """The first twenty stretches of neighbouring ones among these rows, which ascend."""
    firsts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)[: LISTED_PLACES + 1]
    ends = np.append(firsts[1:], len(rows))
    return tuple(
        _place(candles, int(rows[first]), int(rows[end - 1]))
        for first, end in zip(firsts[:LISTED_PLACES], ends, strict=False)
    )


def _place(candles: Candles, first: int, last: int) -> Place:
    return Place(first, int(candles.times[first]), int(candles.times[last]), last - first + 1)


def time_text(ns: int) -> str:
    return iso(from_ns(ns))


def many(count: int, one: str, more: str) -> str:
    """A count and what is counted: "1 candle has", "2,310 candles have"."""
    return f"{count:,} {one if count == 1 else more}"


def times_listed(times: Sequence[int] | IntColumn) -> str:
    """The first few of some times, in words."""
    named = ", ".join(time_text(int(time)) for time in times[:_NAMED_TIMES])
    return f"{named} and {len(times) - _NAMED_TIMES:,} more" if len(times) > _NAMED_TIMES else named


_REFUSED = "A replay refuses these candles: correct or drop the rows where the file comes from."
_EFFECTS = {
    Code.DUPLICATE_TIME: _REFUSED,
    Code.OUT_OF_ORDER: _REFUSED,
    Code.OFF_GRID: _REFUSED,
    Code.NOT_FINITE: _REFUSED,
    Code.LOW_NOT_POSITIVE: _REFUSED,
    Code.LOW_ABOVE_BODY: _REFUSED,
    Code.HIGH_BELOW_BODY: _REFUSED,
    Code.NEGATIVE_VOLUME: _REFUSED,
    Code.HOLES: "Look-backs and entry_ttl count the candles that are present, so they reach across a hole; "
    "a stop or take profit passed inside one acts only after it.",
    Code.ZERO_VOLUME: "No entry, stop or take profit fills in such a candle; signal exits do.",
    Code.ONE_PRICE: "Hardly anything was traded: real fills of the simulated size are doubtful.",
    Code.FROZEN_PRICE: "Ranges of nothing shrink the average true range, and with it stops and sizes.",
    Code.REPEATED_BLOCK: "The later candles are copies: what really happened then is not known.",
    Code.VOLUME_UNIT: "The volume filter and max_participation compare volumes of two units; on one side of each switch "
    "they mean nothing.",
    Code.PRICE_SPIKE: "A stop or take profit inside the spike fills there, though it may be a bad tick or a single trade.",
    Code.SYNTHETIC_OPEN: "Opens are not traded prices: fills at the open are at the close before, without the move between.",
    Code.PRICE_STEP: "Orders are rounded to the product's increment whatever the candles' step is.",
    Code.OFF_INCREMENT: "Orders are rounded to the increment, so levels taken from these prices move; the candles may be "
    "of another product, venue or time.",
    Code.DISPUTED: "Sources disagree: with the other values the replay might decide otherwise.",
    Code.CLOCK_SHIFT: "Signals, daily limits and fills are at the wrong time, and other symbols are not in step with them.",
    Code.UNRELATED: "Here the comparison can't tell whether the clocks agree.",
}
