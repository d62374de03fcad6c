"""The step over whole columns: one symbol's candles one after another, or several symbols' time by time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from argusnexus._jit import rule
from argusnexus.engine.apply import apply, at_close, expires
from argusnexus.engine.codes import HOLD
from argusnexus.engine.journal import (
    EVENTS_PER_CANDLE,
    Journal,
    write_decision,
    write_event,
    write_halt,
)
from argusnexus.engine.matching import match
from argusnexus.engine.rest import all_flat, rested
from argusnexus.engine.state import (
    NO_EVENT,
    Account,
    Params,
    Signal,
    State,
    holds_position,
    position_value,
)
from argusnexus.engine.step import NO_EXPOSURE, Slot, added, decide_at_close, expiry, step_all
from argusnexus.model.candles import Candle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.engine.table import Ints, Market


class Halfway(NamedTuple):
    """Where a run stands: the next row, each symbol's state, and the account."""

    row: int
    states: Sequence[State]
    account: Account


@rule
def run_one(  # noqa: PLR0915 (names for every column, see below)
    market: Market,
    row: int,
    states: tuple[State, ...],
    account: Account,
    params: tuple[Params, ...],
    groups: tuple[int, ...],  # noqa: ARG001 (called as `run_all` is)
    journal: Journal,
) -> Halfway:
    """Step through the candles of an account's only symbol, until the end or until the journal may become full.

    What `run_all` does for one symbol, for the compiler: `step_all` without the others, candle by candle. Every column
    and the journal have names of their own here: handing arrays from function to function costs a compiled loop more
    than all its rules, and a rest costs it more than the steps.
    """
    only, state = params[0], states[0]
    number, time, close_time = market.number, market.time, market.close_time
    opens, highs, lows, closes, volumes = market.open, market.high, market.low, market.close, market.volume
    entry, entry_price, stop, take_profit = market.entry, market.entry_price, market.stop, market.take_profit
    exit_reason, distance, hold = market.exit_reason, market.trailing_distance, market.hold
    counts, tape = journal.counts, journal.tape
    phases, results, reasons = tape.phase, tape.result, tape.reason
    equities, trailing_stops = tape.equity, tape.trailing_stop
    last_event, last_decision = len(journal.events) - EVENTS_PER_CANDLE, len(journal.decisions) - 1
    while row < len(close_time) and counts[0] <= last_event and counts[1] <= last_decision:
        candle = Candle(
            number[row],
            time[row],
            close_time[row],
            opens[row],
            highs[row],
            lows[row],
            closes[row],
            volumes[row],
        )
        event = match(state, candle, only)
        while event.kind != NO_EVENT:
            applied = apply(state, account, event, candle)
            write_event(journal, row, event, state, applied)
            state = applied.state
            account = applied.account
            event = match(state, candle, only)
        state = at_close(state, candle)
        if expires(state, candle, only):
            applied = apply(state, account, expiry(), candle)
            write_event(journal, row, expiry(), state, applied)
            state = applied.state
        signal = Signal(
            entry[row],
            entry_price[row],
            stop[row],
            take_profit[row],
            exit_reason[row],
            distance[row],
            hold[row],
        )
        exposure = added(NO_EXPOSURE, state, only, True)
        equity = account.cash + position_value(state)
        done = decide_at_close(state, account, signal, candle, equity, exposure, only)
        phases[row] = done.state.phase
        results[row] = done.outcome.result
        reasons[row] = done.outcome.reason
        equities[row] = equity
        if holds_position(done.state):
            trailing_stops[row] = done.state.position.trailing_stop
        if done.outcome.result != HOLD:
            write_decision(journal, row, done.outcome, done.account, exposure)
        if done.account.watch.halted and not account.watch.halted:
            write_halt(journal, row, done.account.watch)
        state = done.state
        account = done.account
        row += 1
    return Halfway(row, [state], account)


@rule
def run_all(
    quiet_until: Ints,
    market: Market,
    row: int,
    states: tuple[State, ...],
    account: Account,
    params: tuple[Params, ...],
    groups: tuple[int, ...],
    journal: Journal,
) -> Halfway:
    """Step through all times of the table, until the end or until the journal may become full.

    Where nothing is held or pending after a time, the account rests up to the next time with an entry signal, which
    `quiet_until` gives for each row as the first row of that time.
    """
    moving = [state for state in states]  # noqa: C416 (numba's list() takes no tuple)
    while row < len(market.close_time) and _has_room(journal, len(moving)):
        last = row + 1
        while last < len(market.close_time) and market.close_time[last] == market.close_time[row]:
            last += 1
        slots = [_slot(market, number) for number in range(row, last)]
        account = step_all(slots, moving, account, params, groups, journal)
        row = last
        if row < len(market.close_time) and quiet_until[row] > row and all_flat(moving):
            account = rested(market, row, quiet_until[row], moving, account, params, journal.tape)
            row = quiet_until[row]
    return Halfway(row, moving, account)


@rule
def _has_room(journal: Journal, symbols: int) -> bool:
    """Whether the journal can take whatever one time leads to."""
    events = journal.counts[0] + EVENTS_PER_CANDLE * symbols
    return bool(events <= len(journal.events) and journal.counts[1] + symbols <= len(journal.decisions))


@rule
def _slot(market: Market, row: int) -> Slot:
    candle = Candle(
        market.number[row],
        market.time[row],
        market.close_time[row],
        market.open[row],
        market.high[row],
        market.low[row],
        market.close[row],
        market.volume[row],
    )
    signal = Signal(
        market.entry[row],
        market.entry_price[row],
        market.stop[row],
        market.take_profit[row],
        market.exit_reason[row],
        market.trailing_distance[row],
        market.hold[row],
    )
    return Slot(row, market.symbol[row], candle, signal)
