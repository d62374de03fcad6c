"""An open ledger file: runs statements and turns SQLite's errors into ours."""

from __future__ import annotations

import os
import re
import sqlite3
from collections import deque
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from argusnexus.errors import LedgerBusyError, LedgerError
from argusnexus.truth.collector import without_collector
from argusnexus.truth.files import IN_MEMORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from argusnexus.truth.codecs import SqlValue
    from argusnexus.truth.tables import Table

Row = TypeVar("Row")

_BUSY_SECONDS = (
    5.0  # other programs may hold the file for a moment; other writers of ours are kept out by the lock
)
_PAGE_SIZE = (
    "page_size = 16384"  # of a new file: a million candles' rows take a third less time than with 4096
)
_SETTINGS = ("foreign_keys = ON", "trusted_schema = OFF", "synchronous = FULL", _PAGE_SIZE)


class Connection:
    """One connection to one ledger.

    Every method raises LedgerError (LedgerBusyError where waiting would help).

    Attributes:
        name: the ledger in messages.
    """

    def __init__(self, raw: sqlite3.Connection, name: str) -> None:
        self._raw = raw
        self.name = name

    def close(self) -> None:
        self._raw.close()

    def lent(self) -> Connection:
        """The same connection for somebody else, whose closing it leaves it open."""
        return _LentConnection(self._raw, self.name)

    def query(
        self, sql: str, parameters: Sequence[SqlValue] | Mapping[str, SqlValue] = ()
    ) -> list[tuple[Any, ...]]:
        """All selected rows."""
        with self._errors_translated():
            return self._raw.execute(sql, parameters).fetchall()

    def execute(self, sql: str, parameters: Sequence[SqlValue] | Mapping[str, SqlValue] = ()) -> int:
        """The number of rows that one statement changed."""
        with self._errors_translated():
            return self._raw.execute(sql, parameters).rowcount

    @without_collector()
    def rows(self, table: Table[Row], tail: str, parameters: Sequence[SqlValue] = ()) -> list[Row]:
        """Model rows of a table; `tail` is the SQL after FROM."""
        return [table.row(values) for values in self.query(f"{table.select} {tail}", parameters)]

    def insert(self, table: Table[Row], rows: Iterable[Row]) -> None:
        """Insert all rows or none; the error names the row that was refused."""
        latest: deque[dict[str, SqlValue]] = deque(maxlen=1)

        def parameters() -> Iterator[dict[str, SqlValue]]:
            for row in rows:
                latest.append(table.values(row))
                yield latest[0]

        with self.transaction(), self._errors_translated(), self._refusal_described(table, latest):
            self._raw.executemany(table.insert, parameters())

    def insert_cells(self, table: Table[Any], rows: Iterable[Sequence[SqlValue]]) -> None:
        """`insert` of rows that are cells already, in the order of the table's columns."""
        latest: deque[Sequence[SqlValue]] = deque(maxlen=1)

        def parameters() -> Iterator[Sequence[SqlValue]]:
            for row in rows:
                latest.append(row)
                yield row

        with self.transaction(), self._errors_translated(), self._refusal_described(table, latest):
            self._raw.executemany(table.insert_cells, parameters())

    def update(self, table: Table[Row], row: Row, condition: str = "") -> int:
        """The number of rows that were changed to `row`: 1, or 0 if none has its key (and meets the condition)."""
        values = table.values(row)
        with self._errors_translated(), self._refusal_described(table, (values,)):
            return self._raw.execute(f"{table.update} {condition}", values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside or none. Inside another transaction, a part of it that can fail alone."""
        inner = self._raw.in_transaction
        self.execute("SAVEPOINT part" if inner else "BEGIN IMMEDIATE")
        try:
            yield
            self.execute("RELEASE part" if inner else "COMMIT")
        except BaseException:
            self._undo(inner=inner)
            raise

    def _undo(self, *, inner: bool) -> None:
        if not self._raw.in_transaction:
            return  # SQLite rolls back by itself when the disk is full or fails
        self.execute("ROLLBACK TO part" if inner else "ROLLBACK")
        if inner:
            self.execute("RELEASE part")

    @contextmanager
    def _refusal_described(
        self, table: Table[Any], latest: Sequence[Mapping[str, SqlValue] | Sequence[SqlValue]]
    ) -> Iterator[None]:
        """Say which row a constraint refused: the first of `latest`, looked at when it happens."""
        try:
            yield
        except sqlite3.IntegrityError as error:
            row = latest[0]
            values = row if isinstance(row, Mapping) else dict(zip(table.columns, row, strict=True))
            raise LedgerError(f"Ledger {self.name} refused {_described(table, values, error)}") from error

    @contextmanager
    def _errors_translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _translated(error, self.name) from error


class _LentConnection(Connection):
    def close(self) -> None:
        """Nothing: it is its owner's to close."""


def _translated(error: sqlite3.Error, name: str) -> LedgerError:
    # the sqlite3 module's own errors (a closed connection, another thread) have no code
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return LedgerError(
            f"{name} is no SQLite database, or a damaged one: {error}. "
            "It was left as it is; give the path of a ledger, or put a backup in its place."
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LedgerBusyError(
            f"Ledger {name} is in use by another program: {error}. Try again when that is done."
        )
    return LedgerError(f"Ledger {name}: {error}.")


def _described(table: Table[Any], values: Mapping[str, SqlValue], error: sqlite3.IntegrityError) -> str:
    """The row's key, and the values of the columns that the constraint's message speaks of."""
    named = [column for column in re.findall(r"\w+\.(\w+)", str(error)) if column not in table.key]
    facts = ", ".join(f"{column} {values[column]!r}" for column in (*table.key, *named))
    return f"a row of {table.name} ({facts}): {error}."


def open_for_writing(path: Path | None, name: str) -> Connection:
    """Open a ledger for its one writer, who holds the lock; None is a ledger in memory.

    A file that doesn't exist yet is created, readable by its owner only.

    Raises:
        LedgerError: if it can't be opened.
    """
    if path is None:
        return _connected(IN_MEMORY, name)
    try:
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        raise LedgerError(f"Ledger {name} can't be written: {error}.") from error
    return _connected(f"{path.as_uri()}?mode=rw", name)


def open_for_reading(db_path: str | Path) -> Connection:
    """Open a ledger that exists; it is never changed, nor made where there is none.

    Raises:
        LedgerError: if there is no such file or it can't be opened.
    """
    path = Path(db_path).resolve()
    if not path.is_file():
        raise LedgerError(
            f"There is no ledger {db_path}: expected the path of an existing file (`argus replay` makes one)."
        )
    # beside a ledger at rest, SQLite wants to make its shared-memory file; in an archive it can't, and needn't
    writable = os.access(path.parent, os.W_OK, effective_ids=True)
    archived = not writable and not path.with_name(path.name + "-wal").exists()
    return _connected(f"{path.as_uri()}?mode=ro{'&immutable=1' if archived else ''}", os.fspath(db_path))


def _connected(uri: str, name: str) -> Connection:
    try:
        raw = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
    except sqlite3.Error as error:
        raise _translated(error, name) from error
    connection = Connection(raw, name)
    try:
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}")
    except LedgerError:
        connection.close()
        raise
    return connection
