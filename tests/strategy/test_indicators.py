"""Indicators against TA-Lib, on real and on random candles, and where a value begins."""

from __future__ import annotations

import statistics

import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from argusnexus.errors import StrategyError
from argusnexus.strategy.indicators import (
    atr,
    crossed_above,
    crossed_below,
    ema,
    highest,
    highest_before,
    lowest,
    lowest_before,
    rsi,
    sma,
    stddev,
    true_range,
    volume_ratio,
    wilder,
)

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
    np.testing.assert_array_equal(highest_before(high, period), shifted(talib.MAX(high, period)))
    np.testing.assert_array_equal(lowest_before(low, period), shifted(talib.MIN(low, period)))
    check_series_against_talib(close, period)


def close_to_running_sums(values):
    """TA-Lib's mean is a running sum, which keeps the rounding errors of every value that it once had."""
    return CLOSE | {"atol": 1e-13 * np.nanmax(values)}


def check_series_against_talib(values, period):
    np.testing.assert_array_equal(highest(values, period), talib.MAX(values, period))
    np.testing.assert_array_equal(lowest(values, period), talib.MIN(values, period))
    np.testing.assert_allclose(
        sma(values, period), talib.SMA(values, period), **close_to_running_sums(values)
    )
    np.testing.assert_allclose(ema(values, period), talib.EMA(values, period), **CLOSE)
    np.testing.assert_allclose(rsi(values, period), talib.RSI(values, period), **CLOSE)
    # TA-Lib subtracts the square of the mean from the mean of the squares, which loses half of the digits.
    noise = {"rtol": 1e-5, "atol": 1e-6 * np.nanmax(values)}
    np.testing.assert_allclose(stddev(values, period), talib.STDDEV(values, period), **noise)


@pytest.mark.parametrize("period", PERIODS)
def test_they_equal_ta_lib_on_real_candles(real_candles, period):
    for candles in real_candles.values():
        check_against_talib(candles.high, candles.low, candles.close, period)


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("seed", range(5))
def test_they_equal_ta_lib_on_random_candles(seed, period):
    check_against_talib(*random_walk(seed), period)


SERIES = st.one_of(
    arrays(np.float64, st.integers(1, 60), elements=st.floats(0.01, 1e6)),
    arrays(np.float64, st.integers(1, 60), elements=st.sampled_from([1.0, 1.5, 2.0])),
    st.builds(np.full, st.integers(1, 60), st.floats(0.01, 1e6)),
)


@given(values=SERIES, period=st.integers(2, 70), missing=st.integers(0, 20))
def test_they_equal_ta_lib_on_any_series_that_begins_with_missing_values(values, period, missing):
    check_series_against_talib(np.concatenate((np.full(missing, np.nan), values)), period)


def test_a_value_is_rid_of_larger_ones_before_it():
    """Where TA-Lib keeps some of their rounding error."""
    values = np.array([48_576.901, 1e6, 0.03125, 0.03125])
    check_series_against_talib(values, 2)
    assert sma(values, 2)[3] == 0.03125 != talib.SMA(values, 2)[3]


@given(values=SERIES, period=st.integers(2, 30), other=st.integers(2, 30))
def test_they_can_be_chained_as_in_ta_lib(values, period, other):
    spread = 1 + np.arange(len(values)) % 3
    high, low = values + spread, values - spread / 4
    ranges, expected = atr(high, low, values, period), talib.ATR(high, low, values, period)
    np.testing.assert_allclose(ranges, expected, **CLOSE)
    if np.isfinite(expected).any():  # TA-Lib has another answer for a column without a value
        np.testing.assert_allclose(ema(ranges, other), talib.EMA(expected, other), **CLOSE)
        means = talib.SMA(expected, other)
        np.testing.assert_allclose(sma(ranges, other), means, **close_to_running_sums(expected))


@given(values=SERIES, period=st.integers(1, 20))
def test_the_standard_deviation_is_the_populations(values, period):
    found = stddev(values, period)
    for row in range(period - 1, len(values)):
        expected = statistics.pstdev(values[row + 1 - period : row + 1].tolist())
        assert found[row] == pytest.approx(expected, rel=1e-9, abs=1e-12 * values.max())


@pytest.mark.parametrize("price", [0.0, 1e-9, 60_000.0])
def test_a_flat_market_has_the_strength_that_ta_lib_gives_it(price):
    flat = np.full(40, price)
    np.testing.assert_array_equal(rsi(flat, 14), talib.RSI(flat, 14))
    assert rsi(flat, 14)[-1] == 0.0


def test_a_market_that_only_rises_has_full_strength():
    np.testing.assert_array_equal(rsi(np.arange(20.0), 5)[5:], 100.0)


