"""Where candles come from: the store or the sample market, cut to the days that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Protocol

from argusnexus.errors import ConfigError, DataError, did_you_mean
from argusnexus.market.resample import resample
from argusnexus.market.sample import SAMPLE_GRANULARITY, sample_candles
from argusnexus.model.faults import refuse_errors
from argusnexus.model.runs import IntegrityTag
from argusnexus.model.times import DAY, from_ns, iso, to_ns

if TYPE_CHECKING:
    from datetime import date

    from argusnexus.market.store import CandleStore
    from argusnexus.model.candles import Candles, Granularity


@dataclass(frozen=True, slots=True)
class Sourced:
    """Candles and where they came from.

    Attributes:
        description: in words, for example "stored 1h" or "resampled from stored 1h (2 incomplete buckets dropped)".
        integrity: what a reader of the run must know about them.
    """

    candles: Candles
    description: str
    integrity: tuple[IntegrityTag, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """Candles of the days that were asked for.

    Attributes:
        clipped: how the range was cut to the candles there are, in words; None if it was not.
    """

    candles: Candles
    clipped: str | None


class CandleSource(Protocol):
    """Anything that has candles by symbol and granularity."""

    def candles(self, symbol: str, granularity: Granularity) -> Sourced:
        """All candles there are.

        Raises:
            DataError: if there are none, or they have data errors.
        """
        ...


class StoredSource:
    """The candle store, and what can be resampled from it."""

    def __init__(self, store: CandleStore) -> None:
        self._store = store

    def candles(self, symbol: str, granularity: Granularity) -> Sourced:
        stored = self._granularity_for(symbol, granularity)
        candles = self._store.load(symbol, stored)
        refuse_errors(candles)
        return _sourced(candles, granularity, f"stored {stored}")

    def _granularity_for(self, symbol: str, granularity: Granularity) -> Granularity:
        """The largest stored granularity that the wanted one can be made from: itself, if it is stored."""
        stored = self._store.granularities().get(symbol, ())
        if not stored:
            raise self._unknown(symbol)
        dividing = [one for one in stored if granularity.ns % one.ns == 0]
        if not dividing:
            raise DataError(
                f"{symbol} is stored as {_listed(stored)}, from which {granularity} can't be made. Import {granularity} "
                "candles, or shorter ones of which they are a whole multiple, with `argus data import`."
            )
        return max(dividing)

    def _unknown(self, symbol: str) -> DataError:
        stored = self._store.granularities()
        there = "; ".join(f"{name} ({_listed(granularities)})" for name, granularities in stored.items())
        return DataError(
            f"No candles of {symbol!r} are stored in {self._store.root}. "
            f"There: {there or 'nothing yet'}.{did_you_mean(symbol, stored)} "
            f"`argus data import FILE --symbol {symbol} --granularity 1h` adds some."
        )


class SampleSource:
    """The sample market."""

    def candles(self, symbol: str, granularity: Granularity) -> Sourced:
        hours = sample_candles(symbol)
        if granularity.ns % SAMPLE_GRANULARITY.ns:
            raise DataError(
                f"The sample market has {SAMPLE_GRANULARITY} candles and what can be made from them, not {granularity}."
            )
        return _sourced(hours, granularity, f"sample market {SAMPLE_GRANULARITY}", (IntegrityTag.SYNTHETIC,))


def select(sourced: Sourced, start: date | None, end: date | None) -> Selection:
    """The candles that opened on the days from `start` to `end`, both inclusive and UTC; None is as far as they go.

    Raises:
        ConfigError: if `start` is after `end`.
        DataError: if no candle opened on these days.
    """
    if start is not None and end is not None and start > end:
        raise ConfigError(f"The range starts after it ends: {start} is later than {end}.")
    candles = sourced.candles
    first, stop = int(candles.times[0]), int(candles.close_times[-1])
    wanted_first = first if start is None else _midnight(start)
    wanted_stop = stop if end is None else _midnight(end) + DAY
    asked = f"asked for {start or 'the first candle'} to {end or 'the last candle'}"
    there = f"the candles span {iso(from_ns(first))} to {iso(from_ns(stop))}"
    chosen = candles.between(min(max(wanted_first, first), stop), max(first, min(wanted_stop, stop)))
    if not len(chosen):
        raise DataError(
            f"No {candles.granularity} candles of {candles.symbol} in that range: {asked}, {there}."
        )
    is_clipped = wanted_first < first or wanted_stop > stop
    return Selection(chosen, f"{asked}, {there}" if is_clipped else None)


def _midnight(day: date) -> int:
    return to_ns(datetime.combine(day, time(), UTC))


def _sourced(
    candles: Candles, granularity: Granularity, description: str, integrity: tuple[IntegrityTag, ...] = ()
) -> Sourced:
    """Candles as they are, or resampled where another granularity is wanted.

    Raises:
        DataError: if no bucket is complete.
    """
    if candles.granularity == granularity:
        return Sourced(candles, description, integrity)
    resampled = resample(candles, granularity)
    if not len(resampled.candles):
        raise DataError(
            f"No {granularity} candle of {candles.symbol} is complete in {description} ({len(candles)} rows)."
        )
    dropped = resampled.dropped_buckets
    buckets = f"{dropped} incomplete bucket{'' if dropped == 1 else 's'} dropped"
    return Sourced(resampled.candles, f"resampled from {description} ({buckets})", integrity)


def _listed(granularities: tuple[Granularity, ...]) -> str:
    return ", ".join(map(str, granularities))
