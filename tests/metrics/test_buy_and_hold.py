"""Holding pays one fee to get in and is marked at the last close."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.errors import DataError
from argusnexus.metrics import buy_and_hold

prices = st.decimals(min_value="0.01", max_value=200_000, places=2)


def test_without_a_fee_the_price_change_is_the_return():
    assert buy_and_hold(Decimal(500), Decimal(100), Decimal(120), 0) == (100, 20)


def test_the_fee_is_paid_once_out_of_the_capital():
    held = buy_and_hold(Decimal(1000), Decimal(100), Decimal(150), Decimal("0.25"))
    assert held == (200, 20)  # 8 units at 100 and 25 each, worth 1200


def test_a_fee_as_configured_is_taken_exactly():
    held = buy_and_hold(Decimal(1012), Decimal(100), Decimal(100), 0.012)
    assert held.net_pnl == -12
    assert round(held.return_percent, 6) == Decimal("-1.185771")


def test_a_first_open_that_is_no_price_is_refused():
    with pytest.raises(DataError, match="above 0, was 0"):
        buy_and_hold(Decimal(1000), Decimal(0), Decimal(100), 0.012)


@given(prices, prices, st.sampled_from([0, 0.006, 0.012]))
def test_holding_twice_the_capital_earns_twice_at_the_same_return(first, last, fee):
    one, two = (buy_and_hold(Decimal(capital), first, last, fee) for capital in (1000, 2000))
    assert one.return_percent == two.return_percent
    assert abs(two.net_pnl - 2 * one.net_pnl) <= abs(one.net_pnl) * Decimal("1e-15") + Decimal("1e-15")


@given(prices, prices)
def test_holding_with_a_fee_earns_less(first, last):
    assert buy_and_hold(Decimal(1000), first, last, 0.012) < buy_and_hold(Decimal(1000), first, last, 0)
