"""Candles for a venue to serve, drawn from a seed, with intervals in which nothing was traded."""

from __future__ import annotations

import numpy as np

from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.times import SECOND
from venue.candle_venue import bars_of

FIRST = 1_704_067_200 * SECOND  # 2024-01-01 00:00 UTC
HOUR = Granularity.parse("1h")


def made_candles(symbol="BTC-USD", count=2_000, granularity=HOUR, missing=0.02, seed=7):
    """Candles from 2024-01-01 on; `missing` is the part of them that isn't there (the first and last always are)."""
    rng = np.random.default_rng([seed, *symbol.encode()])
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, count)))
    start = close * np.exp(rng.normal(0.0, 0.002, count))
    present = rng.random(count) >= missing
    present[[0, -1]] = True
    return Candles(
        symbol,
        granularity,
        FIRST + granularity.ns * np.arange(count),
        start,
        np.maximum(start, close) * 1.001,
        np.minimum(start, close) * 0.999,
        close,
        rng.random(count) * 10,
    ).rows(present)


def bars(*series):
    """What a venue serves: all of these."""
    return {(one.symbol, one.granularity.ns // SECOND): bars_of(one) for one in series}


def are_same(one, other):
    """Whether two candles hold exactly the same."""
    names = ("times", "open", "high", "low", "close", "volume")
    return (one.symbol, one.granularity) == (other.symbol, other.granularity) and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in names
    )
