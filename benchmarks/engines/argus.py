"""The rule in ArgusNexus: every decision logged, ledger and tape written, statistics read back from the ledger."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from common import CAPITAL, CASH_PART, RISK, Stopwatch, Trade, arguments, finish

from argusnexus.config import load_settings
from argusnexus.market.importing import read_candles
from argusnexus.model.candles import Granularity
from argusnexus.model.times import to_ns
from argusnexus.model.trades import TradeStatus
from argusnexus.replay.market import ReplayMarket, SymbolMarket
from argusnexus.replay.runner import ReplayRunner
from argusnexus.truth.queries import LedgerReader

if TYPE_CHECKING:
    from argusnexus.model.candles import Candles
    from argusnexus.model.trades import Trade as LedgerTrade

SYMBOL = "BTC-USD"
SETTINGS = (
    "strategy.entry_period=20",
    "strategy.exit_period=10",
    "strategy.stop_atr=2.0",
    "strategy.take_profit_atr=4.0",
    "strategy.chandelier_atr=1e6",  # so far below that it is never reached
    "strategy.trend_period=0",
    "strategy.volume_multiplier=0",
    "strategy.warmup=0",
    f"risk.risk_per_trade={RISK}",
    "risk.stop_buffer=0.05",
    f"risk.max_asset_concentration={CASH_PART}",
    "risk.max_correlated_exposure=1.0",
    "risk.max_trades_per_hour=20",
    "risk.max_drawdown=1.0",
    "risk.daily_loss_limit=1.0",
    "risk.circuit_breaker=1.0",
    "risk.circuit_breaker_cooldown_minutes=0",
    "risk.min_risk_reward=0",
    'execution.entry_type="market"',
    "execution.maker_fee=0",
    "execution.taker_fee=0",
    "execution.slippage_bps=0",
    "execution.max_participation=0",
)


def main() -> None:
    path, out = arguments()
    minute = Granularity.parse("1m")
    candles = read_candles(path, SYMBOL, minute).candles
    market = ReplayMarket((SymbolMarket(candles, path.name, None),), ())
    settings = load_settings(None, SETTINGS)
    with tempfile.TemporaryDirectory(dir=out) as folder:
        ledger = Path(folder) / "argus.db"
        with ReplayRunner(
            ledger,
            [SYMBOL],
            None,
            None,
            CAPITAL,
            granularity=minute,
            settings=settings,
            market=market,
        ) as runner:
            runner.run()
        with LedgerReader(ledger) as reader:
            trades = as_rows(reader.trades(runner.run_id, TradeStatus.CLOSED), candles)
    finish(out, len(candles), Stopwatch(), trades)


def as_rows(trades: list[LedgerTrade], candles: Candles) -> list[Trade]:
    """The ledger's trades by the rows of their candles; a fill within a candle has its close as time."""
    times = [[to_ns(trade.entry_timestamp), to_ns(trade.exit_timestamp)] for trade in trades]
    rows = np.searchsorted(candles.times, np.array(times, np.int64).reshape(-1, 2)).tolist()
    return [
        Trade(*at, float(trade.entry_price), float(trade.exit_price), float(trade.quantity))
        for at, trade in zip(rows, trades, strict=True)
    ]


if __name__ == "__main__":
    main()
