from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from argusnexus.errors import DataError
from argusnexus.market.importing import read_candles
from argusnexus.market.timestamps import TimeUnit
from argusnexus.model.candles import Granularity
from argusnexus.model.times import HOUR, to_ns

ONE_HOUR = Granularity.parse("1h")
FIRST = to_ns(datetime(2024, 5, 3, 22, tzinfo=UTC))
SECOND = 1_000_000_000
EXPECTED_TIMES = [FIRST, FIRST + HOUR]


@pytest.fixture
def read(tmp_path):
    """Writes a file and reads its candles."""

    def write_and_read(content, name="candles.csv"):
        path = tmp_path / name
        if isinstance(content, dict):
            content = pa.table(content)
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_candles(path, "BTC-USD", ONE_HOUR)

    return write_and_read


def csv_of(*times, header="timestamp,open,high,low,close,volume"):
    return "\n".join([header, *(f"{time},1,2,0.5,1.5,10" for time in times), ""])


def columns_of(times):
    return {
        "timestamp": times,
        **{name: [1.0] * len(times) for name in ("open", "high", "low", "close", "volume")},
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2024-05-03T22:00:00Z", "2024-05-03T23:00:00Z"),
        ("2024-05-03 22:00:00", "2024-05-03 23:00:00"),
        ("2024-05-03T22:00:00+00:00", "2024-05-03T23:00"),
        ("2024-05-04T00:00:00+02:00", "2024-05-03T18:00:00-05:00"),
        ("2024-05-03T22:00:00.000000000Z", " 2024-05-03 23:00:00.000 "),
        ('"2024-05-03 22:00:00"', "2024-05-03T23:00:00+0000"),
    ],
)
def test_iso_times_are_read_with_their_offset_or_as_utc(read, first, second):
    found = read(csv_of(first, second))
    assert found.candles.times.tolist() == EXPECTED_TIMES
    assert found.time_unit is TimeUnit.ISO
    assert found.time_unit.label == "ISO 8601"


