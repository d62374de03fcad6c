"""Columns of candles and their granularity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.errors import ConfigError
from argusnexus.model.times import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    import numpy.typing as npt

    FloatColumn = npt.NDArray[np.float64]
    IntColumn = npt.NDArray[np.int64]
    BoolColumn = npt.NDArray[np.bool_]

COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")

_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}


@dataclass(frozen=True, slots=True, order=True)
class Granularity:
    """How long a candle lasts.

    Attributes:
        ns: its length in nanoseconds.
    """

    ns: int

    @classmethod
    def parse(cls, text: str) -> Granularity:
        """From `15m`, `1h`, `4h`, `1d` and the like.

        Raises:
            ConfigError: if it is not a whole number of minutes, hours or days.
        """
        match = re.fullmatch(r"([1-9]\d{0,4})([mhd])", text.strip().lower())
        if match is None:
            raise ConfigError(
                f"Granularity {text!r} isn't known: expected a whole number with m, h or d, for example 15m, 1h, 4h or 1d."
            )
        return cls(int(match[1]) * _UNITS[match[2]])

    def __str__(self) -> str:
        for unit, ns in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
            if self.ns % ns == 0:
                return f"{self.ns // ns}{unit}"
        return f"{self.ns}ns"


class Candle(NamedTuple):
    """One candle of one symbol; `number` counts the candles that are present, from 0.

    `time` is when it opened and `close_time` when it closed, both in nanoseconds since the epoch.
    """

    number: int
    time: int
    close_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """All candles of one symbol, oldest first, as columns of one length.

    Attributes:
        times: open times, int64 nanoseconds since the epoch, UTC.
        open, high, low, close: prices in quote currency, float64.
        volume: traded quantity in base currency, float64.
    """

    symbol: str
    granularity: Granularity
    times: IntColumn
    open: FloatColumn
    high: FloatColumn
    low: FloatColumn
    close: FloatColumn
    volume: FloatColumn

    def __len__(self) -> int:
        return len(self.times)

    @property
    def close_times(self) -> IntColumn:
        """When each candle closed, and so when it could first be acted on."""
        return self.times + self.granularity.ns

    def between(self, start: int, stop: int) -> Candles:
        """The candles that opened in `start <= t < stop`; times must be in order."""
        first, last = np.searchsorted(self.times, [start, stop])
        return self.rows(slice(int(first), int(last)))

    def rows(self, chosen: slice | BoolColumn | IntColumn) -> Candles:
        """The chosen rows as candles of their own."""
        values = (column[chosen] for column in self._values)
        return Candles(self.symbol, self.granularity, self.times[chosen], *values)

    def read_only(self) -> Candles:
        """The same candles, for somebody who must not change them."""
        columns = [column.view() for column in (self.times, *self._values)]
        for column in columns:
            column.flags.writeable = False
        return Candles(self.symbol, self.granularity, *columns)  # type: ignore[arg-type]

    def candle(self, index: int) -> Candle:
        """One row as plain scalars."""
        time = int(self.times[index])
        values = (column[index].item() for column in self._values)
        return Candle(index, time, time + self.granularity.ns, *values)

    def followed_by(self, later: Candles) -> Candles:
        """These candles and then the later ones, of the same symbol and granularity."""
        times = np.concatenate((self.times, later.times))
        pairs = zip(self._values, later._values, strict=True)
        return Candles(self.symbol, self.granularity, times, *(np.concatenate(pair) for pair in pairs))

    @property
    def _values(self) -> tuple[FloatColumn, ...]:
        return (self.open, self.high, self.low, self.close, self.volume)
