"""A trading engine in a paper session with a real ledger, told by a script when to enter and leave."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

import numpy as np

from argusnexus.engine import TradingEngine
from argusnexus.execution import PaperExecutor
from argusnexus.model.frames import to_frame
from argusnexus.model.runs import RunMode
from argusnexus.risk import RiskConfig, RiskManager
from argusnexus.strategy import Signals, Strategy
from argusnexus.truth.logger import TruthLogger
from engine.hand_made import candles, execution, product
from truth.ledger_rows import a_run

RUN = "paper_0000aaaa"
MIDNIGHT = datetime(2024, 1, 1, tzinfo=UTC)
FLAT = (100, 101, 99, 100)
LENIENT = RiskConfig(
    stop_buffer=0.1,
    max_drawdown=1.0,
    daily_loss_limit=1.0,
    max_asset_concentration=1.0,
    max_correlated_exposure=1.0,
)


class StoppedClockError(Exception):
    pass


class NoClock:
    def now(self):
        raise StoppedClockError


class FixedClock:
    def now(self):
        return datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Scripted(Strategy):
    """Enters and leaves at the rows it is told; the plan is 100, 90, 120."""

    name: ClassVar[str] = "scripted"

    entries: tuple[int, ...] = ()
    exits: tuple[int, ...] = ()
    warmup: int = 0

    def signals(self, candles):
        rows = np.arange(len(candles))
        return Signals(
            entry=np.isin(rows, self.entries),
            entry_price=np.full(len(rows), 100.0),
            stop=np.full(len(rows), 90.0),
            take_profit=np.full(len(rows), 120.0),
            exit=np.isin(rows, self.exits),
            trailing_distance=np.full(len(rows), np.nan),
            hold_reason=np.zeros(len(rows), dtype=np.int64),
            hold_reasons=("nothing_scripted",),
            warmup=self.warmup,
            indicators={"seen_close": candles.close},
        )


def hours(count):
    return MIDNIGHT + timedelta(hours=count)


def frame(rows, *, first=0):
    return to_frame(candles("BTC-USD", rows, first=first))


class Session:
    """An engine with a real ledger and the paper venue."""

    def __init__(self, path, strategy, *, risk=LENIENT, run_id=RUN, spec=None, granularity=None, **costs):
        self.path = path
        self.logger = TruthLogger(path, clock=FixedClock())
        self.logger.initialize()
        if run_id:
            self.logger.start_run(a_run(run_id, run_mode=RunMode.PAPER))
        self.venue = PaperExecutor(Decimal(1000))
        self.engine = TradingEngine(
            strategy,
            RiskManager(risk),
            self.venue,
            self.logger,
            "BTC-USD",
            Decimal(1000),
            run_id=run_id,
            product=spec or product(),
            granularity=granularity,
            execution=execution(**{"slippage_bps": 0.0} | costs),
            clock=NoClock(),
        )

    def tick(self, rows, *, first=0, as_of=None):
        return self.engine.run_tick(frame(rows, first=first), as_of or hours(first + len(rows)))

    def live(self, rows):
        """One tick a candle."""
        self.tick(rows[:1], first=0)
        return [self.tick([row], first=number) for number, row in enumerate(rows[1:], 1)]

    def ask(self, statement):
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(statement).fetchall()

    def decisions(self):
        return self.ask("SELECT timestamp, result_reason FROM decisions ORDER BY timestamp")

    def reasons(self):
        return [reason for _, reason in self.decisions()]

    def close(self):
        self.logger.close()
