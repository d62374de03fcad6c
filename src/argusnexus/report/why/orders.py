"""Orders and fills as a reader asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.report.why.story import FillStory, OrderStory

if TYPE_CHECKING:
    from argusnexus.model.orders import Fill, Order


def order_story(order: Order) -> OrderStory:
    return OrderStory(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        side=order.side,
        order_type=order.order_type,
        state=order.order_state,
        quantity=order.quantity,
        limit_price=order.price,
        take_profit_price=order.take_profit_price,
        stop_trigger_price=order.stop_trigger_price,
        submitted_at=order.submitted_at,
        completed_at=order.completed_at,
        note=order.error_message,
    )


def fill_story(fill: Fill) -> FillStory:
    return FillStory(
        fill_id=fill.fill_id,
        order_id=fill.order_id,
        side=fill.side,
        timestamp=fill.timestamp,
        price=fill.price,
        quantity=fill.quantity,
        notional=fill.price * fill.quantity,
        fee=fill.fee,
        liquidity=fill.liquidity,
        simulated=fill.simulated,
    )
