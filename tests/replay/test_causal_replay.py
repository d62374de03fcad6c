"""Every replay asks whether its strategy looks ahead, before anything is stepped."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import ClassVar

import numpy as np
import pytest

from argusnexus.config import Settings
from argusnexus.errors import LookAheadError
from argusnexus.market.source import SampleSource
from argusnexus.model.candles import Granularity
from argusnexus.model.times import from_iso, to_ns
from argusnexus.replay import ReplayRunner
from argusnexus.replay.market import as_date, load_market
from argusnexus.strategy import DonchianBreakout, causality

BTC = "SIM-BTC-USD"


class Knowing(DonchianBreakout):
    """Leaves before the next candle falls."""

    def signals(self, candles):
        signals = super().signals(candles)
        falls = np.append(candles.close[1:] < candles.close[:-1], [False])[: len(candles)]
        object.__setattr__(signals, "exit", falls)
        return signals


class Level(DonchianBreakout):
    """Wants to leave at every second candle; at one of them only when there is a candle after it."""

    knowing: ClassVar[int] = -2

    def signals(self, candles):
        signals = super().signals(candles)
        wants = np.arange(len(candles)) % 2 == 1
        if self.knowing >= 0:
            wants[self.knowing : self.knowing + 1] = self.knowing + 1 < len(candles)
        object.__setattr__(signals, "exit", wants)
        return signals


def market():
    days = as_date("start", "2023-01-01"), as_date("end", "2023-06-30")
    return load_market(SampleSource(), [BTC], Granularity.parse("1h"), *days)


def replayed(db, strategy):
    settings = Settings(strategy=strategy)
    with ReplayRunner(
        db, [BTC], None, None, 500, granularity="1h", settings=settings, market=market()
    ) as runner:
        runner.run()


def rows(db, query):
    with closing(sqlite3.connect(db)) as ledger:
        return ledger.execute(query).fetchall()


def test_the_run_keeps_how_often_its_signals_were_recomputed(tmp_path):
    db = tmp_path / "ledger.db"
    replayed(db, DonchianBreakout())
    assert rows(db, "SELECT causality_cuts > 50 FROM run_symbols") == [(1,)]


def test_a_strategy_that_looks_ahead_leaves_a_failed_run_without_decisions(tmp_path):
    db = tmp_path / "ledger.db"
    with pytest.raises(LookAheadError, match=r"looks ahead: exit at candle .* of SIM-BTC-USD"):
        replayed(db, Knowing())
    ((status, notes),) = rows(db, "SELECT status, notes FROM runs")
    assert status == "failed"
    assert "looks ahead" in notes
    assert rows(db, "SELECT count(*) FROM decisions") == [(0,)]


def test_an_exit_that_was_acted_on_is_checked_beside_the_planned_cuts(tmp_path, monkeypatch):
    replayed(tmp_path / "honest.db", Level())
    candles = market().symbols[0].candles
    acted_on = [
        int(np.searchsorted(candles.close_times, to_ns(from_iso(moment))))
        for (moment,) in rows(tmp_path / "honest.db", "SELECT timestamp FROM decisions WHERE result = 'EXIT'")
    ]
    planned = np.concatenate(causality._cuts_at_signals(Level().signals(candles)))
    unplanned = next(row for row in acted_on if row + 1 not in planned)
    monkeypatch.setattr(Level, "knowing", unplanned)
    with pytest.raises(LookAheadError, match=rf"exit at candle .* \(row {unplanned},"):
        replayed(tmp_path / "leaky.db", Level())
    assert rows(tmp_path / "leaky.db", "SELECT count(*) FROM decisions") == [(0,)]
