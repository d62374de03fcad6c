"""Products are found where they are known, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from argusnexus.errors import ConfigError
from argusnexus.execution.product_specs import ProductSpec, ProductSpecs
from argusnexus.model import product


@pytest.mark.parametrize(
    "symbol", ["BTC-USD", "ETH-USD", "SOL-USD", "SIM-BTC-USD", "SIM-ETH-USD", "SIM-SOL-USD"]
)
def test_built_in_products_have_the_documented_increments_and_limits(symbol):
    spec = ProductSpecs.get(symbol)
    assert spec.symbol == symbol
    assert spec.quote_currency == "USD"
    assert spec.base_increment == Decimal("0.00000001")
    assert spec.quote_increment == Decimal("0.01")
    assert (spec.min_market_funds, spec.max_market_funds) == (Decimal(1), Decimal(1_000_000))
    assert ProductSpecs.has(symbol)


def test_the_base_currency_is_everything_before_the_last_hyphen():
    assert ProductSpecs.get("BTC-USD").base_currency == "BTC"
    assert ProductSpecs.get("SIM-BTC-USD").base_currency == "SIM-BTC"


def test_a_configured_product_wins_over_the_built_in_one():
    coarse = replace(ProductSpecs.get("BTC-USD"), quote_increment=Decimal(1))
    assert ProductSpecs.get("BTC-USD", {"BTC-USD": coarse}) is coarse


def test_a_configured_product_is_added_to_the_built_in_ones():
    ada = replace(ProductSpecs.get("BTC-USD"), symbol="ADA-USD", base_currency="ADA")
    configured = {"ADA-USD": ada}
    assert not ProductSpecs.has("ADA-USD")
    assert ProductSpecs.has("ADA-USD", configured)
    assert ProductSpecs.has("BTC-USD", configured)
    assert ProductSpecs.get("ADA-USD", configured) is ada


def test_an_unknown_product_is_refused_with_what_is_known_and_how_to_add_it():
    with pytest.raises(ConfigError) as refusal:
        ProductSpecs.get("BTC-USDC")
    message = str(refusal.value)
    assert "BTC-USD, ETH-USD, SOL-USD, SIM-BTC-USD, SIM-ETH-USD, SIM-SOL-USD" in message
    assert "Did you mean 'BTC-USD'?" in message
    assert '[products."BTC-USDC"]' in message
    for key in ("base_increment", "quote_increment", "min_market_funds", "max_market_funds"):
        assert key in message


def test_a_refusal_names_configured_products_too():
    ada = replace(ProductSpecs.get("BTC-USD"), symbol="ADA-USD")
    with pytest.raises(ConfigError, match="Did you mean 'ADA-USD'"):
        ProductSpecs.get("ADA-USDT", {"ADA-USD": ada})


def test_the_product_type_is_the_one_of_the_model():
    assert ProductSpec is product.ProductSpec
