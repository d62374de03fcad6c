"""How figures and reasons are written."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from argusnexus.model.conditions import Comparison, Condition
from argusnexus.model.decisions import DecisionResult, RiskCheck, RiskLayer
from argusnexus.report.why import explain_candle, explain_trade
from argusnexus.report.why.conditions import measured
from argusnexus.report.why.layers import layer_stories
from argusnexus.report.why.units import apart, number, percent, units_of
from argusnexus.truth.queries import LedgerReader
from report.why_cases import seen_in_both
from truth.ledger_rows import BTC, RUN, a_decision, hours

UNITS = units_of("BTC-USD", {})


@pytest.mark.parametrize(
    ("condition", "values", "met", "words"),
    [
        (("close", ">", "upper"), (60120.0, 60850.1), False, "close 60,120.00 is 1.20 % below upper 60,850.10"),
        (("close", ">", "upper"), (101.0, 100.0), True, "close 101.00 is 1.00 % above upper 100.00"),
        (("close", ">", "upper"), (100.0, 100.0), False, "close 100.00 equals upper 100.00, needed above it"),
        (("close", ">=", "upper"), (100.0, 100.0), True, "close 100.00 equals upper 100.00"),
        (("close", ">", "sma"), (100.0, 100.001), False, "close 100.000 is less than 0.01 % below sma 100.001"),
        (("ratio", ">=", 1.5), (1.12, None), False, "ratio 1.12, needed at least 1.50"),
        (("ratio", ">=", 1.5), (1.4999, None), False, "ratio 1.4999, needed at least 1.5000"),
        (("rsi", "<", 70.0), (65.2, None), True, "rsi 65.20, needed below 70.00"),
        (("rsi", "<=", 70.0), (71.0, None), False, "rsi 71.00, needed at most 70.00"),
        (("fast", ">", "slow"), (0.0012, 0.0015), False, "fast 0.0012 is 20.00 % below slow 0.0015"),
        (("momentum", ">", "zero"), (-0.5, 0.0), False, "momentum -0.50 is 0.50 below zero 0.00"),
        (("momentum", ">", 0.0), (-0.5, None), False, "momentum -0.50, needed above 0.00"),
    ],
)  # fmt: skip
def test_a_condition_is_measured_in_words(condition, values, met, words):
    left, sign, right = condition
    seen = {left: values[0]} | ({right: values[1]} if isinstance(right, str) else {})
    (one,) = measured((Condition("name", left, Comparison(sign), right),), seen, UNITS)
    assert (one.met, one.words) == (met, words)


def test_float_noise_is_equality_as_it_is_for_the_filters():
    (one,) = measured(
        (Condition("trend", "close", Comparison.ABOVE, "sma"),), {"close": 0.3, "sma": 0.1 + 0.2}, UNITS
    )
    assert (one.met, one.words) == (False, "close 0.30 equals sma 0.30, needed above it")


def test_a_side_without_a_value_is_named():
    (one,) = measured(
        (Condition("trend", "close", Comparison.ABOVE, "sma"),), {"close": 1.0, "sma": None}, UNITS
    )
    assert (one.met, one.margin, one.words) == (None, None, "sma had no value yet")


@pytest.mark.parametrize(
    ("layer", "value", "limit", "found", "needed"),
    [
        (RiskLayer.TRADING_HALTED, 1.0, None, "yes", "no"),
        (RiskLayer.TRADE_FREQUENCY, 5.0, 5.0, "5", "below 5"),
        (RiskLayer.DAILY_LOSS, -11.2, -10.0, "-11.20", "above -10.00"),
        (RiskLayer.DAILY_LOSS, 0.0, -0.0, "0.00", "above 0.00"),
        (RiskLayer.DRAWDOWN, 0.25041, 0.25, "25.04 %", "below 25.00 %"),
        (RiskLayer.DRAWDOWN, 0.2500001, 0.25, "25.00001 %", "below 25.00000 %"),
        (RiskLayer.CIRCUIT_BREAKER, 0.0853, 0.08, "8.53 %", "below 8.00 %"),
        (RiskLayer.CIRCUIT_BREAKER_COOLDOWN, None, 30.0, "never", "above 30 min"),
        (RiskLayer.CIRCUIT_BREAKER_COOLDOWN, 15.0, 30.0, "15 min", "above 30 min"),
        (RiskLayer.RISK_REWARD, 1.2, 1.5, "1.20", "at least 1.50"),
        (RiskLayer.ASSET_CONCENTRATION, 0.312, 0.3, "31.20 %", "at most 30.00 %"),
        (RiskLayer.CORRELATED_EXPOSURE, 0.55, 0.5, "55.00 %", "at most 50.00 %"),
        (RiskLayer.LEVERAGE, 1.05, 1.0, "1.05", "at most 1.00"),
    ],
)
def test_a_layer_says_what_it_found_and_what_it_needed(layer, value, limit, found, needed):
    (one,) = layer_stories((RiskCheck(layer, value, limit, passed=False),))
    assert (one.number, one.found, one.needed) == (layer + 1, found, needed)


def test_layer_8_is_told_like_the_others(story):
    """The size is bounded by the same limit, so that no replay fails it: the row is made by hand."""
    checks = tuple(
        RiskCheck(layer, 0.0, 1.0, passed=layer is not RiskLayer.ASSET_CONCENTRATION) for layer in RiskLayer
    )
    failed = replace(checks[RiskLayer.ASSET_CONCENTRATION], value=0.312, limit=0.3)
    checks = tuple(failed if one.layer is failed.layer else one for one in checks)
    refused = a_decision(
        "d-1",
        timestamp=hours(1),
        risk_checks=checks,
        result=DecisionResult.REFUSED,
        result_reason="asset_concentration",
        order_id=None,
    )
    story.logger.log_decision(refused)
    with LedgerReader(story.db) as reader:
        told = seen_in_both(explain_candle(reader, RUN, BTC, hours(1)))
    assert told.answer == (
        "The entry signal was refused by risk layer 8 of 10: this position, of equity 31.20 %, needed at most 30.00 %.",
    )


def test_rows_from_elsewhere_are_told_as_far_as_they_go(story):
    """A trade that somebody closed by hand, without a plan of ours."""
    trade = story.trade("3", reason="manual", planned_entry=None, planned_stop=None, planned_take_profit=None)
    with LedgerReader(story.db) as reader:
        told = seen_in_both(explain_trade(reader, trade.trade_id))
    assert "it was closed by hand" in told.answer[1]
    assert told.result.mae_r is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.5, "1,234.50"),
        (0.53, "0.53"),
        (0.0533, "0.0533"),
        (0, "0.00"),
        (-0.0, "0.00"),
        (0.00001234, "0.0000123"),
    ],
)
def test_a_number_has_the_digits_that_matter(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.0156, "1.56 %"), (0.00001, "less than 0.01 %"), (0, "0.00 %")]
)
def test_per_cents_have_two_digits(share, text):
    assert percent(share) == text


def test_figures_that_differ_are_written_differently():
    assert apart(0.1, 0.10001) == ("0.10000", "0.10001")
    assert apart(0.1, 0.1) == ("0.10", "0.10")


def test_prices_and_quantities_are_on_the_products_increments():
    table = {
        "base_increment": "0.1",
        "quote_increment": "0.00001",
        "min_market_funds": "1",
        "max_market_funds": "10",
    }
    units = units_of("ADA-EUR", {"products": {"ADA-EUR": table}})
    assert units.price(Decimal("0.45")) == "0.45000"
    assert units.quantity(1200.5) == "1,200.5 ADA"
    assert units.money(3) == "3.00 EUR"
    assert units.step == "0.1 ADA"


def test_a_product_that_nobody_knows_gets_the_usual_digits():
    units = units_of("NAMELESS", {})
    assert (units.product, units.price(1), units.step) == (None, "1.00", "0.00000001 NAMELESS")
