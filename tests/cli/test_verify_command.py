from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from argusnexus.cli.exit_codes import ExitCode

REPLAY = (
    "replay",
    "--symbols",
    "SIM-BTC-USD",
    "--end",
    "2023-02-28",
    "--set",
    "strategy.warmup=100",
    "--json",
)


@pytest.fixture
def run_id(argus):
    return json.loads(argus(*REPLAY).out)["run_id"]


def execute(tmp_path, statement):
    with closing(sqlite3.connect(tmp_path / "data" / "argus.db")) as connection:
        connection.execute("DROP TRIGGER IF EXISTS decisions_refuse_update")
        connection.execute(statement)
        connection.commit()


def test_an_identical_run_says_so_and_leaves_with_zero(argus, run_id):
    told = argus("verify", run_id.removeprefix("replay_"))
    assert told.code == ExitCode.OK
    assert f"IDENTICAL  {run_id}" in told.out
    assert told.err == ""


def test_json_is_all_that_is_printed_when_a_machine_reads(argus, run_id):
    told = argus("verify", run_id, "--json", "--interpreted")
    assert told.code == ExitCode.OK
    verification = json.loads(told.out)
    assert (verification["run_id"], verification["identical"]) == (run_id, True)
    assert verification["first_difference"] is None
    assert verification["rows_different"] == 0
    tables = {table["table"]: table["rows_recorded"] for table in verification["tables"]}
    assert list(tables) == ["runs", "run_symbols", "decisions", "orders", "fills", "trades", "halts", "tape"]
    assert tables["tape"] > 1_000


def test_a_difference_names_row_column_and_both_values_and_leaves_with_one(argus, run_id, tmp_path):
    execute(tmp_path, "UPDATE trades SET net_pnl = '12.5' WHERE rowid = 1")
    execute(
        tmp_path, "UPDATE decisions SET signal_values = json_set(signal_values, '$.atr', 7.5) WHERE rowid = 2"
    )
    told = argus("verify", run_id)
    assert told.code == ExitCode.FAILED
    assert f"DIFFERENT  {run_id}: 2 of" in told.out
    assert f"trades  trd_{run_id[-8:]}_SIM-BTC-USD" in told.out
    assert "net_pnl" in told.out
    assert "recorded  12.5" in told.out
    assert "signal_values.atr" in told.out
    first = json.loads(argus("verify", run_id, "--json").out)["first_difference"]
    assert (first["table"], first["column"], first["path"], first["recorded"]) == (
        "decisions", "signal_values", "atr", "7.5",
    )  # fmt: skip


def test_a_row_that_is_gone_is_told_in_words(argus, run_id, tmp_path):
    execute(tmp_path, "UPDATE trades SET run_id = NULL WHERE rowid = 1")
    assert "the replay makes this row, the run doesn't have it" in argus("verify", run_id).out


def test_what_changed_since_is_said_first(argus, run_id, tmp_path):
    execute(tmp_path, "UPDATE runs SET package_version = '0.0.1', git_sha = NULL")
    told = argus("verify", run_id)
    assert told.code == ExitCode.OK
    assert told.out.index("CHANGED SINCE  package version") < told.out.index("IDENTICAL")
    assert "recorded  0.0.1" in told.out


def test_a_run_that_cannot_be_replayed_is_an_error(argus, run_id, tmp_path):
    assert argus("verify", "nothing").code == ExitCode.LEDGER
    execute(tmp_path, "UPDATE runs SET status = 'failed'")
    told = argus("verify", run_id)
    assert told.code == ExitCode.LEDGER
    assert told.err.startswith(f"Error: Run {run_id} is failed")
    assert told.out == ""


def test_stored_candles_are_looked_for_in_the_data_directory(argus, candle_file, hours):
    candle_file(hours(range(400)))
    argus("data", "import", "candles.csv", "--symbol", "BTC-USD", "--granularity", "1h", "--data-dir", "mine")
    words = ("replay", "--symbols", "BTC-USD", "--granularity", "1h", "--data-dir", "mine", "--json")
    run_id = json.loads(argus(*words).out)["run_id"]
    assert argus("verify", run_id, "--data-dir", "mine").code == ExitCode.OK
    told = argus("verify", run_id)
    assert told.code == ExitCode.DATA
    assert "BTC-USD" in told.err
