"""Causal building blocks: one value per candle, NaN until there are enough candles.

They take columns of numbers (arrays, lists or pandas Series) and give float64 arrays of the same length, so they can be
chained: values that are missing at the beginning are skipped, as TA-Lib does it. A `period` is a whole number of
candles, 1 or more; anything else is a StrategyError.
"""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from argusnexus.errors import StrategyError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from argusnexus.model.candles import BoolColumn, FloatColumn

    Column = npt.ArrayLike

SMALLEST_POWER = 0.1


def highest(values: Column, period: int) -> FloatColumn:
    """Maximum of the last `period` values, the current one included."""
    return _extreme(values, period, np.maximum)


def lowest(values: Column, period: int) -> FloatColumn:
    """Minimum of the last `period` values, the current one included."""
    return _extreme(values, period, np.minimum)


def highest_before(values: Column, period: int) -> FloatColumn:
    """Maximum of the `period` values before each one (the current one excluded)."""
    return _a_candle_later(highest(values, period))


def lowest_before(values: Column, period: int) -> FloatColumn:
    """Minimum of the `period` values before each one (the current one excluded)."""
    return _a_candle_later(lowest(values, period))


def _extreme(values: Column, period: int, extreme: Callable[..., FloatColumn]) -> FloatColumn:
    """Windows of doubled length are made of two that overlap, which changes no maximum and no minimum."""
    column, period = _numbers(values), _period(period)
    if len(column) < period:
        return _no_values(column)
    windows, length = column, 1
    while length < period:
        step = min(length, period - length)
        windows = extreme(windows[:-step], windows[step:])
        length += step
    return _ending(column, windows)


def sma(values: Column, period: int) -> FloatColumn:
    """Simple mean of the last `period` values, the current one included.

    Every window is summed anew: a running sum would carry one huge volume's rounding error along for ever.
    """
    column, period = _numbers(values), _period(period)
    if len(column) < period:
        return _no_values(column)
    return _ending(column, _window_sums(column, period) / period)


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
    column, period = _numbers(values), _period(period)
    if len(column) < period:
        return _no_values(column)
    windows = sliding_window_view(column, period)
    mean = _window_sums(column, period) / period
    squares = np.zeros(len(mean))
    for place in range(period):  # not (windows - mean)**2: that is `period` times the memory
        squares += (windows[:, place] - mean) ** 2
    return _ending(column, np.sqrt(squares / period))


def ema(values: Column, period: int) -> FloatColumn:
    """Exponential moving average with the weight 2/(period + 1), begun with the mean of the first `period` values.

    Recursive: a value depends on every one before it.
    """
    weight = 2 / (_period(period) + 1)
    return _smoothed(_numbers(values), period, weight)


def wilder(values: Column, period: int) -> FloatColumn:
    """Wilder's moving average: the mean of the first `period` values, then each one weighs 1/period.

    Recursive: a value depends on every one before it.
    """
    return _smoothed(_numbers(values), period, 1 / _period(period))


def _smoothed(column: FloatColumn, period: int, weight: float) -> FloatColumn:
    """Begun with the mean of the first `period` values; each one after them weighs `weight`, the average the rest."""
    first = _first_number(column) + period
    if len(column) < first:
        return _no_values(column)
    begin = float(np.mean(column[first - period : first]))
    return _ending(column, np.concatenate(([begin], _recursion(begin, column[first:], weight))))


