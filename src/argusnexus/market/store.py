"""The candle store: a directory with a folder for each symbol, and in it one for each granularity."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from filelock import FileLock, Timeout

from argusnexus.errors import ConfigError, DataError
from argusnexus.market.series import MANIFEST, Series
from argusnexus.market.stored_series import StoredSeries, describe
from argusnexus.market.updating import Arrival, Merge, Outcome, add, keep, replace_all
from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.faults import data_errors, refuse_errors
from argusnexus.model.spans import Span, on_grid, subtract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from argusnexus.market.merging import Conflict

_SYMBOL = re.compile(r"(?=.{3,64}\Z)[A-Z0-9]+(-[A-Z0-9]+)+")
_GRANULARITY = re.compile(r"[1-9]\d{0,4}[mhd]")
_OLD_FILE_NAME = re.compile(r"([A-Z0-9-]+)_([1-9]\d{0,4}[mhd])\.parquet")
_LOCK = "LOCK"


class _Name(NamedTuple):
    """What is in a series."""

    symbol: str
    granularity: Granularity


class CandleStore:
    """Candles on disk, by symbol and granularity.

    Clean candles of one series are merged: the first to come for a time is kept. Candles with data errors are kept
    as they were imported, apart from all others.

    Attributes:
        root: the directory; it is made by the first writer.
        patience: how many seconds a writer waits for another one to finish.
    """

    def __init__(self, root: Path, patience: float = 10.0) -> None:
        self.root = root
        self.patience = patience

    def merge(self, candles: Candles, source: str, moment: datetime, *, asked: Span | None = None) -> Merge:
        """Add candles to those that are stored; where both have a time, what is stored stays.

        Args:
            candles: without data errors; there may be none when `asked` is given.
            source: who gave them.
            moment: when.
            asked: the times that the source was asked for and answered, so that those without a candle are known to
                have none. None: from the first candle to the last.

        Raises:
            ConfigError: if the symbol can't be stored.
            DataError: if the candles have data errors, can't be joined with what is stored, or can't be written.
                What was stored is then as it was.
        """
        series = self._series(candles.symbol, candles.granularity)
        refuse_errors(candles)
        span = _span_of(candles) if asked is None else on_grid(asked, candles.granularity.ns)
        if span.start >= span.stop and not len(candles):
            return Merge(0, 0, (), Outcome.IDENTICAL)
        with self._writing(series):
            return add(series, candles, Arrival(source, moment, span))

    def save(self, candles: Candles, source: str, imported_at: datetime, *, replace: bool = False) -> Merge:
        """Store what a file held: merged when it is clean, as it is when it has data errors.

        Raises:
            ConfigError: if the symbol can't be stored.
            DataError: if there are no candles, they have data errors and others are stored (unless `replace`), or
                they can't be written. What was stored is then as it was.
        """
        series = self._series(candles.symbol, candles.granularity)
        arrival = Arrival(source, imported_at, _span_of(candles))
        with self._writing(series):
            if replace:
                return replace_all(series, candles, arrival)
            return (keep if data_errors(candles) else add)(series, candles, arrival)

    def load(self, symbol: str, granularity: Granularity, span: Span | None = None) -> Candles:
        """The stored candles that open in a span, or all; there may be none.

        Only parts that the span touches are read. Candles with data errors are never cut.

        Raises:
            DataError: if none are stored at all, or a part that is needed is damaged.
        """
        series = self._series(symbol, granularity)
        if not series.is_stored():
            raise self._not_stored(symbol, granularity)
        return series.load(span)

    def missing(self, symbol: str, granularity: Granularity, wanted: Span) -> tuple[Span, ...]:
        """What nobody has asked for yet, no import covers, or is lost with a damaged part.

        Raises:
            DataError: if what is stored can't be joined with anything.
        """
        lost = self._series(symbol, granularity).read(wanted).damages
        spans = [Span(damage.part.first, damage.part.last + granularity.ns) for damage in lost]
        known = subtract(self.covered(symbol, granularity), spans)
        return subtract([on_grid(wanted, granularity.ns)], known)

    def covered(self, symbol: str, granularity: Granularity) -> tuple[Span, ...]:
        """What was fetched or imported, candles or none; from the manifest alone, in order and apart.

        Raises:
            DataError: if the manifest is damaged.
        """
        manifest = self._series(symbol, granularity).manifest()
        return manifest.covered if manifest else ()

    def extent(self, symbol: str, granularity: Granularity) -> Span | None:
        """From the earliest candle to the end of the latest; None when there is none. From the manifest alone.

        Raises:
            DataError: if the manifest is damaged.
        """
        manifest = self._series(symbol, granularity).manifest()
        return manifest.extent(granularity) if manifest else None

    def conflicts(self, symbol: str, granularity: Granularity) -> tuple[Conflict, ...]:
        """Every candle that came with other values than those stored.

        Raises:
            DataError: if the manifest or the file of conflicts is damaged.
        """
        series = self._series(symbol, granularity)
        manifest = series.manifest()
        return series.conflicts(manifest) if manifest else ()

    def has(self, symbol: str, granularity: Granularity) -> bool:
        return self._series(symbol, granularity).is_stored()

    def granularities(self) -> dict[str, tuple[Granularity, ...]]:
        """What is stored, by symbol, shortest first; read from names alone."""
        found: dict[str, set[Granularity]] = {}
        for name in self._names():
            found.setdefault(name.symbol, set()).add(name.granularity)
        return {symbol: tuple(sorted(found[symbol])) for symbol in sorted(found)}

    def stored(self) -> tuple[StoredSeries, ...]:
        """What is stored, by symbol and granularity; every part is read to see whether it can be used."""
        return tuple(
            self.describe(symbol, granularity)
            for symbol, granularities in self.granularities().items()
            for granularity in granularities
        )

    def describe(self, symbol: str, granularity: Granularity) -> StoredSeries:
        """One series, whatever state it is in."""
        return describe(self._series(symbol, granularity))

    def _names(self) -> Iterator[_Name]:
        for path in self.root.glob(f"*/*/{MANIFEST}"):
            yield from _name(path.parent.parent.name, path.parent.name)
        for path in self.root.glob("*.parquet"):
            match = _OLD_FILE_NAME.fullmatch(path.name)
            if match is not None:
                yield from _name(match[1], match[2])

    def _series(self, symbol: str, granularity: Granularity) -> Series:
        if _SYMBOL.fullmatch(symbol) is None:
            upper = symbol.upper()
            hint = f" Did you mean {upper!r}?" if _SYMBOL.fullmatch(upper) else ""
            raise ConfigError(
                f"Symbol {symbol!r} can't be stored: expected BASE-QUOTE, for example BTC-USD.{hint}"
            )
        folder = self.root / symbol / str(granularity)
        return Series(symbol, granularity, folder, self.root / f"{symbol}_{granularity}.parquet")

    def _not_stored(self, symbol: str, granularity: Granularity) -> DataError:
        there = ", ".join(map(str, self.granularities().get(symbol, ()))) or "nothing"
        return DataError(
            f"{symbol} {granularity} isn't stored in {self.root}; of {symbol} there is: {there}."
        )

    @contextmanager
    def _writing(self, series: Series) -> Iterator[None]:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with FileLock(self.root / _LOCK, timeout=self.patience):
                yield
                series.sweep()
        except Timeout:
            raise DataError(
                f"Another process is writing to {self.root}. Nothing was changed: try again when it is done."
            ) from None
        except OSError as error:
            raise DataError(
                f"{self.root} can't be written: {error}. What was stored is unchanged."
            ) from error


def _name(symbol: str, granularity: str) -> Iterator[_Name]:
    """Nothing for names that the store doesn't give."""
    if _SYMBOL.fullmatch(symbol) is None or _GRANULARITY.fullmatch(granularity) is None:
        return
    parsed = Granularity.parse(granularity)
    if str(parsed) == granularity:
        yield _Name(symbol, parsed)


def _span_of(candles: Candles) -> Span:
    """From the first candle to the last, in whatever order they are."""
    if not len(candles):
        raise DataError(f"{candles.symbol} {candles.granularity}: there are no candles to store.")
    return Span(int(candles.times.min()), int(candles.times.max()) + candles.granularity.ns)
