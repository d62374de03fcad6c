"""The types of the pure step: scalars in NamedTuples, the same for the interpreter and for numba.

Prices are quote currency per unit, quantities base currency, times nanoseconds since the epoch, fees fractions.
Constructors name every field: a field that is forgotten is an error, not an old value.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from argusnexus._jit import rule
from argusnexus.engine.codes import ENTRY_PENDING, EXIT_PENDING, IDLE, NO_EXIT, POSITION_OPEN
from argusnexus.money import Increment
from argusnexus.risk.layers import RiskLimits


class EventKind(IntEnum):
    """What a venue reports."""

    NONE = 0  # nothing (more) for this candle
    ENTRY_FILLED = 1
    ENTRY_EXPIRED = 2
    EXIT_FILLED = 3
    STOP_LEFT_RESTING = (
        4  # triggered, but the price jumped the stop's limit: the rest of the position is unprotected
    )


class Event(NamedTuple):
    """One report of the venue; quantities fill whole.

    Attributes:
        kind: EventKind.
        reason: ExitReason, of an exit.
        price: fill price.
        fee_rate: maker or taker, as a fraction of the notional.
        taker: which of the two.
        at_open: at the candle's open, else within the candle (known at its close).
        ambiguous: the candle reached stop and take profit, and the stop was taken.
    """

    kind: int
    reason: int
    price: float
    fee_rate: float
    taker: bool
    at_open: bool
    ambiguous: bool


class Plan(NamedTuple):
    """An entry as submitted: rounded prices and quantity.

    Attributes:
        submitted_index: index of the candle whose close decided it.
        limit_floor: the lowest price the triggered stop may fill at.
    """

    submitted_index: int
    entry: float
    stop: float
    take_profit: float
    limit_floor: float
    quantity: float


class Position(NamedTuple):
    """What is held, since its fill.

    Attributes:
        filled_index: index of the entry's candle.
        at_open: filled at that candle's open, else within it.
        fee: paid for the entry, quote currency.
        highest: the highest price seen since the fill, as the trailing stop counts it.
        lowest: the lowest price seen since the fill (the fill's own included).
        trailing_stop: ratchets up; -inf before the first close.
    """

    filled_index: int
    at_open: bool
    price: float
    fee: float
    highest: float
    lowest: float
    trailing_stop: float


class State(NamedTuple):
    """One symbol's engine.

    Attributes:
        phase: Phase.
        plan: read in every phase but IDLE.
        position: read in POSITION_OPEN and EXIT_PENDING.
        exit_reason: ExitReason of the market sell that waits in EXIT_PENDING.
        exit_index: index of the candle whose close submitted that sell.
        mark: newest close.
        tripped_at: close time of the newest candle that tripped the circuit breaker; negative for none.
    """

    phase: int
    plan: Plan
    position: Position
    exit_reason: int
    exit_index: int
    mark: float
    tripped_at: int


class Realised(NamedTuple):
    """Net P&L of the exits filled on one UTC day.

    Attributes:
        day: UTC day number, -1 before the first exit.
        net_pnl: quote currency.
    """

    day: int
    net_pnl: float


class Watch(NamedTuple):
    """What the account's equity has been at its decisions, quote currency.

    Attributes:
        peak: the highest over all decisions so far, starting at the start capital.
        equity: at the newest decision.
        day: UTC day number of the newest decision, -1 before the first.
        day_base: equity at the last decision before that day.
        halted: the drawdown limit was reached at an earlier decision.
    """

    peak: float
    equity: float
    day: int
    day_base: float
    halted: bool


class Account(NamedTuple):
    """Cash and memory that all symbols of one account share.

    Attributes:
        cash: all cash, what pending entries hold included, quote currency.
        submissions: when the newest entries were submitted, oldest first.
    """

    cash: float
    realised: Realised
    watch: Watch
    submissions: tuple[int, ...]


class Signal(NamedTuple):
    """One row of a strategy's columns; `hold` is the Reason to hold that the strategy gives."""

    entry: bool
    entry_price: float
    stop: float
    take_profit: float
    exit_reason: int
    trailing_distance: float
    hold: int


class Costs(NamedTuple):
    """What fills cost: fractions of the notional, and the factors that slippage puts on an open price."""

    maker_fee: float
    taker_fee: float
    buy_factor: float
    sell_factor: float


class Params(NamedTuple):
    """All that the rules need to know about a symbol's product, costs and limits; constant during a run.

    `worst_stop_factor` times the stop is the lowest price at which the triggered stop may fill.
    """

    tick: Increment
    lot: Increment
    min_funds: float
    max_funds: float
    costs: Costs
    market_entry: bool
    entry_ttl: int
    max_participation: float
    risk_per_trade: float
    worst_stop_factor: float
    limits: RiskLimits


NO_EVENT = EventKind.NONE.value
NO_PLAN = Plan(-1, 0.0, 0.0, 0.0, 0.0, 0.0)
NO_POSITION = Position(-1, False, 0.0, 0.0, 0.0, 0.0, 0.0)
NEVER = -1


@rule
def flat_state() -> State:
    """A symbol before its first candle."""
    return State(IDLE, NO_PLAN, NO_POSITION, NO_EXIT, -1, 0.0, NEVER)


def new_account(capital: float, remembered: int) -> Account:
    """An account before its first decision; `remembered` submissions are kept for the frequency layer."""
    watch = Watch(peak=capital, equity=capital, day=-1, day_base=capital, halted=False)
    return Account(capital, Realised(-1, 0.0), watch, (NEVER,) * remembered)


@rule
def moved(
    state: State, phase: int, plan: Plan, position: Position, exit_reason: int, exit_index: int
) -> State:
    """The state in another phase; what it knows of the market stays."""
    return State(phase, plan, position, exit_reason, exit_index, state.mark, state.tripped_at)


@rule
def holds_position(state: State) -> bool:
    """Whether something is held."""
    return state.phase in (POSITION_OPEN, EXIT_PENDING)


@rule
def position_value(state: State) -> float:
    """A position's worth at the newest close; 0 when flat."""
    return state.plan.quantity * state.mark if holds_position(state) else 0.0


@rule
def pending_value(state: State) -> float:
    """What a pending entry would cost before fees; 0 when there is none."""
    return state.plan.quantity * state.plan.entry if state.phase == ENTRY_PENDING else 0.0
