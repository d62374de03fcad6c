"""Names and reasons of a strategy that would say something else in the ledger are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from argusnexus.errors import StrategyError
from argusnexus.model.conditions import Comparison, Condition
from argusnexus.model.decisions import Reason, RiskLayer
from argusnexus.model.trades import ExitReason
from engine.hand_made import candles
from strategy.made_strategies import said

MARKET = candles("BTC-USD", [(100, 101, 99, 100)] * 4)
MOOD = {"mood": np.zeros(4)}


@pytest.mark.parametrize("words", [None, 3, ("calm", 2), (1, 2), {"calm": 1, "shy": 2}])
def test_hold_reasons_are_a_tuple_of_texts(words):
    with pytest.raises(StrategyError, match="mine: hold_reasons is a tuple of texts"):
        said(MARKET, [False] * 4, hold_reasons=words).checked(MARKET, "mine")


@pytest.mark.parametrize("word", ["", " "])
def test_a_hold_reason_says_something(word):
    with pytest.raises(StrategyError, match="mine: hold_reasons has an empty text"):
        said(MARKET, [False] * 4, hold_reasons=("calm", word)).checked(MARKET, "mine")


@pytest.mark.parametrize(
    "word", sorted({one.label for kind in (Reason, RiskLayer, ExitReason) for one in kind})
)
def test_a_hold_reason_is_none_of_the_engines_own(word):
    with pytest.raises(
        StrategyError, match=rf"mine: hold reason '{word}' is one of the engine's own.*my_{word}"
    ):
        said(MARKET, [False] * 4, hold_reasons=("calm", word)).checked(MARKET, "mine")


@pytest.mark.parametrize("name", [1, None, ("a", "b"), "", " "])
def test_an_indicators_name_is_a_text(name):
    with pytest.raises(StrategyError, match=r"mine: indicators: expected a text as a name, was"):
        said(MARKET, [False] * 4, indicators={name: np.zeros(4)}).checked(MARKET, "mine")


@pytest.mark.parametrize("name", ["close", "equity", "timestamp", "phase", "symbol", "signal_values"])
def test_an_indicator_never_takes_the_place_of_a_column(name):
    with pytest.raises(StrategyError, match=rf"mine: indicator '{name}' has the name of a column.*my_{name}"):
        said(MARKET, [False] * 4, indicators={name: np.zeros(4)}).checked(MARKET, "mine")


@pytest.mark.parametrize(
    "conditions",
    [
        None,
        3,
        Condition("cheerful", "mood", Comparison.ABOVE, 3.0),
        (("cheerful", "mood", ">", 3.0),),
        ("mood > 3",),
        (None,),
    ],
)
def test_conditions_are_a_tuple_of_them(conditions):
    with pytest.raises(StrategyError, match="mine: conditions is a tuple of Condition"):
        said(MARKET, [False] * 4, conditions=conditions).checked(MARKET, "mine")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"name": 1}, "name"),
        ({"name": ""}, "name"),
        ({"left": 3.0}, "left"),
        ({"left": None}, "left"),
        ({"comparison": ">"}, "comparison"),
        ({"right": None}, "right"),
        ({"right": np.int64(3)}, "right"),
        ({"right": float("nan")}, "right"),
        ({"right": float("inf")}, "right"),
    ],
)
def test_a_condition_is_made_of_what_it_should_be(change, what):
    condition = replace(Condition("cheerful", "mood", Comparison.ABOVE, 3.0), **change)
    with pytest.raises(StrategyError, match=rf"mine: {what} of condition .*: expected"):
        said(MARKET, [False] * 4, indicators=MOOD, conditions=(condition,)).checked(MARKET, "mine")
