from __future__ import annotations

import json

import pytest

from argusnexus.cli.exit_codes import ExitCode
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.model.spans import Span
from argusnexus.model.times import HOUR, from_ns

IMPORT = ("--symbol", "BTC-USD", "--granularity", "1h")


def test_an_import_says_what_it_read_and_the_list_shows_it(argus, candle_file, hours):
    told = argus("data", "import", candle_file(hours(range(30))), *IMPORT)
    assert told.code == ExitCode.OK
    assert "30 candles from 2024-01-01T00:00:00Z" in told.out
    assert "timestamps read as" in told.out
    listed = json.loads(argus("data", "list", "--json").out)
    assert [(one["symbol"], one["granularity"], one["rows"]) for one in listed] == [("BTC-USD", "1h", 30)]
    assert "BTC-USD 1h" in argus("data", "list").out


def test_a_granularity_that_few_times_contradict_is_questioned(argus, candle_file, hours):
    path = candle_file(hours(range(0, 20, 4)))
    told = argus("data", "import", path, *IMPORT)
    assert told.code == ExitCode.OK
    assert "most candles are 4h apart, not 1h" in told.out
    assert "--replace" in told.out


@pytest.mark.parametrize("present", [range(0, 200, 4), [*range(0, 96, 4), *range(120, 200, 4), 198, 199]])
def test_longer_candles_than_named_are_refused(argus, candle_file, hours, present):
    path = candle_file(hours(present))
    told = argus("data", "import", path, *IMPORT)
    assert told.code == ExitCode.DATA
    assert "candles.csv" in told.err
    assert "4h apart, or a multiple of it" in told.err
    assert "--granularity 4h" in told.err
    assert json.loads(argus("data", "list", "--json").out) == []
    assert argus("data", "import", path, *IMPORT, "--replace").code == ExitCode.DATA


def test_candles_with_many_holes_are_no_longer_candles(argus, candle_file, hours):
    often_missing = [hour for hour in range(300) if hour % 4 == 0 or hour % 9 == 0]
    assert argus("data", "import", candle_file(hours(often_missing)), *IMPORT).code == ExitCode.OK


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_candles_marked_as_incomplete_are_refused_with_how_to_leave_them_out(
    argus, candle_file, hours, suffix
):
    argus("data", "import", candle_file(hours([*range(8), *range(9, 18)])), *IMPORT)
    made = ("data", "resample", "BTC-USD", "--from", "1h", "--to", "4h")
    argus(*made, "--out", f"kept.{suffix}", "--partial", "keep")
    told = argus("data", "import", f"kept.{suffix}", "--symbol", "BTC-USD", "--granularity", "4h")
    assert told.code == ExitCode.DATA
    assert "2 of 5 candles are marked complete=false" in told.err
    assert "--partial drop" in told.err
    assert [one["granularity"] for one in json.loads(argus("data", "list", "--json").out)] == ["1h"]
    argus(*made, "--out", f"dropped.{suffix}")
    assert (
        argus("data", "import", f"dropped.{suffix}", "--symbol", "BTC-USD", "--granularity", "4h").code == 0
    )


def test_only_what_is_missing_between_candles_is_a_missing_part(argus, candle_file, hours, tmp_path):
    argus("data", "import", candle_file(hours(range(5))), *IMPORT)
    store = CandleStore(tmp_path / "data" / "cache")
    candles = store.load("BTC-USD", Granularity.parse("1h"))
    long_ago = Span(0, 24 * HOUR)
    store.merge(candles.rows(slice(0)), "venue", from_ns(0), asked=long_ago)
    (listed,) = json.loads(argus("data", "list", "--json").out)
    assert (listed["state"], listed["missing_parts"]) == ("complete", 0)
    assert len(listed["covered"]) == 2


def test_nothing_stored_says_how_to_store_something(argus):
    assert "argus data import" in argus("data", "list").out


def test_a_file_with_data_errors_is_kept_and_judged_and_its_replay_refused(argus, candle_file, hours):
    rows = [*hours([0, 1, 1]), "2024-01-01T03:00:00Z,100,90,99,100,5"]
    told = argus("data", "import", candle_file(rows), *IMPORT, "--json")
    errors = json.loads(told.out)["data_errors"]
    assert any("row 2" in error and "time of an earlier row" in error for error in errors)
    assert any("row 3" in error and "high 90.0" in error for error in errors)
    refused = argus("replay", "--symbols", "BTC-USD", "--granularity", "1h")
    assert refused.code == ExitCode.DATA
    assert "row 2" in refused.err
    assert "row 3" in refused.err


