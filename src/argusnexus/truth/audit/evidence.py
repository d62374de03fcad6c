"""What the ledger has of a run, read in bulk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.errors import UnknownRunError, did_you_mean
from argusnexus.truth.audit.cells import StoredRow, stored_rows
from argusnexus.truth.audit.findings import TAPE, UNUSABLE, Findings
from argusnexus.truth.audit.shelf import Shelf
from argusnexus.truth.audit.stories import Shelves
from argusnexus.truth.tables import DECISIONS, FILLS, HALTS, ORDERS, RUN_SYMBOLS, RUNS, TRADES

if TYPE_CHECKING:
    from argusnexus.truth.queries import OpenLedger
    from argusnexus.truth.tape import TapeTable


class Evidence(NamedTuple):
    """A run's rows and its tape, by symbol; no tape where the run has none that can be read."""

    run: StoredRow
    symbols: list[StoredRow]
    halts: list[StoredRow]
    shelves: Shelves
    tapes: dict[str, TapeTable]


def evidence_of(ledger: OpenLedger, run_id: str, findings: Findings) -> Evidence:
    """All there is of a run.

    Raises:
        UnknownRunError: if the ledger has no such run.
    """
    connection = ledger.connection
    found = stored_rows(connection, RUNS, "run_id = ?", run_id)
    if not found:
        known = [known for (known,) in connection.query("SELECT run_id FROM runs")]
        raise UnknownRunError(f"Ledger {connection.name} has no run {run_id!r}.{did_you_mean(run_id, known)}")
    with ThreadPoolExecutor(1) as beside:  # Arrow leaves the interpreter free, which the rows keep busy
        taped = beside.submit(_tapes, ledger, run_id)
        shelves = Shelves(
            *(Shelf(connection, table, run_id, findings) for table in (DECISIONS, ORDERS, FILLS, TRADES))
        )
        tapes = taped.result()
    if isinstance(tapes, Exception):
        findings.add(TAPE, run_id, "file", "a tape that can be read", tapes, "unreadable")
        tapes = {}
    return Evidence(
        run=found[0],
        symbols=stored_rows(connection, RUN_SYMBOLS, "run_id = ?", run_id),
        halts=stored_rows(connection, HALTS, "run_id = ?", run_id),
        shelves=shelves,
        tapes=tapes,
    )


def _tapes(ledger: OpenLedger, run_id: str) -> dict[str, TapeTable] | Exception:
    """Each symbol's tape, or why they can't be read."""
    if not ledger.tapes.has(run_id):
        return {}
    try:
        with ledger.tapes.opened(run_id) as tape:
            return {symbol: tape.lines(symbol) for symbol in tape.symbols}
    except UNUSABLE as error:
        return error
