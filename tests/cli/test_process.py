"""`argus` as a process: whatever moment it is stopped at, the ledger holds whole runs or nothing of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from argusnexus.model.runs import RunStatus
from argusnexus.truth.logger import TruthLogger
from argusnexus.truth.queries import LedgerReader

SECONDS_TO_START = 0.5
SECONDS_AT_MOST = 3.0


def started(directory, *words):
    """`argus replay` as a process of its own."""
    command = [sys.executable, "-m", "argusnexus", "replay", *words]
    return subprocess.Popen(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    )


def stopped_after(directory, seconds, how):
    """Exit code and error output of a replay that was sent a signal after so many seconds."""
    process = started(directory)
    time.sleep(seconds)
    process.send_signal(how)
    _, error = process.communicate(timeout=60)
    return process.returncode, error


def assert_whole_or_nothing(ledger):
    if not ledger.exists():
        return
    with TruthLogger(ledger):
        pass  # the next writer marks what was interrupted
    with LedgerReader(ledger) as reader:
        for run in reader.runs():
            trades = reader.trades(run.run_id)
            if run.status is RunStatus.COMPLETED:
                assert len(trades) == run.trades_opened > 0
                assert all(reader.walk(trade.trade_id).fills for trade in trades)
                assert sum(1 for _ in reader.decisions(run.run_id)) > len(trades)
            else:
                assert run.status is RunStatus.INTERRUPTED
                assert trades == []


def moments(count):
    step = (SECONDS_AT_MOST - SECONDS_TO_START) / count
    return [SECONDS_TO_START + step * place for place in range(count)]


def test_a_replay_killed_at_any_moment_leaves_no_half_run(tmp_path):
    for seconds in moments(8):
        stopped_after(tmp_path, seconds, signal.SIGKILL)
    assert_whole_or_nothing(tmp_path / "data" / "argus.db")


@pytest.mark.campaign
def test_a_replay_killed_two_hundred_times_leaves_no_half_run(tmp_path):
    for seconds in moments(200):
        stopped_after(tmp_path, seconds, signal.SIGKILL)
    assert_whole_or_nothing(tmp_path / "data" / "argus.db")


def test_ctrl_c_is_no_traceback_and_leaves_no_half_run(tmp_path):
    for seconds in moments(4):
        code, error = stopped_after(tmp_path, seconds, signal.SIGINT)
        # The last: before or after Python runs any code of ours; or inside an exec of a source text, as dataclasses are
        # made: then CPython, whatever became of the interrupt, ends the process by the signal.
        assert code in {0, 130, -signal.SIGINT}
        assert "Traceback" not in error
        assert "Interrupted" in error or code != 130
        assert "Interrupted" not in error or code != 0
    assert_whole_or_nothing(tmp_path / "data" / "argus.db")


def test_ctrl_c_once_all_is_done_changes_nothing(tmp_path):
    """The interpreter waits for threads and workers then, and would write a traceback from there."""
    at_exit = "import atexit, os, signal; atexit.register(os.kill, os.getpid(), signal.SIGINT)"
    told = subprocess.run(
        [sys.executable, "-c", f"{at_exit}; from argusnexus.__main__ import main; main()", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("argus")


def test_a_ledger_that_another_process_writes_to_is_refused(tmp_path):
    with TruthLogger(tmp_path / "data" / "argus.db"):
        process = started(tmp_path, "--symbols", "SIM-BTC-USD")
        output, error = process.communicate(timeout=60)
    assert process.returncode == 4
    assert str(os.getpid()) in error
    assert "Traceback" not in error
    assert output == ""


@pytest.mark.parametrize("words", [("--json",), ()])
def test_a_reader_that_has_enough_is_no_error(tmp_path, words):
    process = started(tmp_path, "--symbols", "SIM-BTC-USD", *words)
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=60) == 0


def test_a_full_disk_behind_the_output_is_one_message(tmp_path):
    command = [sys.executable, "-m", "argusnexus", "--help"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert "Traceback" not in done.stderr
    assert done.returncode != 0


def test_the_module_runs_as_a_program(tmp_path):
    command = [sys.executable, "-m", "argusnexus", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.startswith("argusnexus ")) == (0, True)