UNITS = [
    (TimeUnit.SECONDS, SECOND),
    (TimeUnit.MILLISECONDS, SECOND // 1_000),
    (TimeUnit.MICROSECONDS, 1_000),
    (TimeUnit.NANOSECONDS, 1),
]


@pytest.mark.parametrize(("unit", "ns"), UNITS)
def test_whole_numbers_are_told_apart_by_magnitude(read, unit, ns):
    numbers = [FIRST // ns, (FIRST + HOUR) // ns]
    for content in (csv_of(*numbers), columns_of(numbers), columns_of([str(number) for number in numbers])):
        found = read(content)
        assert found.candles.times.tolist() == EXPECTED_TIMES
        assert found.time_unit is unit


@pytest.mark.parametrize(("unit", "ns"), UNITS)
@pytest.mark.parametrize("year", [1980, 2261])
def test_no_time_of_four_centuries_is_taken_for_another_unit(read, unit, ns, year):
    moment = to_ns(datetime(year, 1, 1, tzinfo=UTC))
    found = read(csv_of(moment // ns))
    assert found.candles.times.tolist() == [moment]
    assert found.time_unit is unit


def test_whole_seconds_with_a_decimal_point_are_whole(read):
    for content in (csv_of("1714773600.0", "1714777200"), columns_of([1714773600.0, 1714777200.0])):
        assert read(content).candles.times.tolist() == EXPECTED_TIMES


@pytest.mark.parametrize(
    "times",
    [
        ["0"],
        ["20240503"],
        ["202405032200"],
        ["20240503220000"],
        ["-1714773600"],
        ["1714773600.5"],
        ["1714773600", "1714773600000"],
        ["1714773600", "2024-05-03T22:00:00Z"],
        ["now"],
        ["today"],
        ["03/05/2024 22:00"],
        ["2024-13-03"],
        ["3024-05-03"],
        ["99999999999999999999"],
        [""],
        ["nan"],
    ],
)
def test_a_time_that_is_ambiguous_or_none_is_refused_with_column_and_row(read, times):
    with pytest.raises(DataError, match=rf"candles\.csv: column timestamp, row {len(times) - 1} ") as error:
        read(csv_of(*times))
    assert (times[-1] or "null").replace("nan", "null") in str(error.value)


def test_a_unit_that_changes_far_down_is_found_there(read):
    seconds = [FIRST // SECOND + 3_600 * row for row in range(60_000)]
    with pytest.raises(DataError, match=r"row 60000 .*") as error:
        read(csv_of(*seconds, seconds[-1] * 1_000))
    assert str(seconds[-1] * 1_000) in str(error.value)


def test_a_unit_that_changes_between_two_batches_is_refused(tmp_path):
    path = tmp_path / "units.parquet"
    seconds, thousandths = ([FIRST // ns] * 131_072 for ns in (SECOND, SECOND // 1_000))
    pq.write_table(pa.table(columns_of([*seconds, *thousandths])), path)
    with pytest.raises(DataError, match=r"row 131072 .*the rows before are in seconds"):
        read_candles(path, "BTC-USD", ONE_HOUR)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_parquet_timestamps_of_any_unit_and_zone_are_the_same_times(read, unit, zone):
    stamps = pa.array([time // SECOND for time in EXPECTED_TIMES]).cast(pa.timestamp("s", zone))
    found = read(columns_of(stamps.cast(pa.timestamp(unit, zone))), "candles.parquet")
    assert found.candles.times.tolist() == EXPECTED_TIMES


def test_a_frame_written_by_pandas_is_read(read, tmp_path):
    stamps = pd.to_datetime(["2024-05-03T22:00:00Z", "2024-05-03T23:00:00Z"])
    frame = pd.DataFrame(columns_of(stamps)).set_index("timestamp")
    frame.to_parquet(tmp_path / "frame.parquet")
    frame.to_csv(tmp_path / "frame.csv")
    for name in ("frame.parquet", "frame.csv"):
        assert read_candles(tmp_path / name, "BTC-USD", ONE_HOUR).candles.times.tolist() == EXPECTED_TIMES


def test_parquet_dates_are_midnights(read):
    found = read(columns_of([date(2024, 5, 3)]))
    assert found.candles.times.tolist() == [FIRST - 22 * HOUR]


def test_parquet_times_beyond_nanoseconds_or_missing_are_refused(read):
    for times, type_ in (([10**13], "s"), ([None], "ms")):
        with pytest.raises(DataError, match=r"column timestamp, row 0 "):
            read(columns_of(pa.array(times, pa.timestamp(type_))))


@pytest.mark.parametrize(
    "header",
    [
        "TIMESTAMP,Open,HIGH,low,Close,Volume",
        "open_time,open,high,low,close,volume",
        "Open Time,open,high,low,close,Volume BTC",
        "date, open, high, low, close, volume",
        "\ufeffunix,open,high,low,close,volume",
        '"time","open","high","low","close","volume"',
        "start,open,high,low,close,volume",
        "\ndatetime,open,high,low,close,volume",
    ],
)
def test_the_usual_column_names_are_known(read, header):
    candles = read(csv_of(FIRST // SECOND, header=header)).candles
    row = [
        float(column[0])
        for column in (candles.open, candles.high, candles.low, candles.close, candles.volume)
    ]
    assert row == [1, 2, 0.5, 1.5, 10]


def test_other_columns_are_ignored_and_named(read):
    found = read(
        f"unix,date,open,close,high,low,Volume BTC,Volume USD\n{FIRST // SECOND},x,1,1.5,2,0.5,10,15\n"
    )
    assert found.candles.close.tolist() == [1.5]
    assert found.notes == ("ignored columns: date, Volume USD",)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_understood(read, delimiter):
    assert len(read(csv_of(FIRST).replace(",", delimiter)).candles) == 1


def test_gzipped_text_is_read_whatever_its_name(read):
    content = gzip.compress(csv_of(*EXPECTED_TIMES).encode())
    for name in ("candles.csv.gz", "candles.csv"):
        assert read(content, name).candles.times.tolist() == EXPECTED_TIMES


def test_every_row_is_kept_as_it_is(read):
    found = read(
        "timestamp,open,high,low,close,volume\n"
        f"{(FIRST + HOUR) // SECOND},1,2,3,4,-5\n"
        f"{FIRST // SECOND},,NaN, 1e3 ,inf,null\n"
        f"{FIRST // SECOND},0.1,0,0,0,0\n"
    ).candles
    assert found.times.tolist() == [FIRST + HOUR, FIRST, FIRST]
    np.testing.assert_array_equal(found.open, [1, np.nan, 0.1])
    np.testing.assert_array_equal(found.high, [2, np.nan, 0])
    np.testing.assert_array_equal(found.low, [3, 1e3, 0])
    np.testing.assert_array_equal(found.close, [4, np.inf, 0])
    np.testing.assert_array_equal(found.volume, [-5, np.nan, 0])


def test_parquet_numbers_of_any_type_are_read(read):
    columns = columns_of([FIRST])
    columns |= {
        "open": pa.array([1], pa.int32()),
        "high": pa.array([Decimal("2.50")]),
        "low": pa.array(["0.25"]),
        "close": pa.array(["0.5"]).dictionary_encode(),
        "volume": pa.array([None], pa.float32()),
    }
    candles = read(columns).candles
    row = [column[0] for column in (candles.open, candles.high, candles.low, candles.close, candles.volume)]
    np.testing.assert_array_equal(row, [1, 2.5, 0.25, 0.5, np.nan])


def test_a_csv_and_a_parquet_file_of_the_same_candles_are_the_same(read, hours, same, tmp_path):
    candles = hours(range(100))
    columns = {
        "timestamp": candles.times,
        **{n: getattr(candles, n) for n in ("open", "high", "low", "close", "volume")},
    }
    pd.DataFrame(columns).to_csv(tmp_path / "same.csv", index=False)
    assert same(read_candles(tmp_path / "same.csv", "BTC-USD", ONE_HOUR).candles, candles)
    assert same(read(columns, "same.parquet").candles, candles)


@pytest.mark.parametrize("value", ["abc", "1,5", "0x10", "1_000", "--"])
def test_a_price_that_is_no_number_is_refused_with_column_and_row(read, value):
    content = csv_of(*EXPECTED_TIMES).replace("0.5", f'"{value}"').replace(f'"{value}"', "0.5", 1)
    with pytest.raises(DataError, match=r"candles\.csv: column low, row 1 ") as error:
        read(content)
    assert value in str(error.value)


@pytest.mark.parametrize("row", [0, 1, 500, 998, 999])
def test_the_first_of_several_bad_rows_is_named(read, row):
    prices = pa.array(["1.0"] * row + ["bad"] * (1000 - row))
    with pytest.raises(DataError, match=rf"column close, row {row} \(the first is 0\): \"bad\""):
        read(columns_of([FIRST] * 1000) | {"close": prices})


def test_a_long_stretch_of_blank_lines_holds_no_candles(read):
    first, second = csv_of(*EXPECTED_TIMES).splitlines()[1:]
    content = "\n".join([csv_of(), first, "\n" * 3_000_000, second])
    assert read(content).candles.times.tolist() == EXPECTED_TIMES


def test_a_nested_column_is_refused(read):
    with pytest.raises(DataError, match=r"column open, row 0 "):
        read(columns_of([FIRST]) | {"open": [[1.0]]})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file has no text"),
        (b"timestamp,open,high,low,close,volume", "can't be read"),
        (b"timestamp,open,high,low,close,volume\n", "no candles"),
        (b"1714773600,1,2,0.5,1.5,10\n", r"no column for timestamp, .*is the header line missing\?"),
        (
            b"timestamp,open,high,low,close\n1714773600,1,2,0.5,1.5\n",
            "no column for volume. Expected a header with",
        ),
        (b"timestamp,open,Open,high,low,close,volume\n", "column open is there 2 times"),
        (b"timestamp,open,high,low,close,volume\n1714773600,1,2\n", "Row #2: Expected 6 columns, got 3"),
        (b"\x89PNG\r\n\xff\xfe", "neither Parquet nor UTF-8"),
        (b"timestamp,open,high,low,close,volume\n1714773600,1,2,\xff,1,1\n", "invalid UTF8"),
        (b"PAR1 and then nothing", "can't be read"),
        (gzip.compress(b"timestamp,open,high,low,close,volume\n" * 9, mtime=0)[:-12], "can't be read"),
        (b"\x1f\x8b nothing zipped", "can't be read"),
    ],
)
def test_a_file_that_is_no_candle_file_is_refused_by_name(read, content, message):
    with pytest.raises(DataError, match=message) as error:
        read(content, "broken.csv")
    assert "broken.csv" in str(error.value)


def test_a_parquet_file_cut_short_is_refused(tmp_path):
    path = tmp_path / "cut.parquet"
    pq.write_table(pa.table(columns_of([FIRST] * 1000)), path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"cut\.parquet can't be read"):
        read_candles(path, "BTC-USD", ONE_HOUR)


def test_a_parquet_file_without_rows_is_refused(read):
    with pytest.raises(DataError, match="no candles"):
        read(columns_of(pa.array([], pa.int64())))


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_what_is_no_file_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="can't be read"):
        read_candles(tmp_path / name, "BTC-USD", ONE_HOUR)


@pytest.mark.parametrize(("minutes", "granularity"), [(15, "15m"), (60, "1h"), (1440, "1d")])
def test_without_a_granularity_it_is_the_commonest_distance(tmp_path, minutes, granularity):
    times = [minutes * 60 * row for row in (0, 1, 2, 3, 9, 10)]
    rows = [f"{1_704_067_200 + time},1,1,1,1,1" for time in times]
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]))
    imported = read_candles(path, "BTC-USD", None)
    assert str(imported.candles.granularity) == granularity
    assert imported.notes == ()


@pytest.mark.parametrize("times", [[0], [0, 0, 0], [0, 30, 60]])
def test_a_distance_that_is_no_granularity_must_be_named(tmp_path, times):
    path = tmp_path / "x.csv"
    rows = [f"{1_704_067_200 + time},1,1,1,1,1" for time in times]
    path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]))
    with pytest.raises(DataError, match="Name it with --granularity"):
        read_candles(path, "BTC-USD", None)
