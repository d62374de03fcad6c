"""An entry's orders, fills and trade as its story makes them, by the engine's own rules for rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from argusnexus.engine.journal import EventRecord
from argusnexus.engine.scribe import EXPIRED, STOP_GAPPED
from argusnexus.model.decisions import Decision, DecisionResult, Reason
from argusnexus.model.orders import (
    BracketRequest,
    EntryType,
    Fill,
    MarketExit,
    Order,
    OrderRole,
    OrderState,
    Side,
)
from argusnexus.model.trades import ExitReason, Trade
from argusnexus.money import Amount, plain
from argusnexus.truth.audit.stories import inside, is_decided, said
from argusnexus.truth.audit.votes import agreed

if TYPE_CHECKING:
    from argusnexus.truth.audit.stories import FillFacts, Story


def entry_order(story: Story) -> Order:
    """The entry in its last known state."""
    rules, plan = story.rules, story.plan
    rows = rules.rows
    client_order_id = agreed(
        (
            said(story.stored.entry, "client_order_id"),
            inside(story.stored.entry, "payload", "client_order_id"),
            said(story.stored.trade, "entry_client_order_id"),
        )
    )
    payload = _entry_payload(story, client_order_id)
    request = BracketRequest(
        str(client_order_id),
        rows.symbol,
        Side.BUY,
        rules.entry_type,
        plan.quantity,
        plan.entry,
        plan.take_profit,
        plan.stop,
        payload,
    )
    order = rows.entry_order(_decision(story), request)
    if story.bought is not None:
        filled = _filled(order, entry_fill(story, order))
        return replace(filled, attached_order_ids=(_bracket_id(story),))
    if story.episode.settled is None:
        return replace(order, order_state=OrderState.OPEN)
    expired_at = rules.moment(story.episode.settled)
    return replace(order, order_state=OrderState.EXPIRED, completed_at=expired_at, error_message=EXPIRED)


def _decision(story: Story) -> Decision:
    """What an order needs to know of the decision that it carries out."""
    rows = story.rules.rows
    moment = story.rules.moment(story.episode.entry)
    return Decision(
        rows.row_id("dec", moment),
        rows.run_id,
        moment,
        rows.symbol,
        rows.strategy_name,
        {},
        (),
        {},
        DecisionResult.ENTRY,
        Reason.LONG.label,
    )


def _bracket_id(story: Story) -> str:
    moment = story.rules.moment(story.episode.entry)
    return story.rules.rows.row_id("ord", moment, OrderRole.BRACKET.value)


def bracket_order(story: Story, entry: Order, bought: Fill) -> Order:
    """The bracket in its last known state."""
    rules, left = story.rules, story.episode.left
    order = rules.rows.bracket_order(entry, bought.timestamp)
    if left is not None:
        why = STOP_GAPPED if story.episode.emergency else None
        cancelled_at = rules.moment(left)
        return replace(order, order_state=OrderState.CANCELLED, completed_at=cancelled_at, error_message=why)
    if story.sold is None:
        return order
    return _filled(order, _fill(story, order, story.sold))


def exit_order(story: Story, entry: Order) -> Order | None:
    """The market sell in its last known state; None if there was none."""
    rules, left = story.rules, story.episode.left
    if left is None:
        return None
    rows, moment = rules.rows, rules.moment(left)
    stored = story.stored.exit
    client_order_id = agreed((said(stored, "client_order_id"), inside(stored, "payload", "client_order_id")))
    payload = _payload(story, client_order_id, Side.SELL, _market(story.plan.quantity))
    decision_id = rows.row_id("dec", moment) if is_decided(story) else entry.decision_id
    order = rows.exit_order(entry, decision_id, moment, MarketExit(str(client_order_id), payload))
    if story.sold is None:
        return replace(order, order_state=OrderState.OPEN)
    return _filled(order, _fill(story, order, story.sold))


def entry_fill(story: Story, entry: Order) -> Fill:
    """The fill of an entry that was filled."""
    if story.bought is None:
        raise ValueError("expected an entry that was filled")
    return _fill(story, entry, story.bought)


def exit_fill(story: Story, order: Order) -> Fill | None:
    """The fill of the order that ended the position; None while it is held."""
    return None if story.sold is None else _fill(story, order, story.sold)


def _fill(story: Story, order: Order, facts: FillFacts) -> Fill:
    return story.rules.rows.fill(order, _event(facts), story.rules.candle(facts.line))


def _event(facts: FillFacts, reason: ExitReason = ExitReason.NONE) -> EventRecord:
    return EventRecord(
        row=0.0,
        kind=0.0,
        reason=float(reason),
        price=float(facts.price),
        taker=float(facts.taker),
        at_open=float(facts.at_open),
        ambiguous=0.0,
        submitted_index=-1.0,
        exit_index=-1.0,
        lowest=float(facts.price),
        highest=float(facts.price),
    )


def _filled(order: Order, fill: Fill) -> Order:
    return replace(
        order,
        order_state=OrderState.FILLED,
        filled_quantity=fill.quantity,
        average_fill_price=fill.price,
        completed_at=fill.timestamp,
    )


def trade_of(story: Story, entry: Order, bracket: Order, leaving: Order | None) -> Trade:
    """The trade; how far the price went, and whether its exit is certain, are as recorded."""
    rows = story.rules.rows
    opened = rows.opened_trade(entry, bracket, entry_fill(story, entry), story.plan.entry)
    order = leaving or bracket
    fill = exit_fill(story, order)
    if fill is None or story.sold is None or story.extremes is None:
        return opened
    reason = ExitReason[str(story.exit_reason).upper()]
    closed = rows.closed_trade(opened, order, fill, _event(story.sold, reason))
    return replace(
        closed, **{name: value for name, value in story.extremes._asdict().items() if value is not None}
    )


def _entry_payload(story: Story, client_order_id: str | None) -> dict[str, Any]:
    plan = story.plan
    limit = {"base_size": plain(plan.quantity), "limit_price": plain(plan.entry), "post_only": False}
    market = story.rules.entry_type is EntryType.MARKET
    configuration = _market(plan.quantity) if market else {"limit_limit_gtc": limit}
    bracket = {"limit_price": plain(plan.take_profit), "stop_trigger_price": plain(plan.stop)}
    return _payload(story, client_order_id, Side.BUY, configuration) | {
        "attached_order_configuration": {"trigger_bracket_gtc": bracket}
    }


def _market(quantity: Amount) -> dict[str, Any]:
    return {"market_market_ioc": {"base_size": plain(quantity)}}


def _payload(
    story: Story, client_order_id: str | None, side: Side, configuration: dict[str, Any]
) -> dict[str, Any]:
    """The request body that says what the order's columns say."""
    return {
        "client_order_id": client_order_id,
        "product_id": story.rules.rows.symbol,
        "side": side.value,
        "order_configuration": configuration,
    }
