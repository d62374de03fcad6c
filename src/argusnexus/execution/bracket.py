"""Entries that carry their take profit and stop, as Coinbase Advanced Trade takes them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import InvalidOperation
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from argusnexus.clock import SystemClock
from argusnexus.errors import OrderError
from argusnexus.execution.client_order_id import client_order_id
from argusnexus.execution.product_specs import ProductSpecs
from argusnexus.model.orders import BracketRequest, EntryType, MarketExit, OrderRole, Side
from argusnexus.model.settings import refuse_unless_fraction
from argusnexus.money import Amount, amount, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from argusnexus.clock import Clock
    from argusnexus.model.product import ProductSpec

    _Number = Amount | float | str

_STOP_BUFFER: Final = amount("0.05")
_SYSTEM_CLOCK: Final = SystemClock()


@dataclass(frozen=True, slots=True)
class BracketConfig:
    """How brackets are sent and judged.

    Attributes:
        stop_buffer_percent: how far beyond its trigger a stop may fill, as a fraction (0.05 is five per cent).
        post_only: whether the venue is to refuse a limit entry that would trade at once.
    """

    stop_buffer_percent: Amount = _STOP_BUFFER
    post_only: bool = False

    def __post_init__(self) -> None:
        refuse_unless_fraction("bracket", "stop_buffer_percent", float(self.stop_buffer_percent))


class _Plan(NamedTuple):
    """A bracket's figures after rounding, each a multiple of its increment."""

    quantity: Amount
    entry: Amount
    take_profit: Amount
    stop: Amount

    @property
    def text(self) -> str:
        return f"entry {plain(self.entry)}, take profit {plain(self.take_profit)}, stop {plain(self.stop)}"


class BracketOrderBuilder:
    """Makes the orders of one run.

    Args:
        run_id: goes into every order's id; None outside a run.
        config: None means the defaults.
        products: product data that wins over what is built in.
        clock: asked only where no timestamp is given.
    """

    def __init__(
        self,
        run_id: str | None = None,
        config: BracketConfig | None = None,
        *,
        products: Mapping[str, ProductSpec] | None = None,
        clock: Clock = _SYSTEM_CLOCK,
    ) -> None:
        self.run_id = run_id
        self.config = config or BracketConfig()
        self.products = products
        self.clock = clock

    def build(
        self,
        symbol: str,
        side: Side | str,
        quantity: _Number,
        entry_price: _Number,
        take_profit_price: _Number,
        stop_trigger_price: _Number,
        timestamp: datetime | None = None,
        *,
        entry_type: EntryType = EntryType.LIMIT,
    ) -> BracketRequest:
        """An entry with its bracket: quantity in base currency, prices in quote currency.

        A BUY rounds entry and take profit down and the stop up, a SELL the other way; the quantity is rounded down.
        `timestamp` is the decision's `as_of`, from which the order's id is made; None asks the clock.

        Raises:
            ConfigError: if the product isn't known.
            OrderError: if a value can't be used, or the rounded bracket is none that the venue takes.
        """
        product = ProductSpecs.get(symbol, self.products)
        side = _side(side)
        plan = _rounded(
            product,
            side,
            quantity=quantity,
            entry=entry_price,
            take_profit=take_profit_price,
            stop=stop_trigger_price,
        )
        _refuse_unsound(product, side, plan)
        order_id = self._order_id(symbol, timestamp, OrderRole.ENTRY)
        entry = self._entry_configuration(entry_type, plan)
        payload = _payload(order_id, symbol, side, entry) | {
            "attached_order_configuration": _bracket_configuration(plan)
        }
        return BracketRequest(order_id, symbol, side, entry_type, *plan, payload)

    def build_market_exit(
        self, symbol: str, side: Side | str, quantity: _Number, timestamp: datetime | None = None
    ) -> MarketExit:
        """A market order over the quantity, rounded down; `side` is the order's own: SELL ends a long position.

        Raises:
            ConfigError: if the product isn't known.
            OrderError: if a value can't be used, or nothing is left of the quantity.
        """
        product = ProductSpecs.get(symbol, self.products)
        side = _side(side)
        size = _usable("quantity", product.round_quantity, quantity)
        _refuse_empty(product, size)
        order_id = self._order_id(symbol, timestamp, OrderRole.EXIT)
        return MarketExit(order_id, _payload(order_id, symbol, side, _market_configuration(size)))

    def calculate_worst_case_risk(
        self,
        entry_price: _Number,
        stop_trigger_price: _Number,
        quantity: _Number,
    ) -> Amount:
        """As the function of that name, with the configured stop buffer."""
        return calculate_worst_case_risk(
            entry_price, stop_trigger_price, quantity, self.config.stop_buffer_percent
        )

    def _order_id(self, symbol: str, timestamp: datetime | None, role: OrderRole) -> str:
        return client_order_id(self.run_id, symbol, timestamp or self.clock.now(), role)

    def _entry_configuration(self, entry_type: EntryType, plan: _Plan) -> dict[str, Any]:
        if entry_type is EntryType.MARKET:
            return _market_configuration(plan.quantity)
        return {
            "limit_limit_gtc": {
                "base_size": plain(plan.quantity),
                "limit_price": plain(plan.entry),
                "post_only": self.config.post_only,
            }
        }


