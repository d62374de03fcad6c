"""Causal building blocks: one value per candle, NaN until there are enough candles.

They take columns of numbers (arrays, lists or pandas Series) and give float64 arrays of the same length, so they can be
chained: values that are missing at the beginning are skipped, as TA-Lib does it. A `period` is a whole number of
candles, 1 or more; anything else is a StrategyError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from argusnexus.strategy import smoothing
from argusnexus.strategy.columns import ending, moves, no_values, numbers, period_of, strength

if TYPE_CHECKING:
    from collections.abc import Callable

    from argusnexus.model.candles import BoolColumn, FloatColumn
    from argusnexus.strategy.columns import Column


def earlier(values: Column, count: int = 1) -> FloatColumn:
    """Each candle's value of `count` candles before."""
    column, count = numbers(values), period_of(count)
    return ending(column, column[:-count])


def highest(values: Column, period: int) -> FloatColumn:
    """Maximum of the last `period` values, the current one included."""
    return _extremes(values, period, np.maximum)


def lowest(values: Column, period: int) -> FloatColumn:
    """Minimum of the last `period` values, the current one included."""
    return _extremes(values, period, np.minimum)


def highest_before(values: Column, period: int) -> FloatColumn:
    """Maximum of the `period` values before each one (the current one excluded)."""
    return _extremes(values, period, np.maximum, before=1)


def lowest_before(values: Column, period: int) -> FloatColumn:
    """Minimum of the `period` values before each one (the current one excluded)."""
    return _extremes(values, period, np.minimum, before=1)


def _extremes(
    values: Column, period: int, extreme: Callable[..., FloatColumn], before: int = 0
) -> FloatColumn:
    """Of windows that end `before` rows earlier.

    Windows of doubled length are made of two that overlap, which changes no maximum and no minimum.
    """
    column, period = numbers(values), period_of(period)
    if len(column) < period + before:
        return no_values(column)
    windows, length = column[: len(column) - before], 1
    while length < period:
        step = min(length, period - length)
        windows = extreme(windows[:-step], windows[step:])
        length += step
    return ending(column, windows)


def sma(values: Column, period: int) -> FloatColumn:
    """Simple mean of the last `period` values, the current one included.

    Every window is summed anew: a running sum would carry one huge volume's rounding error along for ever.
    """
    column, period = numbers(values), period_of(period)
    if len(column) < period:
        return no_values(column)
    return ending(column, _window_sums(column, period) / period)


def _window_sums(column: FloatColumn, period: int) -> FloatColumn:
    """Sums of windows of doubled length are added up: some log2(period) additions a window."""
    total, covered = np.zeros(len(column) + 1), 0
    sums, length = column, 1
    while True:
        if period & length:
            total = total[: len(sums) - covered] + sums[covered:]
            covered += length
        if covered == period:
            return total
        sums, length = sums[:-length] + sums[length:], 2 * length


def stddev(values: Column, period: int) -> FloatColumn:
    """Standard deviation of the last `period` values, the current one included (of the population, as TA-Lib's)."""
    column, period = numbers(values), period_of(period)
    if len(column) < period:
        return no_values(column)
    windows = sliding_window_view(column, period)
    mean = _window_sums(column, period) / period
    squares = np.zeros(len(mean))
    for place in range(period):  # not (windows - mean)**2: that is `period` times the memory
        squares += (windows[:, place] - mean) ** 2
    return ending(column, np.sqrt(squares / period))


def ema(values: Column, period: int) -> FloatColumn:
    """Exponential moving average with the weight 2/(period + 1), begun with the mean of the first `period` values.

    Recursive: a value depends on every one before it.
    """
    return smoothing.ema(values, period)[0]


def wilder(values: Column, period: int) -> FloatColumn:
    """Wilder's moving average: the mean of the first `period` values, then each one weighs 1/period.

    Recursive: a value depends on every one before it.
    """
    return smoothing.wilder(values, period)[0]


def true_range(high: Column, low: Column, close: Column) -> FloatColumn:
    """max(H - L, |H - previous C|, |L - previous C|), NaN for the first candle."""
    highs, lows, previous = numbers(high)[1:], numbers(low)[1:], numbers(close)[:-1]
    result = np.empty(len(numbers(close)))
    result[:1] = np.nan
    ranges = np.subtract(highs, lows, out=result[1:])
    for side in (highs, lows):  # in place: a new column for each step would take twice as long
        gap = side - previous
        np.maximum(ranges, np.abs(gap, out=gap), out=ranges)
    return result


def atr(high: Column, low: Column, close: Column, period: int) -> FloatColumn:
    """Average true range (Wilder, New Concepts in Technical Trading Systems, 1978); first value at row `period`.

    Recursive: a value depends on every candle since the first one.
    """
    return wilder(true_range(high, low, close), period)


def rsi(values: Column, period: int) -> FloatColumn:
    """Relative strength index, 0 to 100 (Wilder, 1978); first value at row `period`, 0 while nothing has moved.

    Recursive: a value depends on every one before it.
    """
    return strength(moves(values), lambda side: wilder(side, period))


def volume_ratio(volume: Column, period: int) -> FloatColumn:
    """Volume over its mean of the last `period` candles, the current one included; 0 where that mean is 0."""
    mean = sma(volume, period)
    return np.divide(numbers(volume), mean, out=np.where(np.isnan(mean), np.nan, 0.0), where=mean > 0)


def crossed_above(values: Column, level: Column) -> BoolColumn:
    """Where `values` is above `level` (a column or a number) and was at it or below it one candle before.

    A NaN crosses nothing, and nothing crosses at the first candle.
    """
    return _crossed(numbers(values), level, np.greater)


def crossed_below(values: Column, level: Column) -> BoolColumn:
    """Where `values` is below `level` (a column or a number) and was at it or above it one candle before.

    A NaN crosses nothing, and nothing crosses at the first candle.
    """
    return _crossed(numbers(values), level, np.less)


def _crossed(values: FloatColumn, level: Column, beyond: Callable[..., BoolColumn]) -> BoolColumn:
    levels = np.broadcast_to(np.asarray(level, dtype=np.float64), values.shape)
    crossed = np.zeros(len(values), dtype=np.bool_)
    comparable = ~np.isnan(values[:-1]) & ~np.isnan(levels[:-1])
    crossed[1:] = beyond(values[1:], levels[1:]) & ~beyond(values[:-1], levels[:-1]) & comparable
    return crossed
