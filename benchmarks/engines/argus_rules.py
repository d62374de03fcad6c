"""ArgusNexus' own rules for the benchmark's settings as a plain loop over whole ticks: what its trades are held to.

Where they are stricter than the common rule: prices are rounded to the tick against the trader (entry and take profit
down, stop up), a take profit fills at its own price and only when the high passes it, the size is bounded by the loss at
the stop's worst fill (5 % below it) and by the cash.
"""

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
    RISK,
    STOP_ATR,
    TARGET_ATR,
    Stopwatch,
    Trade,
    arguments,
    finish,
)

TICKS = 100  # a tick is a cent
LOTS = 100_000_000
WORST_FILL = 0.95
SNAP = 1e-6  # of a tick: as near to a tick as this is on it


def trades(open_, high, low, close) -> list[Trade]:
    """Closed trades, prices in quote currency; the columns are lists of prices on the tick."""
    opens, highs, lows, closes = (
        [round(price * TICKS) for price in column] for column in (open_, high, low, close)
    )
    atrs = _atrs(high, low, close)
    uppers = _extremes(highs, ENTRY_PERIOD, lambda one, other: one >= other)
    lowers = _extremes(lows, EXIT_PERIOD, lambda one, other: one <= other)
    closed, cash, lots, entering, leaving = [], CAPITAL, 0, False, False
    stop = target = price = entered = 0
    for i, c in enumerate(closes):
        o = opens[i]
        if leaving:
            closed.append(_trade(entered, i, price, o, lots))
            cash += (o - price) / TICKS * lots / LOTS
            lots, leaving = 0, False
        elif entering:
            price, entered, entering = o, i, False
        if lots:
            left = _leg(o, highs[i], lows[i], stop, target)
            if left:
                closed.append(_trade(entered, i, price, left, lots))
                cash += (left - price) / TICKS * lots / LOTS
                lots = 0
        if i < ENTRY_PERIOD:
            continue
        if lots:
            leaving = c < lowers[i]
        elif c > uppers[i]:
            raw_stop = c - STOP_ATR * atrs[i] * TICKS
            stop, target = math.ceil(raw_stop - SNAP), math.floor(c + TARGET_ATR * atrs[i] * TICKS + SNAP)
            if 0 < stop < c < target:
                lots = _lots(cash, c / TICKS, stop / TICKS)
                entering = (
                    lots * c >= TICKS * LOTS
                )  # the venue takes orders of one unit of quote currency and more
                lots = lots if entering else 0
    return closed


def _leg(o: int, h: int, l: int, stop: int, target: int) -> int:
    """Where the bracket fills in a candle; 0 where it doesn't."""
    if o <= stop:
        return max(o, math.floor(stop * WORST_FILL))
    if o >= target:
        return target
    if l <= stop:
        return stop
    return target if h > target else 0


def _lots(cash: float, entry: float, stop: float) -> int:
    wanted = min(cash * RISK / (entry - stop * WORST_FILL), cash * CASH_PART / entry)
    return math.floor(wanted * LOTS + SNAP)


def _trade(entered: int, left: int, price: int, exit_price: int, lots: int) -> Trade:
    return Trade(entered, left, price / TICKS, exit_price / TICKS, lots / LOTS)


def _atrs(high, low, close) -> list[float]:
    values, ranges = [math.nan], []
    for h, l, previous in zip(high[1:], low[1:], close[:-1], strict=True):
        true_range = max(h - l, abs(h - previous), abs(l - previous))
        if len(ranges) < ATR_PERIOD:
            ranges.append(true_range)
            values.append(sum(ranges) / ATR_PERIOD if len(ranges) == ATR_PERIOD else math.nan)
        else:
            values.append((values[-1] * (ATR_PERIOD - 1) + true_range) / ATR_PERIOD)
    return values


def _extremes(values: list[int], period: int, replaces) -> list[int]:
    """The extreme of the `period` values before each one."""
    rows: deque[int] = deque()
    found = [0] * len(values)
    for i, value in enumerate(values):
        while rows and rows[0] < i - period:
            rows.popleft()
        if rows:
            found[i] = values[rows[0]]
        while rows and replaces(value, values[rows[-1]]):
            rows.pop()
        rows.append(i)
    return found


def main() -> None:
    path, out = arguments()
    table = pq.read_table(path)
    columns = [table[name].to_pylist() for name in ("open", "high", "low", "close")]
    watch = Stopwatch()
    with watch.running():
        found = trades(*columns)
    finish(out, len(columns[0]), watch, found)


if __name__ == "__main__":
    main()
