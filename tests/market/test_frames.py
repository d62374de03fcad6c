from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from argusnexus.errors import DataError
from argusnexus.model.candles import Granularity
from argusnexus.model.frames import from_frame, to_frame

ONE_HOUR = Granularity.parse("1h")


def test_a_frame_holds_utc_nanoseconds_and_comes_back_whole(hours, same):
    candles = hours([0, 1, 5])
    frame = to_frame(candles)
    assert list(frame.columns) == ["timestamp", "open", "high", "low", "close", "volume"]
    assert str(frame["timestamp"].dtype) == "datetime64[ns, UTC]"
    assert frame["timestamp"].iloc[2] == pd.Timestamp("2024-01-01T05:00:00Z")
    assert same(from_frame(frame, "BTC-USD", ONE_HOUR), candles)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_datetimes_of_any_unit_and_zone_are_the_same_times(hours, same, unit, zone):
    candles = hours(range(5))
    frame = to_frame(candles)
    stamps = frame["timestamp"].dt.tz_convert(zone) if zone else frame["timestamp"].dt.tz_localize(None)
    frame["timestamp"] = stamps.dt.as_unit(unit)
    assert same(from_frame(frame, "BTC-USD", ONE_HOUR), candles)


def test_candles_do_not_share_memory_with_their_frame(hours, same):
    frame = to_frame(hours(range(5)))
    candles = from_frame(frame, "BTC-USD", ONE_HOUR)
    frame.loc[:, "open"] = 0.0
    assert same(candles, hours(range(5)))


def test_whole_numbers_and_missing_values_are_read_as_floats(hours):
    frame = to_frame(hours(range(3)))
    frame["volume"] = pd.array([1, None, 3], dtype="Int64")
    volume = from_frame(frame, "BTC-USD", ONE_HOUR).volume
    np.testing.assert_array_equal(volume, [1.0, np.nan, 3.0])


@pytest.mark.parametrize("name", ["timestamp", "volume"])
def test_a_missing_column_is_named(hours, name):
    with pytest.raises(DataError, match=f"no column {name}"):
        from_frame(to_frame(hours([0])).drop(columns=name), "BTC-USD", ONE_HOUR)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("timestamp", [1, 2], "expected datetimes, was int64"),
        ("timestamp", pd.to_datetime(["2024-01-01", None]), "a time is missing"),
        ("close", ["1.0", "lots"], "lots"),
        ("close", [1.0, {}], "can't be used"),
    ],
)
def test_what_is_no_time_or_number_is_refused(hours, column, values, message):
    frame = to_frame(hours([0, 1]))
    frame[column] = values
    with pytest.raises(DataError, match=message):
        from_frame(frame, "BTC-USD", ONE_HOUR)
