"""`argus why`: which trade or candle is meant, and what is said when it isn't clear."""

from __future__ import annotations

import json

import pytest

from argusnexus.cli.exit_codes import ExitCode
from argusnexus.truth.logger import TruthLogger
from argusnexus.truth.queries import LedgerReader

REPLAY = ("replay", "--symbols", "SIM-BTC-USD", "--end", "2023-03-31", "--report-format", "json")
AT = ("--at", "2023-02-01T12:00")


@pytest.fixture
def run(argus, tmp_path):
    """A finished run of one symbol, in the ledger of the folder."""
    assert argus(*REPLAY).code == ExitCode.OK
    return newest(tmp_path)


def newest(folder):
    with LedgerReader(folder / "data" / "argus.db") as reader:
        return reader.runs()[0]


def trades_of(folder, run_id):
    with LedgerReader(folder / "data" / "argus.db") as reader:
        return reader.trades(run_id)


def test_a_trade_is_told_by_its_id_or_a_part_of_it(argus, run, tmp_path):
    trade = trades_of(tmp_path, run.run_id)[0]
    whole = argus("why", trade.trade_id)
    assert whole.code == ExitCode.OK
    assert whole.out.startswith(f"SIM-BTC-USD  {trade.trade_id}  closed\nBought")
    part = trade.trade_id.rpartition("_")[2]
    assert argus("why", part).out == whole.out
    assert argus("why", part, "--run", run.run_id[-4:]).out == whole.out
    assert whole.err == ""


def test_a_trade_as_json_and_nothing_else(argus, run, tmp_path):
    trade = trades_of(tmp_path, run.run_id)[0]
    story = json.loads(argus("why", trade.trade_id, "--json").out)
    assert story["trade_id"] == trade.trade_id
    assert len(story["entry"]["layers"]) == 10
    assert story["result"]["net_pnl"] == pytest.approx(float(trade.net_pnl))


def test_a_part_that_several_trades_have_is_refused(argus, run):
    told = argus("why", "SIM-BTC")
    assert told.code == ExitCode.LEDGER
    assert "Give more of the id." in told.err


def test_a_candle_of_the_newest_run_and_its_only_symbol(argus, run):
    told = argus("why", *AT)
    assert told.code == ExitCode.OK
    assert told.out.startswith("SIM-BTC-USD  2023-02-01 12:00 UTC  HOLD: ")
    assert told.out == argus("why", *AT, "--run", run.run_id, "--symbol", "SIM-BTC-USD").out


def test_times_are_utc_unless_they_say_otherwise(argus, run):
    assert argus("why", "--at", "2023-02-01T13:00+01:00").out == argus("why", *AT).out
    assert argus("why", "--at", "2023-02-01").out.startswith("SIM-BTC-USD  2023-02-01 00:00 UTC")


def test_a_time_between_two_closes_shows_the_decision_before_and_says_so(argus, run):
    told = argus("why", "--at", "2023-02-01T12:34:56")
    assert told.out.startswith("SIM-BTC-USD  2023-02-01 12:00 UTC")
    assert "the newest at 2023-02-01 12:34:56 UTC" in " ".join(told.out.split())


def test_a_candle_as_json(argus, run):
    story = json.loads(argus("why", *AT, "--json").out)
    assert (story["run_id"], story["exact"], story["asked"]) == (run.run_id, True, "2023-02-01T12:00:00Z")
    assert story["decision"]["conditions"][0]["name"] == "no_breakout"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), ExitCode.USAGE, "expected a trade or a time"),
        (("trd_1", *AT), ExitCode.USAGE, "expected a TRADE_ID or --at, not both"),
        (("trd_1", "--symbol", "SIM-BTC-USD"), ExitCode.USAGE, "not both"),
        (("--symbol", "SIM-BTC-USD"), ExitCode.USAGE, "--symbol needs --at"),
        (("--at", "yesterday"), ExitCode.USAGE, "expected a date or time like"),
        (("--at", "0001-01-01T00:00+14:00"), ExitCode.USAGE, "expected a date or time like"),
        ((*AT, "--symbol", "SIM-BTCUSD"), ExitCode.LEDGER, "Did you mean 'SIM-BTC-USD'?"),
        ((*AT, "--run", "zzzz"), ExitCode.LEDGER, "no run 'zzzz'"),
        (("--at", "2022-12-31"), ExitCode.LEDGER, "from 2023-01-01 01:00 UTC to 2023-04-01 00:00 UTC"),
        (("--at", "2023-04-02"), ExitCode.LEDGER, "from 2023-01-01 01:00 UTC to 2023-04-01 00:00 UTC"),
        (("trd_none",), ExitCode.LEDGER, "no trade"),
    ],
)
def test_what_cannot_be_answered_is_one_message(argus, run, words, code, said):
    told = argus("why", *words)
    assert (told.code, told.out) == (code, "")
    assert said in told.err
    assert "Traceback" not in told.err


def test_a_symbol_is_asked_for_where_there_are_several(argus):
    argus("replay", "--symbols", "SIM-BTC-USD,SIM-ETH-USD", "--end", "2023-01-20", "--report-format", "json")
    told = argus("why", "--at", "2023-01-15")
    assert told.code == ExitCode.USAGE
    assert "SIM-BTC-USD, SIM-ETH-USD; expected one of them" in told.err


def test_a_ledger_without_runs_is_told_from_one_that_is_not_there(argus, tmp_path):
    assert "There is no ledger" in argus("why", *AT).err
    with TruthLogger(tmp_path / "empty.db") as logger:
        logger.initialize()
    told = argus("why", *AT, "--db-path", "empty.db")
    assert told.code == ExitCode.LEDGER
    assert "no runs yet" in told.err
