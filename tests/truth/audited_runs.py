"""Replays to be audited, and ways to change what they left."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np

from argusnexus.config import Settings
from argusnexus.market.source import SampleSource
from argusnexus.model.candles import Granularity
from argusnexus.model.orders import EntryType
from argusnexus.model.settings import ExecutionConfig
from argusnexus.replay import ReplayRunner
from argusnexus.replay.market import ReplayMarket, SymbolMarket, load_market
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout, Signals, Strategy
from argusnexus.truth.audit import audit_run
from argusnexus.truth.connection import Connection
from argusnexus.truth.queries import LedgerReader, OpenLedger
from argusnexus.truth.tapes import FolderTapes

HOUR = Granularity.parse("1h")
BUSY = Settings(
    strategy=DonchianBreakout(
        entry_period=10, exit_period=8, trend_period=0, volume_multiplier=0.0, warmup=20, take_profit_atr=3.0
    ),
    risk=RiskConfig(max_drawdown=0.12),
)


@dataclass(frozen=True)
class Injected(Strategy):
    """Says what a random case says, symbol by symbol."""

    name: ClassVar[str] = "injected"
    signals_by_symbol: ClassVar[dict] = {}

    def signals(self, candles):
        rows = self.signals_by_symbol[candles.symbol]
        warmup = next((place for place, one in enumerate(rows) if one.hold_reason != "warmup"), len(rows))

        def column(name, kind=np.float64):
            return np.array([getattr(one, name) for one in rows[: len(candles)]], dtype=kind)

        return Signals(
            entry=column("entry", np.bool_),
            entry_price=column("entry_price"),
            stop=column("stop"),
            take_profit=column("take_profit"),
            exit=column("exit", np.bool_),
            trailing_distance=column("trailing_distance"),
            warmup=warmup,
        )


def market_of(candles):
    return ReplayMarket(tuple(SymbolMarket(one, "made for a test", None) for one in candles), ())


def replayed(db, market, settings, *, capital=500, mode="independent"):
    """The run_id of a replay."""
    symbols = [one.candles.symbol for one in market.symbols]
    granularity = market.symbols[0].candles.granularity
    with ReplayRunner(
        db, symbols, None, None, capital, mode, granularity, settings=settings, market=market
    ) as runner:
        runner.run()
    return runner.run_id


def replayed_case(db, case):
    """The run_id of a random case's replay."""
    Injected.signals_by_symbol = case.injected or {}
    settings = Settings(
        strategy=Injected() if case.injected else DonchianBreakout(**case.strategy),
        risk=RiskConfig(**case.risk),
        execution=ExecutionConfig(**case.execution | {"entry_type": EntryType(case.execution["entry_type"])}),
        products=case.products,
    )
    market = market_of(case.candles.values())
    return replayed(db, market, settings, capital=case.capital, mode=case.mode)


def sample(days, symbols=("SIM-BTC-USD",)):
    first = date(2023, 1, 1).toordinal()
    return load_market(SampleSource(), symbols, HOUR, date(2023, 1, 1), date.fromordinal(first + days - 1))


def audit(db, run_id):
    with LedgerReader(db) as reader:
        return audit_run(reader, run_id)


class Copy:
    """A ledger in memory with the rows of a file, without what keeps rows as they are; its tapes are the file's."""

    def __init__(self, db):
        self.raw = sqlite3.connect(":memory:", isolation_level=None)
        with closing(sqlite3.connect(db)) as source:
            source.backup(self.raw)
        for (trigger,) in self.raw.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            self.raw.execute(f"DROP TRIGGER {trigger}")
        self.raw.execute("PRAGMA foreign_keys = OFF")
        self.raw.execute("PRAGMA ignore_check_constraints = ON")
        self._tapes = FolderTapes(db)

    def audit(self, run_id):
        return audit_run(LedgerReader(OpenLedger(Connection(self.raw, "copy"), self._tapes)), run_id)

    @contextmanager
    def changed(self, statement, *parameters):
        """With a change that is taken back."""
        self.raw.execute("BEGIN")
        try:
            self.raw.execute(statement, parameters)
            yield
        finally:
            self.raw.execute("ROLLBACK")
