"""The rule as one numba loop over arrays: the limit of what a compiled engine could do."""

from __future__ import annotations

import numba
import numpy as np
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


@numba.njit(cache=True)
def record(trades, count, entered, left, price, exit_price, quantity):
    trades[count, 0] = entered
    trades[count, 1] = left
    trades[count, 2] = price
    trades[count, 3] = exit_price
    trades[count, 4] = quantity
    return count + 1


@numba.njit(cache=True)
def run(open_, high, low, close, trades):
    count = 0
    cash = CAPITAL
    highs = np.empty(ENTRY_PERIOD + 2, np.int64)  # rings of rows, as in the plain loop's deques
    lows = np.empty(EXIT_PERIOD + 2, np.int64)
    high_first = high_last = low_first = low_last = 0
    atr = ranges = 0.0
    previous = close[0]
    quantity = stop = target = price = 0.0
    entered = -1
    entering = leaving = False
    for i in range(len(close)):
        o, h, l, c = open_[i], high[i], low[i], close[i]
        if leaving:
            count = record(trades, count, entered, i, price, o, quantity)
            cash += (o - price) * quantity
            quantity, leaving = 0.0, False
        elif entering:
            price, entered, entering = o, i, False
        if quantity > 0.0:
            exit_price = 0.0
            if o <= stop or o >= target:
                exit_price = o
            elif l <= stop:
                exit_price = stop
            elif h >= target:
                exit_price = target
            if exit_price > 0.0:
                count = record(trades, count, entered, i, price, exit_price, quantity)
                cash += (exit_price - price) * quantity
                quantity = 0.0
        if i > 0:
            true_range = max(h - l, abs(h - previous), abs(l - previous))
            if i <= ATR_PERIOD:
                ranges += true_range
                atr = ranges / ATR_PERIOD
            else:
                atr = (atr * (ATR_PERIOD - 1) + true_range) / ATR_PERIOD
        if i >= ENTRY_PERIOD:
            while highs[high_first % len(highs)] < i - ENTRY_PERIOD:
                high_first += 1
            while lows[low_first % len(lows)] < i - EXIT_PERIOD:
                low_first += 1
            if quantity > 0.0:
                leaving = c < low[lows[low_first % len(lows)]]
            elif c > high[highs[high_first % len(highs)]]:
                stop, target = c - STOP_ATR * atr, c + TARGET_ATR * atr
                wanted = min(cash * RISK / (c - stop), CASH_PART * cash / c)
                quantity = np.floor(wanted / LOT) * LOT
                entering = quantity > 0.0
        while high_last > high_first and high[highs[(high_last - 1) % len(highs)]] <= h:
            high_last -= 1
        while high_last > high_first and highs[high_first % len(highs)] < i - ENTRY_PERIOD:
            high_first += 1
        highs[high_last % len(highs)] = i
        high_last += 1
        while low_last > low_first and low[lows[(low_last - 1) % len(lows)]] >= l:
            low_last -= 1
        while low_last > low_first and lows[low_first % len(lows)] < i - EXIT_PERIOD:
            low_first += 1
        lows[low_last % len(lows)] = i
        low_last += 1
        previous = c
    return count


def main() -> None:
    path, out = arguments()
    table = pq.read_table(path)
    columns = [table[name].to_numpy() for name in ("open", "high", "low", "close")]
    trades = np.empty((len(columns[0]) // 2 + 1, 5))
    run(
        *(column[:100] for column in columns), trades
    )  # compiled, or read from numba's cache, before the watch
    watch = Stopwatch()
    count = watch.median(lambda: run(*columns, trades))
    rows = [Trade(int(row[0]), int(row[1]), *row[2:].tolist()) for row in trades[:count]]
    finish(out, len(columns[0]), watch, rows)


if __name__ == "__main__":
    main()
