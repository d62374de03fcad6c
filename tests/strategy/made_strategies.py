"""Strategies made of a rule: a function from candles to what it wants to say, everything else by habit."""

from __future__ import annotations

import numpy as np

from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.times import HOUR
from argusnexus.strategy import Signals, Strategy

START = 1_704_067_200 * 10**9  # 2024-01-01 00:00 UTC


def made(rule, name=None):
    """A strategy whose signals are the rule's: a dict of columns, `entry` at least."""

    class Made(Strategy):
        def signals(self, candles):
            return said(candles, **rule(candles))

    Made.name = name or rule.__name__
    return Made()


def said(candles, entry, **more):
    """Signals with a stop 5 % below and a target 10 % above the close, a warm-up of 50, unless it says more."""
    habit = {
        "entry_price": candles.close,
        "stop": candles.close * 0.95,
        "take_profit": candles.close * 1.1,
        "warmup": 50,
    }
    return Signals(entry=entry, **habit | more)


def walk(count, seed=1):
    """Hourly candles of a random walk with holes in time, silent hours and a stretch without any move."""
    rng = np.random.default_rng(seed)
    moves = rng.normal(0, 0.01, count)
    moves[count // 3 : count // 3 + 30] = 0
    close = np.round(100 * np.exp(np.cumsum(moves)), 2)
    opened = np.concatenate(([100.0], close[:-1]))
    high = np.maximum(opened, close) * (1 + rng.uniform(0, 0.005, count))
    low = np.minimum(opened, close) * (1 - rng.uniform(0, 0.005, count))
    volume = rng.gamma(2.0, 5.0, count) * (rng.random(count) > 0.02)
    hours = np.cumsum(rng.choice((1, 1, 1, 1, 1, 1, 1, 1, 1, 3), count))
    return Candles("BTC-USD", Granularity(HOUR), START + hours * HOUR, opened, high, low, close, volume)
