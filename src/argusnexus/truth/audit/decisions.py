"""Decisions made again: from the tape, the account as its fills leave it, and the candle that the row recorded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from argusnexus.engine.codes import ENTRY, EXIT, EXIT_PENDING, IDLE, LONG, NO_EXIT, REFUSED
from argusnexus.engine.decide import NO_PROPOSAL, Outcome
from argusnexus.engine.entry import consider_entry
from argusnexus.engine.journal import decision_record
from argusnexus.engine.state import NO_PLAN, NO_POSITION, Signal, State, moved
from argusnexus.model.decisions import Reason
from argusnexus.money import NOISE
from argusnexus.truth.audit.stories import said
from argusnexus.truth.audit.votes import agreed

if TYPE_CHECKING:
    from argusnexus.engine.account import Exposure
    from argusnexus.engine.journal import DecisionRecord
    from argusnexus.engine.state import Account, Params
    from argusnexus.model.candles import Candle
    from argusnexus.model.decisions import Decision
    from argusnexus.money import Amount
    from argusnexus.risk.layers import TenFloats
    from argusnexus.truth.audit.accounts import AccountHistory
    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.stories import Story, SymbolRules
    from argusnexus.truth.tape import TapeTable

_COOLDOWN = 5  # place of the layer whose value is the time since the breaker tripped
_MINUTE = 60e9
_PRICES = ("open", "high", "low", "volume")
_NO_PLAN = {"entry": 0.0, "stop": 0.0, "take_profit": 0.0}
"""What an entry that isn't above 0 leaves: such a plan is refused, and not recorded."""

EXITS = {reason.label: reason for reason in (Reason.CHANDELIER, Reason.CHANNEL, Reason.SIGNAL)}


class Remade(NamedTuple):
    """A decision as it should be, and the candle that it rests on."""

    decision: Decision
    candle: Candle
    tripped_at: int


def remade_entry(
    rules: SymbolRules, history: AccountHistory, place: int, line: int, row: StoredRow, story: Story | None
) -> Remade:
    """The decision on an entry signal, taken or refused.

    Raises:
        KeyError, TypeError, ValueError: if the row doesn't say what must be known.
    """
    context = row.read("market_context")
    candle = _candle(rules, line, context)
    tripped = _tripped_at(candle, row)
    before = history.at(place, candle.close_time)
    signal = long_signal(*(_planned(context) if story is None else story.plan[:3]))
    record, layers = considered(line, signal, candle, tripped, before, history.params[place])
    return Remade(rules.rows.decision(candle, record, layers, _seen(rules, line)), candle, tripped)


def considered(
    line: int,
    signal: Signal,
    candle: Candle,
    tripped_at: int,
    before: tuple[Account, Exposure],
    params: Params,
) -> tuple[DecisionRecord, tuple[TenFloats, TenFloats]]:
    """What comes of an entry signal, and the risk layers' values and limits."""
    state = _flat(tripped_at)
    proposal = consider_entry(state, signal, candle, *before, params)
    result = ENTRY if proposal.reason == LONG else REFUSED
    record = decision_record(line, Outcome(state, result, proposal.reason, proposal), *before)
    return record, (proposal.verdict.values, proposal.verdict.limits)


def remade_exit(
    rules: SymbolRules,
    history: AccountHistory,
    place: int,
    line: int,
    row: StoredRow,
    trade: StoredRow | None,
) -> Remade:
    """The decision to leave a position. Errors as in `remade_entry`."""
    candle = _candle(rules, line, row.read("market_context"))
    before = history.at(place, candle.close_time)
    record = leaving(
        line, _exit_reason(rules, line, row, trade), float(rules.tape.trailing_stop[line]), before
    )
    return Remade(rules.rows.decision(candle, record, ((), ()), _seen(rules, line)), candle, -1)


def leaving(
    line: int, reason: Reason, trailing_stop: float, before: tuple[Account, Exposure]
) -> DecisionRecord:
    """The decision to leave a position."""
    position = NO_POSITION._replace(trailing_stop=trailing_stop)
    state = moved(_flat(-1), EXIT_PENDING, NO_PLAN, position, NO_EXIT, line)
    return decision_record(line, Outcome(state, EXIT, reason.value, NO_PROPOSAL), *before)


def _flat(tripped_at: int) -> State:
    return State(IDLE, NO_PLAN, NO_POSITION, NO_EXIT, -1, 0.0, tripped_at)


def _candle(rules: SymbolRules, line: int, context: Any) -> Candle:
    """The candle as recorded; its times and close are the tape's."""
    recorded = context["candle"]
    opened, high, low, volume = (float(recorded[name]) for name in _PRICES)
    return rules.candle(line)._replace(open=opened, high=high, low=low, volume=volume)


def _planned(context: Any) -> list[float]:
    """The entry, stop and take profit of a signal that was refused."""
    plan = context.get("plan", _NO_PLAN)
    return [float(plan[name]) for name in _NO_PLAN]


def long_signal(entry: float | Amount, stop: float | Amount, take_profit: float | Amount) -> Signal:
    """The signal whose rounded prices are a plan's."""
    return Signal(True, float(entry), float(stop), float(take_profit), NO_EXIT, math.nan, 0)


def _tripped_at(candle: Candle, row: StoredRow) -> int:
    """When the breaker last tripped, as recorded: the candles that would tell are not in the ledger."""
    checks = row.read("risk_checks")
    return tripped_at(candle.close_time, checks[_COOLDOWN].value if checks else None)


def tripped_at(as_of: int, minutes: float | str | None) -> int:
    """When the breaker last tripped, by the minutes since; -1 for never."""
    return -1 if minutes is None else as_of - round(float(minutes) * _MINUTE)


def _seen(rules: SymbolRules, line: int) -> dict[str, float]:
    return {name: float(column[line]) for name, column in rules.tape.indicators.items()}


def _exit_reason(rules: SymbolRules, line: int, row: StoredRow, trade: StoredRow | None) -> Reason:
    """Below the trailing stop it is the chandelier's; else what most rows say."""
    if below_trailing_stop(rules.tape, line):
        return Reason.CHANDELIER
    taped = rules.tape.reasons[int(rules.tape.reason[line])]
    label = agreed([taped, said(row, "result_reason"), said(trade, "exit_reason")])
    return EXITS[str(label)]


def below_trailing_stop(tape: TapeTable, line: int) -> bool:
    """Whether the close is reason enough to leave, noise aside."""
    stop = tape.trailing_stop[line]
    return bool(tape.close[line] < stop - NOISE * abs(stop))
