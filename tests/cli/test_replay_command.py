from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pandas as pd
import pytest

from argusnexus.cli.exit_codes import ExitCode
from argusnexus.market.sample import sample_candles
from argusnexus.model.frames import to_frame
from argusnexus.truth.logger import TruthLogger
from argusnexus.truth.queries import LedgerReader

ONE_SYMBOL = ("replay", "--symbols", "SIM-BTC-USD", "--end", "2023-03-31")


def test_without_options_the_sample_market_is_replayed_and_said_to_be_synthetic(argus):
    told = argus("replay")
    assert told.code == ExitCode.OK
    assert told.out.startswith("SYNTHETIC DATA")
    assert int(re.search(r"Closed\s+(\d+) of", told.out)[1]) >= 100
    assert "PASSED" in told.out
    assert told.err == ""


TABLES = ("run_symbols", "decisions", "orders", "fills", "trades", "halts")


def rows_without_ids(ledger, run_id):
    """All rows of a run as text, with what differs by its id alone taken out."""
    with closing(sqlite3.connect(ledger)) as connection:
        rows = [
            repr((table, *row))
            for table in TABLES
            for row in connection.execute(f"SELECT * FROM {table} WHERE run_id = ? ORDER BY rowid", (run_id,))
        ]
    return [re.sub(r"(ANX4_\w+T\d{6})_[0-9a-f]{8}", r"\1", row).replace(run_id[-8:], "RUN8") for row in rows]


def test_two_replays_of_the_same_input_leave_the_same_ledger_apart_from_ids(argus, tmp_path):
    ledger = tmp_path / "data" / "argus.db"
    for _ in range(2):
        assert argus("replay", "--capital-mode", "portfolio", "--json").code == ExitCode.OK
    with LedgerReader(ledger) as reader:
        one, other = reader.runs()
    rows = rows_without_ids(ledger, one.run_id)
    assert {row.split("'")[1] for row in rows} == set(TABLES)
    assert rows == rows_without_ids(ledger, other.run_id)
    tapes = [pd.read_parquet(ledger.parent / "argus.tapes" / f"{run.run_id}.parquet") for run in (one, other)]
    pd.testing.assert_frame_equal(*tapes, check_exact=True)
    assert (one.config_hash, one.data_hash) == (other.config_hash, other.data_hash)


def test_json_is_all_that_is_printed_when_a_machine_reads(argus):
    told = argus(*ONE_SYMBOL, "--json")
    report = json.loads(told.out)
    assert report["run_info"]["data_integrity"] == "synthetic"
    assert report["data_quality"]["candles_processed"] > 2000


@pytest.mark.parametrize("spelling", ["--capital", "--starting-capital"])
def test_capital_may_be_spelt_both_ways(argus, spelling):
    told = argus(*ONE_SYMBOL, spelling, "750", "--json")
    assert json.loads(told.out)["run_info"]["capital"] == 750


def test_a_report_file_is_written_whole_beside_the_console_report(argus, tmp_path):
    told = argus(*ONE_SYMBOL, "--report-format", "both", "--report-dir", "out")
    written = list((tmp_path / "out").iterdir())
    assert [path.suffix for path in written] == [".json"]
    assert json.loads(written[0].read_text())["run_id"] == written[0].stem
    assert "Win rate" in told.out
    assert str(written[0].name) in told.err


def test_only_the_file_is_written_when_only_json_is_asked_for(argus, tmp_path):
    told = argus(*ONE_SYMBOL, "--report-format", "json")
    assert told.out == ""
    assert len(list((tmp_path / "data" / "reports").iterdir())) == 1


def test_a_range_past_the_candles_is_clipped_and_the_report_says_so(argus):
    told = argus(
        "replay", "--symbols", "SIM-BTC-USD", "--start", "2020-01-01", "--end", "2023-02-28", "--json"
    )
    assert "2020-01-01" in json.loads(told.out)["data_quality"]["clipped"][0]


def test_end_means_the_whole_of_its_day(argus):
    told = argus(
        "replay", "--symbols", "SIM-BTC-USD", "--start", "2023-02-01", "--end", "2023-02-01", "--json"
    )
    assert json.loads(told.out)["data_quality"]["candles_processed"] == 24


def test_the_skipped_volume_filter_marks_the_run(argus):
    told = argus(*ONE_SYMBOL, "--skip-volume-filter", "--json")
    info = json.loads(told.out)["run_info"]
    assert info["data_integrity"] == "synthetic+degraded_skip_volume"
    assert info["strategy"]["parameters"]["volume_multiplier"] == 0


def test_settings_come_from_the_file_and_then_from_the_command_line(argus, tmp_path):
    (tmp_path / "my.toml").write_text("[strategy]\nentry_period = 20\nexit_period = 10\n")
    told = argus(*ONE_SYMBOL, "--config", "my.toml", "--set", "strategy.exit_period=15", "--json")
    parameters = json.loads(told.out)["run_info"]["strategy"]["parameters"]
    assert (parameters["entry_period"], parameters["exit_period"]) == (20, 15)


