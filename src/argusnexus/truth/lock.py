"""One writing process per ledger."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from argusnexus.errors import LedgerBusyError, LedgerError
from argusnexus.truth.files import lock_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def writer_lock(ledger: Path) -> Iterator[bool]:
    """Hold the ledger's lock; loggers of one process share it.

    Yields:
        Whether it was acquired freshly: no other logger of this process held it.

    Raises:
        LedgerBusyError: at once, if another process holds it.
        LedgerError: if the lock file can't be made.
    """
    path = lock_path(ledger)
    # thread_local=False: threads of this process share the lock instead of refusing one another
    lock = FileLock(path, is_singleton=True, thread_local=False, blocking=False, mode=0o600)
    fresh = _acquire(lock, ledger, path)
    try:
        yield fresh
    finally:
        if lock.lock_counter == 1:
            with suppress(
                OSError
            ):  # the pid is a courtesy: whoever deleted the folder shall still be able to close
                os.truncate(path, 0)
        lock.release()


def _acquire(lock: FileLock, ledger: Path, path: Path) -> bool:
    try:
        lock.acquire()
    except Timeout:
        _refuse_unless_made(path, ledger)
        raise LedgerBusyError(
            f"Ledger {ledger} is being written by another process{_holder(path)}. "
            "Wait until it is done or stop it, or write to another ledger; reading is possible all the time."
        ) from None
    except OSError as error:
        raise LedgerError(
            f"Ledger {ledger} can't be locked: {error}. Expected a folder that can be written to."
        ) from error
    fresh = lock.lock_counter == 1
    if fresh:
        with suppress(OSError):
            path.write_text(f"{os.getpid()}\n", encoding="utf-8")
    return fresh


def _refuse_unless_made(path: Path, ledger: Path) -> None:
    """A LedgerError where a lock was waited for that isn't there: the file system makes no files."""
    if not path.exists():
        raise LedgerError(
            f"Ledger {ledger} can't be locked: {path} can't be made. Expected a folder that can be written to."
        )


def _holder(path: Path) -> str:
    """The holder's process id in words; empty in the instant before the holder has written it."""
    pid = path.read_text(encoding="utf-8", errors="replace").strip()
    return f" (pid {pid})" if pid.isdigit() else ""
