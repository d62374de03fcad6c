"""`decide`: one decision at a candle's close, from the phase, the signal and the account."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from argusnexus._jit import rule
from argusnexus.engine.apply import leaving
from argusnexus.engine.codes import (
    ENTRY,
    ENTRY_PENDING,
    EXIT,
    EXIT_PENDING,
    HELD,
    HOLD,
    LONG,
    NO_EXIT,
    POSITION_OPEN,
    REFUSED,
)
from argusnexus.engine.entry import UNCHECKED, Proposal, consider_entry
from argusnexus.engine.state import NO_PLAN, NO_POSITION, Position, State, moved
from argusnexus.model.decisions import Reason
from argusnexus.model.trades import ExitReason
from argusnexus.money import NOISE

if TYPE_CHECKING:
    from argusnexus.engine.account import Exposure
    from argusnexus.engine.state import Account, Params, Signal
    from argusnexus.model.candles import Candle

NO_PROPOSAL = Proposal(Reason.WARMUP.value, NO_PLAN, 0, math.nan, UNCHECKED)


class Outcome(NamedTuple):
    """A decision: the state it leaves, its DecisionResult and Reason, and the entry considered (if one was)."""

    state: State
    result: int
    reason: int
    proposal: Proposal


@rule
def decide(
    state: State, signal: Signal, candle: Candle, account: Account, exposure: Exposure, params: Params
) -> Outcome:
    """The decision at this candle's close; the intent is in the state: ENTRY_PENDING or EXIT_PENDING."""
    if state.phase == ENTRY_PENDING:
        return _hold(state, Reason.ENTRY_PENDING.value)
    if state.phase == EXIT_PENDING:
        return _hold(state, Reason.EXIT_PENDING.value)
    if state.phase == POSITION_OPEN:
        return _manage(state, signal, candle)
    if not signal.entry:
        return _hold(state, signal.hold)
    proposal = consider_entry(state, signal, candle, account, exposure, params)
    if proposal.reason != LONG:
        return Outcome(state, REFUSED, proposal.reason, proposal)
    pending = moved(state, ENTRY_PENDING, proposal.plan, NO_POSITION, NO_EXIT, -1)
    return Outcome(pending, ENTRY, proposal.reason, proposal)


@rule
def _hold(state: State, reason: int) -> Outcome:
    return Outcome(state, HOLD, reason, NO_PROPOSAL)


@rule
def _manage(state: State, signal: Signal, candle: Candle) -> Outcome:
    trailed = _trailed(state, signal)
    stop = trailed.position.trailing_stop
    if candle.close < stop - NOISE * abs(stop):
        return _leave(trailed, candle, ExitReason.CHANDELIER.value)
    if signal.exit_reason != NO_EXIT:
        return _leave(trailed, candle, signal.exit_reason)
    return _hold(trailed, HELD)


@rule
def _trailed(state: State, signal: Signal) -> State:
    position = state.position
    distance = signal.trailing_distance
    raised = (
        position.trailing_stop
        if math.isnan(distance)
        else max(position.trailing_stop, position.highest - distance)
    )
    position = Position(
        filled_index=position.filled_index,
        at_open=position.at_open,
        price=position.price,
        fee=position.fee,
        highest=position.highest,
        lowest=position.lowest,
        trailing_stop=raised,
    )
    return moved(state, state.phase, state.plan, position, state.exit_reason, state.exit_index)


@rule
def _leave(state: State, candle: Candle, reason: int) -> Outcome:
    # Exit reasons of signals are named alike in both enums and follow each other in the same order.
    decision_reason = Reason.CHANDELIER.value + reason - ExitReason.CHANDELIER.value
    return Outcome(leaving(state, reason, candle.number), EXIT, decision_reason, NO_PROPOSAL)
