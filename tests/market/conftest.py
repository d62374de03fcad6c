from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.times import HOUR

FIRST = 1_704_067_200_000_000_000  # 2024-01-01 00:00 UTC

REAL_DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture(scope="session")
def hours():
    """Builds clean hourly candles with the given hours since 2024-01-01, prices drawn from a seed."""

    def build(present, symbol="BTC-USD", granularity=None, seed=7):
        granularity = granularity or Granularity(HOUR)
        rng = np.random.default_rng(seed)
        count = len(present)
        start = 100 + rng.integers(0, 50, count).astype(float)
        close = 100 + rng.integers(0, 50, count).astype(float)
        return Candles(
            symbol,
            granularity,
            times=FIRST + granularity.ns * np.asarray(present, dtype=np.int64),
            open=start,
            high=np.maximum(start, close) + rng.integers(0, 3, count),
            low=np.minimum(start, close) - rng.integers(0, 3, count),
            close=close,
            volume=rng.random(count) * 10,
        )

    return build


@pytest.fixture(scope="session")
def walk():
    """Builds clean hourly candles of a market: prices in cents that wander, opens apart from the last close."""

    def build(count, seed=7, symbol="BTC-USD", moves=None):
        rng = np.random.default_rng(seed)
        moves = rng.normal(0.0, 0.004, count) if moves is None else moves
        close = 20_000.0 * np.exp(np.cumsum(moves))
        start = np.append(20_000.0, close[:-1]) * np.exp(rng.normal(0.0, 0.0005, count))
        above, below = np.exp(rng.exponential(0.002, (2, count)))
        cents = (
            np.round(prices, 2)
            for prices in (start, np.maximum(start, close) * above, np.minimum(start, close) / below, close)
        )
        times = FIRST + HOUR * np.arange(count, dtype=np.int64)
        return Candles(
            symbol, Granularity(HOUR), times, *cents, volume=np.round(rng.lognormal(4.0, 0.7, count), 8)
        )

    return build


@pytest.fixture(scope="session")
def same():
    """Whether two candles hold the same, NaN being like NaN."""

    def compare(one, other):
        names = ("times", "open", "high", "low", "close", "volume")
        columns = [(getattr(one, name), getattr(other, name)) for name in names]
        return (one.symbol, one.granularity) == (other.symbol, other.granularity) and all(
            np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in columns
        )

    return compare


@pytest.fixture
def real_data():
    if not REAL_DATA.is_dir():
        pytest.skip(f"no real candles in {REAL_DATA}")
    return REAL_DATA
