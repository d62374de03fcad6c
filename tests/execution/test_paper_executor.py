from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from argusnexus.engine.matching import match
from argusnexus.errors import OrderError
from argusnexus.execution import PaperExecutor
from argusnexus.model.orders import Order, OrderRole, OrderState, Side
from engine.hand_made import candle, params, pending

MIDNIGHT = datetime(2024, 1, 1, tzinfo=UTC)


def entry(symbol):
    return Order(
        order_id=f"ord_{symbol}",
        decision_id=None,
        run_id=None,
        client_order_id=None,
        symbol=symbol,
        role=OrderRole.ENTRY,
        side=Side.BUY,
        order_type="limit_limit_gtc",
        order_state=OrderState.PENDING,
        quantity=Decimal(1),
        price=Decimal(100),
        take_profit_price=Decimal(120),
        stop_trigger_price=Decimal(90),
        submitted_at=MIDNIGHT,
        filled_quantity=Decimal(0),
    )


def test_an_order_is_taken_once():
    venue = PaperExecutor(1000)
    venue.submit(entry("BTC-USD"))
    with pytest.raises(OrderError, match="not submitted twice"):
        venue.submit(entry("BTC-USD"))
    venue.cancel(entry("BTC-USD"))
    venue.submit(entry("BTC-USD"))


def test_a_fill_of_one_symbol_leaves_the_orders_of_another():
    venue = PaperExecutor(1000)
    venue.submit(entry("BTC-USD"))
    venue.submit(entry("ETH-USD"))
    state, market = pending(), candle(1, 90, 99, 89, 98)
    event = venue.report("BTC-USD", state, market, params())
    assert event == match(state, market, params())
    assert list(venue.open_orders) == ["ord_ETH-USD"]
    spent = Decimal(str(event.price)) * (1 + Decimal(str(event.fee_rate)))
    assert venue.balance == 1000 - Decimal(str(state.plan.quantity)) * spent
