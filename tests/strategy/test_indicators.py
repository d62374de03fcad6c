"""Indicators against TA-Lib, on real and on random candles, and where a value begins."""

from __future__ import annotations

import numpy as np
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from argusnexus.strategy.indicators import atr, highest_before, lowest_before, sma, true_range, volume_ratio

PERIODS = (2, 3, 14, 55, 200)
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def random_walk(seed, count=600):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, count)))
    high = close * (1 + rng.uniform(0, 0.03, count))
    low = close * (1 - rng.uniform(0, 0.03, count))
    return high, low, close


def shifted(values):
    """Yesterday's value of each."""
    return np.concatenate(([np.nan], values[:-1]))


def check_against_talib(high, low, close, period):
    np.testing.assert_allclose(atr(high, low, close, period), talib.ATR(high, low, close, period), **CLOSE)
    np.testing.assert_allclose(sma(close, period), talib.SMA(close, period), **CLOSE)
    np.testing.assert_array_equal(highest_before(high, period), shifted(talib.MAX(high, period)))
    np.testing.assert_array_equal(lowest_before(low, period), shifted(talib.MIN(low, period)))


@pytest.mark.parametrize("period", PERIODS)
def test_they_equal_ta_lib_on_real_candles(real_candles, period):
    for candles in real_candles.values():
        check_against_talib(candles.high, candles.low, candles.close, period)


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("seed", range(5))
def test_they_equal_ta_lib_on_random_candles(seed, period):
    check_against_talib(*random_walk(seed), period)


def test_the_true_range_of_one_candle_is_wilders():
    high, low, close = random_walk(7)
    np.testing.assert_allclose(true_range(high, low, close)[1:], talib.TRANGE(high, low, close)[1:], **CLOSE)
    np.testing.assert_allclose(atr(high, low, close, 1)[1:], true_range(high, low, close)[1:], **CLOSE)


@pytest.mark.parametrize("count", range(8))
@pytest.mark.parametrize("period", [1, 3, 6])
def test_each_value_begins_where_there_are_enough_candles(count, period):
    high, low, close = (column[:count] for column in random_walk(1))
    first_rows = {
        "highest": (highest_before(high, period), period),
        "lowest": (lowest_before(low, period), period),
        "atr": (atr(high, low, close, period), period),
        "sma": (sma(close, period), period - 1),
        "volume_ratio": (volume_ratio(close, period), period - 1),
    }
    for name, (values, first) in first_rows.items():
        assert len(values) == count
        assert np.isnan(values[:first]).all(), name
        assert np.isfinite(values[first:]).all(), name


def test_a_channel_leaves_the_current_candle_out():
    values = np.array([1.0, 5.0, 9.0, 2.0])
    np.testing.assert_array_equal(highest_before(values, 2), [np.nan, np.nan, 5.0, 9.0])
    np.testing.assert_array_equal(lowest_before(values, 2), [np.nan, np.nan, 1.0, 5.0])


def test_the_volume_ratio_includes_the_current_candle():
    np.testing.assert_allclose(volume_ratio(np.array([1.0, 1.0, 4.0]), 3)[2], 2.0)


def test_the_volume_ratio_of_a_dead_market_is_zero():
    np.testing.assert_array_equal(volume_ratio(np.array([0.0, 0.0, 5.0]), 2), [np.nan, 0.0, 2.0])


def test_one_huge_volume_leaves_no_rounding_error_behind():
    volume = np.concatenate(([1e18], np.full(50, 0.1)))
    np.testing.assert_allclose(sma(volume, 5)[10:], 0.1, rtol=1e-15)


@given(
    values=arrays(np.float64, st.integers(1, 40), elements=st.floats(0.01, 1e6)),
    period=st.integers(1, 12),
    cut=st.integers(0, 40),
)
def test_no_value_knows_a_later_candle(values, period, cut):
    for indicator in (highest_before, lowest_before, sma, volume_ratio):
        np.testing.assert_array_equal(indicator(values[:cut], period), indicator(values, period)[:cut])
    np.testing.assert_array_equal(
        atr(values[:cut] + 1, values[:cut], values[:cut], period),
        atr(values + 1, values, values, period)[:cut],
    )
