"""The candle store: a directory with one Parquet file per symbol and granularity."""

from __future__ import annotations

import re
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from filelock import FileLock, Timeout

from argusnexus.errors import ConfigError, DataError
from argusnexus.market.hashing import data_hash
from argusnexus.market.stored_file import StoredCandles, describe, read_stored, write_candles
from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.faults import data_errors
from argusnexus.model.times import from_ns, iso

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

_SYMBOL = re.compile(r"(?=.{3,64}\Z)[A-Z0-9]+(-[A-Z0-9]+)+")
_FILE_NAME = re.compile(r"([A-Z0-9-]+)_([1-9]\d{0,4}[mhd])\.parquet")
_LOCK = "LOCK"


class SaveOutcome(Enum):
    """What saving changed; the value is its label."""

    NEW = "new"  # nothing was stored before
    EXTENDED = "extended"  # joined with what was stored, which lay wholly before or after
    IDENTICAL = "identical"  # the same candles are stored already: nothing was written
    REPLACED = "replaced"  # what was stored is gone, as asked


class _Plan(NamedTuple):
    """What a save is going to write."""

    outcome: SaveOutcome
    candles: Candles
    source: str


class _Name(NamedTuple):
    """What the name of a stored file says."""

    symbol: str
    granularity: Granularity


class CandleStore:
    """Candles on disk, as they were imported, data errors included.

    Attributes:
        root: the directory; it is made by the first save.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def save(
        self, candles: Candles, source: str, imported_at: datetime, *, replace: bool = False
    ) -> SaveOutcome:
        """Store candles that came from the file named `source`; what is stored is kept unless `replace`.

        Raises:
            ConfigError: if the symbol can't be stored.
            DataError: if the candles can't be joined with different ones that are stored, another process is saving,
                or the directory can't be written. What was stored is then as it was.
        """
        path = self._path(candles.symbol, candles.granularity)
        if not len(candles):
            raise DataError(f"{candles.symbol} {candles.granularity}: there are no candles to store.")
        with self._locked():
            plan = self._planned(candles, source, replace=replace)
            if plan.outcome is not SaveOutcome.IDENTICAL:
                write_candles(path, plan.candles, plan.source, imported_at)
        return plan.outcome

    def load(self, symbol: str, granularity: Granularity) -> Candles:
        """The stored candles.

        Raises:
            DataError: if none are stored, or their file is damaged.
        """
        path = self._path(symbol, granularity)
        if not path.exists():
            there = ", ".join(map(str, self.granularities().get(symbol, ()))) or "nothing"
            raise DataError(
                f"{symbol} {granularity} isn't stored in {self.root}; of {symbol} there is: {there}."
            )
        return read_stored(path)[1]

    def has(self, symbol: str, granularity: Granularity) -> bool:
        return self._path(symbol, granularity).exists()

    def granularities(self) -> dict[str, tuple[Granularity, ...]]:
        """What is stored, by symbol, shortest first; read from the file names alone."""
        found: dict[str, set[Granularity]] = {}
        for path in self.root.glob("*.parquet"):
            name = _name(path)
            if name is not None:
                found.setdefault(name.symbol, set()).add(name.granularity)
        return {symbol: tuple(sorted(found[symbol])) for symbol in sorted(found)}

    def stored(self) -> tuple[StoredCandles, ...]:
        """What is stored, by symbol and granularity, without reading candles.

        Raises:
            DataError: if a file is damaged.
        """
        return tuple(
            describe(self._path(symbol, granularity))
            for symbol, granularities in self.granularities().items()
            for granularity in granularities
        )

    def _path(self, symbol: str, granularity: Granularity) -> Path:
        if _SYMBOL.fullmatch(symbol) is None:
            upper = symbol.upper()
            hint = f" Did you mean {upper!r}?" if _SYMBOL.fullmatch(upper) else ""
            raise ConfigError(
                f"Symbol {symbol!r} can't be stored: expected BASE-QUOTE, for example BTC-USD.{hint}"
            )
        return self.root / f"{symbol}_{granularity}.parquet"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with FileLock(self.root / _LOCK, timeout=0):
                yield
        except Timeout:
            raise DataError(
                f"Another process is writing to {self.root}. Nothing was changed: try again when it is done."
            ) from None
        except OSError as error:
            raise DataError(
                f"{self.root} can't be written: {error}. What was stored is unchanged."
            ) from error

    def _planned(self, candles: Candles, source: str, *, replace: bool) -> _Plan:
        path = self._path(candles.symbol, candles.granularity)
        if not path.exists():
            return _Plan(SaveOutcome.NEW, candles, source)
        try:
            stored, old = read_stored(path)
        except DataError:
            if not replace:
                raise
            return _Plan(SaveOutcome.REPLACED, candles, source)
        if data_hash({candles.symbol: old}) == data_hash({candles.symbol: candles}):
            return _Plan(SaveOutcome.IDENTICAL, candles, source)
        if replace:
            return _Plan(SaveOutcome.REPLACED, candles, source)
        if not _joinable(old, candles):
            raise _overlap_error(stored, candles)
        return _Plan(SaveOutcome.EXTENDED, _joined(old, candles), f"{stored.source}, {source}")


def _name(path: Path) -> _Name | None:
    """None for a file that isn't the store's own."""
    match = _FILE_NAME.fullmatch(path.name)
    if match is None or _SYMBOL.fullmatch(match[1]) is None:
        return None
    granularity = Granularity.parse(match[2])
    return _Name(match[1], granularity) if str(granularity) == match[2] else None


def _joinable(one: Candles, other: Candles) -> bool:
    """Both are free of data errors and one lies wholly before the other."""
    if data_errors(one) or data_errors(other):
        return False
    return bool(one.times[-1] < other.times[0] or other.times[-1] < one.times[0])


def _overlap_error(stored: StoredCandles, candles: Candles) -> DataError:
    new = _span(len(candles), int(candles.times.min()), int(candles.times.max()))
    return DataError(
        f"{stored.symbol} {stored.granularity} is stored already, and differs: "
        f"{_span(stored.rows, stored.first, stored.last)} from {stored.source}, imported {iso(stored.imported_at)}. "
        f"The new candles overlap with it, or one of the two has data errors: {new}. "
        "Nothing was changed; --replace replaces what is stored."
    )


def _span(rows: int, first: int, last: int) -> str:
    return f"{rows} candles from {iso(from_ns(first))} to {iso(from_ns(last))}"


def _joined(one: Candles, other: Candles) -> Candles:
    earlier, later = (one, other) if one.times[0] < other.times[0] else (other, one)
    names = ("times", "open", "high", "low", "close", "volume")
    columns = (np.concatenate((getattr(earlier, name), getattr(later, name))) for name in names)
    return Candles(one.symbol, one.granularity, *columns)
