"""Where a ledger's files are: the database, its lock, its tapes."""

from __future__ import annotations

from pathlib import Path

from argusnexus.errors import LedgerError

IN_MEMORY = ":memory:"

_SQLITE_HEADER = b"SQLite format 3\x00"


def refuse_foreign_file(path: Path, name: str) -> None:
    """A LedgerError if something that is no ledger is there already; asked before any file is made beside it.

    An empty file is a ledger to be.
    """
    try:
        if not path.exists():
            return
        if not path.is_file():
            raise LedgerError(
                f"{name} is no file: expected the path of a ledger, or of a file that isn't there yet."
            )
        with path.open("rb") as file:
            start = file.read(len(_SQLITE_HEADER))
    except OSError as error:
        raise LedgerError(f"Ledger {name} can't be read: {error.strerror}.") from error
    if start and start != _SQLITE_HEADER:
        raise LedgerError(f"{name} is no SQLite database, and so no ledger. It was left as it is.")


def lock_path(ledger: Path) -> Path:
    return ledger.with_name(ledger.name + ".lock")


def tape_path(db_path: str | Path, run_id: str) -> Path:
    """The tape of a run: in `<stem>.tapes` beside the database."""
    ledger = Path(db_path).resolve()
    return ledger.with_name(ledger.stem + ".tapes") / f"{run_id}.parquet"


def unfinished(tape: Path) -> Path:
    """The name that a tape has until it is whole."""
    return tape.with_name(tape.name + ".tmp")
