"""Rows of a replay, kept in memory until they are written in one transaction."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from argusnexus.model.trades import TradeStatus

if TYPE_CHECKING:
    from argusnexus.model.decisions import Decision
    from argusnexus.model.orders import Fill, Order
    from argusnexus.model.runs import Halt
    from argusnexus.model.trades import Trade


class RowCollector:
    """The engine's `Ledger` for a replay: later rows of an order or a trade replace earlier ones."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.fills: list[Fill] = []
        self.halts: list[Halt] = []
        self._orders: dict[str, Order] = {}
        self._trades: dict[str, Trade] = {}

    @property
    def orders(self) -> list[Order]:
        return list(self._orders.values())

    @property
    def trades(self) -> list[Trade]:
        return list(self._trades.values())

    @property
    def trades_closed(self) -> int:
        return sum(trade.status is TradeStatus.CLOSED for trade in self._trades.values())

    def transaction(self) -> AbstractContextManager[None]:
        return nullcontext()

    def log_decision(self, decision: Decision) -> None:
        self.decisions.append(decision)

    def log_order(self, order: Order) -> None:
        self._orders[order.order_id] = order

    def update_order(self, order: Order) -> None:
        self._orders[order.order_id] = order

    def log_fill(self, fill: Fill) -> None:
        self.fills.append(fill)

    def open_trade(self, trade: Trade) -> None:
        self._trades[trade.trade_id] = trade

    def close_trade(self, trade: Trade) -> None:
        self._trades[trade.trade_id] = trade

    def log_halt(self, halt: Halt) -> None:
        self.halts.append(halt)
