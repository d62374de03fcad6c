"""Candles to and from the pandas frames that users have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from argusnexus.errors import DataError
from argusnexus.model.candles import COLUMNS, Candles, Granularity

if TYPE_CHECKING:
    import numpy.typing as npt

    from argusnexus.model.candles import IntColumn


def to_frame(candles: Candles) -> pd.DataFrame:
    """A frame with timestamp (open time, datetime64[ns, UTC]), open, high, low, close and volume (float64)."""
    timestamps = pd.DatetimeIndex(candles.times.astype("datetime64[ns]")).tz_localize("UTC")
    return pd.DataFrame(
        {
            "timestamp": timestamps,
            "open": candles.open,
            "high": candles.high,
            "low": candles.low,
            "close": candles.close,
            "volume": candles.volume,
        }
    )


def from_frame(frame: pd.DataFrame, symbol: str, granularity: Granularity) -> Candles:
    """The frame's rows in their order; `timestamp` is datetimes of any unit, aware or naive (UTC).

    Raises:
        DataError: if a column is missing, or holds something else than datetimes or numbers.
    """
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        there = ", ".join(map(str, frame.columns))
        raise DataError(
            f"The frame has no column {', '.join(missing)}: expected {', '.join(COLUMNS)}; there: {there}."
        )
    if not pd.api.types.is_datetime64_any_dtype(frame["timestamp"]):
        raise DataError(f"The frame's timestamp column: expected datetimes, was {frame['timestamp'].dtype}.")
    try:
        times = ns_of_datetimes(pd.DatetimeIndex(frame["timestamp"]))
        values = (np.array(frame[name].to_numpy("float64", na_value=np.nan)) for name in COLUMNS[1:])
        return Candles(symbol, granularity, times, *values)
    except (TypeError, ValueError) as error:
        raise DataError(f"The frame can't be used: {error}. Expected datetimes and numbers.") from error


def smallest_step(candles: Candles) -> Granularity | None:
    """The smallest distance between two rows' times, and so how long a candle lasts; None when there are no two."""
    steps = np.diff(candles.times)
    positive = steps[steps > 0]
    return Granularity(int(positive.min())) if len(positive) else None


def ns_of_iso_texts(texts: npt.NDArray[Any]) -> IntColumn:
    """Nanoseconds since the epoch of ISO 8601 texts, UTC where they don't say.

    Raises:
        ValueError: if one is none, or is outside 1677 to 2262.
    """
    return ns_of_datetimes(pd.to_datetime(texts, format="ISO8601", utc=True))


def ns_of_datetimes(datetimes: pd.DatetimeIndex) -> IntColumn:
    """Nanoseconds since the epoch of aware or naive (UTC) datetimes of any unit.

    Raises:
        ValueError: if one is missing or outside 1677 to 2262.
    """
    if datetimes.hasnans:
        raise ValueError("a time is missing")
    utc = datetimes.tz_localize("UTC") if datetimes.tz is None else datetimes.tz_convert("UTC")
    return np.array(utc.as_unit("ns").asi8)
