from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from argusnexus.cli.exit_codes import ExitCode
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.spans import Span
from argusnexus.model.times import HOUR

IMPORT = ("--symbol", "BTC-USD", "--granularity", "1h")
TOO_LOW = "2024-01-01T05:00:00Z,100,90,99,100,5"


@pytest.fixture
def prices():
    """Rows of hourly candles that differ from each other."""

    def rows(present):
        return [
            f"2024-01-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z,{100 + hour},{102 + hour},{99 + hour},{101 + hour},{5 + hour}"
            for hour in present
        ]

    return rows


@pytest.fixture
def stored(argus, candle_file, prices):
    """An hour with a hole of two candles, imported."""
    argus("data", "import", candle_file(prices([*range(10), *range(12, 30)])), *IMPORT)


def test_a_clean_file_is_said_to_be_clean(argus, candle_file, prices):
    told = argus("data", "check", candle_file(prices(range(30)), "venue_BTC-USD_1h.csv"))
    assert told.code == ExitCode.OK
    assert "BTC-USD 1h 30 candles, 2024-01-01T00:00:00Z to 2024-01-02T05:00:00Z" in told.out
    assert "Nothing was found" in told.out


def test_an_error_is_explained_and_ends_with_1(argus, candle_file, prices):
    path = candle_file([*prices(range(5)), TOO_LOW, *prices(range(6, 20))])
    told = argus("data", "check", path)
    assert told.code == ExitCode.FAILED
    assert "error high_below_body: row 5" in " ".join(told.out.split())
    assert "A replay refuses these candles" in told.out
    assert told.err == ""


def test_warnings_and_notes_end_with_0(argus, candle_file, prices):
    told = argus("data", "check", candle_file(prices([*range(10), *range(12, 30)])), "--json")
    assert told.code == ExitCode.OK
    (one,) = json.loads(told.out)
    assert (one["errors"], one["warnings"], one["candles"]) == (0, 1, 28)
    (finding,) = one["findings"]
    assert (finding["code"], finding["severity"], finding["count"]) == ("holes", "warning", 2)
    assert finding["places"] == [
        {"row": 10, "first": "2024-01-01T10:00:00Z", "last": "2024-01-01T11:00:00Z", "candles": 2}
    ]
    assert finding["effect"]


def test_symbol_and_granularity_of_a_file_can_be_named(argus, candle_file, prices):
    path = candle_file(prices(range(10)))
    (one,) = json.loads(
        argus("data", "check", path, "--symbol", "ETH-USD", "--granularity", "30m", "--json").out
    )
    assert (one["symbol"], one["granularity"]) == ("ETH-USD", "30m")
    assert one["findings"][0]["count"] == 9


def test_a_file_whose_granularity_cannot_be_told_is_refused(argus, candle_file, prices):
    told = argus("data", "check", candle_file(prices([3])))
    assert told.code == ExitCode.DATA
    assert "--granularity" in told.err


def test_what_is_stored_is_checked(argus, stored):
    told = argus("data", "check")
    assert "1 warning" in told.out
    assert "stored in" in told.out
    (one,) = json.loads(argus("data", "check", "--symbols", "BTC-USD", "--granularity", "1h", "--json").out)
    assert one["findings"][0]["code"] == "holes"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--symbols", "BTC-USDT"), ExitCode.DATA, "Did you mean 'BTC-USD'"),
        (("--granularity", "4h"), ExitCode.DATA, "No such 4h candles"),
        (("--granularity", "1x"), ExitCode.USAGE, "Granularity '1x'"),
        (("none.csv",), ExitCode.DATA, "none.csv"),
        (("none.csv", "--symbols", "A-B,C-D"), ExitCode.USAGE, "one symbol"),
        (("--against", "none.csv"), ExitCode.DATA, "none.csv"),
    ],
)
def test_what_cannot_be_checked_is_refused(argus, stored, words, code, said):
    told = argus("data", "check", *words)
    assert told.code == code
    assert said in told.err


def test_an_empty_store_says_how_to_check_a_file(argus):
    told = argus("data", "check")
    assert told.code == ExitCode.DATA
    assert "argus data check FILE" in told.err


def test_increments_come_from_the_configuration(argus, tmp_path, candle_file, prices):
    (tmp_path / "my.toml").write_text(
        '[products."ADA-USD"]\nbase_increment = "1"\nquote_increment = "2"\n'
        'min_market_funds = "1"\nmax_market_funds = "1000"\n'
    )
    path = candle_file(prices(range(10)))
    told = argus("data", "check", path, "--symbol", "ADA-USD", "--config", "my.toml", "--json")
    (finding,) = json.loads(told.out)[0]["findings"]
    assert (finding["code"], finding["count"]) == ("off_increment", 10)


def test_a_second_series_too_short_to_compare_is_said_to_be(argus, candle_file, prices):
    path = candle_file(prices(range(30)))
    told = argus("data", "check", path, "--against", path)
    assert told.code == ExitCode.OK
    assert "can't be compared: only 29 returns in common" in told.out


def test_candles_around_a_time_are_shown_with_what_is_wrong(argus, stored):
    told = argus("data", "show", "BTC-USD", "--granularity", "1h", "--at", "2024-01-01T12:30", "--rows", "4")
    assert told.code == ExitCode.OK
    lines = told.out.splitlines()
    assert [line.split()[:2] for line in lines[2:7]] == [
        ["2024-01-01", "08:00"],
        ["2024-01-01", "09:00"],
        ["...", "2"],
        [">", "2024-01-01"],
        ["2024-01-01", "13:00"],
    ]
    assert lines[5].rstrip().endswith("a")
    assert "a warning holes: 2 candles are missing" in told.out


