"""The rule's columns, for engines that take precomputed ones."""

from __future__ import annotations

import numpy as np
from common import ATR_PERIOD, ENTRY_PERIOD, EXIT_PERIOD, FIRST_ROW
from numpy.lib.stride_tricks import sliding_window_view


def columns(
    high: np.ndarray, low: np.ndarray, close: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Upper channel, lower channel and ATR; NaN before the rule's first row."""
    upper, lower, atr = (np.full(len(close), np.nan) for _ in range(3))
    upper[ENTRY_PERIOD:] = sliding_window_view(high[:-1], ENTRY_PERIOD).max(axis=1)
    lower[EXIT_PERIOD:] = sliding_window_view(low[:-1], EXIT_PERIOD).min(axis=1)
    previous = close[:-1]
    ranges = np.maximum(high[1:] - low[1:], np.maximum(abs(high[1:] - previous), abs(low[1:] - previous)))
    value = sum(ranges[:ATR_PERIOD].tolist()) / ATR_PERIOD
    smoothed = [value]
    for current in ranges[ATR_PERIOD:].tolist():
        value = (value * (ATR_PERIOD - 1) + current) / ATR_PERIOD
        smoothed.append(value)
    atr[ATR_PERIOD:] = smoothed
    upper[:FIRST_ROW] = np.nan
    return upper, lower, atr
