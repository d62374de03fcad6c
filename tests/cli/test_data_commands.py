from __future__ import annotations

import json

import pytest

from argusnexus.cli.exit_codes import ExitCode

IMPORT = ("--symbol", "BTC-USD", "--granularity", "1h")


def test_an_import_says_what_it_read_and_the_list_shows_it(argus, candle_file, hours):
    told = argus("data", "import", candle_file(hours(range(30))), *IMPORT)
    assert told.code == ExitCode.OK
    assert "30 candles from 2024-01-01T00:00:00Z" in told.out
    assert "timestamps read as" in told.out
    listed = json.loads(argus("data", "list", "--json").out)
    assert [(one["symbol"], one["granularity"], one["rows"]) for one in listed] == [("BTC-USD", "1h", 30)]
    assert "BTC-USD 1h" in argus("data", "list").out


def test_a_granularity_that_the_times_contradict_is_questioned(argus, candle_file, hours):
    path = candle_file(hours(range(10)))
    told = argus("data", "import", path, "--symbol", "BTC-USD", "--granularity", "1m")
    assert "most candles are 1h apart, not 1m" in told.out


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


def test_the_same_file_twice_changes_nothing_and_another_is_not_mixed_in(argus, candle_file, hours):
    path = candle_file(hours(range(10)))
    assert "new in" in argus("data", "import", path, *IMPORT).out
    assert "identical" in argus("data", "import", path, *IMPORT).out
    other = candle_file([row.replace(",5", ",6") for row in hours(range(10))], "other.csv")
    told = argus("data", "import", other, *IMPORT)
    assert told.code == ExitCode.DATA
    assert "--replace" in told.err
    assert "replaced" in argus("data", "import", other, *IMPORT, "--replace").out


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
