from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from argusnexus.market.checks import quality
from argusnexus.market.hashing import data_hash
from argusnexus.market.sample import OUTAGES, SAMPLE_SYMBOLS, sample_candles
from argusnexus.model.faults import data_errors
from argusnexus.model.times import from_ns


@pytest.fixture(scope="module")
def market():
    return {symbol: sample_candles(symbol) for symbol in SAMPLE_SYMBOLS}


def returns(candles):
    return np.diff(np.log(candles.close))


def correlation(one, other):
    return np.corrcoef(one, other)[0, 1]


def breakouts(candles):
    """Closes above the channel of 55 highs and the mean of 200 closes, on 1.5 times the usual volume."""
    windows = np.lib.stride_tricks.sliding_window_view
    rows = np.arange(300, len(candles))
    upper = windows(candles.high, 55).max(axis=1)[rows - 55]
    mean = windows(candles.close, 200).mean(axis=1)[rows - 199]
    volume = candles.volume[rows] / windows(candles.volume, 20).mean(axis=1)[rows - 19]
    return int(((candles.close[rows] > upper) & (candles.close[rows] > mean) & (volume >= 1.5)).sum())


def test_the_market_is_the_same_everywhere(market):
    assert SAMPLE_SYMBOLS == ("SIM-BTC-USD", "SIM-ETH-USD", "SIM-SOL-USD")
    assert data_hash(market) == "fe7a51fea8ac376c6fc69a7f8cafde03a445f5a09a6778a5b5ef70b64f13e4e2"


@pytest.mark.parametrize("symbol", SAMPLE_SYMBOLS)
class TestEverySymbol:
    def test_has_two_years_of_hours_but_for_the_outages(self, market, symbol):
        candles = market[symbol]
        assert data_errors(candles) == ()
        assert from_ns(candles.times[0]) == datetime(2023, 1, 1, tzinfo=UTC)
        assert from_ns(candles.times[-1]) == datetime(2024, 12, 31, 23, tzinfo=UTC)
        found = quality(candles)
        assert [(from_ns(gap.start), gap.missing) for gap in found.gaps] == list(OUTAGES)
        assert (found.candles, found.missing_candles, found.gaps_detected) == (17_531, 13, 4)
        assert found.zero_volume == 0

    def test_has_prices_in_cents_and_volumes_in_eight_decimals(self, market, symbol):
        candles = market[symbol]
        for column in (candles.open, candles.high, candles.low, candles.close):
            assert np.array_equal(np.round(column, 2), column)
        assert np.array_equal(np.round(candles.volume, 8), candles.volume)

    def test_moves_as_much_as_the_real_ones(self, market, symbol):
        real = {"SIM-BTC-USD": 0.0051, "SIM-ETH-USD": 0.0073, "SIM-SOL-USD": 0.0088}
        assert returns(market[symbol]).std() == pytest.approx(real[symbol], rel=0.15)

    def test_has_fat_tails(self, market, symbol):
        moves = returns(market[symbol])
        assert ((moves - moves.mean()) ** 4).mean() / moves.var() ** 2 > 6

    def test_has_wild_and_calm_times_but_no_memory_of_direction(self, market, symbol):
        moves = returns(market[symbol])
        for lag in (1, 6, 24):
            assert correlation(np.abs(moves[lag:]), np.abs(moves[:-lag])) > 0.05
        assert abs(correlation(moves[1:], moves[:-1])) < 0.05

    def test_trades_more_when_it_moves_more(self, market, symbol):
        candles = market[symbol]
        assert correlation(candles.volume, np.log(candles.high / candles.low)) > 0.5

    def test_opens_apart_from_the_last_close(self, market, symbol):
        candles = market[symbol]
        jumps = np.abs(candles.open[1:] / candles.close[:-1] - 1)
        assert np.median(jumps[jumps > 0]) < 0.0005
        assert jumps.max() > 0.002

    def test_neither_vanishes_nor_explodes(self, market, symbol):
        candles = market[symbol]
        assert candles.low.min() > candles.open[0] / 2
        assert 1 < candles.close[-1] / candles.open[0] < 5

    def test_breaks_out_about_as_often_as_the_real_ones(self, market, symbol):
        assert 150 < breakouts(market[symbol]) < 450


def test_the_symbols_move_together(market):
    moves = [returns(candles) for candles in market.values()]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert 0.6 < correlation(moves[one], moves[other]) < 0.95


def test_callers_cannot_spoil_the_market_for_each_other(same):
    sample_candles("SIM-BTC-USD").close[:] = 0.0
    assert sample_candles("SIM-BTC-USD").close.min() > 0.0