def calculate_worst_case_risk(
    entry_price: _Number,
    stop_trigger_price: _Number,
    quantity: _Number,
    stop_buffer_percent: _Number = _STOP_BUFFER,
) -> Amount:
    """What is lost, before fees and in quote currency, when the stop fills at the far end of its buffer.

    A stop below the entry belongs to a BUY bracket, one above it to a SELL bracket. A gap beyond the buffer can
    cost more: there the venue's stop rests unfilled. The buffer is a fraction of the trigger price (0.05 is five
    per cent).

    Raises:
        OrderError: if a value is no number above 0, or stop and entry are the same.
    """
    entry = _usable("entry_price", amount, entry_price)
    stop = _usable("stop_trigger_price", amount, stop_trigger_price)
    size = _usable("quantity", amount, quantity)
    buffer = _usable("stop_buffer_percent", amount, stop_buffer_percent)
    if min(entry, stop, size) <= 0 or stop == entry:
        raise OrderError(
            "Worst-case risk: expected an entry, a stop below or above it and a quantity, all above 0, "
            f"was entry {plain(entry)}, stop {plain(stop)}, quantity {plain(size)}."
        )
    loss = entry - stop * (1 - buffer) if stop < entry else stop * (1 + buffer) - entry
    return size * loss


def _usable(name: str, reading: Callable[[_Number], Amount], value: _Number) -> Amount:
    """The value as `reading` makes it an exact amount; errors name the value."""
    try:
        return reading(value)
    except ValueError as error:
        raise OrderError(f"{name}: {error}.") from None
    except InvalidOperation:
        raise OrderError(
            f"{name}: expected a number with at most 28 digits counted in increments, was {value}."
        ) from None


def _side(side: Side | str) -> Side:
    try:
        return Side(side.upper()) if isinstance(side, str) else side
    except ValueError:
        raise OrderError(f"side: expected BUY or SELL, was {side!r}.") from None


def _rounded(
    product: ProductSpec,
    side: Side,
    *,
    quantity: _Number,
    entry: _Number,
    take_profit: _Number,
    stop: _Number,
) -> _Plan:
    limit_rounding, stop_rounding = product.round_price_floor, product.round_price_ceil
    if side is Side.SELL:
        limit_rounding, stop_rounding = stop_rounding, limit_rounding
    return _Plan(
        quantity=_usable("quantity", product.round_quantity, quantity),
        entry=_usable("entry_price", limit_rounding, entry),
        take_profit=_usable("take_profit_price", limit_rounding, take_profit),
        stop=_usable("stop_trigger_price", stop_rounding, stop),
    )


def _refuse_unsound(product: ProductSpec, side: Side, plan: _Plan) -> None:
    """An OrderError unless the venue takes a bracket of these figures."""
    below, above = (plan.stop, plan.take_profit) if side is Side.BUY else (plan.take_profit, plan.stop)
    if not 0 < below < plan.entry < above:
        order = "0 < stop < entry < take profit" if side is Side.BUY else "0 < take profit < entry < stop"
        raise OrderError(
            f"{side.value} bracket on {product.symbol}: expected {order} after rounding to "
            f"{plain(product.quote_increment)}, was {plan.text}."
        )
    _refuse_empty(product, plan.quantity)
    if not product.validate_order_value(plan.quantity, plan.entry):
        raise OrderError(
            f"{side.value} bracket on {product.symbol}: expected a value of {plain(product.min_market_funds)} to "
            f"{plain(product.max_market_funds)} {product.quote_currency}, was {plain(plan.quantity * plan.entry)} "
            f"({plain(plan.quantity)} at {plain(plan.entry)})."
        )


def _refuse_empty(product: ProductSpec, quantity: Amount) -> None:
    if quantity <= 0:
        raise OrderError(
            f"Order on {product.symbol}: expected a quantity of at least {plain(product.base_increment)} "
            f"{product.base_currency}, was {plain(quantity)} after rounding down."
        )


def _payload(order_id: str, symbol: str, side: Side, configuration: dict[str, Any]) -> dict[str, Any]:
    return {
        "client_order_id": order_id,
        "product_id": symbol,
        "side": side.value,
        "order_configuration": configuration,
    }


def _market_configuration(quantity: Amount) -> dict[str, Any]:
    return {"market_market_ioc": {"base_size": plain(quantity)}}


def _bracket_configuration(plan: _Plan) -> dict[str, Any]:
    """The attached order; the venue takes its size from the entry and refuses one of its own."""
    return {
        "trigger_bracket_gtc": {
            "limit_price": plain(plan.take_profit),
            "stop_trigger_price": plain(plan.stop),
        },
    }
