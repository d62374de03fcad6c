"""The rule in backtesting.py: whole units of 1e-8 through FractionalBacktest."""

from __future__ import annotations

import math
import warnings

import pandas as pd
import pyarrow.parquet as pq
from backtesting import Strategy
from backtesting.lib import FractionalBacktest
from common import CAPITAL, CASH_PART, LOT, RISK, STOP_ATR, TARGET_ATR, Stopwatch, Trade, arguments, finish
from indicators import columns


class Rule(Strategy):
    def init(self):
        data = self.data
        upper, lower, atr = columns(data.High, data.Low, data.Close)
        self.upper = self.I(lambda: upper, plot=False)
        self.lower = self.I(lambda: lower, plot=False)
        self.atr = self.I(lambda: atr, plot=False)

    def next(self):
        close = self.data.Close[-1]
        if self.position:
            if close < self.lower[-1]:
                self.position.close()
        elif close > self.upper[-1]:
            stop = close - STOP_ATR * self.atr[-1]
            wanted = min(self.equity * RISK / (close - stop), CASH_PART * self.equity / close)
            if math.floor(wanted) > 0:
                self.buy(size=math.floor(wanted), sl=stop, tp=close + TARGET_ATR * self.atr[-1])


def main() -> None:
    warnings.simplefilter("ignore")
    path, out = arguments()
    table = pq.read_table(path).to_pandas()
    index = pd.to_datetime(table.pop("timestamp"), unit="ms")
    frame = table.set_index(index).rename(columns=str.capitalize)
    test = FractionalBacktest(frame, Rule, fractional_unit=LOT, cash=CAPITAL, commission=0)
    watch = Stopwatch()
    with watch.running():
        stats = test.run()
    closed = stats["_trades"]
    rows = zip(
        closed["EntryBar"],
        closed["ExitBar"],
        closed["EntryPrice"],
        closed["ExitPrice"],
        closed["Size"],
        strict=True,
    )
    finish(out, len(frame), watch, [Trade(int(a), int(b), *map(float, rest)) for a, b, *rest in rows])


if __name__ == "__main__":
    main()
