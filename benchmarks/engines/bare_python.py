"""The rule as a plain Python loop over floats: the reference that the others' trades are compared with."""

from __future__ import annotations

import math
from collections import deque

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


def run(open_, high, low, close) -> list[Trade]:
    trades: list[Trade] = []
    cash = CAPITAL
    highs: deque[int] = deque()  # rows of falling highs: the first is the highest of the window
    lows: deque[int] = deque()
    atr = ranges = 0.0
    previous = close[0]
    quantity = stop = target = price = 0.0
    entered = -1
    entering = leaving = False
    for i, (o, h, l, c) in enumerate(zip(open_, high, low, close, strict=True)):
        if leaving:
            trades.append(Trade(entered, i, price, o, quantity))
            cash += (o - price) * quantity
            quantity, leaving = 0.0, False
        elif entering:
            price, entered, entering = o, i, False
        if quantity > 0.0:
            exit_price = (
                o if o <= stop or o >= target else stop if l <= stop else target if h >= target else 0.0
            )
            if exit_price:
                trades.append(Trade(entered, i, price, exit_price, quantity))
                cash += (exit_price - price) * quantity
                quantity = 0.0
        if i:
            true_range = max(h - l, abs(h - previous), abs(l - previous))
            if i <= ATR_PERIOD:
                ranges += true_range
                atr = ranges / ATR_PERIOD
            else:
                atr = (atr * (ATR_PERIOD - 1) + true_range) / ATR_PERIOD
        if i >= ENTRY_PERIOD:
            while highs[0] < i - ENTRY_PERIOD:
                highs.popleft()
            while lows[0] < i - EXIT_PERIOD:
                lows.popleft()
            if quantity > 0.0:
                leaving = c < low[lows[0]]
            elif c > high[highs[0]]:
                stop, target = c - STOP_ATR * atr, c + TARGET_ATR * atr
                wanted = min(cash * RISK / (c - stop), CASH_PART * cash / c)
                quantity = math.floor(wanted / LOT) * LOT
                entering = quantity > 0.0
        while highs and high[highs[-1]] <= h:
            highs.pop()
        highs.append(i)
        while lows and low[lows[-1]] >= l:
            lows.pop()
        lows.append(i)
        previous = c
    return trades


def main() -> None:
    path, out = arguments()
    table = pq.read_table(path)
    columns = [table[name].to_pylist() for name in ("open", "high", "low", "close")]
    watch = Stopwatch()
    with watch.running():
        trades = run(*columns)
    finish(out, len(columns[0]), watch, trades)


if __name__ == "__main__":
    main()
