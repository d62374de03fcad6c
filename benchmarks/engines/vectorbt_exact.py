"""The rule in vectorbt, as a flexible order function in numba: exact."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import vectorbt as vbt
from common import CAPITAL, CASH_PART, LOT, RISK, STOP_ATR, TARGET_ATR, Stopwatch, Trade, arguments, finish
from indicators import columns
from numba import njit
from vectorbt.portfolio import nb

STOP, TARGET, QUANTITY, ENTERING, LEAVING = range(5)


@njit
def order_func(c, open_, high, low, close, upper, lower, atr, plan):
    i, held = c.i, c.last_position[c.from_col]
    if c.call_idx == 0 and plan[LEAVING]:
        plan[LEAVING] = 0.0
        return c.from_col, nb.order_nb(size=-held, price=open_[i])
    if c.call_idx == 0 and plan[ENTERING]:
        plan[ENTERING] = 0.0
        return c.from_col, nb.order_nb(size=plan[QUANTITY], price=open_[i])
    if held > 0.0:
        price = 0.0
        if open_[i] <= plan[STOP] or open_[i] >= plan[TARGET]:
            price = open_[i]
        elif low[i] <= plan[STOP]:
            price = plan[STOP]
        elif high[i] >= plan[TARGET]:
            price = plan[TARGET]
        if price > 0.0:
            return c.from_col, nb.order_nb(size=-held, price=price)
        plan[LEAVING] = 1.0 if close[i] < lower[i] else 0.0
    elif close[i] > upper[i]:
        cash = c.last_cash[c.from_col]
        plan[STOP] = close[i] - STOP_ATR * atr[i]
        plan[TARGET] = close[i] + TARGET_ATR * atr[i]
        wanted = min(cash * RISK / (close[i] - plan[STOP]), CASH_PART * cash / close[i])
        plan[QUANTITY] = np.floor(wanted / LOT) * LOT
        plan[ENTERING] = 1.0 if plan[QUANTITY] > 0.0 else 0.0
    return -1, nb.order_nothing_nb()


def closed_trades(index, open_, high, low, close):
    arrays = open_, high, low, close, *columns(high, low, close)
    done = vbt.Portfolio.from_order_func(
        pd.Series(close, index=index),
        order_func,
        *arrays,
        np.zeros(5),
        flexible=True,
        init_cash=CAPITAL,
        freq="1min",
    )
    return done.trades.closed.values


def main() -> None:
    path, out = arguments()
    table = pq.read_table(path)
    open_, high, low, close = (table[name].to_numpy() for name in ("open", "high", "low", "close"))
    index = pd.to_datetime(table["timestamp"].to_numpy(), unit="ms")
    every = index, open_, high, low, close
    closed_trades(*(column[:1000] for column in every))  # compiled before the watch
    watch = Stopwatch()
    with watch.running():
        records = closed_trades(*every)
    trades = [
        Trade(int(row["entry_idx"]), int(row["exit_idx"]), row["entry_price"], row["exit_price"], row["size"])
        for row in records
    ]
    finish(out, len(close), watch, trades)


if __name__ == "__main__":
    main()
