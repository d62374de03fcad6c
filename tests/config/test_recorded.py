"""A run's recorded configuration gives the settings again that it was made from."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.config import Settings, load_settings, settings_of
from argusnexus.errors import ConfigError
from argusnexus.model.orders import EntryType
from argusnexus.model.product import ProductSpec
from argusnexus.model.settings import ExecutionConfig
from argusnexus.replay.plan import make_plan
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout
from config.strategy_texts import BREAKOUT

fractions = st.floats(0.001, 0.999)
increments = st.integers(0, 8).map(lambda places: Decimal(1).scaleb(-places))
products = st.builds(
    ProductSpec,
    symbol=st.sampled_from(["ADA-USD", "BTC-PERP"]),
    base_currency=st.just("ADA"),
    quote_currency=st.just("USDC"),
    base_increment=increments,
    quote_increment=increments,
    min_market_funds=st.just(Decimal(1)),
    max_market_funds=st.integers(2, 10**9).map(Decimal),
)
settings = st.builds(
    Settings,
    strategy=st.builds(
        DonchianBreakout,
        entry_period=st.integers(1, 99),
        stop_atr=st.floats(0, 99) | st.integers(0, 99),  # a whole number is a number for a float, too
        warmup=st.integers(0, 999),
    ),
    risk=st.builds(
        RiskConfig,
        risk_per_trade=fractions,
        daily_loss_limit=fractions | st.integers(0, 1),
        max_trades_per_hour=st.integers(0, 99),
        correlation_groups=st.none() | st.just((("A-USD", "B-USD"), ("C-USD",))),
    ),
    execution=st.builds(ExecutionConfig, entry_type=st.sampled_from(EntryType), taker_fee=fractions),
    products=st.lists(products, max_size=2).map(lambda found: {one.symbol: one for one in found}),
)


@given(settings)
def test_settings_come_back_from_what_was_recorded(given):
    recorded = json.loads(json.dumps(given.as_config()))
    assert settings_of(recorded) == given
    assert settings_of(recorded).as_config() == given.as_config()


def test_a_plans_other_tables_are_left_out():
    plan = make_plan("BTC-USD", None, None, 500, skip_volume_filter=True)
    assert settings_of(plan.as_config()) == plan.settings


def test_a_strategy_from_a_file_is_loaded_again(strategy_file):
    strategy_file(BREAKOUT)
    recorded = load_settings(overrides=["strategy.window=30"], strategy="my.py:Breakout").as_config()
    assert settings_of(recorded).as_config() == recorded
    assert settings_of(recorded).strategy.window == 30


def test_a_strategy_that_is_gone_is_refused(strategy_file):
    path = strategy_file(BREAKOUT)
    recorded = load_settings(strategy="my.py:Breakout").as_config()
    path.unlink()
    with pytest.raises(ConfigError, match="isn't there"):
        settings_of(recorded)
