"""Replays of a few hand-made hours with round numbers, and what is told of their candles.

Candle i opens at hour i of 2024-01-01 and is decided about at hour i+1. The planned trade is entry 100, stop 90, take
profit 120; the stop's worst fill is 81 (a buffer of 10 %), so that 1 % of 1,900 buys exactly 1. Fees are 1 % (maker)
and 2 % (taker), slippage is none, and the volume bounds nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import numpy as np

from argusnexus.config import Settings
from argusnexus.model.settings import ExecutionConfig
from argusnexus.model.trades import ExitReason
from argusnexus.replay import ReplayRunner
from argusnexus.replay.market import ReplayMarket, SymbolMarket
from argusnexus.report import record_to_dict
from argusnexus.report.why import explain_candle, explain_trade, render_why
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout, Signals, Strategy
from argusnexus.truth.queries import LedgerReader
from engine.hand_made import candles, product
from report.report_rows import console_text

BTC, ETH, SOL = "BTC-USD", "ETH-USD", "SOL-USD"
FLAT = (100, 100, 100, 100)
PLAN = (100.0, 90.0, 120.0)
QUICK = {
    "entry_period": 2,
    "exit_period": 2,
    "atr_period": 1,
    "trend_period": 4,
    "volume_avg_period": 2,
    "volume_multiplier": 1.5,
    "warmup": 4,
}


@dataclass(frozen=True)
class Scripted(Strategy):
    """Signals at given candles: entries are (candle, entry, stop, take profit)."""

    name: ClassVar[str] = "scripted"
    entries: tuple[tuple[float, ...], ...] = ()
    exits: tuple[int, ...] = ()
    exit_reason: str = "SIGNAL"
    trailing: float = 0.0
    lower: float = 0.0

    def signals(self, candles):
        count = len(candles)
        prices = np.full((3, count), np.nan)
        entry = np.zeros(count, np.bool_)
        for row, *plan in self.entries:
            if row < count:
                entry[int(row)] = True
                prices[:, int(row)] = plan
        return Signals(
            entry=entry,
            entry_price=prices[0],
            stop=prices[1],
            take_profit=prices[2],
            exit=np.isin(np.arange(count), self.exits),
            exit_reason=ExitReason[self.exit_reason],
            trailing_distance=np.full(count, self.trailing or np.nan),
            indicators={"lower": np.full(count, self.lower)} if self.lower else {},
        )


def entry_at(*numbers, plan=PLAN, **fields):
    """A strategy that signals the plan at the given candles."""
    return Scripted(tuple((float(number), *plan) for number in numbers), **fields)


def quick_donchian():
    """Channels of 2, a trend of 4, volume of 2 candles; the first decision is candle 4."""
    return DonchianBreakout(**QUICK)


@dataclass
class Told:
    """A finished run and what can be asked of it."""

    db: object
    run_id: str

    def at(self, hour, symbol=BTC, minutes=0):
        """The story of the decision at an hour, once both renderings of it were looked at."""
        moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hour, minutes=minutes)
        with LedgerReader(self.db) as reader:
            return seen_in_both(explain_candle(reader, self.run_id, symbol, moment))

    def trade(self, number=0):
        with LedgerReader(self.db) as reader:
            trade = reader.trades(self.run_id)[number]
            return seen_in_both(explain_trade(reader, trade.trade_id))

    def said(self, hour, symbol=BTC):
        """The answer for a decision at an hour, in one line."""
        return " ".join(self.at(hour, symbol).answer)


def replayed(
    tmp_path, rows, strategy, *, risk=None, execution=None, spec=None, capital=1900, mode="independent"
):
    """Run rows of one symbol (or of several, by symbol) through the production engine into a ledger."""
    by_symbol = rows if isinstance(rows, dict) else {BTC: rows}
    products = {
        name: product(symbol=name, base_currency=name.split("-")[0], **spec or {}) for name in by_symbol
    }
    settings = Settings(
        strategy=strategy,
        risk=RiskConfig(**{"stop_buffer": 0.1} | (risk or {})),
        execution=ExecutionConfig(
            **{"slippage_bps": 0.0, "maker_fee": 0.01, "taker_fee": 0.02, "max_participation": 0.0}
            | (execution or {})
        ),
        products=products,
    )
    markets = tuple(SymbolMarket(candles(name, one), "hand-made", None) for name, one in by_symbol.items())
    db = tmp_path / "why.db"
    with ReplayRunner(
        db,
        list(by_symbol),
        None,
        None,
        capital,
        mode,
        "1h",
        settings=settings,
        market=ReplayMarket(markets, ()),
        native=False,
    ) as runner:
        runner.run()
    return Told(db, runner.run_id)


def seen_in_both(story):
    """The story, once every sentence of its answer is in its console text and in its JSON."""
    text = " ".join(console_text(lambda console: render_why(story, console)).split())
    record = json.loads(json.dumps(record_to_dict(story), allow_nan=False))
    assert record["answer"] == list(story.answer)
    for sentence in story.answer:
        assert sentence in text
    return story
