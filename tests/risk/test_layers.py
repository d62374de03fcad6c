"""The ten layers: each one's bound, on both sides of equality, and all of them recorded."""

from __future__ import annotations

import pytest

from argusnexus.model.decisions import RiskLayer
from argusnexus.model.times import MINUTE
from argusnexus.risk import RiskConfig, RiskManager
from argusnexus.risk.layers import RiskInputs, evaluate, reaches_drawdown, trips_breaker

LIMITS = RiskManager().limits
CALM = RiskInputs(
    halted=False,
    recent_entries=0,
    realised_today=0.0,
    day_base=1000.0,
    drawdown=0.0,
    candle_move=0.0,
    since_trip=-1,
    entry=100.0,
    stop=90.0,
    take_profit=120.0,
    value=100.0,
    equity=1000.0,
    group_value=0.0,
    total_value=0.0,
)
L = RiskLayer
TINY = 1e-10  # within the inclusive layers' allowance
MORE = 1e-8  # beyond it


def failing(verdict):
    return {layer for layer in RiskLayer if verdict.failed >> layer & 1}


def test_a_calm_entry_passes_everything():
    verdict = evaluate(CALM, LIMITS)
    assert (verdict.failed, verdict.first_failed) == (0, -1)


BOUNDS = [
    (L.TRADING_HALTED, {"halted": False}, {"halted": True}),
    (L.TRADE_FREQUENCY, {"recent_entries": 4}, {"recent_entries": 5}),
    (L.DAILY_LOSS, {"realised_today": -19.99999}, {"realised_today": -20.0}),
    (L.DAILY_LOSS, {"realised_today": 500.0}, {"realised_today": -20.000001}),
    (
        L.DAILY_LOSS,
        {"realised_today": -29.9, "day_base": 1500.0},
        {"realised_today": -30, "day_base": 1500.0},
    ),
    (L.DRAWDOWN, {"drawdown": 0.2499999}, {"drawdown": 0.25}),
    (L.CIRCUIT_BREAKER, {"candle_move": 0.0799999}, {"candle_move": 0.08}),
    (L.CIRCUIT_BREAKER_COOLDOWN, {"since_trip": 30 * MINUTE + 1}, {"since_trip": 30 * MINUTE}),
    (L.RISK_REWARD, {"take_profit": 115.0}, {"take_profit": 115.0 - MORE * 150}),
    (L.RISK_REWARD, {"take_profit": 115.0 - TINY * 100}, {"take_profit": 114.99}),
    (L.ASSET_CONCENTRATION, {"value": 300.0}, {"value": 300.0 + MORE * 1000}),
    (L.ASSET_CONCENTRATION, {"value": 300.0 * (1 + TINY)}, {"value": 300.01}),
    (L.CORRELATED_EXPOSURE, {"group_value": 400.0}, {"group_value": 400.0 + MORE * 1000}),
    (L.CORRELATED_EXPOSURE, {"group_value": 400.0 * (1 + TINY)}, {"group_value": 400.01}),
    (L.LEVERAGE, {"total_value": 900.0}, {"total_value": 900.0 + MORE * 1000}),
    (L.LEVERAGE, {"total_value": 900.0 * (1 + TINY)}, {"total_value": 900.01}),
]


@pytest.mark.parametrize(("layer", "passing", "refused"), BOUNDS)
def test_a_layer_passes_up_to_its_bound_and_alone_refuses_beyond_it(layer, passing, refused):
    assert layer not in failing(evaluate(CALM._replace(**passing), LIMITS))
    verdict = evaluate(CALM._replace(**refused), LIMITS)
    assert failing(verdict) == {layer}
    assert verdict.first_failed == layer


def test_all_layers_are_evaluated_and_the_first_failing_one_is_named():
    worst = {name: value for _, _, refused in BOUNDS for name, value in refused.items()}
    verdict = evaluate(CALM._replace(**worst), LIMITS)
    assert failing(verdict) == set(RiskLayer)
    assert verdict.first_failed == L.TRADING_HALTED


def test_values_and_limits_are_recorded_in_order():
    facts = CALM._replace(
        recent_entries=2, realised_today=-5.0, drawdown=0.1, group_value=100.0, total_value=300.0
    )
    verdict = evaluate(facts, LIMITS)
    assert verdict.values == (0.0, 2.0, -5.0, 0.1, 0.0, -1.0, 2.0, 0.1, 0.2, 0.4)
    assert verdict.limits == (0.0, 5.0, -20.0, 0.25, 0.08, 30.0 * MINUTE, 1.5, 0.3, 0.5, 1.0)


def test_a_loss_that_equals_its_limit_but_for_float_noise_is_refused():
    loss = -(0.1 + 0.2) * 20 / 0.3
    assert loss != -20.0
    assert failing(evaluate(CALM._replace(realised_today=loss), LIMITS)) == {L.DAILY_LOSS}


def test_with_no_loss_allowed_only_a_gain_passes():
    strict = LIMITS._replace(daily_loss=0.0)
    assert failing(evaluate(CALM, strict)) == {L.DAILY_LOSS}
    assert not failing(evaluate(CALM._replace(realised_today=0.01), strict))


@pytest.mark.parametrize(
    ("drawdown", "limit", "reached"), [(0.3, 1.0, False), (1.2, 1.0, False), (0.0, 0.0, True)]
)
def test_a_drawdown_limit_of_one_switches_the_layer_off(drawdown, limit, reached):
    assert reaches_drawdown(drawdown, limit) is reached


def test_a_drawdown_that_equals_its_limit_but_for_float_noise_is_reached():
    drawdown = (1000.0 - 700.0 * 1.0000000000000002) / 1000.0
    assert drawdown < 0.3
    assert reaches_drawdown(drawdown, 0.3)


def test_the_breaker_trips_at_equality_within_float_noise():
    assert abs(108.1 / 100.0 - 1.0) != 0.081
    assert trips_breaker(abs(108.1 / 100.0 - 1.0), 0.081)
    assert not trips_breaker(0.081 * (1 - 1e-11), 0.081)


def test_a_cooldown_of_none_never_blocks():
    none = LIMITS._replace(cooldown=0)
    assert not failing(evaluate(CALM._replace(since_trip=1), none))


def test_a_cooldown_is_given_in_minutes():
    assert RiskManager(RiskConfig(circuit_breaker_cooldown_minutes=0.5)).limits.cooldown == MINUTE // 2