def test_another_granularity_is_made_from_complete_buckets_of_what_is_stored(argus, tmp_path):
    frame = to_frame(sample_candles("SIM-BTC-USD"))
    frame.to_parquet(tmp_path / "hours.parquet")
    assert argus("data", "import", "hours.parquet", "--symbol", "BTC-USD", "--granularity", "1h").code == 0
    told = argus("replay", "--symbols", "BTC-USD", "--json")
    report = json.loads(told.out)
    assert report["run_info"]["granularity"] == "4h"
    assert "resampled from stored 1h" in report["data_quality"]["sources"]["BTC-USD"]
    whole = frame.groupby(frame["timestamp"].dt.floor("4h")).size() == 4
    assert report["data_quality"]["candles_processed"] == int(whole.sum())


def test_runs_and_reports_are_read_from_the_ledger_again(argus):
    assert "no runs" not in argus(*ONE_SYMBOL).out
    listed = json.loads(argus("runs", "--json").out)
    run_id = listed[0]["run_id"]
    assert run_id in argus("runs").out
    again = json.loads(argus("report", run_id.removeprefix("replay_"), "--json").out)
    assert again["run_id"] == run_id
    assert again["trades"]["trades_closed"] == listed[0]["trades_closed"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["replay", "--symbls", "X"], ExitCode.USAGE, "Did you mean --symbols?"),
        (["replya"], ExitCode.USAGE, "Did you mean 'replay'?"),
        (["replay", "--capital-mode", "shared"], ExitCode.USAGE, "'independent', 'portfolio'"),
        (["replay", "--set", "strategy.entry_perod=20"], ExitCode.USAGE, "Did you mean 'entry_period'?"),
        (["replay", "--set", "rsk.max_drawdown=0.2"], ExitCode.USAGE, "Did you mean 'risk'?"),
        (["replay", "--set", "risk.max_drawdown=25"], ExitCode.USAGE, "if 25 % was meant, write 0.25"),
        (["replay", "--set", "execution.entry_ttl=soon"], ExitCode.USAGE, "execution.entry_ttl"),
        (["replay", "--config", "no.toml"], ExitCode.USAGE, "no.toml isn't there"),
        (["replay", "--capital", "lots"], ExitCode.USAGE, "capital: expected a decimal number"),
        (["replay", "--capital", "0"], ExitCode.USAGE, "capital: expected an amount above 0"),
        (["replay", "--capital", "1e400"], ExitCode.USAGE, "capital: expected an amount above 0"),
        (["replay", "--start", "2024-13-01"], ExitCode.USAGE, "--start: expected a date like 2024-12-31"),
        (["replay", "--end", "2024-02-30"], ExitCode.USAGE, "--end: expected a date like 2024-12-31"),
        (["replay", "--start", "2024-02-01", "--end", "2024-01-01"], ExitCode.USAGE, "starts after it ends"),
        (["replay", "--start", "2024-01-01", "--granularity", "4x"], ExitCode.USAGE, "Granularity '4x'"),
        (["replay", "--symbols", ""], ExitCode.USAGE, "symbols: expected at least one"),
        (["replay", "--granularity", ""], ExitCode.USAGE, "15m, 1h, 4h or 1d"),
        (["replay", "--symbols", "btc-usd"], ExitCode.USAGE, "Did you mean 'BTC-USD'?"),
        (["replay", "--symbols", "SIM-BTC-USD,BTC-USD"], ExitCode.USAGE, "candles of one kind"),
        (
            ["replay", "--symbols", "SIM-BTC-USD", "--start", "2024-01-01T12:00"],
            ExitCode.USAGE,
            "expected a date",
        ),
        (["replay", "--db-path", ":memory:"], ExitCode.USAGE, "kept in a file"),
        (["replay", "--db-path", "."], ExitCode.LEDGER, "is no file"),
        (["replay", "--set", "risk.max_drawdown=inf"], ExitCode.USAGE, "expected a fraction"),
        (["replay", "--set", "products.A-B.base_increment=one"], ExitCode.USAGE, "missing"),
        (["replay", "--granularity", "4x"], ExitCode.USAGE, "15m, 1h, 4h or 1d"),
        (["replay", "--symbols", "SIM-BTC-USD,SIM-BTC-USD"], ExitCode.USAGE, "more than once"),
        (["replay", "--symbols", "SIM-BTC-USDD"], ExitCode.USAGE, "Did you mean 'SIM-BTC-USD'?"),
        (["replay", "--symbols", "SIM-BTC-USD", "--start", "2024-13-01"], ExitCode.USAGE, "expected a date"),
        (
            ["replay", "--symbols", "SIM-BTC-USD", "--start", "2024-02-01", "--end", "2024-01-01"],
            ExitCode.USAGE,
            "starts after it ends",
        ),
        (["replay", "--symbols", "SIM-BTC-USD", "--start", "2031-01-01"], ExitCode.DATA, "the candles span"),
        (["replay", "--symbols", "BTC-USD"], ExitCode.DATA, "argus data import"),
        (["replay", "--data-source", "cache"], ExitCode.DATA, "No candles are stored"),
        (
            ["replay", "--data-source", "sample", "--granularity", "15m"],
            ExitCode.DATA,
            "sample market has 1h",
        ),
        (["report", "replay_deadbeef"], ExitCode.LEDGER, "There is no ledger"),
        (["runs"], ExitCode.LEDGER, "There is no ledger"),
    ],
)
def test_bad_input_is_one_message_and_leaves_nothing_behind(argus, tmp_path, words, code, said):
    told = argus(*words)
    assert told.code == code
    assert said in told.err
    assert told.err.startswith("Error: ")
    assert told.err.count("Error:") == 1
    assert "Traceback" not in told.err
    assert told.out == ""
    assert not (tmp_path / "data" / "argus.db").exists()


