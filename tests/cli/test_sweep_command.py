"""`argus sweep`, as a user types it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from argusnexus.cli.exit_codes import ExitCode
from argusnexus.errors import LedgerError
from argusnexus.replay.sweep import heat_map
from argusnexus.truth.queries import LedgerReader
from argusnexus.truth.registry import sweeps, trials_done

FEW = ("--symbols", "SIM-BTC-USD", "--end", "2023-02-28", "--set", "strategy.warmup=30")
TINY = (*FEW, "--set", "strategy.trend_period=0", "--set", "strategy.entry_period=10,20,0", "--jobs", "1")


def test_a_sweep_shows_the_best_trials_and_how_many_were_tried(argus):
    told = argus("sweep", *TINY)
    assert told.code == ExitCode.OK
    assert told.out.startswith("SYNTHETIC DATA")
    assert "2 of 3 trials shown, best net_pnl first" in told.out
    assert "3 configurations tried on these candles so far" in told.out
    assert "strategy.entry_period: expected a number of at least 1, was 0" in told.out
    assert told.err == ""


def test_the_table_fits_eighty_columns(argus, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    told = argus("sweep", *TINY, "--set", "risk.risk_per_trade=0.005,0.01")
    assert max(map(len, told.out.splitlines())) <= 80
    assert "…" not in told.out


def test_json_is_all_that_is_printed_when_a_machine_reads(argus):
    told = argus("sweep", *TINY, "--json", "--sort", "expectancy")
    found = json.loads(told.out)
    assert (found["planned"], found["completed"], found["failed"]) == (3, 2, 1)
    assert found["ranked_by"] == "expectancy"
    assert found["axes"] == {"strategy.entry_period": [10, 20, 0]}


def test_files_are_written_beside_the_table(argus, tmp_path):
    told = argus(
        *("sweep", *TINY, "--set", "strategy.exit_period=5:15:5"),
        *("--out", "out/trials.parquet", "--heat-map", "out/map.html"),
    )
    assert told.code == ExitCode.OK
    assert len(pd.read_parquet(tmp_path / "out" / "trials.parquet")) == 9
    assert (tmp_path / "out" / "map.html").stat().st_size > 1_000_000


def test_a_random_choice_is_repeated_by_its_seed(argus):
    words = ("sweep", *FEW, "--set", "strategy.entry_period=5:50:1", "--random", "4", "--jobs", "1", "--json")
    one, two, other = (json.loads(argus(*words, "--seed", seed).out) for seed in (1, 1, 2))
    tried = [
        sorted(trial["parameters"]["strategy.entry_period"] for trial in x["trials"])
        for x in (one, two, other)
    ]
    assert tried[0] == tried[1] != tried[2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--set", "strategy.entry_perod=1,2"), "Did you mean 'entry_period'"),
        ((), "A sweep needs a parameter with several values"),
        (("--set", "strategy.entry_period=1,2", "--backend", "dask"), "say where, with --scheduler"),
        (("--set", "strategy.entry_period=1,2", "--scheduler", "tcp://x:1"), "belongs to --backend dask"),
        (("--set", "strategy.entry_period=1,2", "--out", "x.xls"), "ends in .parquet, .csv or .json"),
        (("--set", "strategy.entry_period=1,2", "--heat-map", "x.png"), "ends in .html"),
        (("--set", "strategy.entry_period=1,2", "--resume", "last"), "leave out --set"),
        (("--capital", "10000", "--seed", "0", "--resume", "last"), "leave out --capital, --seed"),
    ],
)
def test_what_cant_be_done_is_said_before_anything_is_touched(argus, tmp_path, words, message):
    told = argus("sweep", *words)
    assert told.code == ExitCode.USAGE
    assert message in told.err
    assert not (tmp_path / "data" / "argus.db").exists()


def test_without_plotly_a_heat_map_says_what_to_install(argus, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(heat_map, "import_module", missing)
    told = argus("sweep", *TINY, "--heat-map", "map.html")
    assert told.code == ExitCode.USAGE
    assert "pip install 'argusnexus[charts]'" in told.err


NEEDY = """
from dataclasses import dataclass
from argusnexus.strategy import Signals, Strategy

@dataclass(frozen=True)
class Needy(Strategy):
    window: int

    def signals(self, candles):
        rising = candles.close > candles.open * (1 + self.window / 1000)
        return Signals(entry=rising, entry_price=candles.close, stop=candles.close * 0.9, take_profit=candles.close * 1.2)
"""


def test_a_parameter_without_a_default_needs_no_other_value_than_those_to_be_tried(argus, tmp_path):
    (tmp_path / "needy.py").write_text(NEEDY)
    words = (
        "--strategy",
        "needy.py:Needy",
        "--set",
        "strategy.window=2,5",
        "--symbols",
        "SIM-BTC-USD",
        "--json",
    )
    told = argus("sweep", *words, "--end", "2023-01-31", "--jobs", "1")
    assert json.loads(told.out)["completed"] == 2
    assert "has no default" in argus("sweep", *words[:2], "--set", "risk.max_leverage=1,2").err


def test_an_unknown_sweep_is_named(argus):
    assert argus("sweep", *TINY).code == ExitCode.OK
    told = argus("sweep", "--resume", "sweep_00000000")
    assert told.code == ExitCode.LEDGER
    assert "has no sweep 'sweep_00000000'" in told.err


def test_ctrl_c_keeps_what_is_done_and_resume_does_the_rest(tmp_path, argus):
    """The signal goes to the workers too, as a terminal sends it."""
    words = (*FEW, "--set", "strategy.entry_period=5:64:1", "--interpreted")
    command = [sys.executable, "-m", "argusnexus", "sweep", *words, "--jobs", "2"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for_trials(tmp_path / "data" / "argus.db", 2)
    os.killpg(process.pid, signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Traceback" not in error
    kept = int(re.search(r"Stopped: (\d+) of 60 trials are done and kept", error)[1])
    assert 2 <= kept < 60
    assert f"{60 - kept} trials left to do" in out
    found = json.loads(argus("sweep", "--resume", "last", "--json", "--interpreted", "--jobs", "1").out)
    assert (found["completed"], found["missing"]) == (60, 0)
    assert argus("sweep", "--resume", "last").code == ExitCode.LEDGER


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the worker processes in /proc")
def test_only_the_sweep_itself_hears_of_ctrl_c_and_not_its_workers(tmp_path):
    """Each of them would write a traceback of its own, from wherever it just was."""
    words = (*FEW, "--set", "strategy.entry_period=5:44:1", "--interpreted", "--jobs", "2")
    process = subprocess.Popen(
        [sys.executable, "-m", "argusnexus", "sweep", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_trials(tmp_path / "data" / "argus.db", 2)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    workers = [pid for pid in children if "loky" in Path(f"/proc/{pid}/cmdline").read_text()]
    for pid in workers:
        os.kill(int(pid), signal.SIGINT)
    out, error = process.communicate(timeout=120)
    assert len(workers) >= 2
    assert process.returncode == ExitCode.OK, error
    assert "40 trials" in out
    assert "Traceback" not in error


def wait_for_trials(ledger, count):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(LedgerError), LedgerReader(ledger) as reader:
            if any(len(trials_done(reader, sweep.sweep_id)) >= count for sweep in sweeps(reader)):
                return
        time.sleep(0.05)
    raise AssertionError("no trial was done")
