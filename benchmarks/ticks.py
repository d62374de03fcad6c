"""What a tick costs after so much history: a strategy that carries on, and the same rule asked about all candles again."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from statistics import median

import numpy as np
from make_candles import candles as made_candles
from rich.console import Console
from rich.table import Table

from argusnexus.clock import stopwatch
from argusnexus.engine import TradingEngine
from argusnexus.execution import PaperExecutor
from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.frames import to_frame
from argusnexus.model.times import from_ns
from argusnexus.replay.collector import RowCollector
from argusnexus.risk import RiskManager
from argusnexus.strategy import DonchianBreakout, Signals, Strategy, following

SIZES = (1000, 10_000, 100_000)
TICKS = 200
MICROSECONDS = 1e6


@dataclass(frozen=True)
class PlainDonchian(DonchianBreakout):
    """The built-in rule as a strategy that has `signals` only."""

    def signals(self, candles: Candles) -> Signals:
        return super().signals(candles)


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="candles before the first tick")
    parser.add_argument("--ticks", type=int, default=TICKS, help="how many are measured, one candle each")
    given = parser.parse_args()
    table = Table(title=f"microseconds, the median of {given.ticks} ticks")
    for name in (
        "candles before",
        "tick carries on",
        "tick reads all",
        "signals carry on",
        "signals read all",
    ):
        table.add_column(name, justify="right")
    for size in given.sizes:
        market = made_market(size + given.ticks)
        strategies = (DonchianBreakout(), PlainDonchian())
        times = [tick(market, size, one) for one in strategies]
        times += [signals(market, size, one) for one in strategies]
        table.add_row(f"{size:,}", *(f"{time:,.0f}" for time in times))
    Console().print(table)


def made_market(count: int) -> Candles:
    """Minutes of the benchmark's random walk."""
    table = made_candles(count)
    columns = (table[name].to_numpy() for name in ("open", "high", "low", "close", "volume"))
    times = table["timestamp"].to_numpy() * 1_000_000
    return Candles("BTC-USD", Granularity.parse("1m"), times.astype(np.int64), *columns)


def tick(market: Candles, history: int, strategy: Strategy) -> float:
    """Of a tick with frames of two candles, in a paper session whose rows stay in memory."""
    engine = TradingEngine(
        strategy, RiskManager(), PaperExecutor(1000), RowCollector(), market.symbol, 1000, granularity="1m"
    )
    frame, close_times = to_frame(market), market.close_times.tolist()
    engine.run_tick(frame.iloc[:history], from_ns(close_times[history - 1]))
    return typical(
        history,
        len(market),
        lambda row: engine.run_tick(frame.iloc[row - 1 : row + 1], from_ns(close_times[row])),
    )


def signals(market: Candles, history: int, strategy: Strategy) -> float:
    """Of the signals on one more candle, checked."""
    follower = following(strategy)
    follower.signals(market.rows(slice(0, history)))
    return typical(history, len(market), lambda row: follower.signals(market.rows(slice(row, row + 1))))


def typical(first: int, stop: int, act) -> float:
    """The median time of `act` on each row."""
    times = []
    for row in range(first, stop):
        start = stopwatch()
        act(row)
        times.append(stopwatch() - start)
    return MICROSECONDS * median(times)


if __name__ == "__main__":
    main()
