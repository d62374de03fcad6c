"""One time over the symbols of an account, in the spec's order: fills, expiries, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from argusnexus._jit import rule
from argusnexus.engine.account import Exposure, decided, submitted, watched
from argusnexus.engine.apply import after_decision, apply, at_close, expires
from argusnexus.engine.codes import ENTRY, HOLD, IDLE, NO_EXIT
from argusnexus.engine.decide import Outcome, decide
from argusnexus.engine.journal import Journal, write_decision, write_event, write_halt, write_line
from argusnexus.engine.matching import match, nothing
from argusnexus.engine.state import NO_EVENT, Account, Event, EventKind, State, pending_value, position_value

if TYPE_CHECKING:
    from argusnexus.engine.state import Params, Signal
    from argusnexus.model.candles import Candle


NO_EXPOSURE = Exposure(0.0, 0.0, 0.0)


class Slot(NamedTuple):
    """One symbol's candle at the step's time.

    Attributes:
        row: where the batch keeps this candle, for the journal.
        symbol: position of the symbol in the run's order.
    """

    row: int
    symbol: int
    candle: Candle
    signal: Signal


class Settled(NamedTuple):
    """A symbol and its account after the venue's reports."""

    state: State
    account: Account


class Decided(NamedTuple):
    """A decision carried through: the symbol's state and the account for whatever comes next."""

    outcome: Outcome
    state: State
    account: Account


@rule
def step_all(
    slots: list[Slot],
    states: list[State],
    account: Account,
    params: tuple[Params, ...],
    groups: tuple[int, ...],
    journal: Journal,
) -> Account:
    """Move every symbol that has a candle at this time; `states` is updated in place."""
    for slot in slots:
        settled = _settle(slot, states[slot.symbol], account, params[slot.symbol], journal)
        states[slot.symbol] = settled.state
        account = settled.account
    for slot in slots:
        if expires(states[slot.symbol], slot.candle, params[slot.symbol]):
            applied = apply(states[slot.symbol], account, expiry(), slot.candle)
            write_event(journal, slot.row, expiry(), states[slot.symbol], applied)
            states[slot.symbol] = applied.state
    equity = equity_of(account, states)
    for slot in slots:
        exposure = exposure_of(slot.symbol, states, groups, params)
        done = decide_at_close(
            states[slot.symbol], account, slot.signal, slot.candle, equity, exposure, params[slot.symbol]
        )
        write_line(journal.tape, slot.row, done.outcome, done.account)
        if done.outcome.result != HOLD:
            write_decision(journal, slot.row, done.outcome, done.account, exposure)
        if done.account.watch.halted and not account.watch.halted:
            write_halt(journal, slot.row, done.account.watch)
        states[slot.symbol] = done.state
        account = done.account
    return account


@rule
def _settle(slot: Slot, state: State, account: Account, params: Params, journal: Journal) -> Settled:
    """The venue's reports for this candle, one after another, and then the candle's close."""
    event = match(state, slot.candle, params)
    while event.kind != NO_EVENT:
        applied = apply(state, account, event, slot.candle)
        write_event(journal, slot.row, event, state, applied)
        state = applied.state
        account = applied.account
        event = match(state, slot.candle, params)
    return Settled(at_close(state, slot.candle), account)


@rule
def expiry() -> Event:
    """An entry's time to live is up: the engine takes it back."""
    blank = nothing()
    return Event(EventKind.ENTRY_EXPIRED.value, NO_EXIT, blank.price, blank.fee_rate, False, False, False)


@rule
def decide_at_close(
    state: State,
    account: Account,
    signal: Signal,
    candle: Candle,
    equity: float,
    exposure: Exposure,
    params: Params,
) -> Decided:
    """One decision, and what it means for the decisions after it."""
    account = watched(account, equity, candle.close_time)
    outcome = decide(state, signal, candle, account, exposure, params)
    if outcome.result == ENTRY:
        account = submitted(account, candle.close_time)
    account = decided(account, params.limits.max_drawdown)
    return Decided(outcome, after_decision(outcome.state, candle, params), account)


@rule
def equity_of(account: Account, states: list[State]) -> float:
    """All cash and all positions at their newest closes."""
    equity = account.cash
    for state in states:
        equity += position_value(state)
    return equity


@rule
def exposure_of(
    symbol: int, states: list[State], groups: tuple[int, ...], params: tuple[Params, ...]
) -> Exposure:
    """What the account holds and has promised, all of it and in the symbol's correlation group."""
    exposure = NO_EXPOSURE
    for other in range(len(states)):
        exposure = added(exposure, states[other], params[other], groups[other] == groups[symbol])
    return exposure


@rule
def added(exposure: Exposure, state: State, params: Params, in_group: bool) -> Exposure:  # noqa: FBT001
    """The exposure with another symbol's."""
    if state.phase == IDLE:
        return exposure
    pending = pending_value(state)
    value = position_value(state) + pending
    return Exposure(
        held_cash=exposure.held_cash + pending * (1.0 + params.costs.taker_fee),
        group_value=exposure.group_value + value if in_group else exposure.group_value,
        total_value=exposure.total_value + value,
    )
