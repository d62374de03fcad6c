"""Limits as a user states them, and which symbols move together."""

from __future__ import annotations

import pytest

from argusnexus.errors import ConfigError
from argusnexus.risk import RiskConfig, RiskManager

FRACTIONS = (
    "risk_per_trade",
    "daily_loss_limit",
    "max_drawdown",
    "circuit_breaker",
    "max_asset_concentration",
    "stop_buffer",
)
NUMBERS = (
    "max_trades_per_hour",
    "circuit_breaker_cooldown_minutes",
    "min_risk_reward",
    "max_correlated_exposure",
    "max_leverage",
)


@pytest.mark.parametrize("name", FRACTIONS)
def test_a_percentage_is_refused_with_the_fraction_that_may_have_been_meant(name):
    with pytest.raises(ConfigError, match=rf"risk\.{name}: .* if 2 % was meant, write 0\.02"):
        RiskConfig(**{name: 2.0})


@pytest.mark.parametrize("name", FRACTIONS + NUMBERS)
@pytest.mark.parametrize("value", [-0.01, float("nan"), float("-inf")])
def test_negative_values_and_what_is_no_number_are_refused(name, value):
    with pytest.raises(ConfigError, match=rf"risk\.{name}"):
        RiskConfig(**{name: value})


@pytest.mark.parametrize("name", FRACTIONS[1:])
def test_the_whole_is_a_fraction(name):
    assert getattr(RiskConfig(**{name: 1.0}), name) == 1.0


def test_risking_everything_is_refused_with_a_hint():
    with pytest.raises(ConfigError, match=r"if 1 % was meant, write 0\.01"):
        RiskConfig(risk_per_trade=1)


@pytest.mark.parametrize("name", NUMBERS)
def test_other_limits_may_be_any_number(name):
    assert getattr(RiskConfig(**{name: 12}), name) == 12


def groups(config, *symbols):
    manager = RiskManager(config)
    names = [manager.group_of(symbol) for symbol in symbols]
    return [names.index(name) for name in names]


def test_bitcoin_and_ether_of_one_quote_currency_move_together_by_default():
    symbols = ("BTC-USD", "SOL-USD", "ETH-USD", "ETH-EUR", "BTC-EUR", "ADA-USD")
    assert groups(RiskConfig(), *symbols) == [0, 1, 0, 3, 3, 5]


def test_configured_groups_replace_the_default():
    config = RiskConfig(correlation_groups=(("ETH-USD", "SOL-USD"),))
    assert groups(config, "BTC-USD", "ETH-USD", "SOL-USD", "ADA-USD") == [0, 1, 1, 3]


def test_no_groups_leave_every_symbol_alone():
    assert groups(RiskConfig(correlation_groups=()), "BTC-USD", "ETH-USD") == [0, 1]


def test_a_symbol_in_two_groups_is_refused():
    with pytest.raises(ConfigError, match="BTC-USD stands more than once"):
        RiskConfig(correlation_groups=(("BTC-USD", "ETH-USD"), ("BTC-USD",)))
