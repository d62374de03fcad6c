"""`apply`: what a venue's report, or a candle's close, makes of a symbol and its account."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from argusnexus._jit import rule
from argusnexus.engine.account import pay_entry, take_proceeds
from argusnexus.engine.codes import ENTRY_PENDING, EXIT_PENDING, IDLE, NO_EXIT, POSITION_OPEN
from argusnexus.engine.exits import finalize_exit
from argusnexus.engine.state import NO_PLAN, NO_POSITION, EventKind, Position, State, holds_position, moved
from argusnexus.model.trades import ExitReason
from argusnexus.risk.layers import trips_breaker

if TYPE_CHECKING:
    from argusnexus.engine.state import Account, Event, Params
    from argusnexus.model.candles import Candle


class Applied(NamedTuple):
    """What an event made of a symbol and its account; the extreme prices are those of an exit, else 0."""

    state: State
    account: Account
    lowest: float
    highest: float


@rule
def apply(state: State, account: Account, event: Event, candle: Candle) -> Applied:
    """State and account after an event of this candle."""
    if event.kind == EventKind.EXIT_FILLED.value:
        done = finalize_exit(state, event, candle)
        known_at = candle.time if event.at_open else candle.close_time
        account = take_proceeds(account, done.proceeds, done.net_pnl, known_at)
        return Applied(done.state, account, done.lowest, done.highest)
    if event.kind == EventKind.ENTRY_FILLED.value:
        return Applied(_opened(state, event, candle), pay_entry(account, state, event), 0.0, 0.0)
    if event.kind == EventKind.STOP_LEFT_RESTING.value:
        return Applied(leaving(state, ExitReason.EMERGENCY.value, candle.number), account, 0.0, 0.0)
    flat = moved(state, IDLE, NO_PLAN, NO_POSITION, NO_EXIT, -1)
    return Applied(flat, account, 0.0, 0.0)


@rule
def _opened(state: State, event: Event, candle: Candle) -> State:
    fee = state.plan.quantity * event.price * event.fee_rate
    position = Position(
        filled_index=candle.number,
        at_open=event.at_open,
        price=event.price,
        fee=fee,
        highest=event.price,
        lowest=event.price,
        trailing_stop=-math.inf,
    )
    return moved(state, POSITION_OPEN, state.plan, position, NO_EXIT, -1)


@rule
def leaving(state: State, reason: int, index: int) -> State:
    """The bracket is cancelled and a market sell waits for the next open."""
    return moved(state, EXIT_PENDING, state.plan, state.position, reason, index)


@rule
def expires(state: State, candle: Candle, params: Params) -> bool:
    """Whether a resting entry's time is up at this candle's close."""
    pending = state.phase == ENTRY_PENDING
    return pending and candle.number - state.plan.submitted_index >= params.entry_ttl


@rule
def at_close(state: State, candle: Candle) -> State:
    """The state at this candle's close: the new mark, and the extremes of a position that is still open."""
    position = _seen(state.position, candle) if holds_position(state) else state.position
    return State(
        phase=state.phase,
        plan=state.plan,
        position=position,
        exit_reason=state.exit_reason,
        exit_index=state.exit_index,
        mark=candle.close,
        tripped_at=state.tripped_at,
    )


@rule
def _seen(position: Position, candle: Candle) -> Position:
    highest = max(position.highest, candle.high)
    if position.filled_index == candle.number:
        # After a fill within the candle only the close is known to have come later.
        highest = candle.high if position.at_open else max(position.price, candle.close)
    return Position(
        filled_index=position.filled_index,
        at_open=position.at_open,
        price=position.price,
        fee=position.fee,
        highest=highest,
        lowest=min(position.lowest, candle.low),
        trailing_stop=position.trailing_stop,
    )


@rule
def after_decision(state: State, candle: Candle, params: Params) -> State:
    """Remember a candle that tripped the circuit breaker: it blocks the decisions after its own."""
    if not trips_breaker(candle_move(candle), params.limits.circuit_breaker):
        return state
    return tripped(state, candle.close_time)


@rule
def tripped(state: State, tripped_at: int) -> State:
    """The state after a candle that tripped the circuit breaker, which closed at that time."""
    return State(
        phase=state.phase,
        plan=state.plan,
        position=state.position,
        exit_reason=state.exit_reason,
        exit_index=state.exit_index,
        mark=state.mark,
        tripped_at=tripped_at,
    )


@rule
def candle_move(candle: Candle) -> float:
    """How far a candle went from open to close, as a fraction of its open."""
    return price_move(candle.open, candle.close)


@rule
def price_move(opened: float, closed: float) -> float:
    """How far a price went, as a fraction of what it was."""
    return abs(closed / opened - 1.0)
