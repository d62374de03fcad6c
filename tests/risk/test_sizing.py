"""The size: the smallest of four bounds, never more than any of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.model.decisions import SizeTerm
from argusnexus.money import amount, as_increment
from argusnexus.risk.sizing import SizeInputs, position_size

FACTS = SizeInputs(
    equity=1000.0,
    free_cash=1000.0,
    entry=100.0,
    stop=90.0,
    volume=1e9,
    taker_fee=0.0,
    risk_per_trade=0.01,
    worst_stop_factor=0.9,
    max_asset_concentration=1.0,
    max_participation=0.1,
)
LOT = as_increment(Decimal("0.001"))


@pytest.mark.parametrize(
    ("changes", "quantity", "term"),
    [
        ({}, 0.526, SizeTerm.RISK),  # 10 / (100 - 81)
        ({"worst_stop_factor": 1.0}, 1.0, SizeTerm.RISK),  # 10 / (100 - 90)
        ({"free_cash": 20.0}, 0.2, SizeTerm.CASH),
        ({"free_cash": 20.0, "taker_fee": 0.25}, 0.16, SizeTerm.CASH),
        ({"max_asset_concentration": 0.03}, 0.3, SizeTerm.CONCENTRATION),
        ({"volume": 2.0}, 0.2, SizeTerm.PARTICIPATION),
        ({"volume": 0.0}, 0.0, SizeTerm.PARTICIPATION),
        ({"volume": 0.0, "max_participation": 0.0}, 0.526, SizeTerm.RISK),
    ],
)
def test_the_smallest_bound_counts_and_is_named(changes, quantity, term):
    assert position_size(FACTS._replace(**changes), LOT) == (quantity, term)


def test_cash_below_zero_buys_nothing():
    assert position_size(FACTS._replace(free_cash=-5.0), LOT).quantity <= 0


@pytest.mark.parametrize("equity", [100.0, 100.0 * (1 - 2e-16), 700 / 3 / 7 * 3])
def test_a_whole_number_of_increments_survives_float_noise(equity):
    """Exactly 1 % of 100 over a risk of 0.25 is 4."""
    facts = FACTS._replace(equity=equity, entry=10.0, stop=9.75, worst_stop_factor=1.0, max_participation=0.0)
    assert position_size(facts, as_increment(Decimal(1))).quantity == 4.0


@given(
    equity=st.floats(100, 1e6),
    cash_share=st.floats(0.01, 1),
    entry=st.integers(200, 10**7),
    risk_share=st.floats(0.001, 0.9),
    volume=st.floats(0.001, 1e6),
    digits=st.integers(0, 8),
)
def test_no_bound_is_exceeded_by_more_than_float_noise(equity, cash_share, entry, risk_share, volume, digits):
    lot = Decimal(1).scaleb(-digits)
    price = entry / 100
    facts = FACTS._replace(
        equity=equity,
        free_cash=equity * cash_share,
        entry=price,
        stop=price * (1 - risk_share),
        volume=volume,
        taker_fee=0.012,
        max_asset_concentration=0.3,
    )
    quantity = amount(position_size(facts, as_increment(lot)).quantity)
    worst = amount(facts.stop) * amount(facts.worst_stop_factor)
    bounds = (
        amount(equity) * amount(facts.risk_per_trade) / (amount(price) - worst),
        amount(facts.free_cash) / (amount(price) * amount("1.012")),
        amount(equity) * amount("0.3") / amount(price),
        amount("0.1") * amount(volume),
    )
    noise = min(bounds) * Decimal("1e-14") + lot * Decimal("1e-7")
    assert 0 <= quantity <= min(bounds) + noise
    assert quantity > min(bounds) - lot - noise
