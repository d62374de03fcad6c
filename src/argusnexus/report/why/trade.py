"""Why a trade was made, and how it ended: trade, orders, decisions walked back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.errors import LedgerError
from argusnexus.model.orders import OrderRole
from argusnexus.model.trades import Trade, TradeStatus
from argusnexus.report.answerable import answerable
from argusnexus.report.why.decision import decision_story
from argusnexus.report.why.orders import fill_story, order_story
from argusnexus.report.why.source import Source, read_source
from argusnexus.report.why.story import DecisionStory, ExitStory, OrderStory, ResultStory, TradeStory
from argusnexus.report.why.words import when, why_left

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from argusnexus.money import Amount
    from argusnexus.truth.queries import LedgerReader, TradeWalk

_SECONDS = 3600


def explain_trade(reader: LedgerReader, trade_id: str) -> TradeStory:
    """All that led to a trade and came of it, as far as the ledger has it.

    Raises:
        LedgerError: if there is no such trade, or a row of it can't be read.
    """
    with answerable(f"Trade {trade_id} can't be explained"):
        return _story(reader, trade_id)


def _story(reader: LedgerReader, trade_id: str) -> TradeStory:
    walk = reader.walk(trade_id)
    trade = walk.trade
    source = read_source(reader, trade.run_id, trade.symbol)
    told = {one.decision_id: decision_story(one, source) for one in walk.decisions}
    orders = {order.order_id: order_story(order) for order in walk.orders}
    entry = told.get(trade.entry_decision_id or "")
    left = _exit(trade, walk, told, source)
    result = _result(trade, source)
    return TradeStory(
        trade_id=trade.trade_id,
        run_id=trade.run_id,
        symbol=trade.symbol,
        strategy_name=trade.strategy_name,
        status=trade.status,
        answer=tuple(_answer(trade, entry, left, source)),
        entry=entry,
        entry_order=orders.get(trade.entry_order_id or ""),
        fills=tuple(fill_story(fill) for fill in walk.fills),
        bracket=orders.get(trade.bracket_sl_order_id or ""),
        exit=left,
        result=result,
        units=source.units,
        notices=source.notices,
    )


def _exit(trade: Trade, walk: TradeWalk, told: dict[str, DecisionStory], source: Source) -> ExitStory | None:
    if trade.status is TradeStatus.OPEN:
        return None
    order = next((order for order in walk.orders if order.order_id == trade.exit_order_id), None)
    decision = told.get(trade.exit_decision_id or "")
    reason = trade.exit_reason or ""
    return ExitStory(
        reason=reason,
        timestamp=trade.exit_timestamp,
        exit_price=trade.exit_price,
        order=_unless_bracket(order_story(order), order.role) if order else None,
        decision=decision,
        ambiguous=trade.ambiguous,
        words=why_left(reason, decision, source.units),
    )


def _unless_bracket(order: OrderStory, role: OrderRole) -> OrderStory | None:
    """The bracket is told for itself."""
    return None if role is OrderRole.BRACKET else order


def _result(trade: Trade, source: Source) -> ResultStory | None:
    if trade.status is TradeStatus.OPEN or trade.exit_timestamp is None:
        return None
    planned = trade.planned_entry, trade.planned_stop
    risk = planned[0] - planned[1] if planned[0] is not None and planned[1] is not None else None
    held = trade.exit_timestamp - trade.entry_timestamp
    return ResultStory(
        gross_pnl=trade.gross_pnl,
        fees=trade.fees,
        net_pnl=trade.net_pnl,
        r_multiple=trade.r_multiple,
        mae=trade.mae,
        mae_money=None if trade.mae is None else trade.mae * trade.quantity,
        mae_r=_in_r(trade.mae, risk),
        mfe=trade.mfe,
        mfe_money=None if trade.mfe is None else trade.mfe * trade.quantity,
        mfe_r=_in_r(trade.mfe, risk),
        hours=_hours(held),
        candles=_candles_held(trade, source),
    )


def _in_r(move: Amount | None, risk: Amount | None) -> Amount | None:
    return move / risk if move is not None and risk else None


def _hours(held: timedelta) -> float:
    return held.total_seconds() / _SECONDS


def _candles_held(trade: Trade, source: Source) -> int | None:
    """Closes after the entry fill, up to the exit fill."""
    if source.run is None:
        return None
    try:
        decisions = source.reader.decisions(
            source.run.run_id, trade.symbol, trade.entry_timestamp, trade.exit_timestamp
        )
        return sum(one.timestamp > trade.entry_timestamp for one in decisions)
    except LedgerError:
        return None


def _answer(
    trade: Trade, entry: DecisionStory | None, left: ExitStory | None, source: Source
) -> Iterator[str]:
    units = source.units
    price, quantity = units.price(trade.entry_price), units.quantity(trade.quantity)
    yield f"Bought {quantity} at {price}, {when(trade.entry_timestamp)}{_because(entry)}."
    if left is None or left.timestamp is None or left.exit_price is None:
        yield "It was still open when the data ended."
        return
    yield f"Sold at {units.price(left.exit_price)}, {when(left.timestamp)}: {left.words}."
    if left.ambiguous:
        yield "The exit candle reached the stop and the take profit both: the stop was taken."
    if trade.net_pnl is not None:
        multiple = "" if trade.r_multiple is None else f" ({trade.r_multiple:+.2f} R)"
        yield f"Net {units.money(trade.net_pnl)}{multiple} after {units.money(trade.fees)} of fees."


def _because(entry: DecisionStory | None) -> str:
    if entry is None:
        return ", by no decision that the ledger has"
    passed = sum(layer.passed for layer in entry.layers)
    layers = f", {passed} of {len(entry.layers)} risk layers passed" if entry.layers else ""
    return f", on the {entry.reason} signal at the close of {when(entry.timestamp)}{layers}"
