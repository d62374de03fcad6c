"""`ReplayRunner`: one replay, from its run row to its last trade."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Self

from argusnexus.clock import Clock, SystemClock
from argusnexus.errors import ConfigError
from argusnexus.market.sample import SAMPLE_SYMBOLS
from argusnexus.market.store import CandleStore
from argusnexus.model.runs import CapitalMode, RunStatus
from argusnexus.replay.bulk import BulkBook
from argusnexus.replay.market import load_market, source_of
from argusnexus.replay.plan import make_plan, refuse_unless_planned
from argusnexus.replay.run_row import run_row
from argusnexus.replay.simulation import Simulator
from argusnexus.truth.logger import TruthLogger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from types import TracebackType

    from argusnexus.config import Settings
    from argusnexus.model.candles import Granularity
    from argusnexus.money import Amount
    from argusnexus.replay.market import ReplayMarket
    from argusnexus.replay.simulation import Progress
    from argusnexus.truth.queries import LedgerReader


class ReplayRunner:
    """A replay in a truth ledger; constructing it makes the ledger and its run row.

    Use it as a context manager, or call `close`: it holds the ledger's writer lock.

    Args:
        db_path: the ledger; made if it isn't there. ":memory:" is one that is gone when the runner is closed.
        symbols: in the order that decides who comes first at one time.
        start_date, end_date: days, both inclusive; None is as far as the candles go.
        capital: start capital of each account, quote currency.
        settings: strategy, risk and execution; None means the defaults.
        market: the candles, of the same symbols, days and granularity; None takes the sample market's, or those
            stored in data/cache, when the replay runs.
        created_by: who or what asked for the run, for its row.
        native: compiled or interpreted step, with the same results; None chooses what is sooner done.

    Raises:
        ConfigError: if an argument can't be used; the ledger is untouched then.
        LedgerError: if the ledger can't be written.
    """

    def __init__(
        self,
        db_path: str | Path,
        symbols: Sequence[str] | str,
        start_date: date | str | None,
        end_date: date | str | None,
        capital: Amount | float | str,
        capital_mode: CapitalMode | str = CapitalMode.INDEPENDENT,
        granularity: Granularity | str = "4h",
        skip_volume_filter: bool = False,  # noqa: FBT001, FBT002 (a fixed signature)
        *,
        settings: Settings | None = None,
        market: ReplayMarket | None = None,
        created_by: str = "argusnexus.replay",
        clock: Clock | None = None,
        native: bool | None = None,
    ) -> None:
        self.plan = make_plan(
            symbols,
            start_date,
            end_date,
            capital,
            capital_mode=capital_mode,
            granularity=granularity,
            skip_volume_filter=skip_volume_filter,
            settings=settings,
        )
        _refuse_no_file(db_path)
        if market is not None:
            refuse_unless_planned(market, self.plan)
        elif not set(self.plan.symbols).isdisjoint(SAMPLE_SYMBOLS):
            market = self._load_market()  # at once: the run row must say that the candles are synthetic
        self.run_id = f"replay_{secrets.token_hex(4)}"
        self.trades_opened = 0
        self.trades_closed = 0
        self._completed = False
        self._market = market
        self._native = native
        self._clock = clock or SystemClock()
        self._logger = TruthLogger(db_path, clock=self._clock)
        try:
            self._logger.initialize()
            started_at = self._clock.now()
            self._logger.start_run(run_row(self.plan, market, self.run_id, created_by, started_at))
        except BaseException:
            self._logger.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, progress: Progress | None = None) -> None:
        """Replay, and complete the run; whatever stops it is kept in its row.

        Raises:
            DataError, StrategyError: if candles or signals can't be used; the run is then marked as failed.
        """
        try:
            self._replay(progress or _silent)
        except KeyboardInterrupt:
            self._abandon(RunStatus.INTERRUPTED, "interrupted from the keyboard")
            raise
        except Exception as error:
            self._abandon(RunStatus.FAILED, str(error))
            raise

    def record_trade_opened(self) -> None:
        """Count a trade that was opened."""
        self._count(opened=1, closed=0)

    def record_trade_closed(self) -> None:
        """Count a trade that was closed."""
        self._count(opened=0, closed=1)

    def complete(self, notes: str | None = None) -> None:
        """End the run as completed."""
        self._finish(RunStatus.COMPLETED, notes)
        self._completed = True

    def reader(self) -> LedgerReader:
        """A reader of the ledger; of one in memory, until the runner is closed."""
        return self._logger.reader()

    def close(self) -> None:
        """Give the ledger free; a run that was not completed is found as interrupted by the next writer."""
        self._logger.close()

    def _replay(self, progress: Progress) -> None:
        plan = self.plan
        if self._market is None:
            self._market = self._load_market()
        simulator = Simulator(plan, self._market, self.run_id, native=self._native, progress=progress)
        with self._logger.transaction():
            self._write(simulator, progress, self._market.data_hash)
        self._completed = True

    def _load_market(self) -> ReplayMarket:
        plan = self.plan
        source = source_of(plan.symbols, CandleStore(Path("data/cache")))
        return load_market(source, plan.symbols, plan.granularity, plan.start, plan.end)

    def _write(self, simulator: Simulator, progress: Progress, data_hash: str) -> None:
        """The tape before the end: a run that is completed in the ledger has one."""
        book = BulkBook(self._logger, self.plan.settings.execution.entry_type)
        told = simulator.tell(book)
        progress("writing the ledger", 1, 1)
        self._logger.tapes.write(self.run_id, told.tapes)
        for row in told.run_symbols:
            self._logger.log_run_symbol(row)
        self.trades_opened, self.trades_closed = book.trades_opened, book.trades_closed
        self._finish(RunStatus.COMPLETED, None, data_hash)

    def _abandon(self, status: RunStatus, notes: str) -> None:
        """Nothing of a run that was stopped stays but its row, with what stopped it."""
        if self._completed:
            return
        self._logger.tapes.discard(self.run_id)
        self.trades_opened = self.trades_closed = 0
        self._finish(status, notes)

    def _finish(self, status: RunStatus, notes: str | None, data_hash: str | None = None) -> None:
        self._logger.finish_run(
            self.run_id,
            status,
            trades_opened=self.trades_opened,
            trades_closed=self.trades_closed,
            data_hash=data_hash,
            notes=notes,
        )

    def _count(self, *, opened: int, closed: int) -> None:
        self.trades_opened += opened
        self.trades_closed += closed
        self._logger.update_run_counts(self.run_id, self.trades_opened, self.trades_closed)


def _refuse_no_file(db_path: str | Path) -> None:
    if not str(db_path):
        raise ConfigError(
            "db_path: expected the path of a ledger, for example data/argus.db, or :memory:; was empty."
        )


def _silent(what: str, done: int, total: int) -> None:
    """Tell nobody."""
