"""The contract between a strategy and the engine."""

from __future__ import annotations

import sys
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from argusnexus.engine.columns import reason_name, signal_columns
from argusnexus.errors import ConfigError, StrategyError
from argusnexus.model.conditions import Comparison, Condition
from argusnexus.model.decisions import Reason
from argusnexus.model.trades import ExitReason
from argusnexus.money import LARGEST_PRICE, on_increment
from argusnexus.strategy import DonchianBreakout, Signals, Strategy, signals_of
from engine.hand_made import candles
from strategy.made_strategies import made, said

MARKET = candles("BTC-USD", [(100, 101, 99, 100)] * 4)


def signals(**changes):
    columns = {
        "entry": np.array([False, True, False, True]),
        "entry_price": np.full(4, 100.0),
        "stop": np.full(4, 90.0),
        "take_profit": np.full(4, 120.0),
        "exit": np.array([True, False, True, False]),
        "trailing_distance": np.full(4, np.nan),
        "hold_reason": np.array([0, 1, 0, 1]),
        "hold_reasons": ("calm", "shy"),
        "warmup": 1,
        "indicators": {"mood": np.zeros(4)},
    }
    return Signals(**columns | changes)


def test_signals_that_fit_their_candles_are_handed_on():
    fitting = signals()
    assert fitting.checked(MARKET, "mine") is fitting


@pytest.mark.parametrize(
    "name", ["entry", "entry_price", "stop", "take_profit", "exit", "trailing_distance", "hold_reason"]
)
def test_a_column_of_another_length_is_refused_by_name(name):
    short = signals(**{name: getattr(signals(), name)[:3]})
    with pytest.raises(StrategyError, match=f"mine: column '{name}' has 3 rows for 4 candles of BTC-USD"):
        short.checked(MARKET, "mine")


def test_an_indicator_of_another_length_is_refused_by_name():
    with pytest.raises(StrategyError, match="mood"):
        signals(indicators={"mood": np.zeros(5)}).checked(MARKET, "mine")


