"""Rows of a replay, collected in memory."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from argusnexus.model.trades import TradeStatus
from argusnexus.replay.story import Storyteller

if TYPE_CHECKING:
    from argusnexus.engine.ports import OrderDesk
    from argusnexus.model.decisions import Decision
    from argusnexus.model.orders import EntryType, Fill, Order
    from argusnexus.model.runs import Halt
    from argusnexus.model.trades import Trade
    from argusnexus.replay.story import Scene, Teller


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


class CollectingBook:
    """A replay's rows, collected as the model's own types."""

    def __init__(self, rows: RowCollector, desk: OrderDesk, entry_type: EntryType) -> None:
        self._rows = rows
        self._desk = desk
        self._entry_type = entry_type

    def teller(self, scene: Scene) -> Teller:
        return Storyteller(scene, self._rows, self._desk, self._entry_type)

    def log_halt(self, halt: Halt) -> None:
        self._rows.log_halt(halt)
