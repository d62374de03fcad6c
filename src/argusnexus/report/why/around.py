"""What the venue did within one candle, and what came of what was submitted at its close."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from argusnexus.model.decisions import DecisionResult, Phase
from argusnexus.model.orders import OrderState
from argusnexus.report.why.moment import HOLDING, Moment, phase_of
from argusnexus.report.why.words import bought, sold, when

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from argusnexus.model.decisions import Decision
    from argusnexus.model.orders import Order
    from argusnexus.model.trades import Trade

INSTANT = timedelta(microseconds=1)
"""The smallest step of time in a ledger."""


def in_this_candle(moment: Moment, before: Decision) -> Iterator[str]:
    """Fills and expiries between the decision before and this one."""
    run_id, symbol, now = moment.at
    reader, units = moment.source.reader, moment.source.units
    if phase_of(before) in HOLDING:
        trade = reader.trade_open_at(run_id, symbol, before.timestamp)
        if trade and moment.phase not in HOLDING:
            yield sold(trade, units)
    elif phase_of(before) is Phase.ENTRY_PENDING:
        order = reader.pending_entry(run_id, symbol, before.timestamp)
        if order:
            yield from _of_entry(moment, order, now)


def _of_entry(moment: Moment, order: Order, now: datetime) -> Iterator[str]:
    units = moment.source.units
    if order.order_state is OrderState.EXPIRED and order.completed_at == now:
        yield _expired(moment, order)
        return
    trade = _trade_of(moment, order)
    still_pending = moment.phase is Phase.ENTRY_PENDING and moment.decision.result is DecisionResult.HOLD
    if trade is None or still_pending:
        return
    yield bought(trade, units)
    if moment.phase not in HOLDING:
        yield sold(trade, units)


def _expired(moment: Moment, order: Order) -> str:
    ttl = moment.source.terms.entry_ttl
    limit = "" if order.price is None else f" at {moment.source.units.price(order.price)}"
    return (
        f"The entry{limit} submitted {when(order.submitted_at)} expired unfilled at this close: it lives for "
        f"{ttl} candle{'' if ttl == 1 else 's'}."
    )


def afterwards(moment: Moment) -> Iterator[str]:
    """What came of the entry or the exit that this decision submitted."""
    reader, units = moment.source.reader, moment.source.units
    if moment.decision.result is DecisionResult.EXIT:
        trade = reader.trade_open_at(*moment.at)
        if trade:
            yield sold(trade, units)
    elif moment.decision.result is DecisionResult.ENTRY:
        order = reader.pending_entry(*moment.at)
        if order:
            yield _came_of(moment, order)


def _came_of(moment: Moment, order: Order) -> str:
    trade = _trade_of(moment, order)
    if trade is not None:
        return bought(trade, moment.source.units)
    if order.completed_at is None:
        return "The entry was still waiting when the data ended."
    return f"The entry ended unfilled ({order.order_state.value}) at {when(order.completed_at)}."


def _trade_of(moment: Moment, order: Order) -> Trade | None:
    """The trade that an entry order opened."""
    return moment.source.reader.trade_of(order) if order.order_state is OrderState.FILLED else None
