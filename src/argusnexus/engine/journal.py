"""What a batch run leaves behind: preallocated columns, filled by the step, told to a ledger afterwards."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus._jit import rule
from argusnexus.engine.account import realised_today
from argusnexus.engine.state import holds_position

if TYPE_CHECKING:
    import numpy.typing as npt

    from argusnexus.engine.account import Exposure
    from argusnexus.engine.apply import Applied
    from argusnexus.engine.decide import Outcome
    from argusnexus.engine.state import Account, Event, State, Watch
    from argusnexus.model.candles import FloatColumn, IntColumn


class EventRecord(NamedTuple):
    """One venue event as a row of floats (whole numbers and flags included, all exact).

    Attributes:
        row: of the candle in the batch.
        submitted_index: index of the candle whose close decided the entry.
        exit_index: index of the candle whose close decided a market exit, -1 for none.
    """

    row: float
    kind: float
    reason: float
    price: float
    taker: float
    at_open: float
    ambiguous: float
    submitted_index: float
    exit_index: float
    lowest: float
    highest: float


class DecisionRecord(NamedTuple):
    """One decision that carries a signal, as a row of floats; the layers' values and limits stand beside it.

    Attributes:
        failed: bit i set where risk layer i failed; -1 when the layers were not reached.
    """

    row: float
    result: float
    reason: float
    entry: float
    stop: float
    take_profit: float
    limit_floor: float
    quantity: float
    size_term: float
    net_risk_reward: float
    failed: float
    trailing_stop: float
    cash: float
    equity: float
    peak: float
    day_base: float
    realised_today: float
    held_cash: float
    group_value: float
    total_value: float


class Tape(NamedTuple):
    """One row per candle: the phase after its decision, the DecisionResult, the Reason, equity and trailing stop."""

    phase: npt.NDArray[np.int8]
    result: npt.NDArray[np.int8]
    reason: npt.NDArray[np.int16]
    equity: FloatColumn
    trailing_stop: FloatColumn


class Journal(NamedTuple):
    """All records of a run; `counts` holds how many events and decisions were written.

    `halt` is (row, equity, peak) of the decision that halted the account; its row is -1 while nothing did.
    """

    events: npt.NDArray[np.float64]
    decisions: npt.NDArray[np.float64]
    layer_values: npt.NDArray[np.float64]
    layer_limits: npt.NDArray[np.float64]
    counts: IntColumn
    halt: FloatColumn
    tape: Tape


EVENTS_PER_ENTRY = 3
DECISIONS_PER_ENTRY = 2
EVENTS_PER_CANDLE = 2
"""The most that one symbol's candle can lead to: a position filled and ended in it."""


def new_journal(candles: int, events: int, decisions: int) -> Journal:
    """Room for the tape of so many candles, and for so many events and decisions."""
    return Journal(
        events=np.empty((events, len(EventRecord._fields))),
        decisions=np.empty((decisions, len(DecisionRecord._fields))),
        layer_values=np.empty((decisions, 10)),
        layer_limits=np.empty((decisions, 10)),
        counts=np.zeros(2, dtype=np.int64),
        halt=np.array([-1.0, 0.0, 0.0]),
        tape=Tape(
            phase=np.zeros(candles, dtype=np.int8),
            result=np.zeros(candles, dtype=np.int8),
            reason=np.zeros(candles, dtype=np.int16),
            equity=np.zeros(candles),
            trailing_stop=np.full(candles, np.nan),
        ),
    )


@rule
def write_event(journal: Journal, row: int, event: Event, before: State, applied: Applied) -> None:
    """Record an event; `before` is the state that it met."""
    record = event_record(row, event, before, applied)
    place = journal.counts[0]
    for column in range(len(record)):
        journal.events[place, column] = record[column]
    journal.counts[0] = place + 1


@rule
def _flag(value: bool) -> float:  # noqa: FBT001 (numba's float() takes no bool)
    return 1.0 if value else 0.0


@rule
def event_record(row: int, event: Event, before: State, applied: Applied) -> EventRecord:
    """An event in the journal's terms."""
    return EventRecord(
        row=float(row),
        kind=float(event.kind),
        reason=float(event.reason),
        price=event.price,
        taker=_flag(event.taker),
        at_open=_flag(event.at_open),
        ambiguous=_flag(event.ambiguous),
        submitted_index=float(before.plan.submitted_index),
        exit_index=float(before.exit_index),
        lowest=applied.lowest,
        highest=applied.highest,
    )


@rule
def write_line(tape: Tape, row: int, outcome: Outcome, account: Account) -> None:
    """Put a decision on the tape."""
    tape.phase[row] = outcome.state.phase
    tape.result[row] = outcome.result
    tape.reason[row] = outcome.reason
    tape.equity[row] = account.watch.equity
    if holds_position(outcome.state):
        tape.trailing_stop[row] = outcome.state.position.trailing_stop


@rule
def write_decision(
    journal: Journal, row: int, outcome: Outcome, account: Account, exposure: Exposure
) -> None:
    """Record a decision that carries a signal."""
    place = journal.counts[1]
    record = decision_record(row, outcome, account, exposure)
    for column in range(len(record)):
        journal.decisions[place, column] = record[column]
    verdict = outcome.proposal.verdict
    for layer in range(len(verdict.values)):
        journal.layer_values[place, layer] = verdict.values[layer]
        journal.layer_limits[place, layer] = verdict.limits[layer]
    journal.counts[1] = place + 1


@rule
def decision_record(row: int, outcome: Outcome, account: Account, exposure: Exposure) -> DecisionRecord:
    """A decision in the journal's terms."""
    plan = outcome.proposal.plan
    trailing_stop = outcome.state.position.trailing_stop if holds_position(outcome.state) else math.nan
    return DecisionRecord(
        row=float(row),
        result=float(outcome.result),
        reason=float(outcome.reason),
        entry=plan.entry,
        stop=plan.stop,
        take_profit=plan.take_profit,
        limit_floor=plan.limit_floor,
        quantity=plan.quantity,
        size_term=float(outcome.proposal.size_term),
        net_risk_reward=outcome.proposal.net_risk_reward,
        failed=float(outcome.proposal.verdict.failed),
        trailing_stop=trailing_stop,
        cash=account.cash,
        equity=account.watch.equity,
        peak=account.watch.peak,
        day_base=account.watch.day_base,
        realised_today=realised_today(account),
        held_cash=exposure.held_cash,
        group_value=exposure.group_value,
        total_value=exposure.total_value,
    )


@rule
def write_halt(journal: Journal, row: int, watch: Watch) -> None:
    """Record the decision that halted the account."""
    journal.halt[0] = float(row)
    journal.halt[1] = watch.equity
    journal.halt[2] = watch.peak
