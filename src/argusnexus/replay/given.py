"""Candles as a Python user has them: symbols, columns or pandas frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from argusnexus.errors import ConfigError, DataError
from argusnexus.market.days import Days
from argusnexus.market.sample import SAMPLE_GRANULARITY, SAMPLE_SYMBOLS
from argusnexus.market.source import cut
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.faults import refuse_errors
from argusnexus.model.frames import from_frame, smallest_step
from argusnexus.replay.market import source_of

if TYPE_CHECKING:
    from datetime import date

    from argusnexus.market.source import CandleSource, Sourced

    Columns = Candles | pd.DataFrame
    Data = str | Columns | Sequence[str] | Sequence[Candles] | Mapping[str, Columns] | None

STORED_GRANULARITY = Granularity.parse("4h")
_UNKNOWN = Granularity(1)  # of a frame whose granularity is yet to be found
_EXPECTED = (
    "expected a symbol or a list of symbols, Candles or a list of them, a DataFrame with symbol=, or a dict of "
    "DataFrames by symbol"
)


@dataclass(frozen=True, slots=True)
class GivenData:
    """What a replay is to run on.

    Attributes:
        granularity: what the candles have, or what is usual for their source.
    """

    source: CandleSource
    symbols: tuple[str, ...]
    granularity: Granularity


class GivenSource:
    """Candles that the caller has."""

    def __init__(self, candles: Sequence[Candles]) -> None:
        self._candles = {one.symbol: one for one in candles}

    def candles(
        self, symbol: str, granularity: Granularity, start: date | None = None, end: date | None = None
    ) -> Sourced:
        given = self._candles[symbol]
        refuse_errors(given)
        return cut(given, granularity, Days(start, end), f"{given.granularity} candles given from Python")


def given_data(data: Data, symbol: str | None, data_dir: str | Path) -> GivenData:
    """What is meant by `data`; None is the sample market.

    Raises:
        ConfigError: if it is nothing that candles can come from.
        DataError: if a frame can't be read.
    """
    if symbol is not None and not isinstance(data, pd.DataFrame):
        raise ConfigError("symbol= names the market of a DataFrame; other data says itself what it is of.")
    names = _symbols(data)
    if names is not None:
        source = source_of(names, CandleStore(Path(data_dir) / "cache"))
        sample = not set(names).isdisjoint(SAMPLE_SYMBOLS)
        return GivenData(source, names, SAMPLE_GRANULARITY if sample else STORED_GRANULARITY)
    candles = _candles(data, symbol)
    granularity = max(one.granularity for one in candles)
    return GivenData(GivenSource(candles), tuple(one.symbol for one in candles), granularity)


def _symbols(data: Data) -> tuple[str, ...] | None:
    """The names, where names are given."""
    if data is None:
        return SAMPLE_SYMBOLS
    if isinstance(data, str):
        return tuple(name.strip() for name in data.split(","))
    if isinstance(data, Sequence) and data and all(isinstance(name, str) for name in data):
        return tuple(str(name) for name in data)
    return None


def _candles(data: Data, symbol: str | None) -> list[Candles]:
    if isinstance(data, pd.DataFrame):
        if symbol is None:
            raise ConfigError(
                "data: a DataFrame doesn't say what it is of: give symbol=, for example BTC-USD."
            )
        return [_from_frame(data, symbol)]
    if isinstance(data, Candles):
        return [data]
    if isinstance(data, Mapping) and data:
        return [_named(name, one) for name, one in data.items()]
    if isinstance(data, Sequence) and data:
        return [_named(getattr(one, "symbol", ""), one) for one in data]
    raise ConfigError(f"data: {_EXPECTED}; was {_kind(data)}.")


def _named(name: str, data: object) -> Candles:
    """One market of several."""
    if isinstance(data, pd.DataFrame) and name:
        return _from_frame(data, name)
    if isinstance(data, Candles) and data.symbol == name:
        return data
    if isinstance(data, Candles):
        raise ConfigError(f"data: the candles under {name!r} are of {data.symbol!r}; name them alike.")
    raise ConfigError(f"data: {_EXPECTED}; was a collection with {_kind(data)}.")


def _kind(data: object) -> str:
    return f"an empty {type(data).__name__}" if isinstance(data, Mapping | Sequence) else type(data).__name__


def _from_frame(frame: pd.DataFrame, symbol: str) -> Candles:
    """The frame's candles; without a timestamp column, its index is the open times."""
    if "timestamp" not in frame.columns and isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.assign(timestamp=frame.index)
    candles = from_frame(frame, symbol, _UNKNOWN)
    granularity = smallest_step(candles)
    if granularity is None:
        raise DataError(
            f"{symbol}: the frame has {len(frame)} row(s), and no two times to tell how long a candle lasts."
        )
    return replace(candles, granularity=granularity)
