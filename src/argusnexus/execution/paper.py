"""The simulated venue: orders are filled by the rules of the replay, and nothing leaves the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.engine.matching import match
from argusnexus.engine.state import EventKind
from argusnexus.errors import OrderError
from argusnexus.execution.bracket import BracketOrderBuilder
from argusnexus.execution.product_specs import ProductSpecs
from argusnexus.money import Amount, amount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argusnexus.engine.state import Event, Params, State
    from argusnexus.model.candles import Candle
    from argusnexus.model.orders import Order
    from argusnexus.model.product import ProductSpec


class PaperExecutor:
    """Fills against candles, pessimistically, and keeps a balance.

    Args:
        starting_balance: quote currency.
        products: product data that wins over what is built in.

    Attributes:
        balance: quote currency left after all fills and fees, exact.
        open_orders: submitted and neither filled nor cancelled, by order id.
    """

    def __init__(
        self, starting_balance: Amount | float | str, *, products: Mapping[str, ProductSpec] | None = None
    ) -> None:
        self.balance = amount(starting_balance)
        self.open_orders: dict[str, Order] = {}
        self._products = products

    def product(self, symbol: str) -> ProductSpec:
        return ProductSpecs.get(symbol, self._products)

    def desk(self, run_id: str | None) -> BracketOrderBuilder:
        return BracketOrderBuilder(run_id, products=self._products)

    def submit(self, order: Order) -> None:
        """Take an order.

        Raises:
            OrderError: if one of that id was taken before and is still open.
        """
        if order.order_id in self.open_orders:
            raise OrderError(
                f"Order {order.order_id} is at the paper venue already; it was not submitted twice."
            )
        self.open_orders[order.order_id] = order

    def cancel(self, order: Order) -> None:
        """Take an order back; a bracket lives and dies with its position and is not listed by itself."""
        self.open_orders.pop(order.order_id, None)

    def report(self, symbol: str, state: State, candle: Candle, params: Params) -> Event:
        """What the rules of the replay make of this candle."""
        event = match(state, candle, params)
        if event.kind in {EventKind.ENTRY_FILLED.value, EventKind.EXIT_FILLED.value}:
            self._settle(symbol, state, event)
        return event

    def _settle(self, symbol: str, state: State, event: Event) -> None:
        notional = amount(event.price) * amount(state.plan.quantity)
        fee = notional * amount(event.fee_rate)
        bought = event.kind == EventKind.ENTRY_FILLED.value
        self.balance += -notional - fee if bought else notional - fee
        filled = [order.order_id for order in self.open_orders.values() if order.symbol == symbol]
        for order_id in filled:
            del self.open_orders[order_id]
