"""The candles of a replay: found, judged and cut to the days that were asked for, before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from argusnexus.errors import ConfigError
from argusnexus.market.hashing import data_hash
from argusnexus.market.sample import SAMPLE_SYMBOLS
from argusnexus.market.source import CandleSource, SampleSource, StoredSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.market.store import CandleStore
    from argusnexus.model.candles import Candles, Granularity
    from argusnexus.model.runs import IntegrityTag


@dataclass(frozen=True, slots=True)
class SymbolMarket:
    """One symbol's candles.

    Attributes:
        source: where they came from, in words.
        clipped: what of the asked-for range isn't there, in words; None if nothing is missing.
    """

    candles: Candles
    source: str
    clipped: str | None


@dataclass(frozen=True, slots=True)
class ReplayMarket:
    """The candles of all symbols, in the run's order.

    Attributes:
        integrity: what a reader of the run must know about them.
    """

    symbols: tuple[SymbolMarket, ...]
    integrity: tuple[IntegrityTag, ...]

    @property
    def data_hash(self) -> str:
        """SHA-256 of the content of all candles."""
        return data_hash({market.candles.symbol: market.candles for market in self.symbols})


def source_of(symbols: Sequence[str], store: CandleStore) -> CandleSource:
    """The sample market for its own symbols, the store for all others.

    Raises:
        ConfigError: if the symbols are of both kinds.
    """
    made_up = [symbol for symbol in symbols if symbol in SAMPLE_SYMBOLS]
    if made_up and len(made_up) < len(symbols):
        raise ConfigError(
            f"{', '.join(made_up)} are of the sample market, the other symbols are not: a run has candles of one kind."
        )
    return SampleSource() if made_up else StoredSource(store)


def load_market(
    source: CandleSource,
    symbols: Sequence[str],
    granularity: Granularity,
    start: date | None = None,
    end: date | None = None,
) -> ReplayMarket:
    """The candles of the days from `start` to `end`, both inclusive; None is as far as they go.

    Raises:
        ConfigError: if the range can't be.
        DataError: if there are no such candles, or they can't be believed.
    """
    markets = []
    tags: dict[IntegrityTag, None] = {}
    for symbol in symbols:
        sourced = source.candles(symbol, granularity, start, end)
        markets.append(SymbolMarket(sourced.candles, sourced.description, sourced.clipped))
        tags |= dict.fromkeys(sourced.integrity)
    return ReplayMarket(tuple(markets), tuple(tags))


def as_date(name: str, value: date | str | None) -> date | None:
    """A UTC day from its text (2024-12-31), a date, or a time in it (UTC unless it says otherwise).

    Raises:
        ConfigError: if it is none of these.
    """
    try:
        if isinstance(value, datetime):
            return date.fromordinal((value.astimezone(UTC) if value.tzinfo else value).toordinal())
        if value is None or isinstance(value, date):
            return value
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except (ValueError, TypeError, OverflowError):  # a ValueError from NaT, too, which is a datetime
        raise ConfigError(f"{name}: expected a date like 2024-12-31, was {value!r}.") from None