def test_the_same_file_twice_changes_nothing_and_another_joins_it(argus, candle_file, hours):
    path = candle_file(hours(range(10)))
    assert "new in" in argus("data", "import", path, *IMPORT).out
    assert "identical in" in argus("data", "import", path, *IMPORT).out
    told = argus("data", "import", candle_file(hours(range(5, 15)), "more.csv"), *IMPORT)
    assert "extended in" in told.out
    assert "5 added, 5 identical, 0 conflicting" in told.out


def test_other_values_are_told_and_listed_and_only_replacing_takes_them(argus, candle_file, hours):
    argus("data", "import", candle_file(hours(range(10))), *IMPORT)
    other = candle_file([row.replace(",5", ",6") for row in hours(range(12))], "other.csv")
    told = argus("data", "import", other, *IMPORT)
    assert told.code == ExitCode.OK
    assert "2 added, 0 identical, 10 conflicting" in told.out
    assert "conflict: 10 candles have other values than those stored, which were kept" in told.out
    assert "2024-01-01T02:00:00Z: volume 5.0, not 6.0" in told.out
    assert "and 7 more" in told.out
    assert "10 conflicts" in argus("data", "list").out
    (listed,) = json.loads(argus("data", "list", "--json").out)
    assert (listed["rows"], listed["conflicts"]) == (12, 10)
    assert [source["name"] for source in listed["sources"]] == ["candles.csv", "other.csv"]
    replaced = json.loads(argus("data", "import", other, *IMPORT, "--replace", "--json").out)
    assert (replaced["outcome"], replaced["conflicts"], replaced["first_conflicts"]) == ("replaced", 0, [])


def test_the_list_shows_what_is_missing_and_what_is_raw(argus, candle_file, hours):
    argus("data", "import", candle_file(hours(range(5))), *IMPORT)
    argus("data", "import", candle_file(hours(range(20, 25)), "later.csv"), *IMPORT)
    argus("data", "import", candle_file(hours([0, 0])), "--symbol", "ETH-USD", "--granularity", "1h")
    told = argus("data", "list").out
    assert "1 part missing" in told
    assert "data errors" in told
    btc, eth = json.loads(argus("data", "list", "--json").out)
    assert (btc["state"], btc["missing_parts"]) == ("parts missing", 1)
    assert btc["covered"] == [
        ["2024-01-01T00:00:00Z", "2024-01-01T05:00:00Z"],
        ["2024-01-01T20:00:00Z", "2024-01-02T01:00:00Z"],
    ]
    assert (eth["state"], eth["rows"]) == ("data errors", 2)


@pytest.mark.parametrize("lost", ["*.parquet", "manifest.json"])
def test_a_damaged_series_is_named_and_the_others_are_still_listed(argus, candle_file, hours, tmp_path, lost):
    path = candle_file(hours(range(5)))
    argus("data", "import", path, *IMPORT)
    argus("data", "import", path, "--symbol", "ETH-USD", "--granularity", "1h")
    (file,) = tmp_path.glob(f"data/cache/BTC-USD/1h/{lost}")
    file.write_bytes(file.read_bytes()[:-9])
    told = argus("data", "list")
    assert told.code == ExitCode.OK
    assert "damaged: The stored" in told.out
    assert file.name in told.out
    assert "complete" in told.out
    states = [one["state"] for one in json.loads(argus("data", "list", "--json").out)]
    assert states == ["damaged", "complete"]
    refused = argus("replay", "--symbols", "BTC-USD", "--granularity", "1h")
    assert refused.code == ExitCode.DATA
    assert file.name in refused.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("timestamp,open,high,low,close,volume\n", "no candles"),
        ("timestamp,open,high,low,close\n2024-01-01,1,1,1,1\n", "volume"),
        ("timestamp,open,high,low,close,volume\n2024-01-01,1,1,1,one,1\n", "one"),
        ("1704067200,1,1,1,1,1\n", "header"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_refused_by_name(argus, tmp_path, content, said):
    path = tmp_path / "broken.csv"
    path.write_text(content)
    told = argus("data", "import", path, *IMPORT)
    assert told.code == ExitCode.DATA
    assert "broken.csv" in told.err
    assert said in told.err
    assert json.loads(argus("data", "list", "--json").out) == []


def test_a_missing_file_and_a_store_that_cannot_be_made_are_refused(argus, tmp_path, candle_file, hours):
    assert argus("data", "import", "none.csv", *IMPORT).code == ExitCode.DATA
    (tmp_path / "occupied").write_text("a file, not a folder")
    told = argus("data", "import", candle_file(hours(range(3))), *IMPORT, "--data-dir", "occupied")
    assert told.code == ExitCode.DATA
    assert "occupied" in told.err
