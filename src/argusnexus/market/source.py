"""Where candles come from: the store or the sample market, cut to the days that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from argusnexus.errors import DataError, did_you_mean
from argusnexus.market.advice import fetch_command, fetch_command_for, span_words
from argusnexus.market.days import Days
from argusnexus.market.resample import resample
from argusnexus.market.sample import SAMPLE_GRANULARITY, sample_candles
from argusnexus.model.faults import refuse_errors
from argusnexus.model.runs import IntegrityTag
from argusnexus.model.spans import Span, subtract

if TYPE_CHECKING:
    from datetime import date

    from argusnexus.market.store import CandleStore
    from argusnexus.model.candles import Candles, Granularity

_LISTED_SPANS = 3


@dataclass(frozen=True, slots=True)
class Sourced:
    """The candles of a range, and where they came from.

    Attributes:
        description: in words, for example "stored 1h" or "resampled from stored 1h (2 incomplete buckets dropped)".
        clipped: what of the range isn't there, in words; None if nothing is missing.
        integrity: what a reader of the run must know about them.
    """

    candles: Candles
    description: str
    clipped: str | None = None
    integrity: tuple[IntegrityTag, ...] = ()


class CandleSource(Protocol):
    """Anything that has candles by symbol and granularity."""

    def candles(
        self, symbol: str, granularity: Granularity, start: date | None = None, end: date | None = None
    ) -> Sourced:
        """The candles that opened on the days from `start` to `end`, both inclusive and UTC; None is as far as they go.

        Raises:
            ConfigError: if `start` is after `end`.
            DataError: if there are none, or they have data errors.
        """
        ...


class StoredSource:
    """The candle store, and what can be resampled from it.

    Args:
        store: where the candles are.
        made_from: the stored granularity to take where it is there and serves; None, or where it isn't: the one that
            covers most of the days, the longest of several.
    """

    def __init__(self, store: CandleStore, made_from: Granularity | None = None) -> None:
        self._store = store
        self._made_from = made_from

    def candles(
        self, symbol: str, granularity: Granularity, start: date | None = None, end: date | None = None
    ) -> Sourced:
        days = Days(start, end)
        days.refuse_backwards()
        stored = self._granularity_for(symbol, granularity, days)
        extent = self._store.extent(symbol, stored)
        wanted = days.span(extent, granularity)
        missing = subtract([wanted], self._store.covered(symbol, stored))
        chosen = self._chosen(symbol, stored, wanted)
        if extent is None or not len(chosen):
            raise _nothing_there(symbol, stored, days, extent, missing)
        clipped = [*_clipped(days, wanted, extent), *_missing(symbol, stored, missing)]
        return _sourced(chosen, granularity, f"stored {stored}", clipped)

    def _chosen(self, symbol: str, granularity: Granularity, wanted: Span) -> Candles:
        candles = self._store.load(symbol, granularity, wanted)
        refuse_errors(candles)
        return candles.between(*wanted)

    def _granularity_for(self, symbol: str, granularity: Granularity, days: Days) -> Granularity:
        """The stored granularity to make the wanted one from: it covers most of the days, and is the longest that does."""
        stored = self._store.granularities().get(symbol, ())
        if not stored:
            raise self._unknown(symbol, granularity, days)
        dividing = [one for one in stored if granularity.ns % one.ns == 0]
        if not dividing:
            raise DataError(
                f"{symbol} is stored as {_listed(stored)}, from which {granularity} can't be made. Import {granularity} "
                "candles, or shorter ones of which they are a whole multiple, with `argus data import`, or fetch them: "
                f"{fetch_command_for(symbol, granularity, *days)}."
            )
        extents = {one: self._store.extent(symbol, one) for one in dividing}
        filled = {one: extent for one, extent in extents.items() if extent is not None}
        if not filled:
            return max(dividing)
        if self._made_from in filled:
            return self._made_from
        reach = Span(min(one.start for one in filled.values()), max(one.stop for one in filled.values()))
        wanted = days.span(reach, granularity)
        return max(filled, key=lambda one: (self._whole(symbol, one, granularity, wanted), one))

    def _whole(self, symbol: str, stored: Granularity, granularity: Granularity, wanted: Span) -> int:
        """How many candles of `granularity` are covered in a span, from the first stored candle to the last."""
        extent = self._store.extent(symbol, stored) or Span(0, 0)
        unknown = subtract([wanted], self._store.covered(symbol, stored))
        known = subtract([wanted], [*unknown, *subtract([wanted], [extent])])
        return sum(max(0, span.stop // granularity.ns + -span.start // granularity.ns) for span in known)

    def _unknown(self, symbol: str, granularity: Granularity, days: Days) -> DataError:
        stored = self._store.granularities()
        there = "; ".join(f"{name} ({_listed(granularities)})" for name, granularities in stored.items())
        return DataError(
            f"No candles of {symbol!r} are stored in {self._store.root}. "
            f"There: {there or 'nothing yet'}.{did_you_mean(symbol, stored)} "
            f"{fetch_command_for(symbol, granularity, *days)} fetches some, "
            f"`argus data import FILE --symbol {symbol} --granularity 1h` adds a file's."
        )


class SampleSource:
    """The sample market."""

    def candles(
        self, symbol: str, granularity: Granularity, start: date | None = None, end: date | None = None
    ) -> Sourced:
        hours = sample_candles(symbol)
        if granularity.ns % SAMPLE_GRANULARITY.ns:
            raise DataError(
                f"The sample market has {SAMPLE_GRANULARITY} candles and what can be made from them, not {granularity}."
            )
        return cut(
            hours,
            granularity,
            Days(start, end),
            f"sample market {SAMPLE_GRANULARITY}",
            (IntegrityTag.SYNTHETIC,),
        )


def cut(
    candles: Candles,
    granularity: Granularity,
    days: Days,
    description: str,
    integrity: tuple[IntegrityTag, ...] = (),
) -> Sourced:
    """Candles at hand, which must be free of data errors, cut to some days and resampled where need be.

    Raises:
        ConfigError: if the days end before they start, or the granularity can't be made.
        DataError: if there are none on these days.
    """
    days.refuse_backwards()
    extent = Span(int(candles.times[0]), int(candles.close_times[-1])) if len(candles) else None
    wanted = days.span(extent, granularity)
    chosen = candles.between(*wanted)
    if extent is None or not len(chosen):
        raise _nothing_there(candles.symbol, candles.granularity, days, extent, ())
    return _sourced(chosen, granularity, description, _clipped(days, wanted, extent), integrity)


def _clipped(days: Days, wanted: Span, extent: Span) -> list[str]:
    """That the range reaches past the first or the last candle."""
    if extent.start <= wanted.start and wanted.stop <= extent.stop:
        return []
    return [f"{days}, the candles span {span_words(extent)}"]


def _missing(symbol: str, granularity: Granularity, missing: tuple[Span, ...]) -> list[str]:
    """What nobody has fetched or imported, and how to fetch it."""
    if not missing:
        return []
    spans = ", ".join(map(span_words, missing[:_LISTED_SPANS]))
    more = f" and {len(missing) - _LISTED_SPANS} more spans" if len(missing) > _LISTED_SPANS else ""
    command = fetch_command(symbol, granularity, Span(missing[0].start, missing[-1].stop))
    return [f"never fetched or imported: {spans}{more}; {command} fetches what there is"]


def _nothing_there(
    symbol: str, granularity: Granularity, days: Days, extent: Span | None, missing: tuple[Span, ...]
) -> DataError:
    there = f"the candles span {span_words(extent)}" if extent else "there are no candles"
    told = "; ".join([f"{days}, {there}", *_missing(symbol, granularity, missing)])
    return DataError(f"No {granularity} candles of {symbol} in that range: {told}.")


def _sourced(
    candles: Candles,
    granularity: Granularity,
    description: str,
    clipped: list[str],
    integrity: tuple[IntegrityTag, ...] = (),
) -> Sourced:
    """Candles as they are, or resampled where another granularity is wanted.

    Raises:
        DataError: if no bucket is complete.
    """
    words = "; ".join(clipped) or None
    if candles.granularity == granularity:
        return Sourced(candles, description, words, integrity)
    resampled = resample(candles, granularity)
    if not len(resampled.candles):
        raise DataError(
            f"No {granularity} candle of {candles.symbol} is complete in {description} ({len(candles)} rows)."
        )
    dropped = resampled.dropped_buckets
    buckets = f"{dropped} incomplete bucket{'' if dropped == 1 else 's'} dropped"
    return Sourced(resampled.candles, f"resampled from {description} ({buckets})", words, integrity)


def _listed(granularities: tuple[Granularity, ...]) -> str:
    return ", ".join(map(str, granularities))
