"""The days that somebody asks for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.errors import ConfigError
from argusnexus.model.spans import Span, on_grid
from argusnexus.model.times import DAY, to_ns

if TYPE_CHECKING:
    from argusnexus.model.candles import Granularity

_FIRST, _LAST = date(1678, 1, 1), date(2261, 12, 31)
"""Nanoseconds in 64 bits reach no further."""

_FIRST_MARKETS = date(2010, 1, 1)
"""Nothing that the venues trade was traded anywhere before."""


class Days(NamedTuple):
    """From the first day to the last, both inclusive and UTC; None is as far as the candles go."""

    start: date | None
    end: date | None

    def __str__(self) -> str:
        return f"asked for {self.start or 'the first candle'} to {self.end or 'the last candle'}"

    def refuse_backwards(self) -> None:
        """Nothing when there can be such days.

        Raises:
            ConfigError: if they end before they start.
        """
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ConfigError(f"The range starts after it ends: {self.start} is later than {self.end}.")

    def to_fetch(self, now: int, granularity: Granularity) -> Span:
        """The times to ask a venue for; up to the present where no end is named.

        Args:
            now: nanoseconds since the epoch.
            granularity: of the candles.

        Raises:
            ConfigError: if the days end before they start, or start before there were markets to ask for.
        """
        self.refuse_backwards()
        if self.start is not None and self.start < _FIRST_MARKETS:
            raise ConfigError(
                f"There are no candles to fetch that old: expected a first day from {_FIRST_MARKETS} on, was {self.start}."
            )
        return self.span(Span(0, now), granularity)

    def span(self, extent: Span | None, granularity: Granularity) -> Span:
        """The times of which candles of `granularity` that open on these days are made.

        A candle belongs to the day on which it opens, so one that lasts longer may reach past the end.

        Args:
            extent: from the first candle there is to the end of the last; None if there is none.
            granularity: of the candles.
        """
        first, stop = extent or Span(0, 0)
        asked = on_grid(
            Span(
                first if self.start is None else _midnight(self.start),
                stop if self.end is None else _midnight(self.end) + DAY,
            ),
            granularity.ns,
        )
        return Span(first if self.start is None else asked.start, stop if self.end is None else asked.stop)


def _midnight(day: date) -> int:
    return to_ns(datetime.combine(min(max(day, _FIRST), _LAST), time(), UTC))
