"""Orders, fills and brackets as the ledger keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from argusnexus.money import Amount


class Side(Enum):
    BUY = "BUY"
    SELL = "SELL"


class EntryType(Enum):
    """How an entry goes to the venue."""

    LIMIT = "limit"
    MARKET = "market"


class OrderRole(Enum):
    """What an order is for."""

    ENTRY = "entry"
    BRACKET = "bracket"  # the venue's child of a filled entry: take profit and stop in one order
    EXIT = "exit"  # a market sell: signal or emergency


class OrderState(Enum):
    """Where an order is in its life."""

    PENDING = "pending"  # durable here, not yet acknowledged
    OPEN = "open"  # resting at the venue
    FILLED = "filled"  # filled whole
    CANCELLED = "cancelled"  # taken back before it filled
    EXPIRED = "expired"  # cancelled because its time to live ran out
    REJECTED = "rejected"  # the venue said no
    UNKNOWN = "unknown"  # sent, no answer: left only on the venue's evidence


class Liquidity(IntEnum):
    """Which side of the book a fill was on, and so which fee it paid."""

    MAKER = 0
    TAKER = 1


@dataclass(frozen=True, slots=True)
class BracketRequest:
    """An order with its take profit and stop, exactly as the venue is sent it.

    Attributes:
        payload: the request body; every number in it is a decimal string.
    """

    client_order_id: str
    symbol: str
    side: Side
    entry_type: EntryType
    quantity: Amount
    entry_price: Amount
    take_profit_price: Amount
    stop_trigger_price: Amount
    payload: Mapping[str, Any]


class MarketExit(NamedTuple):
    """A market order that ends a position: its id and the request body that carries it."""

    client_order_id: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """One row of `orders`.

    Attributes:
        price: limit price; None for a market order.
        client_order_id: ours; None for a bracket child, which the venue makes.
        payload: the exact request body; None where nothing is sent.
        attached_order_ids: ids of the bracket children.
        bracket_verified: whether the child was seen to protect; None before anyone looked.
    """

    order_id: str
    decision_id: str | None
    run_id: str | None
    client_order_id: str | None
    symbol: str
    role: OrderRole
    side: Side
    order_type: str
    order_state: OrderState
    quantity: Amount
    price: Amount | None
    take_profit_price: Amount | None
    stop_trigger_price: Amount | None
    submitted_at: datetime
    filled_quantity: Amount
    average_fill_price: Amount | None = None
    completed_at: datetime | None = None
    attached_order_ids: tuple[str, ...] = ()
    bracket_verified: bool | None = None
    payload: Mapping[str, Any] | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """One row of `fills`: one execution.

    Attributes:
        venue_trade_id: the venue's id of the execution (a simulated venue makes one from the order's id).
        simulated: True unless a real venue reported it.
    """

    fill_id: str
    order_id: str
    run_id: str | None
    venue_trade_id: str
    symbol: str
    side: Side
    timestamp: datetime
    price: Amount
    quantity: Amount
    fee: Amount
    liquidity: Liquidity
    simulated: bool = field(default=True)