@pytest.mark.parametrize("name", ["entry_price", "stop", "take_profit"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_entry_without_a_usable_price_is_refused_with_its_row(name, value):
    prices = getattr(signals(), name).copy()
    prices[3] = value
    with pytest.raises(
        StrategyError, match=f"mine: {name} of the entry signal at candle .* \\(row 3, .*\\) of BTC-USD"
    ):
        signals(**{name: prices}).checked(MARKET, "mine")


@pytest.mark.parametrize("row", [0, 2])
def test_prices_are_read_only_where_an_entry_is_signalled(row):
    """Row 2 has no entry, and row 0 is within the warm-up."""
    prices = np.full(4, 100.0)
    prices[row] = np.nan
    entry = np.array([True, True, False, True])
    signals(entry=entry, entry_price=prices).checked(MARKET, "mine")


def test_a_reason_that_belongs_to_the_venue_is_no_exit_signal():
    with pytest.raises(StrategyError, match="exit_reason is one of SIGNAL, CHANNEL, CHANDELIER"):
        signals(exit_reason=ExitReason.STOP_LOSS).checked(MARKET, "mine")


def test_nothing_is_signalled_before_the_warmup_is_over():
    columns = signal_columns(signals(entry=np.ones(4, dtype=bool), exit=np.ones(4, dtype=bool), warmup=2))
    assert columns.entry.tolist() == [False, False, True, True]
    assert columns.exit_reason.tolist() == [
        ExitReason.NONE,
        ExitReason.NONE,
        ExitReason.SIGNAL,
        ExitReason.SIGNAL,
    ]
    assert columns.hold.tolist() == [Reason.WARMUP, Reason.WARMUP, Reason.STRATEGY, Reason.STRATEGY + 1]


def test_a_row_is_plain_scalars():
    row = signal_columns(signals()).row(1)
    assert [type(value) for value in row] == [bool, float, float, float, int, float, int]
    assert row.entry_price == 100.0


def test_reasons_are_the_strategys_words_or_the_engines():
    assert reason_name(Reason.STRATEGY + 1, ("calm", "shy")) == "shy"
    assert reason_name(Reason.FUNDS, ("calm", "shy")) == "funds"


def test_a_strategy_without_candles_has_columns_without_rows():
    nothing = MARKET.rows(slice(0, 0))
    checked = replace(DonchianBreakout()).signals(nothing).checked(nothing, "donchian")
    assert len(signal_columns(checked).entry) == 0


class TestColumns:
    def test_what_a_strategy_leaves_out_is_filled_in(self):
        least = Signals(entry=[False, True], entry_price=[1, 2], stop=[1, 1], take_profit=[3, 3])
        assert least.exit.tolist() == [False, False]
        assert np.isnan(least.trailing_distance).all()
        assert least.hold_reason.tolist() == [0, 0]
        assert least.hold_reasons == ("no_signal",)
        assert least.exit_reason is ExitReason.SIGNAL
        assert (least.warmup, dict(least.indicators), least.conditions) == (0, {}, ())

    @pytest.mark.parametrize(
        "kind", [list, np.array, pd.Series, lambda values: pd.Series(values, index=[4, 3, 2, 1])]
    )
    def test_columns_may_be_lists_arrays_or_series(self, kind):
        fitting = signals(
            entry=kind([False, True, False, True]),
            entry_price=kind([100, 100, 100, 100]),
            stop=kind([90.0, 90.0, 90.0, 90.0]),
            exit=kind([True, False, False, False]),
            hold_reason=kind([0, 1, 0, 1]),
            indicators={"mood": kind([1, 2, 3, 4])},
        ).checked(MARKET, "mine")
        assert fitting.entry.tolist() == [False, True, False, True]
        assert (
            fitting.entry_price.dtype == fitting.stop.dtype == fitting.indicators["mood"].dtype == np.float64
        )
        assert fitting.hold_reason.dtype == np.int64
        assert fitting.indicators["mood"].tolist() == [1.0, 2.0, 3.0, 4.0]

    @pytest.mark.parametrize("name", ["entry", "exit"])
    @pytest.mark.parametrize("values", [[0, 1, 0, 1], [0.0, np.nan], [True, None], [[True], [False, True]]])
    def test_a_flag_that_is_no_true_or_false_is_refused(self, name, values):
        with pytest.raises(StrategyError, match=f"column '{name}': expected one True or False a candle, was"):
            signals(**{name: values})

    @pytest.mark.parametrize("name", ["entry_price", "stop", "take_profit", "trailing_distance"])
    @pytest.mark.parametrize(
        "values",
        [
            ["a", "b", "c", "d"],
            ["1", "2", "3", "4"],
            pd.Series(["1", "2", "3", "4"]),
            np.zeros((4, 2)),
            [[1.0], [2.0, 3.0]],
            np.full(4, 100 + 0j),
            MARKET.times.astype("M8[ns]"),
            np.full(4, 1, "m8[ns]"),
            pd.Series(pd.date_range("2024-01-01", periods=4, tz="UTC")),
        ],
    )
    def test_a_price_that_is_no_number_is_refused(self, name, values):
        with pytest.raises(StrategyError, match=rf"column '{name}': expected one number a candle"):
            signals(**{name: values})

    @pytest.mark.parametrize(
        "values", [[0.0, 1.0, 0.0, 1.0], ["a", "b", "c", "d"], [True, False, True, False]]
    )
    def test_a_reason_that_is_no_row_number_is_refused(self, values):
        with pytest.raises(StrategyError, match="column 'hold_reason': expected one whole number a candle"):
            signals(hold_reason=values)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("entry", True), ("exit", False), ("stop", 90.0), ("trailing_distance", 3.0), ("hold_reason", 1)],
    )
    def test_one_value_for_all_candles_is_refused(self, name, value):
        with pytest.raises(
            StrategyError, match=f"column '{name}': expected one .* a candle, was the single value"
        ):
            signals(**{name: value})

    @pytest.mark.parametrize(
        "values",
        [
            [Decimal("90.5")] * 4,
            pd.Series([90.5] * 4, dtype="Float64"),
            np.full(4, 90.5, np.float32),
            np.array([90.5] * 4, object),
        ],
    )
    def test_every_kind_of_number_is_a_price(self, values):
        assert signals(stop=values).checked(MARKET, "mine").stop.tolist() == [90.5] * 4

    def test_a_missing_value_of_pandas_is_not_a_number(self):
        values = pd.Series([90.0, pd.NA, 90.0, 90.0], dtype="Float64")
        assert np.isnan(signals(trailing_distance=values).trailing_distance).tolist() == [0, 1, 0, 0]

    @pytest.mark.parametrize("given", [None, ["mood"], 3.0])
    def test_indicators_that_are_no_mapping_are_refused(self, given):
        with pytest.raises(StrategyError, match=r"indicators: expected columns by name, .* was"):
            signals(indicators=given)

    def test_an_indicator_is_refused_by_its_name(self):
        with pytest.raises(StrategyError, match="column 'mood': expected one number a candle"):
            signals(indicators={"mood": ["good"] * 4})

    def test_an_indicator_may_have_the_name_of_a_column(self):
        short = signals(stop=np.full(3, 90.0), indicators={"stop": np.zeros(4)})
        with pytest.raises(StrategyError, match="column 'stop' has 3 rows for 4 candles"):
            short.checked(MARKET, "mine")


