"""What the engine asks of the world: a venue to trade at, and a ledger to write to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    from argusnexus.engine.state import Event, Params, State
    from argusnexus.model.candles import Candle
    from argusnexus.model.decisions import Decision
    from argusnexus.model.orders import BracketRequest, EntryType, Fill, MarketExit, Order, Side
    from argusnexus.model.product import ProductSpec
    from argusnexus.model.runs import Halt
    from argusnexus.model.trades import Trade
    from argusnexus.money import Amount


class OrderDesk(Protocol):
    """Makes the orders of one run, exactly as they would be sent."""

    def build(
        self,
        symbol: str,
        side: Side,
        quantity: Amount,
        entry_price: Amount,
        take_profit_price: Amount,
        stop_trigger_price: Amount,
        timestamp: datetime,
        *,
        entry_type: EntryType,
    ) -> BracketRequest: ...

    def build_market_exit(
        self, symbol: str, side: Side, quantity: Amount, timestamp: datetime
    ) -> MarketExit: ...


class Executor(Protocol):
    """A venue, real or simulated."""

    def product(self, symbol: str) -> ProductSpec:
        """What the venue lets one trade of this symbol."""
        ...

    def desk(self, run_id: str | None) -> OrderDesk:
        """Where this venue's orders are made."""
        ...

    def submit(self, order: Order) -> None:
        """Send an order; the ledger already has it."""
        ...

    def cancel(self, order: Order) -> None:
        """Take an order back."""
        ...

    def report(self, symbol: str, state: State, candle: Candle, params: Params) -> Event:
        """The venue's next report on this symbol's candle; asked again after each, until it is NONE."""
        ...


class Ledger(Protocol):
    """Where everything is written before it is done."""

    def transaction(self) -> AbstractContextManager[object]:
        """All writes inside, or none of them."""
        ...

    def log_decision(self, decision: Decision) -> None: ...
    def log_order(self, order: Order) -> None: ...
    def update_order(self, order: Order) -> None: ...
    def log_fill(self, fill: Fill) -> None: ...
    def open_trade(self, trade: Trade) -> None: ...
    def close_trade(self, trade: Trade) -> None: ...
    def log_halt(self, halt: Halt) -> None: ...
