"""How long indicator values remember where the history began."""

from __future__ import annotations

import numpy as np
import pytest

from argusnexus.errors import StrategyError
from argusnexus.strategy import DonchianBreakout, warmup_sensitivity
from argusnexus.strategy.indicators import ema, highest, sma
from strategy.leaky_strategies import breakout
from strategy.made_strategies import made, walk

MARKET = walk(4000)


def indicators_of(indicators, candles=MARKET, **more):
    """The sensitivity of a strategy that logs these, by name."""

    def rule(part):
        logged = {name: build(part) for name, build in indicators.items()}
        return {"entry": breakout(part), "indicators": logged} | more

    found = warmup_sensitivity(made(rule), candles)
    return found, {one.name: one for one in found.indicators}


def test_a_window_is_settled_once_it_is_full():
    _, found = indicators_of(
        {"sma": lambda part: sma(part.close, 30), "top": lambda part: highest(part.high, 100)}
    )
    assert found["sma"].settled_after == 29
    assert found["top"].settled_after == 99
    assert found["sma"].differences == (np.inf, 0.0, 0.0, 0.0, 0.0)


def test_what_needs_no_history_is_settled_at_once():
    _, found = indicators_of({"seen": lambda part: part.close})
    assert found["seen"].settled_after == 0
    assert found["seen"].differences == (0.0,) * 5


def test_a_recursion_fades_at_the_rate_of_its_weight():
    """After k candles an EMA of 20 has forgotten all but (1 - 2/21)^k of where it began."""
    _, found = indicators_of({"ema": lambda part: ema(part.close, 20)})
    settled = found["ema"].settled_after
    assert 100 < settled < 20 + np.log(1e-9) / np.log(1 - 2 / 21)
    before = found["ema"].differences
    assert before[0] == np.inf
    assert 1e-6 < before[1] < 0.1
    assert before[1] > before[2] > before[3] >= before[4]


def test_a_sum_since_the_beginning_never_settles():
    _, found = indicators_of({"obv": lambda part: np.cumsum(part.volume)})
    assert found["obv"].settled_after is None
    assert all(difference > 0.1 for difference in found["obv"].differences)


def test_the_distances_are_warm_ups():
    found, _ = indicators_of({"seen": lambda part: part.close}, warmup=70)
    assert found.warmup == 70
    assert found.distances == (0, 70, 140, 280, 560)
    assert found.starts == (250, 500, 750, 1000, 1250, 1500, 1750, 2000)


def test_distances_beyond_the_candles_are_left_out():
    found, by_name = indicators_of({"seen": lambda part: part.close}, warmup=600)
    assert found.distances == (0, 600, 1200)
    assert len(by_name["seen"].differences) == 3


def test_without_a_warm_up_a_hundred_candles_stand_for_one():
    found, _ = indicators_of({"seen": lambda part: part.close}, warmup=0)
    assert (found.warmup, found.distances) == (0, (0, 100, 200, 400, 800))


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_a_few_candles_are_compared_as_far_as_they_go(count):
    found, by_name = indicators_of({"sma": lambda part: sma(part.close, 3)}, walk(count))
    assert found.starts == tuple(range(1, count // 2 + 1))
    assert found.distances == ((0,) if count else ())
    assert by_name["sma"].settled_after in {None, 0, 2}


def test_other_indicators_on_a_later_history_are_refused():
    def forgetful(part):
        return {"entry": breakout(part), "indicators": {"seen": part.close} if len(part) == 4000 else {}}

    with pytest.raises(StrategyError, match=r"forgetful: logs other indicators on the newest 3750 candles"):
        warmup_sensitivity(made(forgetful), MARKET)


def test_the_default_donchian_has_settled_when_it_first_decides(real_candles):
    for candles in real_candles.values():
        found = warmup_sensitivity(DonchianBreakout(), candles)
        assert all(one.settled_after < found.warmup for one in found.indicators)
