"""Where a ledger's files are: the database, its lock, its tapes."""

from __future__ import annotations

from pathlib import Path

IN_MEMORY = ":memory:"


def lock_path(ledger: Path) -> Path:
    return ledger.with_name(ledger.name + ".lock")


def tape_path(db_path: str | Path, run_id: str) -> Path:
    """The tape of a run: in `<stem>.tapes` beside the database."""
    ledger = Path(db_path).resolve()
    return ledger.with_name(ledger.stem + ".tapes") / f"{run_id}.parquet"


def unfinished(tape: Path) -> Path:
    """The name that a tape has until it is whole."""
    return tape.with_name(tape.name + ".tmp")


def discard_tape(db_path: str | Path, run_id: str) -> None:
    """Delete what a run that never completed has left of its tape."""
    tape = tape_path(db_path, run_id)
    for path in (tape, unfinished(tape)):
        path.unlink(missing_ok=True)