def _recursion(begin: float, values: FloatColumn, weight: float) -> FloatColumn:
    """y[k] = (1 - weight) * y[k-1] + weight * values[k], with `begin` before the first.

    Within a block y is a sum of values over powers of (1 - weight), so that blocks are summed at once and only their
    ends follow one another. Blocks are as long as the powers stay above a tenth: longer ones would cost digits.
    """
    kept = 1 - weight
    length = max(1, int(np.log(SMALLEST_POWER) / np.log(kept))) if kept > 0 else 1
    powers = kept ** np.arange(1, length + 1) if kept > 0 else np.ones(1)
    blocks = np.zeros((-(-len(values) // length), length))
    blocks.ravel()[: len(values)] = values
    sums = np.cumsum(weight * blocks / powers, axis=1) * powers
    begins = [begin]
    for end in sums[:-1, -1].tolist():
        begins.append(kept**length * begins[-1] + end)
    return (sums + np.outer(begins[: len(sums)], powers if kept > 0 else [0.0])).ravel()[: len(values)]


def true_range(high: Column, low: Column, close: Column) -> FloatColumn:
    """max(H - L, |H - previous C|, |L - previous C|), NaN for the first candle."""
    highs, lows, previous = _numbers(high)[1:], _numbers(low)[1:], _numbers(close)[:-1]
    ranges = np.maximum(highs - lows, np.maximum(np.abs(highs - previous), np.abs(lows - previous)))
    return _ending(_numbers(close), ranges)


def atr(high: Column, low: Column, close: Column, period: int) -> FloatColumn:
    """Average true range (Wilder, New Concepts in Technical Trading Systems, 1978); first value at row `period`.

    Recursive: a value depends on every candle since the first one.
    """
    return wilder(true_range(high, low, close), period)


def rsi(values: Column, period: int) -> FloatColumn:
    """Relative strength index, 0 to 100 (Wilder, 1978); first value at row `period`, 0 while nothing has moved.

    Recursive: a value depends on every one before it.
    """
    column = _numbers(values)
    moves = _ending(column, np.diff(column))
    gain, loss = (wilder(np.maximum(side, 0.0), period) for side in (moves, -moves))
    moved = gain + loss
    return np.divide(100 * gain, moved, out=0.0 * moved, where=moved > 0)


def volume_ratio(volume: Column, period: int) -> FloatColumn:
    """Volume over its mean of the last `period` candles, the current one included; 0 where that mean is 0."""
    mean = sma(volume, period)
    return np.divide(_numbers(volume), mean, out=np.where(np.isnan(mean), np.nan, 0.0), where=mean > 0)


def crossed_above(values: Column, level: Column) -> BoolColumn:
    """Where `values` is above `level` (a column or a number) and was at it or below it one candle before.

    A NaN crosses nothing, and nothing crosses at the first candle.
    """
    return _crossed(_numbers(values), level, np.greater)


def crossed_below(values: Column, level: Column) -> BoolColumn:
    """Where `values` is below `level` (a column or a number) and was at it or above it one candle before.

    A NaN crosses nothing, and nothing crosses at the first candle.
    """
    return _crossed(_numbers(values), level, np.less)


def _crossed(values: FloatColumn, level: Column, beyond: Callable[..., BoolColumn]) -> BoolColumn:
    levels = np.broadcast_to(np.asarray(level, dtype=np.float64), values.shape)
    crossed = np.zeros(len(values), dtype=np.bool_)
    comparable = ~np.isnan(values[:-1]) & ~np.isnan(levels[:-1])
    crossed[1:] = beyond(values[1:], levels[1:]) & ~beyond(values[:-1], levels[:-1]) & comparable
    return crossed


def _a_candle_later(values: FloatColumn) -> FloatColumn:
    return _ending(values, values[:-1])


def _ending(column: FloatColumn, values: FloatColumn | list[float]) -> FloatColumn:
    """The values as the last rows of a column of the same length, NaN before them."""
    result = _no_values(column)
    result[len(column) - len(values) :] = values
    return result


def _no_values(column: FloatColumn) -> FloatColumn:
    return np.full(len(column), np.nan)


def _first_number(column: FloatColumn) -> int:
    """The first row that isn't NaN; the length where there is none."""
    missing = np.isnan(column)
    return len(column) if missing.all() else int(missing.argmin())


def _numbers(values: Column) -> FloatColumn:
    return np.asarray(values, dtype=np.float64)


def _period(period: int) -> int:
    try:
        whole = index(period)
    except TypeError:
        whole = 0
    if whole < 1:
        raise StrategyError(
            f"An indicator's period is a whole number of candles, 1 or more, for example 14; was {period!r}."
        )
    return whole
