"""Both endpoints, in front of a local venue."""

from __future__ import annotations

import pytest

from argusnexus.coinbase.advanced import AdvancedCandles
from argusnexus.coinbase.endpoint import Timeout
from argusnexus.coinbase.exchange import ExchangeCandles
from argusnexus.coinbase.patience import Patience
from argusnexus.coinbase.venue import Venue
from venue.candle_venue import CandleVenue
from venue.made_candles import FIRST, HOUR, bars, made_candles

QUICK = Patience(
    attempts=4, seconds=10.0, first_wait=0.01, longest_wait=0.05, jitter=0.01, longest_asked_wait=2.0
)


@pytest.fixture
def truth():
    return made_candles(count=1_000)


@pytest.fixture
def served(truth):
    """A venue with hourly candles of BTC-USD and ETH-USD, whose time is later than all of them."""
    other = made_candles("ETH-USD", 50)
    with CandleVenue(bars(truth, other), now=FIRST + 2_000 * HOUR.ns) as venue:
        yield venue


@pytest.fixture(params=[ExchangeCandles, AdvancedCandles], ids=lambda kind: kind.name)
def kind(request):
    """Each of the two endpoints."""
    return request.param


@pytest.fixture
def venue(kind, served):
    """The endpoint, asked quickly and given up soon."""
    return Venue(kind(served.url, Timeout(1.0, 0.3)), requests_per_second=500.0, patience=QUICK)
