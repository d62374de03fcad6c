"""A run copied from one ledger into another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from argusnexus.errors import ConfigError, LedgerError
from argusnexus.truth.files import IN_MEMORY
from argusnexus.truth.logger import TruthLogger
from argusnexus.truth.tables import DECISIONS, FILLS, HALTS, ORDERS, RUN_SYMBOLS, RUNS, TRADES

if TYPE_CHECKING:
    from argusnexus.truth.queries import LedgerReader
    from argusnexus.truth.tables import Table

Row = TypeVar("Row")


def save_run(reader: LedgerReader, run_id: str, db_path: str | Path) -> Path:
    """Write a run with all its rows and its tape into a ledger file, which is made if it isn't there.

    Raises:
        ConfigError: if the path is none of a file.
        LedgerError: if the ledger can't be written, or has the run already; nothing is written then.
    """
    if str(db_path) in {"", IN_MEMORY}:
        raise ConfigError(f"db_path: expected the path of a file, for example my.db; was {str(db_path)!r}.")
    run = reader.run(run_id)
    with TruthLogger(db_path) as logger, logger.transaction():
        with logger.reader() as there:
            if there.cells(RUNS, run_id):
                raise LedgerError(f"Ledger {db_path} has run {run_id} already. Nothing was written.")
        logger.start_run(run)
        logger.log_replay(
            run_symbols=_rows(reader, RUN_SYMBOLS, run_id),
            decisions=_rows(reader, DECISIONS, run_id),
            orders=_rows(reader, ORDERS, run_id),
            fills=_rows(reader, FILLS, run_id),
            trades=_rows(reader, TRADES, run_id),
            halts=_rows(reader, HALTS, run_id),
        )
        if reader.tapes.has(run_id):
            with reader.tapes.opened(run_id) as tape:
                logger.tapes.write(run_id, [tape.lines(symbol) for symbol in run.symbols])
    return Path(db_path)


def _rows(reader: LedgerReader, table: Table[Row], run_id: str) -> list[Row]:
    cells: list[dict[str, Any]] = reader.cells(table, run_id)
    return [table.row(list(row.values())) for row in cells]
