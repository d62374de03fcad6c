"""`argus walk-forward`, as a user types it."""

from __future__ import annotations

import json

import pytest

from argusnexus.cli.exit_codes import ExitCode

TINY = (
    *("walk-forward", "--symbols", "SIM-BTC-USD", "--end", "2023-03-31", "--jobs", "1"),
    *(
        "--set",
        "strategy.warmup=30",
        "--set",
        "strategy.trend_period=0",
        "--set",
        "strategy.volume_multiplier=0",
    ),
    *("--set", "risk.max_drawdown=1.0", "--set", "strategy.entry_period=8,16", "--min-trades", "5"),
)


def test_each_window_is_shown_in_sample_beside_out_of_sample(argus, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    told = argus(*TINY, "--train", 30, "--test", 15)
    assert told.code == ExitCode.OK
    assert told.out.startswith("SYNTHETIC DATA")
    assert [line[:10] for line in told.out.splitlines() if line.startswith("2023-")] == [
        "2023-01-31",
        "2023-02-15",
        "2023-03-02",
        "2023-03-17",
    ]
    assert max(map(len, told.out.splitlines())) <= 80
    assert "…" not in told.out
    assert "Out of sample: " in told.out
    run_id = told.out.split("argus report ")[1].split()[0]
    assert argus("report", run_id).code == ExitCode.OK


def test_json_is_all_that_is_printed_when_a_machine_reads(argus):
    told = argus(*TINY, "--train", 30, "--test", 15, "--anchored", "--embargo", 2, "--json")
    found = json.loads(told.out)
    assert (found["anchored"], found["embargo_days"], found["trials_per_window"]) == (True, 2, 2)
    assert {one["train_from"] for one in found["windows"]} == {"2023-01-01T00:00:00Z"}
    closed = sum(one["out_of_sample"]["closed"] for one in found["windows"])
    report = json.loads(argus("report", found["run_id"], "--json").out)
    assert report["trades"]["trades_closed"] == found["out_of_sample"]["closed"] == closed > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--train", 300, "--test", 15), "don't fit in"),
        (("--train", 30, "--test", 15, "--step", 10), "tests would overlap"),
        (
            ("--train", 30, "--test", 15, "--set", "risk.risk_per_trade=0.01,0.02"),
            "Risk and execution belong to",
        ),
        (("--train", 30), "Missing option '--test'"),
    ],
)
def test_what_cant_be_done_is_said_before_anything_is_touched(argus, tmp_path, words, message):
    told = argus(*TINY, *words)
    assert told.code == ExitCode.USAGE
    assert message in told.err
    assert not (tmp_path / "data" / "argus.db").exists()