class TestContents:
    def test_a_stop_above_the_entry_is_refused_with_its_candle(self):
        stops = np.array([999.0, 90.0, 999.0, 100.5])
        with pytest.raises(
            StrategyError,
            match=r"mine: the stop of the entry signal at candle 2024-01-01T03:00:00Z \(row 3, the first is 0\) of BTC-USD "
            r"is 100.5, above the entry price 100.0",
        ):
            signals(stop=stops).checked(MARKET, "mine")

    def test_a_stop_at_the_entry_is_left_to_the_engine_to_refuse(self):
        assert signals(stop=np.full(4, 100.0)).checked(MARKET, "mine")

    def test_a_negative_trailing_distance_is_refused_with_its_candle(self):
        with pytest.raises(StrategyError, match=r"trailing_distance at candle .*02:00.* \(row 2, .* is -0.5"):
            signals(trailing_distance=np.array([1.0, np.nan, -0.5, -1.0])).checked(MARKET, "mine")

    def test_no_distance_is_a_distance(self):
        assert signals(trailing_distance=np.zeros(4)).checked(MARKET, "mine")

    @pytest.mark.parametrize("number", [-1, 2])
    def test_a_reason_out_of_range_is_refused_with_its_candle(self, number):
        with pytest.raises(
            StrategyError, match=rf"hold_reason at candle .* \(row 2, .* is {number}; .* the 2 hold_reasons"
        ):
            signals(hold_reason=np.array([0, 1, number, 0])).checked(MARKET, "mine")

    def test_one_text_is_no_tuple_of_reasons(self):
        with pytest.raises(StrategyError, match=r"hold_reasons is a tuple of texts, for example \('calm',\)"):
            signals(hold_reasons="calm", hold_reason=np.zeros(4, dtype=int)).checked(MARKET, "mine")

    @pytest.mark.parametrize("name", ["entry_price", "stop", "take_profit"])
    @pytest.mark.parametrize("value", [1e12, -1e12, 1e300])
    def test_a_price_beyond_what_money_holds_is_refused_with_its_candle(self, name, value):
        prices = getattr(signals(), name).copy()
        prices[2:] = value
        with pytest.raises(StrategyError, match=rf"mine: {name} .* \(row 3, .* expected .* below 1e\+12"):
            signals(**{name: prices}).checked(MARKET, "mine")

    @pytest.mark.parametrize("increment", ["1e-15", "0.01", "1", "0.00025"])
    def test_money_holds_every_price_below(self, increment):
        step, largest = Decimal(increment), np.nextafter(LARGEST_PRICE, 0)
        assert abs(on_increment(largest, step) - Decimal(repr(float(largest)))) <= step

    @pytest.mark.parametrize("reason", [ExitReason.SIGNAL.value, "signal", None])
    def test_an_exit_reason_by_another_name_is_refused(self, reason):
        with pytest.raises(StrategyError, match="exit_reason is one of SIGNAL, CHANNEL, CHANDELIER"):
            signals(exit_reason=reason).checked(MARKET, "mine")

    @pytest.mark.parametrize("warmup", [-1, 2.5, 3.0, "3", None, float("nan"), True, np.True_])
    def test_a_warm_up_that_is_no_number_of_candles_is_refused(self, warmup):
        with pytest.raises(StrategyError, match="mine: warmup is a whole number of candles, 0 or more, was "):
            signals(warmup=warmup).checked(MARKET, "mine")

    def test_numpys_whole_numbers_are_warm_ups(self):
        assert signals(warmup=np.int64(2)).checked(MARKET, "mine").warmup == 2

    @pytest.mark.parametrize(("left", "right"), [("moode", 3.0), ("mood", "moode"), ("close", "moode")])
    def test_a_condition_on_something_that_is_not_logged_is_refused_with_a_suggestion(self, left, right):
        condition = Condition("cheerful", left, Comparison.ABOVE, right)
        with pytest.raises(StrategyError, match=r"names 'moode', which isn't logged.* Did you mean 'mood'\?"):
            signals(conditions=(condition,)).checked(MARKET, "mine")

    def test_conditions_are_on_indicators_the_close_and_numbers(self):
        conditions = (
            Condition("cheerful", "mood", Comparison.AT_LEAST, 1),
            Condition("high", "close", Comparison.ABOVE, "mood"),
        )
        assert signals(conditions=conditions).checked(MARKET, "mine")


