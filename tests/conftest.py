"""What all tests share: how hard properties are tried, and the real candles."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from argusnexus.model.candles import Granularity
from argusnexus.model.frames import from_frame

settings.register_profile(
    "ci",
    max_examples=60,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("ci")

REAL_SYMBOLS = ("BTC-USD", "ETH-USD", "SOL-USD")

_DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"


@pytest.fixture(scope="session")
def real_file():
    """Path of a file of real candles; skips, visibly, where it is not there."""
    return _real_file


@pytest.fixture(scope="session")
def real_candles():
    """The hourly candles of three real markets, by symbol."""
    return {symbol: _real(symbol) for symbol in REAL_SYMBOLS}


def _real_file(name):
    path = _DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there: no real candles to test with")
    return path


def _real(symbol):
    frame = pd.read_parquet(_real_file(f"coinbase_{symbol}_1h.parquet"))
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], unit="ms", utc=True)
    return from_frame(frame, symbol, Granularity.parse("1h"))
