"""Where a ledger's tapes are kept: in a folder beside it, or in memory with it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from argusnexus.errors import LedgerError
from argusnexus.truth.files import tape_path, unfinished
from argusnexus.truth.tape import write_tables
from argusnexus.truth.tape_file import TapeFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from argusnexus.truth.tape import TapeTable


class Tapes(Protocol):
    """The tapes of one ledger, by run_id."""

    def write(self, run_id: str, tables: Sequence[TapeTable]) -> None:
        """Keep the whole tape of a run, in place of any it has.

        Raises:
            LedgerError: if it can't be written, or a table's columns don't have one length.
        """
        ...

    def opened(self, run_id: str) -> AbstractContextManager[TapeFile]:
        """A run's tape, to be read inside.

        Raises:
            LedgerError: if the run has no tape or it can't be read.
        """
        ...

    def has(self, run_id: str) -> bool:
        """Whether a run's tape is there."""
        ...

    def discard(self, run_id: str) -> None:
        """Delete what a run that never completed has left of its tape."""
        ...

    def place(self, run_id: str) -> str:
        """Where a run's tape is expected, in words."""
        ...


class FolderTapes:
    """Files in `<stem>.tapes` beside the database."""

    def __init__(self, ledger: str | Path) -> None:
        self._ledger = ledger

    def write(self, run_id: str, tables: Sequence[TapeTable]) -> None:
        """The file has its name only once it is whole and on the disk."""
        path = tape_path(self._ledger, run_id)
        part = unfinished(path)
        with _errors_named(self.place(run_id)):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                _write_durably(part, tables)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
            _sync(path.parent)

    @contextmanager
    def opened(self, run_id: str) -> Iterator[TapeFile]:
        path = tape_path(self._ledger, run_id)
        with _errors_named(self.place(run_id)), pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield TapeFile(file)

    def has(self, run_id: str) -> bool:
        return tape_path(self._ledger, run_id).is_file()

    def discard(self, run_id: str) -> None:
        tape = tape_path(self._ledger, run_id)
        for path in (tape, unfinished(tape)):
            path.unlink(missing_ok=True)

    def place(self, run_id: str) -> str:
        return os.fspath(tape_path(self._ledger, run_id))


class MemoryTapes:
    """The bytes of the same files, gone with the ledger."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def write(self, run_id: str, tables: Sequence[TapeTable]) -> None:
        sink = BytesIO()
        with _errors_named(self.place(run_id)):
            write_tables(sink, tables)
        self._files[run_id] = sink.getvalue()

    @contextmanager
    def opened(self, run_id: str) -> Iterator[TapeFile]:
        if run_id not in self._files:
            raise LedgerError(f"Run {run_id} has no tape {self.place(run_id)}.")
        with _errors_named(self.place(run_id)):
            yield TapeFile(pq.ParquetFile(pa.BufferReader(self._files[run_id])))

    def has(self, run_id: str) -> bool:
        return run_id in self._files

    def discard(self, run_id: str) -> None:
        self._files.pop(run_id, None)

    def place(self, run_id: str) -> str:
        return f"in memory ({run_id})"


def _write_durably(path: Path, tables: Sequence[TapeTable]) -> None:
    path.touch(mode=0o600)
    with path.open("wb") as file:
        write_tables(file, tables)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _errors_named(place: str) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise LedgerError(f"Tape {place}: {error}") from error
