"""Causal building blocks: one value per candle, NaN until there are enough candles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from argusnexus.model.candles import FloatColumn


def highest_before(values: FloatColumn, period: int) -> FloatColumn:
    """Maximum of the `period` values before each one (the current one excluded)."""
    return _before(values, period, np.max)


def lowest_before(values: FloatColumn, period: int) -> FloatColumn:
    """Minimum of the `period` values before each one (the current one excluded)."""
    return _before(values, period, np.min)


def _before(values: FloatColumn, period: int, extreme: Callable[..., FloatColumn]) -> FloatColumn:
    result = np.full(len(values), np.nan)
    if len(values) > period:
        result[period:] = extreme(sliding_window_view(values[:-1], period), axis=1)
    return result


def sma(values: FloatColumn, period: int) -> FloatColumn:
    """Simple mean of the last `period` values, the current one included.

    Every window is summed anew: a running sum would carry one huge volume's rounding error along for ever.
    """
    result = np.full(len(values), np.nan)
    if len(values) >= period:
        result[period - 1 :] = sliding_window_view(values, period).mean(axis=1)
    return result


def true_range(high: FloatColumn, low: FloatColumn, close: FloatColumn) -> FloatColumn:
    """max(H - L, |H - previous C|, |L - previous C|), NaN for the first candle."""
    result = np.full(len(close), np.nan)
    previous = close[:-1]
    result[1:] = np.maximum(
        high[1:] - low[1:], np.maximum(np.abs(high[1:] - previous), np.abs(low[1:] - previous))
    )
    return result


def atr(high: FloatColumn, low: FloatColumn, close: FloatColumn, period: int) -> FloatColumn:
    """Average true range (Wilder, New Concepts in Technical Trading Systems, 1978); first value at row `period`.

    Recursive: a value depends on every candle since the first one.
    """
    result = np.full(len(close), np.nan)
    ranges = true_range(high, low, close)
    if len(close) <= period:
        return result
    value = float(np.mean(ranges[1 : period + 1]))
    smoothed = [value]
    for current in ranges[period + 1 :].tolist():
        value = (value * (period - 1) + current) / period
        smoothed.append(value)
    result[period:] = smoothed
    return result


def volume_ratio(volume: FloatColumn, period: int) -> FloatColumn:
    """Volume over its mean of the last `period` candles, the current one included; 0 where that mean is 0."""
    mean = sma(volume, period)
    return np.divide(volume, mean, out=np.where(np.isnan(mean), np.nan, 0.0), where=mean > 0)
