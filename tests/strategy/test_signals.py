"""The contract between a strategy and the engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from argusnexus.engine.columns import reason_name, signal_columns
from argusnexus.errors import StrategyError
from argusnexus.model.decisions import Reason
from argusnexus.model.trades import ExitReason
from argusnexus.strategy import DonchianBreakout, Signals
from engine.hand_made import candles

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
