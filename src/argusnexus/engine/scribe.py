"""Writes one symbol's story into a ledger: decisions, orders, fills and trades, in the order in which they happen.

Both drivers tell it what the step did, so that a replay and a session leave the same rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argusnexus.engine.state import EventKind
from argusnexus.model.decisions import DecisionResult
from argusnexus.model.orders import Order, OrderRole, OrderState, Side
from argusnexus.model.times import from_ns
from argusnexus.model.trades import TradeStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from argusnexus.engine.journal import DecisionRecord, EventRecord
    from argusnexus.engine.ports import Ledger, OrderDesk
    from argusnexus.engine.rows import RowMaker
    from argusnexus.model.candles import Candle
    from argusnexus.model.decisions import Decision
    from argusnexus.model.orders import EntryType
    from argusnexus.model.trades import Trade
    from argusnexus.money import Amount

EXPIRED = "entry_expired"
STOP_GAPPED = "the stop's limit was jumped by a gap; sold at market"


class Scribe:
    """The rows of one symbol, as they come to be.

    Attributes:
        entry, bracket, exit: the newest orders of each role.
        trade: the newest trade.
    """

    def __init__(self, ledger: Ledger, desk: OrderDesk, rows: RowMaker, entry_type: EntryType) -> None:
        self._ledger = ledger
        self._desk = desk
        self._rows = rows
        self._entry_type = entry_type
        self._planned_entry: Amount | None = None
        self.entry: Order | None = None
        self.bracket: Order | None = None
        self.exit: Order | None = None
        self.trade: Trade | None = None

    def reworded(self, hold_reasons: tuple[str, ...]) -> None:
        """From here on these are the words for the strategy's reasons to hold."""
        self._rows = replace(self._rows, hold_reasons=hold_reasons)

    def decided(
        self,
        candle: Candle,
        record: DecisionRecord,
        layers: tuple[Sequence[float], Sequence[float]],
        signal_values: Mapping[str, float],
    ) -> Decision:
        """Write a decision, and the order it led to."""
        decision = self._rows.decision(candle, record, layers, signal_values)
        self._ledger.log_decision(decision)
        if decision.result is DecisionResult.ENTRY:
            self._submit_entry(decision, record)
        elif decision.result is DecisionResult.EXIT:
            self._leave(decision.decision_id, decision.timestamp, None)
        return decision

    def happened(self, candle: Candle, event: EventRecord) -> None:
        """Write what the venue reported."""
        kind = EventKind(int(event.kind))
        if kind is EventKind.ENTRY_FILLED:
            self._entry_filled(candle, event)
        elif kind is EventKind.EXIT_FILLED:
            self._exit_filled(candle, event)
        elif kind is EventKind.ENTRY_EXPIRED:
            self._entry_expired(from_ns(candle.close_time))
        else:
            entry = _existing(self.entry)
            self._leave(entry.decision_id, from_ns(candle.close_time), STOP_GAPPED)

    def acknowledged(self, order: Order) -> Order:
        """Write that the venue took an order."""
        opened = replace(order, order_state=OrderState.OPEN)
        self._ledger.update_order(opened)
        if order.role is OrderRole.ENTRY:
            self.entry = opened
        else:
            self.exit = opened
        return opened

    def _submit_entry(self, decision: Decision, record: DecisionRecord) -> None:
        rows = self._rows
        self._planned_entry = rows.price(record.entry)
        request = self._desk.build(
            rows.symbol,
            Side.BUY,
            rows.quantity(record.quantity),
            self._planned_entry,
            rows.price(record.take_profit),
            rows.price(record.stop),
            decision.timestamp,
            entry_type=self._entry_type,
        )
        self.entry = rows.entry_order(decision, request)
        self._ledger.log_order(self.entry)

    def _entry_filled(self, candle: Candle, event: EventRecord) -> None:
        entry = _existing(self.entry)
        fill = self._rows.fill(entry, event, candle)
        bracket = self._rows.bracket_order(entry, fill.timestamp)
        filled = replace(
            entry,
            order_state=OrderState.FILLED,
            filled_quantity=fill.quantity,
            average_fill_price=fill.price,
            completed_at=fill.timestamp,
            attached_order_ids=(bracket.order_id,),
        )
        self.trade = self._rows.opened_trade(filled, bracket, fill, self._planned_entry or fill.price)
        self.entry, self.bracket = filled, bracket
        self._ledger.update_order(filled)
        self._ledger.log_fill(fill)
        self._ledger.log_order(bracket)
        self._ledger.open_trade(self.trade)

    def _entry_expired(self, moment: datetime) -> None:
        self.entry = replace(
            _existing(self.entry), order_state=OrderState.EXPIRED, completed_at=moment, error_message=EXPIRED
        )
        self._ledger.update_order(self.entry)

    def _leave(self, decision_id: str | None, moment: datetime, why: str | None) -> None:
        """The bracket goes, a market sell comes."""
        rows = self._rows
        entry = _existing(self.entry)
        self.bracket = replace(
            _existing(self.bracket), order_state=OrderState.CANCELLED, completed_at=moment, error_message=why
        )
        request = self._desk.build_market_exit(rows.symbol, Side.SELL, entry.quantity, moment)
        self.exit = rows.exit_order(entry, decision_id, moment, request)
        self._ledger.update_order(self.bracket)
        self._ledger.log_order(self.exit)

    def _exit_filled(self, candle: Candle, event: EventRecord) -> None:
        trade = self.trade
        if trade is None or trade.status is TradeStatus.CLOSED:
            raise ValueError("expected an open trade for an exit's fill")
        leaving = event.exit_index >= 0.0
        order = _existing(self.exit if leaving else self.bracket)
        fill = self._rows.fill(order, event, candle)
        filled = replace(
            order,
            order_state=OrderState.FILLED,
            filled_quantity=fill.quantity,
            average_fill_price=fill.price,
            completed_at=fill.timestamp,
        )
        if leaving:
            self.exit = filled
        else:
            self.bracket = filled
        self.trade = self._rows.closed_trade(trade, filled, fill, event)
        self._ledger.update_order(filled)
        self._ledger.log_fill(fill)
        self._ledger.close_trade(self.trade)


def _existing(order: Order | None) -> Order:
    if order is None:
        raise ValueError("expected an order before the event that moves it")
    return order
