"""A trade and all that led to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from argusnexus.model.times import iso
from argusnexus.truth.tables import DECISIONS, FILLS, ORDERS, TRADES

if TYPE_CHECKING:
    from argusnexus.model.decisions import Decision
    from argusnexus.model.orders import Fill, Order
    from argusnexus.model.trades import Trade
    from argusnexus.truth.connection import Connection


class TradeWalk(NamedTuple):
    """A trade and all that led to it, each oldest first."""

    trade: Trade
    orders: list[Order]
    fills: list[Fill]
    decisions: list[Decision]


def walk_of(connection: Connection, trade_id: str) -> TradeWalk | None:
    """None if there is no such trade."""
    found = connection.rows(TRADES, "WHERE trade_id = ?", (trade_id,))
    if not found:
        return None
    trade = found[0]
    orders = _orders_of(connection, trade)
    fills = [
        fill
        for order in orders
        for fill in connection.rows(FILLS, "WHERE order_id = ? ORDER BY timestamp, rowid", (order.order_id,))
    ]
    return TradeWalk(trade, orders, fills, _decisions_of(connection, trade, orders))


def trade_of(connection: Connection, entry: Order) -> Trade | None:
    """The trade that an entry order opened, found by when it was filled; None if there is none."""
    if entry.completed_at is None:
        return None
    found = connection.rows(
        TRADES,
        "WHERE run_id IS ? AND symbol = ? AND entry_timestamp = ? AND entry_order_id = ? ORDER BY rowid",
        (entry.run_id, entry.symbol, iso(entry.completed_at), entry.order_id),
    )
    return found[0] if found else None


def _orders_of(connection: Connection, trade: Trade) -> list[Order]:
    ids = (trade.entry_order_id, trade.bracket_tp_order_id, trade.bracket_sl_order_id, trade.exit_order_id)
    return connection.rows(ORDERS, "WHERE order_id IN (?, ?, ?, ?) ORDER BY submitted_at, rowid", ids)


def _decisions_of(connection: Connection, trade: Trade, orders: list[Order]) -> list[Decision]:
    ids = {trade.entry_decision_id, trade.exit_decision_id, *(order.decision_id for order in orders)}
    found = [
        decision
        for decision_id in ids
        for decision in connection.rows(DECISIONS, "WHERE decision_id = ?", (decision_id,))
    ]
    return sorted(found, key=lambda decision: decision.timestamp)
