"""`argus check`: what a trader reads about a strategy before anything is replayed."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from argusnexus.cli.exit_codes import ExitCode
from argusnexus.truth.queries import LedgerReader

MONTH = ("--symbols", "SIM-BTC-USD", "--start", "2024-01-01", "--end", "2024-01-31")
HONEST = """
from dataclasses import dataclass
from argusnexus.strategy import Signals, Strategy
from argusnexus.strategy.indicators import ema, highest_before

@dataclass(frozen=True)
class Peaks(Strategy):
    window: int = 20

    def signals(self, candles):
        peak, average = highest_before(candles.high, self.window), ema(candles.close, self.window)
        return Signals(
            entry=candles.close > peak,
            entry_price=candles.close,
            stop=candles.close * 0.98,
            take_profit=candles.close * 1.04,
            exit=candles.close < average,
            warmup=self.window,
            indicators={"peak": peak, "average": average},
        )
"""


@pytest.fixture
def peaks(tmp_path):
    """Writes peaks.py, with some of its text replaced."""

    def write(old="", new=""):
        assert old in HONEST
        path = tmp_path / "peaks.py"
        path.write_text(HONEST.replace(old, new) if old else HONEST)
        return path

    return write


def squeezed(text):
    return re.sub(r"\s+", " ", text)


def test_an_honest_strategy_is_told_with_what_was_checked_and_what_that_means(argus, peaks):
    path = peaks()
    told = argus("check", "peaks.py:Peaks", *MONTH)
    said = squeezed(told.out)
    assert told.code == ExitCode.OK
    assert told.err == ""
    assert said.startswith(
        "NO LOOK-AHEAD FOUND Everything the strategy says about a candle was computed again"
    )
    assert "743 times, and was the same each time" in said
    assert "evidence and no proof" in said
    assert "made-up candles of the sample market" in said
    assert hashlib.sha256(path.read_bytes()).hexdigest()[:16] in said
    assert "Parameters window 20" in said
    assert "2024-01-01 21:00 743 cuts" in said


def test_it_fits_80_columns(argus, peaks, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    peaks()
    told = argus(
        "check", "peaks.py:Peaks", "--start", "2024-01-01", "--end", "2024-01-20", "--data-source", "sample"
    )
    assert max(map(len, told.out.splitlines())) <= 80
    assert [line.split()[0] for line in told.out.splitlines() if line.startswith("SIM-")] == [
        "SIM-BTC-USD",
        "SIM-ETH-USD",
        "SIM-SOL-USD",
    ]


def test_json_is_all_of_it_and_nothing_else(argus, peaks):
    path = peaks()
    told = argus("check", "peaks.py:Peaks", *MONTH, "--set", "strategy.window=30", "--json")
    found = json.loads(told.out)
    (symbol,) = found["symbols"]
    peak, average = symbol["indicators"]
    assert found["strategy"] == {
        "name": "peaks.py:Peaks",
        "ledger_name": "Peaks",
        "source_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "parameters": {"window": 30},
        "incremental": False,
    }
    assert (found["look_ahead_found"], found["data_integrity"], found["granularity"]) == (
        False,
        ["synthetic"],
        "1h",
    )
    assert (symbol["candles"], symbol["cuts"], symbol["warmup"]) == (744, 743, 30)
    assert symbol["entry_signals"] > 0
    assert symbol["exit_signals"] > 0
    assert symbol["first_decision"] == "2024-01-02T07:00:00Z"
    assert peak["settled_after"] == 30
    assert peak["largest_difference_after"]["0"] is None
    assert peak["largest_difference_after"]["30"] == 0
    assert average["settled_after"] > 200


def test_an_indicator_that_outlasts_the_warm_up_is_pointed_at(argus, peaks):
    peaks()
    said = squeezed(argus("check", "peaks.py:Peaks", *MONTH).out)
    assert re.search(r"average \d\.\d{4} %", said)
    assert "At the end of the warm-up (20 candles) average may differ by more than 0.1 %" in said


def test_a_settled_one_is_not(argus, peaks):
    peaks("warmup=self.window", "warmup=10 * self.window")
    assert "a longer warmup" not in squeezed(argus("check", "peaks.py:Peaks", *MONTH).out)


def test_a_look_ahead_is_refused_with_the_candle(argus, peaks):
    peaks("entry=candles.close > peak", "entry=(candles.close > peak) & (candles.close < candles.close[-1])")
    told = argus("check", "peaks.py:Peaks", *MONTH)
    assert told.code == ExitCode.STRATEGY
    assert told.out == ""
    assert "Peaks looks ahead: entry at candle 2024-01-" in told.err
    assert "may depend on candles 0 to i only" in told.err


@pytest.mark.parametrize("command", [("check",), ("replay", "--strategy")])
@pytest.mark.parametrize("code", ["", "0", "3"])
def test_a_strategy_that_leaves_the_program_is_a_failure(argus, peaks, command, code):
    peaks("        return Signals(", f"        raise SystemExit({code})\n        return Signals(")
    told = argus(*command, "peaks.py:Peaks", *MONTH)
    assert told.code == ExitCode.STRATEGY
    assert re.search(r"signals\(\) failed .* SystemExit: .*peaks\.py, line 12", told.err)


def test_one_that_leaves_while_it_is_made_is_a_failure(argus, peaks):
    peaks("    def signals", "    def __post_init__(self):\n        raise SystemExit\n\n    def signals")
    told = argus("check", "peaks.py:Peaks", *MONTH)
    assert told.code == ExitCode.STRATEGY
    assert "peaks.py:Peaks can't be made from its defaults: SystemExit" in told.err


def test_the_configuration_names_it_when_nothing_else_does(argus, peaks, tmp_path):
    peaks()
    (tmp_path / "argus.toml").write_text('[strategy]\nname = "peaks.py:Peaks"\nwindow = 30\n')
    told = argus("check", "--config", "argus.toml", *MONTH, "--json")
    assert json.loads(told.out)["strategy"]["parameters"] == {"window": 30}


def test_without_any_name_it_is_the_default_strategy(argus):
    told = argus("check", *MONTH, "--set", "strategy.warmup=600", "--json")
    assert json.loads(told.out)["strategy"]["name"] == "donchian"


def test_one_that_carries_on_is_said_to_be_checked_in_parts(argus):
    said = squeezed(argus("check", *MONTH).out)
    assert "At a tick carries on from the candle before; asked in parts it said the same" in said


def test_a_strategy_without_entries_is_said_to_be_little_checked(argus, peaks):
    peaks("candles.close > peak", "candles.close > 9 * peak")
    assert "no candle signals an entry, so that little could be checked" in squeezed(
        argus("check", "peaks.py:Peaks", *MONTH).out
    )


def test_a_warm_up_longer_than_the_candles_is_said(argus, peaks):
    peaks("warmup=self.window", "warmup=100_000")
    said = squeezed(argus("check", "peaks.py:Peaks", *MONTH).out)
    assert "the warm-up of 100,000 candles is longer than the 744 candles there are" in said


def test_a_strategy_without_indicators_has_no_history_to_tell(argus, peaks):
    peaks('indicators={"peak": peak, "average": average},', "")
    assert "logs no indicators" in squeezed(argus("check", "peaks.py:Peaks", *MONTH).out)


def test_one_without_parameters_says_none(argus, peaks):
    peaks("window: int = 20", "window = 20")
    assert "Parameters none" in squeezed(argus("check", "peaks.py:Peaks", *MONTH).out)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["peaks.py"], ExitCode.USAGE, "write peaks.py:Peaks"),
        (["peeks.py:Peaks"], ExitCode.USAGE, "isn't there"),
        (["peaks.py:Peaks", "--set", "strategy.windw=3"], ExitCode.USAGE, "Did you mean 'window'"),
        (["peaks.py:Peaks", "--symbols", "BTC-USD"], ExitCode.DATA, "argus data"),
        (["peaks.py:Peaks", "--strategy", "x"], ExitCode.USAGE, "No such option"),
    ],
)
def test_bad_input_is_one_message(argus, peaks, words, code, said):
    peaks()
    told = argus("check", *words)
    assert told.code == code
    assert said in told.err
    assert told.err.count("Error:") == 1
    assert told.out == ""


def test_nothing_is_written(argus, peaks, tmp_path):
    path = peaks()
    argus("check", "peaks.py:Peaks", *MONTH)
    assert [one for one in tmp_path.iterdir() if one != path] == []


class TestReplay:
    """`argus replay --strategy`."""

    def test_the_run_keeps_name_hash_and_parameters(self, argus, peaks, ledger_run):
        path = peaks()
        told = argus(
            "replay", "--strategy", "peaks.py:Peaks", *MONTH, "--set", "strategy.window=30", "--json"
        )
        assert told.code == ExitCode.OK
        kept = ledger_run()
        assert kept.config["strategy"] == {"name": "peaks.py:Peaks", "window": 30}
        assert kept.strategy_hash == hashlib.sha256(path.read_bytes()).hexdigest()

    def test_it_wins_over_the_configurations_name(self, argus, peaks, tmp_path, ledger_run):
        peaks()
        (tmp_path / "argus.toml").write_text('[strategy]\nname = "donchian"\n')
        told = argus("replay", "--strategy", "peaks.py:Peaks", "--config", "argus.toml", *MONTH, "--json")
        assert told.code == ExitCode.OK
        assert ledger_run().config["strategy"]["name"] == "peaks.py:Peaks"

    def test_a_look_ahead_leaves_a_failed_run_that_says_so(self, argus, peaks, ledger_run):
        peaks("candles.close > peak", "(candles.close > peak) & (candles.close < candles.close[-1])")
        told = argus("replay", "--strategy", "peaks.py:Peaks", *MONTH)
        assert told.code == ExitCode.STRATEGY
        assert "looks ahead" in told.err
        assert "looks ahead" in ledger_run().notes

    def test_an_error_in_signals_names_the_line(self, argus, peaks):
        peaks("candles.close * 0.98", "candles.clos * 0.98")
        told = argus("replay", "--strategy", "peaks.py:Peaks", *MONTH)
        assert told.code == ExitCode.STRATEGY
        assert re.search(r"peaks\.py, line 15: stop=candles\.clos \* 0\.98", told.err)

    def test_a_volume_filter_that_is_not_there_cannot_be_skipped(self, argus, peaks):
        peaks()
        told = argus("replay", "--strategy", "peaks.py:Peaks", "--skip-volume-filter", *MONTH)
        assert told.code == ExitCode.USAGE
        assert "has no volume filter" in told.err


@pytest.fixture
def ledger_run(tmp_path):
    """The only run of the ledger in the current folder."""

    def only():
        with LedgerReader(tmp_path / "data" / "argus.db") as reader:
            (kept,) = reader.runs()
        return kept

    return only