class TestAsked:
    @pytest.mark.parametrize("code", [None, 0, 3, "enough"])
    def test_a_strategy_does_not_end_the_program(self, code):
        def leaver(part):
            sys.exit(code)

        with pytest.raises(StrategyError, match=rf"leaver: signals\(\) failed .* SystemExit: {code or ''}"):
            signals_of(made(leaver), MARKET)

    @pytest.mark.parametrize(
        "answer",
        [{"conditions": None}, {"hold_reasons": None}, {"indicators": {1: MARKET.close}}, {"warmup": True}],
    )
    def test_whatever_is_malformed_is_the_strategys_error(self, answer):
        def crooked(part):
            return {"entry": part.close > 1, **answer}

        with pytest.raises(StrategyError, match=rf"^crooked: {next(iter(answer))}"):
            signals_of(made(crooked), MARKET)

    def test_a_failure_names_the_strategys_own_line(self):
        def divides(part):
            return {"entry": part.close > 1, "stop": 1 / int(part.close[0] * 0)}

        class Failing(Strategy):
            def signals(self, part):
                return said(part, **divides(part))

        with pytest.raises(StrategyError) as caught:
            signals_of(Failing(), MARKET)
        assert (
            "Failing: signals() failed on 4 candles of BTC-USD: ZeroDivisionError: division by zero"
            in str(caught.value)
        )
        assert "test_signals.py, line" in str(caught.value)
        assert '"stop": 1 / int(part.close[0] * 0)' in str(caught.value)

    def test_a_fault_found_while_the_signals_are_made_names_the_strategy(self):
        with pytest.raises(StrategyError, match=r"moody: column 'entry': expected one True or False"):
            signals_of(made(lambda part: {"entry": part.close}, "moody"), MARKET)

    def test_a_parameter_that_is_refused_stays_a_configuration_error(self):
        def nested(part):
            return {"entry": DonchianBreakout(0).signals(part).entry}

        with pytest.raises(ConfigError, match=r"strategy\.entry_period"):
            signals_of(made(nested), MARKET)

    @pytest.mark.parametrize("column", ["times", "open", "high", "low", "close", "volume"])
    def test_a_strategy_cannot_change_the_candles(self, column):
        before = getattr(MARKET, column).copy()

        def greedy(part):
            getattr(part, column)[-1] = 1
            return {"entry": part.close > 1}

        with pytest.raises(StrategyError, match=r"greedy: signals\(\) failed .* read-only"):
            signals_of(made(greedy), MARKET)
        np.testing.assert_array_equal(getattr(MARKET, column), before)

    @pytest.mark.parametrize("answer", [None, {"entry": []}, [True] * 4])
    def test_something_else_than_signals_is_refused(self, answer):
        class Vague(Strategy):
            def signals(self, candles):
                return answer if len(candles) else None

        with pytest.raises(
            StrategyError, match=f"Vague: signals\\(\\) returned {type(answer).__name__}; expected"
        ):
            signals_of(Vague(), MARKET)

    def test_signals_for_other_candles_are_refused(self):
        class Short(Strategy):
            def signals(self, part):
                return said(part.rows(slice(0, 3)), entry=[True] * 3)

        with pytest.raises(StrategyError, match="Short: column 'entry' has 3 rows for 4 candles"):
            signals_of(Short(), MARKET)
