"""The ledger's writer: if it is not logged, it did not happen."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from argusnexus.clock import SystemClock
from argusnexus.errors import LedgerError, UnknownRunError, did_you_mean
from argusnexus.model.runs import RunStatus
from argusnexus.model.times import iso
from argusnexus.model.trades import TradeStatus
from argusnexus.truth.connection import Connection, open_for_writing
from argusnexus.truth.files import IN_MEMORY, refuse_foreign_file
from argusnexus.truth.lock import writer_lock
from argusnexus.truth.migrations import migrate, refuse_newer
from argusnexus.truth.queries import LedgerReader, OpenLedger
from argusnexus.truth.tables import DECISIONS, FILLS, HALTS, ORDERS, RUN_SYMBOLS, RUNS, SWEEPS, TRADES, TRIALS
from argusnexus.truth.tapes import FolderTapes, MemoryTapes, Tapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType

    from argusnexus.clock import Clock
    from argusnexus.model.decisions import Decision
    from argusnexus.model.orders import Fill, Order
    from argusnexus.model.runs import Halt, Run, RunSymbol
    from argusnexus.model.trades import Trade
    from argusnexus.model.trials import Sweep, Trial
    from argusnexus.truth.codecs import SqlValue
    from argusnexus.truth.tables import Table

_SYSTEM_CLOCK = SystemClock()


class TruthLogger:
    """Writes to one ledger; constructing it touches nothing.

    The first write initializes the ledger if `initialize` was not called before. Outside `transaction`, every method
    is durable when it returns. All raise LedgerError if the ledger can't be written or refuses a row (LedgerBusyError
    if another process writes, LedgerVersionError if a newer ArgusNexus wrote it).

    Args:
        db_path: the ledger's file; ":memory:" is a ledger that is gone when the logger is closed.

    Attributes:
        tapes: where the ledger's tapes are kept.
    """

    def __init__(self, db_path: str | Path, *, clock: Clock = _SYSTEM_CLOCK) -> None:
        self._name = os.fspath(db_path)
        self._path = None if self._name == IN_MEMORY else Path(db_path).resolve()
        self.tapes: Tapes = MemoryTapes() if self._path is None else FolderTapes(self._path)
        self._clock = clock
        self._connection: Connection | None = None
        self._resources = ExitStack()
        self._closed = False

    def __enter__(self) -> Self:
        self.initialize()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def initialize(self) -> None:
        """Take the writer's lock, create or upgrade the ledger, and mark runs whose writer died as interrupted."""
        self._ledger()

    def close(self) -> None:
        """Give the ledger free; a closed logger writes no more."""
        self._closed = True
        self._connection = None
        self._resources.close()

    def reader(self) -> LedgerReader:
        """A reader of what was logged; of a ledger in memory, until this logger is closed."""
        ledger = self._ledger()
        if self._path is not None:
            return LedgerReader(self._path)
        return LedgerReader(OpenLedger(ledger.lent(), self.tapes))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything logged inside is kept together, or not at all; may be nested."""
        with self._ledger().transaction():
            yield

    def start_run(self, run: Run) -> None:
        self._ledger().insert(RUNS, [run])

    def finish_run(
        self,
        run_id: str,
        status: RunStatus,
        *,
        trades_opened: int,
        trades_closed: int,
        data_hash: str | None = None,
        notes: str | None = None,
    ) -> None:
        """End a running run now; an interrupted one was never completed and gets no time.

        Raises:
            UnknownRunError: if there is no such run.
            LedgerError: if it is not running.
        """
        completed_at = None if status is RunStatus.INTERRUPTED else iso(self._clock.now())
        with self.transaction():
            self._refuse_unless_running(run_id)
            self._ledger().execute(
                "UPDATE runs SET status = ?, completed_at = ?, trades_opened = ?, trades_closed = ?,"
                " data_hash = coalesce(?, data_hash), notes = coalesce(?, notes) WHERE run_id = ?",
                (status.value, completed_at, trades_opened, trades_closed, data_hash, notes, run_id),
            )

    def update_run_counts(self, run_id: str, trades_opened: int, trades_closed: int) -> None:
        """Keep a running run's counts. Errors as in `finish_run`."""
        with self.transaction():
            self._refuse_unless_running(run_id)
            self._ledger().execute(
                "UPDATE runs SET trades_opened = ?, trades_closed = ? WHERE run_id = ?",
                (trades_opened, trades_closed, run_id),
            )

    def log_decision(self, decision: Decision) -> None:
        self._ledger().insert(DECISIONS, [decision])

    def log_order(self, order: Order) -> None:
        self._ledger().insert(ORDERS, [order])

    def update_order(self, order: Order) -> None:
        """Replace what is known of a logged order."""
        if not self._ledger().update(ORDERS, order):
            raise LedgerError(f"Ledger {self._name} has no order {order.order_id!r} to update: log it first.")

    def log_fill(self, fill: Fill) -> None:
        self._ledger().insert(FILLS, [fill])

    def open_trade(self, trade: Trade) -> None:
        self._ledger().insert(TRADES, [trade])

    def close_trade(self, trade: Trade) -> None:
        """Close a trade that is open in the ledger."""
        if trade.status is not TradeStatus.CLOSED:
            raise LedgerError(
                f"Trade {trade.trade_id!r} can't be closed with a row whose status is still open."
            )
        if not self._ledger().update(TRADES, trade, "AND status = 'open'"):
            raise LedgerError(f"Ledger {self._name} has no open trade {trade.trade_id!r} to close.")

    def log_halt(self, halt: Halt) -> None:
        self._ledger().insert(HALTS, [halt])

    def log_run_symbol(self, row: RunSymbol) -> None:
        self._ledger().insert(RUN_SYMBOLS, [row])

    def log_replay(
        self,
        *,
        run_symbols: Iterable[RunSymbol],
        decisions: Iterable[Decision],
        orders: Iterable[Order],
        fills: Iterable[Fill],
        trades: Iterable[Trade],
        halts: Iterable[Halt],
    ) -> None:
        """Log all that a replay did, or nothing of it."""
        ledger = self._ledger()
        with ledger.transaction():
            ledger.insert(RUN_SYMBOLS, run_symbols)
            ledger.insert(DECISIONS, decisions)
            ledger.insert(ORDERS, orders)
            ledger.insert(FILLS, fills)
            ledger.insert(TRADES, trades)
            ledger.insert(HALTS, halts)

    def log_cells(self, table: Table[Any], rows: Iterable[Sequence[SqlValue]]) -> None:
        """Log rows that are cells already, in the order of the table's columns, or none of them."""
        self._ledger().insert_cells(table, rows)

    def start_sweep(self, sweep: Sweep) -> None:
        self._ledger().insert(SWEEPS, [sweep])

    def log_trials(self, trials: Iterable[Trial]) -> None:
        self._ledger().insert(TRIALS, trials)

    def _ledger(self) -> Connection:
        if self._closed:
            raise LedgerError(f"This logger of {self._name} is closed: make a new TruthLogger.")
        if self._connection is None:
            self._connection = self._opened()
        return self._connection

    def _opened(self) -> Connection:
        with ExitStack() as resources:
            fresh = self._path is not None and self._locked(resources, self._path)
            connection = resources.enter_context(closing(open_for_writing(self._path, self._name)))
            refuse_newer(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection, self._clock.now())
            if fresh:
                _mark_interrupted(connection, self.tapes)
            self._resources = resources.pop_all()
        return connection

    def _locked(self, resources: ExitStack, path: Path) -> bool:
        """Take the lock; whether it was free, so that a run still marked as running has no writer."""
        refuse_foreign_file(path, self._name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(
                f"Folder {path.parent} for ledger {self._name} can't be made: {error}."
            ) from error
        return resources.enter_context(writer_lock(path))

    def _refuse_unless_running(self, run_id: str) -> None:
        ledger = self._ledger()
        found = ledger.query("SELECT status FROM runs WHERE run_id = ?", (run_id,))
        if not found:
            known = [known for (known,) in ledger.query("SELECT run_id FROM runs")]
            raise UnknownRunError(f"Ledger {self._name} has no run {run_id!r}.{did_you_mean(run_id, known)}")
        ((status,),) = found
        if status != RunStatus.RUNNING.value:
            raise LedgerError(f"Run {run_id!r} is {status}: only a running run can be changed.")


def _mark_interrupted(connection: Connection, tapes: Tapes) -> None:
    for (run_id,) in connection.query("SELECT run_id FROM runs WHERE status = 'running'"):
        tapes.discard(run_id)
    connection.execute("UPDATE runs SET status = 'interrupted' WHERE status = 'running'")