def test_an_unknown_run_is_refused_with_a_suggestion(argus):
    argus(*ONE_SYMBOL)
    run_id = json.loads(argus("runs", "--json").out)[0]["run_id"]
    told = argus("report", run_id[:-1] + ("0" if run_id[-1] != "0" else "1"))
    assert told.code == ExitCode.LEDGER
    assert f"Did you mean '{run_id}'?" in told.err


def test_a_ledger_that_cannot_be_made_is_refused(argus, tmp_path):
    (tmp_path / "occupied").write_text("a file, not a folder")
    told = argus(*ONE_SYMBOL, "--db-path", "occupied/argus.db")
    assert told.code == ExitCode.LEDGER
    assert "occupied" in told.err


def test_a_report_directory_that_cannot_be_made_is_refused_before_the_replay(argus, tmp_path):
    (tmp_path / "occupied").write_text("a file, not a folder")
    told = argus(*ONE_SYMBOL, "--report-format", "json", "--report-dir", "occupied/reports")
    assert told.code == ExitCode.USAGE
    assert not (tmp_path / "data" / "argus.db").exists()


def test_a_file_that_is_no_ledger_is_left_as_it_is(argus, tmp_path):
    other = tmp_path / "notes.db"
    other.write_text("not a database, but somebody's notes\n" * 50)
    told = argus(*ONE_SYMBOL, "--db-path", "notes.db")
    assert told.code == ExitCode.LEDGER
    assert other.read_text().startswith("not a database")


def test_quote_currencies_do_not_mix_in_one_account(argus, candle_file, hours):
    for symbol in ("BTC-USD", "BTC-EUR"):
        argus("data", "import", candle_file(hours(range(5))), "--symbol", symbol, "--granularity", "1h")
    told = argus(
        "replay", "--symbols", "BTC-USD,BTC-EUR", "--granularity", "1h", "--capital-mode", "portfolio",
        "--set", "products.BTC-EUR.base_increment=0.00000001", "--set", "products.BTC-EUR.quote_increment=0.01",
        "--set", "products.BTC-EUR.min_market_funds=1", "--set", "products.BTC-EUR.max_market_funds=1000000",
    )  # fmt: skip
    assert told.code == ExitCode.USAGE
    assert "EUR, USD" in told.err


def test_totals_of_different_currencies_are_said_to_mean_nothing(argus, candle_file, hours):
    for symbol in ("BTC-USD", "ETH-BTC"):
        argus("data", "import", candle_file(hours(range(5))), "--symbol", symbol, "--granularity", "1h")
    facts = {
        "base_increment": "0.00000001",
        "quote_increment": "0.00000001",
        "min_market_funds": "0",
        "max_market_funds": "9",
    }
    settings = [word for key, value in facts.items() for word in ("--set", f"products.ETH-BTC.{key}={value}")]
    told = argus("replay", "--symbols", "BTC-USD,ETH-BTC", "--granularity", "1h", *settings)
    assert "different currencies (BTC, USD)" in told.out
    assert "5 candles are all warm-up" in told.out


def test_a_busy_ledger_is_refused_for_a_second_writer_only(argus, tmp_path):
    """The same process may share it; tests/truth has the second process."""
    with TruthLogger(tmp_path / "data" / "argus.db"):
        assert argus(*ONE_SYMBOL).code == ExitCode.OK


def test_frames_of_the_report_and_of_the_ledger_agree(argus, tmp_path):
    report = json.loads(argus(*ONE_SYMBOL, "--json").out)
    with LedgerReader(tmp_path / "data" / "argus.db") as reader:
        trades = pd.DataFrame(reader.trades(report["run_id"]))
    assert report["trades"]["net_pnl"] == pytest.approx(float(trades["net_pnl"].sum()))
    assert report["trades"]["fees"] == pytest.approx(float(trades["fees"].sum()))
