"""The rule in backtrader: orders of one candle are made at its open, so that the bracket is live from the fill."""

from __future__ import annotations

import math

import backtrader as bt
import pandas as pd
import pyarrow.parquet as pq
from common import (
    ATR_PERIOD,
    CAPITAL,
    CASH_PART,
    ENTRY_PERIOD,
    EXIT_PERIOD,
    LOT,
    RISK,
    STOP_ATR,
    TARGET_ATR,
    Stopwatch,
    Trade,
    arguments,
    finish,
)


class Rule(bt.Strategy):
    def __init__(self):
        self.upper = bt.ind.Highest(self.data.high(-1), period=ENTRY_PERIOD)
        self.lower = bt.ind.Lowest(self.data.low(-1), period=EXIT_PERIOD)
        self.atr = bt.ind.ATR(self.data, period=ATR_PERIOD)
        self.plan = None
        self.leaving = False
        self.legs = []
        self.entry = None
        self.closed = []

    def next_open(self):
        if self.leaving:
            for leg in self.legs:
                self.cancel(leg)
            self.close()
        elif self.plan:
            quantity, stop, target = self.plan
            self.buy(size=quantity)
            first = self.sell(size=quantity, exectype=bt.Order.Stop, price=stop)
            self.legs = [first, self.sell(size=quantity, exectype=bt.Order.Limit, price=target, oco=first)]
        self.plan, self.leaving = None, False

    def notify_order(self, order):
        if order.status != order.Completed:
            return
        row, price, size = len(self) - 1, order.executed.price, order.executed.size
        if order.isbuy():
            self.entry = row, price, size
        else:
            entered, paid, quantity = self.entry
            self.closed.append(Trade(entered, row, paid, price, quantity))

    def next(self):
        close = self.data.close[0]
        if self.position.size > 0:
            self.leaving = close < self.lower[0]
        elif close > self.upper[0]:
            cash, atr = self.broker.getvalue(), self.atr[0]
            stop = close - STOP_ATR * atr
            wanted = min(cash * RISK / (close - stop), CASH_PART * cash / close)
            self.plan = math.floor(wanted / LOT) * LOT, stop, close + TARGET_ATR * atr


def main() -> None:
    path, out = arguments()
    frame = pq.read_table(path).to_pandas()
    frame.index = pd.to_datetime(frame.pop("timestamp"), unit="ms")
    cerebro = bt.Cerebro(cheat_on_open=True, stdstats=False)
    cerebro.adddata(bt.feeds.PandasData(dataname=frame, openinterest=None))
    cerebro.addstrategy(Rule)
    cerebro.broker.setcash(CAPITAL)
    cerebro.broker.set_coo(True)
    watch = Stopwatch()
    with watch.running():
        (strategy,) = cerebro.run()
    finish(out, len(frame), watch, strategy.closed)


if __name__ == "__main__":
    main()