def test_a_time_inside_a_hole_is_said_to_be_missing(argus, stored):
    told = argus("data", "show", "BTC-USD", "--granularity", "1h", "--at", "2024-01-01T11:00+00:00")
    assert "The candle of that time is missing" in told.out


def test_shown_candles_are_json_when_asked(argus, stored):
    told = argus(
        "data", "show", "BTC-USD", "--granularity", "1h", "--at", "2024-01-01T12:00", "--rows", "1", "--json"
    )
    shown = json.loads(told.out)
    assert shown["candles"] == [
        {
            "row": 10,
            "timestamp": "2024-01-01T12:00:00Z",
            "open": 112.0,
            "high": 114.0,
            "low": 111.0,
            "close": 113.0,
            "volume": 17.0,
            "missing_before": 2,
            "findings": ["holes"],
        }
    ]
    assert shown["findings"][0]["code"] == "holes"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ("BTC-USD", "--at", "2034-01-01"),
            ExitCode.DATA,
            "it spans 2024-01-01T00:00:00Z to 2024-01-02T06:00:00Z",
        ),
        (("BTC-USD", "--at", "noon"), ExitCode.USAGE, "was 'noon'"),
        (("ETH-USD", "--at", "2024-01-01"), ExitCode.DATA, "ETH-USD"),
        (("BTC-USD", "--at", "2024-01-01", "--rows", "0"), ExitCode.USAGE, "--rows"),
    ],
)
def test_what_cannot_be_shown_is_refused(argus, stored, words, code, said):
    told = argus("data", "show", *words, "--granularity", "1h")
    assert told.code == code
    assert said in told.err


def test_dirty_candles_are_shown_in_order_of_time(argus, candle_file, prices):
    argus("data", "import", candle_file([*prices([1, 0, 3]), "2024-01-01T02:00:00Z,,,,,"]), *IMPORT)
    told = argus("data", "show", "BTC-USD", "--granularity", "1h", "--at", "2024-01-01T02:00", "--json")
    shown = json.loads(told.out)
    assert [one["row"] for one in shown["candles"]] == [1, 0, 3, 2]
    assert shown["candles"][2]["close"] is None
    assert {one["code"] for one in shown["findings"]} == {"out_of_order", "not_finite"}


def test_stored_candles_that_came_again_with_other_values_are_pointed_out(argus, stored, candle_file, prices):
    other = [row[:-1] + "9.5" for row in prices([12])]
    argus("data", "import", candle_file(other, "other.csv"), *IMPORT)
    told = argus("data", "check")
    assert "disputed: 1 candle came again with other values" in " ".join(told.out.split())
    shown = argus("data", "show", "BTC-USD", "--granularity", "1h", "--at", "2024-01-01T12:00", "--json")
    (row,) = (one for one in json.loads(shown.out)["candles"] if one["timestamp"] == "2024-01-01T12:00:00Z")
    assert row["findings"] == ["holes", "disputed"]


def test_a_stored_span_without_candles_has_nothing_to_check_or_show(argus, tmp_path):
    nothing = Candles(
        "BTC-USD", Granularity(HOUR), np.zeros(0, dtype=np.int64), *(np.zeros(0) for _ in range(5))
    )
    store = CandleStore(tmp_path / "data" / "cache")
    store.merge(nothing, "venue", datetime(2026, 1, 1, tzinfo=UTC), asked=Span(0, 10 * HOUR))
    told = argus("data", "check")
    assert told.code == ExitCode.OK
    assert "0 candles" in told.out
    shown = argus("data", "show", "BTC-USD", "--granularity", "1h", "--at", "2024-01-01")
    assert shown.code == ExitCode.DATA


def test_stored_candles_are_written_as_longer_ones(argus, stored, tmp_path):
    made = ("data", "resample", "BTC-USD", "--from", "1h", "--to", "4h")
    assert "6 4h candles from 1h, 2 incomplete left out" in argus(*made, "--out", "x.csv").out
    kept = json.loads(argus(*made, "--out", "y.csv", "--partial", "keep", "--json").out)
    assert (kept["candles"], kept["incomplete"], kept["dropped"]) == (8, 2, 0)
    lines = (tmp_path / "y.csv").read_text().splitlines()
    assert lines[0].endswith('"complete"')
    assert [line.rpartition(",")[2] for line in lines[1:]].count("false") == 2
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 7


@pytest.mark.parametrize(
    ("to", "out", "code", "said"),
    [
        ("90m", "x.csv", ExitCode.USAGE, "whole multiple of 1h"),
        ("4d", "x.csv", ExitCode.DATA, "No 4d candle of BTC-USD is complete"),
        ("4h", "x.txt", ExitCode.USAGE, ".parquet or .csv"),
    ],
)
def test_what_cannot_be_resampled_is_refused(argus, stored, tmp_path, to, out, code, said):
    told = argus("data", "resample", "BTC-USD", "--from", "1h", "--to", to, "--out", out)
    assert told.code == code
    assert said in told.err
    assert not (tmp_path / out).exists()


PEAK = """
import sys
from argusnexus.cli import run
code = run(sys.argv[1:])
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak.split()[1], file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")
def test_a_long_file_is_checked_in_bounded_memory(real_file):
    """A process of its own: 875,521 minutes, whose columns are 42 MB."""
    words = ("data", "check", str(real_file("bitmex_XBTUSD_1m.parquet")), "--json")
    done = subprocess.run([sys.executable, "-c", PEAK, *words], capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.FAILED
    assert int(done.stderr) < 700 * 1024