def test_missing_values_alone_are_missing():
    nothing = np.full(30, np.nan)
    for indicator in (
        highest,
        lowest,
        highest_before,
        lowest_before,
        sma,
        stddev,
        ema,
        wilder,
        rsi,
        volume_ratio,
    ):
        np.testing.assert_array_equal(indicator(nothing, 3), nothing)


def test_the_true_range_of_one_candle_is_wilders():
    high, low, close = random_walk(7)
    np.testing.assert_allclose(true_range(high, low, close)[1:], talib.TRANGE(high, low, close)[1:], **CLOSE)
    np.testing.assert_allclose(atr(high, low, close, 1)[1:], true_range(high, low, close)[1:], **CLOSE)


@pytest.mark.parametrize("count", range(8))
@pytest.mark.parametrize("period", [1, 3, 6])
def test_each_value_begins_where_there_are_enough_candles(count, period):
    high, low, close = (column[:count] for column in random_walk(1))
    first_rows = {
        "highest": (highest(high, period), period - 1),
        "lowest": (lowest(low, period), period - 1),
        "highest_before": (highest_before(high, period), period),
        "lowest_before": (lowest_before(low, period), period),
        "atr": (atr(high, low, close, period), period),
        "sma": (sma(close, period), period - 1),
        "ema": (ema(close, period), period - 1),
        "wilder": (wilder(close, period), period - 1),
        "rsi": (rsi(close, period), period),
        "stddev": (stddev(close, period), period - 1),
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
    for indicator in (highest, lowest, highest_before, lowest_before, sma, ema, rsi, stddev, volume_ratio):
        np.testing.assert_array_equal(indicator(values[:cut], period), indicator(values, period)[:cut])
    np.testing.assert_array_equal(
        atr(values[:cut] + 1, values[:cut], values[:cut], period),
        atr(values + 1, values, values, period)[:cut],
    )


NUMBERS = st.one_of(st.integers(0, 4).map(float), st.just(np.nan))


@given(rows=st.lists(st.tuples(NUMBERS, NUMBERS), max_size=30))
def test_a_crossing_is_a_step_from_at_or_below_to_above(rows):
    ours = [one for one, _ in rows]
    level = [other for _, other in rows]
    above = [
        row > 0 and ours[row - 1] <= level[row - 1] and ours[row] > level[row] for row in range(len(rows))
    ]
    below = [
        row > 0 and ours[row - 1] >= level[row - 1] and ours[row] < level[row] for row in range(len(rows))
    ]
    assert crossed_above(ours, level).tolist() == above
    assert crossed_below(ours, level).tolist() == below


@given(values=st.lists(NUMBERS, max_size=30), level=st.integers(0, 4))
def test_a_level_may_be_one_number(values, level):
    column = np.full(len(values), float(level))
    np.testing.assert_array_equal(crossed_above(values, level), crossed_above(values, column))
    np.testing.assert_array_equal(crossed_below(values, level), crossed_below(values, column))


def test_a_touch_is_no_crossing_and_what_follows_it_may_be_one():
    values = [1.0, 2.0, 2.0, 3.0, 2.0, 3.0, 1.0]
    assert np.flatnonzero(crossed_above(values, 2)).tolist() == [3, 5]
    assert np.flatnonzero(crossed_below(values, 2)).tolist() == [6]


def test_a_missing_value_crosses_nothing():
    assert not crossed_above([1.0, np.nan, 3.0], 2).any()
    assert not crossed_above([1.0, 3.0], [np.nan, 2.0]).any()
    assert not crossed_below([3.0, 1.0], np.nan).any()


@pytest.mark.parametrize(
    "indicator",
    [highest, lowest, highest_before, lowest_before, sma, stddev, ema, wilder, rsi, volume_ratio],
)
@pytest.mark.parametrize("period", [0, -3, 2.5, 14.0, "14", None, float("nan")])
def test_a_period_that_is_no_number_of_candles_is_refused(indicator, period):
    with pytest.raises(StrategyError, match=r"period is a whole number of candles, 1 or more.*; was "):
        indicator(np.arange(20.0), period)


def test_the_average_true_range_refuses_such_a_period_too():
    with pytest.raises(StrategyError, match="whole number of candles"):
        atr(*random_walk(1), 0)


def test_numpys_whole_numbers_are_periods():
    np.testing.assert_array_equal(sma(np.arange(5.0), np.int64(2)), sma(np.arange(5.0), 2))


@pytest.mark.parametrize("kind", [list, pd.Series, lambda values: pd.Series(values, index=range(7, 47))])
def test_lists_and_series_are_columns_too(kind):
    values = random_walk(2, 40)[2]
    for indicator in (highest, lowest_before, sma, stddev, ema, rsi, volume_ratio):
        np.testing.assert_array_equal(indicator(kind(values), 5), indicator(values, 5))
    np.testing.assert_array_equal(
        crossed_above(kind(values), kind(sma(values, 3))), crossed_above(values, sma(values, 3))
    )
