"""Small runs in ledgers, to be verified and exported, and ways to tamper with them."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import numpy as np

from argusnexus.config import Settings
from argusnexus.market.sample import SAMPLE_SYMBOLS
from argusnexus.market.source import SampleSource, StoredSource
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.replay import ReplayRunner
from argusnexus.replay.market import load_market
from argusnexus.replay.verify import verify_run
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout
from argusnexus.truth.queries import LedgerReader

HOUR = Granularity.parse("1h")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BUSY = Settings(
    strategy=DonchianBreakout(
        entry_period=10, exit_period=8, trend_period=0, volume_multiplier=0.0, warmup=20
    ),
    risk=RiskConfig(max_drawdown=0.2),
)


def sample_run(db, mode="independent", symbols=SAMPLE_SYMBOLS, settings=BUSY, end="2023-03-31", **more):
    """A completed run on the sample market; its id."""
    with ReplayRunner(db, symbols, None, end, 500, mode, "1h", settings=settings, **more) as runner:
        runner.run()
    return runner.run_id


def stored_run(
    db, folder, candles, mode="independent", settings=BUSY, granularity=HOUR, start=None, end=None
):
    """A completed run on candles in a store in `folder`, which gets them first; its id."""
    store = CandleStore(folder)
    for one in candles:
        store.save(one, "a file", NOW)
    symbols = [one.symbol for one in candles]
    market = load_market(StoredSource(store), symbols, granularity, start, end)
    with ReplayRunner(
        db, symbols, start, end, 500, mode, granularity, settings=settings, market=market
    ) as runner:
        runner.run()
    return runner.run_id


def sample_hours(symbol, first=0, count=2_000, name=None):
    """Candles of the sample market under another name, which is one of the store's."""
    candles = SampleSource().candles(symbol, HOUR).candles.rows(slice(first, first + count))
    return type(candles)(
        name or symbol.removeprefix("SIM-"),
        HOUR,
        *(
            np.array(getattr(candles, column))
            for column in ("times", "open", "high", "low", "close", "volume")
        ),
    )


def verified(db, run_id, folder, **options):
    with LedgerReader(db) as reader:
        return verify_run(reader, run_id, CandleStore(folder), **options)


def copied(db, target):
    """A ledger and its tapes under another name; the new name."""
    shutil.copy(db, target)
    shutil.copytree(db.with_name(f"{db.stem}.tapes"), target.with_name(f"{target.stem}.tapes"))
    return target


def tamper(db, *statements):
    """Run SQL on a ledger whose guards are taken off first."""
    with closing(sqlite3.connect(db)) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            words = (statement,) if isinstance(statement, str) else statement
            assert connection.execute(*words).rowcount, statement
        connection.commit()
