"""One writing process, and what a killed one leaves behind."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from argusnexus.errors import LedgerBusyError, LedgerError
from argusnexus.model.runs import RunStatus
from argusnexus.truth.files import lock_path, tape_path, unfinished
from argusnexus.truth.logger import TruthLogger
from argusnexus.truth.queries import LedgerReader
from truth.ledger_rows import RUN, a_decision, a_run, a_tape, write_tape

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def command(script, *arguments):
    return [sys.executable, str(Path(__file__).with_name(script)), *map(str, arguments)]


@contextmanager
def child(db, deed):
    """A child process that has reached the point where it waits."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(
        command("child_writer.py", db, deed), **pipes, env=ENVIRONMENT, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def test_a_killed_replay_leaves_nothing_but_an_interrupted_run(db, sql):
    with child(db, "replay") as process:
        unfinished(tape_path(db, RUN)).touch()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert tape_path(db, RUN).exists()

    with TruthLogger(db), LedgerReader(db) as reader:
        run = reader.run(RUN)

    assert (run.status, run.completed_at) == (RunStatus.INTERRUPTED, None)
    for table in ("run_symbols", "decisions", "orders", "fills", "trades"):
        assert sql(f"SELECT count(*) FROM {table}") == [(0,)]
    assert list(tape_path(db, RUN).parent.iterdir()) == []


def test_readers_see_the_last_commit_while_a_writer_is_in_a_transaction(db):
    with child(db, "replay"), LedgerReader(db) as reader:
        assert reader.run(RUN).status is RunStatus.RUNNING
        assert reader.trades(RUN) == []


def test_a_second_process_is_told_who_writes(db):
    with child(db, "nothing") as process:
        with pytest.raises(LedgerBusyError, match=rf"ledger\.db is being written .*\(pid {process.pid}\)"):
            TruthLogger(db).initialize()
        process.stdin.close()
        assert process.wait() == 0
    with TruthLogger(db) as logger:
        logger.start_run(a_run("replay_0000bbbb"))


def test_a_holder_that_has_not_said_its_pid_is_busy_all_the_same(db):
    with child(db, "nothing"):
        lock_path(db).write_text("")
        with pytest.raises(LedgerBusyError, match=r"another process\. Wait"):
            TruthLogger(db).initialize()


def test_a_refused_writer_does_not_disturb_the_first(db):
    with child(db, "nothing"):
        with pytest.raises(LedgerBusyError):
            TruthLogger(db).initialize()
        with LedgerReader(db) as reader:
            assert reader.run(RUN).status is RunStatus.RUNNING


def test_two_loggers_of_one_process_share_the_lock(db, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    same = tmp_path / "elsewhere" / ".." / db.name
    with TruthLogger(db) as first:
        first.start_run(a_run())
        write_tape(db, RUN, [a_tape()])
        with TruthLogger(str(same)) as second:
            second.log_decision(a_decision())
        first.log_decision(a_decision("d2"))
        with LedgerReader(db) as reader:
            assert reader.run(RUN).status is RunStatus.RUNNING
        assert tape_path(db, RUN).exists()
        assert lock_path(db).read_text() == f"{os.getpid()}\n"
    assert lock_path(db).read_text() == ""


def test_a_logger_that_was_forgotten_gives_the_lock_back(db):
    TruthLogger(db).initialize()
    gc.collect()
    with child(db, "nothing"):
        pass


def test_a_folder_that_vanished_does_not_keep_a_logger_from_closing(db):
    with TruthLogger(db):
        lock_path(db).unlink()


def test_a_run_without_its_writer_is_interrupted_and_completed_ones_stay(db):
    with TruthLogger(db) as logger:
        logger.start_run(a_run())
        logger.finish_run(RUN, RunStatus.COMPLETED, trades_opened=0, trades_closed=0)
        logger.start_run(a_run("replay_0000bbbb"))
        write_tape(db, RUN, [a_tape()])
    with TruthLogger(db), LedgerReader(db) as reader:
        statuses = {run.run_id: run.status for run in reader.runs()}
    assert statuses == {RUN: RunStatus.COMPLETED, "replay_0000bbbb": RunStatus.INTERRUPTED}
    assert tape_path(db, RUN).exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match=r"Folder .* can't be made"):
        TruthLogger(tmp_path / "file" / "ledger.db").initialize()


def test_a_lock_that_cannot_be_made_is_told(tmp_path):
    db = tmp_path / "ledger.db"
    lock_path(db).mkdir()
    with pytest.raises(LedgerError, match="can't be locked"):
        TruthLogger(db).initialize()


@pytest.fixture
def archive():
    """A folder outside of pytest's own, which only its owner may enter."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
        Path(folder).chmod(0o700)


def visited(db, deed):
    """What a process says that can't write to the ledger's folder."""
    for path in db.parent.iterdir():
        path.chmod(0o666)
    db.parent.chmod(0o555)
    return subprocess.run(
        command("child_visitor.py", deed, db), env=ENVIRONMENT, capture_output=True, text=True, check=True
    ).stdout


def test_a_folder_that_cannot_be_written_is_told(archive):
    assert "can't be locked: [Errno 13]" in visited(archive / "ledger.db", "write")


def test_a_ledger_that_cannot_be_made_is_told(archive):
    lock_path(archive / "ledger.db").touch()
    assert "can't be written: [Errno 13]" in visited(archive / "ledger.db", "write")


def test_an_archived_ledger_can_be_read(archive):
    with TruthLogger(archive / "ledger.db") as logger:
        logger.start_run(a_run())
    assert visited(archive / "ledger.db", "read") == "runs: 1\n"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a file system that makes no files: /proc")
def test_a_file_system_that_makes_no_files_is_told():
    with pytest.raises(LedgerError, match=r"/proc/z\.db can't be locked"):
        TruthLogger("/proc/z.db").initialize()
