"""Candles that a replay wants and the store lacks, fetched before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.errors import ConfigError
from argusnexus.market.days import Days
from argusnexus.market.fetch import FetchOutcome, FetchProgress, fetch_missing, telling_untried
from argusnexus.model.times import to_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from argusnexus.coinbase.venue import Venue
    from argusnexus.market.store import CandleStore
    from argusnexus.model.candles import Granularity


def _unwatched(_progress: FetchProgress) -> None:
    pass


def fetch_days(
    store: CandleStore,
    venue: Venue,
    symbols: Sequence[str],
    granularity: Granularity,
    start: date | None,
    end: date | None,
    *,
    progress: Callable[[FetchProgress], None] = _unwatched,
) -> tuple[FetchOutcome, ...]:
    """Fetch what the store lacks of the days from `start` to `end`, both inclusive; no end is up to the present.

    Raises:
        ConfigError: if there is no start, or the range can't be.
        DataError: if the venue doesn't answer, or the store can't be written. What had come is kept.
    """
    if start is None:
        raise ConfigError("start: to fetch candles, the first day must be named, for example 2024-01-01.")
    wanted = Days(start, end).to_fetch(to_ns(venue.clock.now()), granularity)
    outcomes = []
    for number, symbol in enumerate(symbols, 1):
        with telling_untried(symbols[number:]):
            outcomes.append(fetch_missing(store, venue, symbol, granularity, wanted, progress=progress))
    return tuple(outcomes)
