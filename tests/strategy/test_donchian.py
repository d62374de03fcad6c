"""The Donchian breakout: when it enters, why it holds, and that it never looks ahead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.errors import ConfigError
from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.times import HOUR
from argusnexus.model.trades import ExitReason
from argusnexus.strategy import DonchianBreakout
from replay.random_cases import random_case

SMALL = DonchianBreakout(
    entry_period=2,
    exit_period=2,
    atr_period=2,
    trend_period=4,
    volume_avg_period=2,
    volume_multiplier=1.5,
    warmup=0,
)
NO_FILTERS = replace(SMALL, trend_period=0, volume_multiplier=0)
COLUMNS = ("entry", "entry_price", "stop", "take_profit", "exit", "trailing_distance", "hold_reason")


def market(closes, volumes=None):
    """Candles of half a dollar around their closes."""
    close = np.array(closes, dtype=np.float64)
    volume = np.ones(len(close)) if volumes is None else np.array(volumes, dtype=np.float64)
    times = np.arange(len(close), dtype=np.int64) * HOUR
    return Candles("BTC-USD", Granularity(HOUR), times, close, close + 0.5, close - 0.5, close, volume)


def reason(signals, row):
    return signals.hold_reasons[signals.hold_reason[row]]


class TestEntry:
    def test_a_close_above_the_channel_that_trend_and_volume_confirm_enters(self):
        signals = SMALL.signals(market([10, 10, 10, 10, 12], [1, 1, 1, 1, 9]))
        assert signals.entry.tolist() == [False] * 4 + [True]

    def test_the_plan_is_in_average_true_ranges_from_the_close(self):
        signals = SMALL.signals(market([10, 10, 10, 10, 12], [1, 1, 1, 1, 9]))
        average = signals.indicators["atr"][4]
        assert average == (1 + 2.5) / 2
        assert signals.entry_price[4] == 12.0
        assert signals.stop[4] == 12 - 2 * average
        assert signals.take_profit[4] == 12 + 4 * average
        assert signals.trailing_distance[4] == 3 * average

    def test_a_close_at_the_channel_is_no_breakout(self):
        signals = NO_FILTERS.signals(market([10, 10, 10, 10, 10.5]))
        assert not signals.entry.any()
        assert reason(signals, 4) == "no_breakout"

    def test_without_filters_a_breakout_is_enough(self):
        falling = market([30, 20, 10, 10, 11], [9, 9, 9, 9, 0])
        assert NO_FILTERS.signals(falling).entry.tolist() == [False] * 4 + [True]
        assert set(NO_FILTERS.signals(falling).indicators) == {"upper", "lower", "atr"}


class TestHoldReasons:
    @pytest.mark.parametrize(
        ("closes", "volumes", "expected"),
        [
            ([30, 10, 10, 11], [1, 1, 1, 9], "trend_filter"),
            ([10, 10, 10, 12], [1, 1, 1, 1], "volume_filter"),
            ([30, 10, 10, 11], [1, 1, 1, 1], "trend_filter+volume_filter"),
            ([10, 10, 10, 10], [1, 1, 1, 9], "no_breakout"),
        ],
    )
    def test_every_filter_that_refused_a_breakout_is_named(self, closes, volumes, expected):
        signals = SMALL.signals(market(closes, volumes))
        assert not signals.entry[3]
        assert reason(signals, 3) == expected

    def test_a_close_within_noise_of_its_average_does_not_confirm(self):
        strategy = replace(SMALL, volume_multiplier=0, trend_period=1, entry_period=2)
        signals = strategy.signals(market([10, 10, 10, 12]))
        assert reason(signals, 3) == "trend_filter"

    def test_a_volume_within_noise_of_the_multiple_confirms(self):
        """0.1 / mean(0.1, 0.1, 0.1) is not 1 in floats."""
        strategy = replace(SMALL, trend_period=0, volume_avg_period=3, volume_multiplier=1.0)
        signals = strategy.signals(market([10, 10, 10, 12], [0.1, 0.1, 0.1, 0.1]))
        assert signals.indicators["volume_ratio"][3] == pytest.approx(1.0)
        assert signals.entry[3]


class TestExit:
    def test_a_close_below_the_lowest_low_leaves(self):
        signals = SMALL.signals(market([10, 10, 10, 9.5, 9.4, 8]))
        assert signals.exit.tolist() == [False, False, False, False, False, True]
        assert signals.exit_reason is ExitReason.CHANNEL


class TestWarmup:
    @pytest.mark.parametrize(
        ("changes", "first"),
        [
            ({}, 3),
            ({"warmup": 9}, 9),
            ({"entry_period": 5}, 5),
            ({"exit_period": 6}, 6),
            ({"atr_period": 7}, 7),
            ({"trend_period": 9}, 8),
            ({"volume_avg_period": 10}, 9),
            ({"volume_avg_period": 10, "volume_multiplier": 0}, 3),
            ({"trend_period": 0}, 2),
        ],
    )
    def test_the_first_decision_waits_for_every_indicator_in_use(self, changes, first):
        strategy = replace(SMALL, **changes)
        assert strategy.first_decision == first
        signals = strategy.signals(market(np.linspace(10, 20, 30)))
        assert signals.warmup == first
        assert all(np.isfinite(column[first:]).all() for column in signals.indicators.values())

    def test_the_defaults_wait_for_three_hundred_candles(self):
        assert DonchianBreakout().first_decision == 300


@pytest.mark.parametrize(
    "changes",
    [
        {"entry_period": 0},
        {"exit_period": 0},
        {"atr_period": 0},
        {"volume_avg_period": 0},
        {"trend_period": -1},
        {"volume_multiplier": -0.5},
        {"stop_atr": -1.0},
        {"stop_atr": float("nan")},
        {"take_profit_atr": float("inf")},
        {"warmup": -1},
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_by_name(changes):
    (name,) = changes
    with pytest.raises(ConfigError, match=f"strategy.{name}"):
        DonchianBreakout(**changes)


def check_causal(strategy, candles, cut):
    whole, prefix = strategy.signals(candles), strategy.signals(candles.rows(slice(0, cut)))
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(prefix, name), getattr(whole, name)[:cut], err_msg=name)
    for name, column in prefix.indicators.items():
        np.testing.assert_array_equal(column, whole.indicators[name][:cut], err_msg=name)


@given(seed=st.integers(0, 10_000), cut=st.integers(0, 130))
def test_the_signals_of_a_prefix_are_a_prefix_of_the_signals(seed, cut):
    case = random_case(seed)
    for candles in case.candles.values():
        check_causal(DonchianBreakout(**case.strategy), candles, min(cut, len(candles)))


@pytest.mark.parametrize("cut", [1, 299, 301, 5000, 17_000])
def test_the_signals_of_real_candles_do_not_look_ahead(real_candles, cut):
    check_causal(DonchianBreakout(), real_candles["BTC-USD"], cut)
