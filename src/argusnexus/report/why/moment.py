"""What stood at one candle's close: a warm-up, a waiting entry, a position, a halt."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from argusnexus.model.decisions import Decision, DecisionResult, Phase, Reason, phase_after
from argusnexus.model.orders import OrderRole
from argusnexus.model.runs import CapitalMode
from argusnexus.report.figures import why_halted
from argusnexus.report.why.orders import order_story
from argusnexus.report.why.story import DecisionStory, HaltSince, HeldPosition, PendingEntry, WarmUp
from argusnexus.report.why.words import when

if TYPE_CHECKING:
    from datetime import datetime

    from argusnexus.model.runs import Halt, Run
    from argusnexus.money import Amount
    from argusnexus.report.why.source import Source

HOLDING = (Phase.POSITION_OPEN, Phase.EXIT_PENDING)


class Moment(NamedTuple):
    """One decision of a run, in its ledger and told."""

    source: Source
    run: Run
    decision: Decision
    told: DecisionStory

    @property
    def phase(self) -> Phase:
        """Where the decision left the engine."""
        return phase_of(self.decision)

    @property
    def at(self) -> tuple[str, str, datetime]:
        """Run, symbol and time, as the ledger asks for them."""
        return self.run.run_id, self.source.symbol, self.decision.timestamp


def phase_of(decision: Decision) -> Phase:
    """Where a decision leaves the engine."""
    return phase_after(decision.result, decision.result_reason)


def warm_up(moment: Moment) -> WarmUp | None:
    """Where the candle stands in the warm-up; None after it."""
    run_id, symbol, now = moment.at
    if moment.decision.result_reason != Reason.WARMUP.label:
        return None
    reader = moment.source.reader
    row = next((row for row in reader.run_symbols(run_id) if row.symbol == symbol), None)
    tradable_from = row.tradable_from if row else None
    end = tradable_from or (row.last_close_time if row else now)
    times = [decision.timestamp for decision in reader.decisions(run_id, symbol, end=end)]
    return WarmUp(
        candle=sum(time <= now for time in times),
        candles=sum(time != tradable_from for time in times),
        tradable_from=tradable_from,
    )


def pending_entry(moment: Moment) -> PendingEntry | None:
    """The entry that waits after this decision; None where none does."""
    if moment.phase is not Phase.ENTRY_PENDING:
        return None
    run_id, symbol, now = moment.at
    reader = moment.source.reader
    order = reader.pending_entry(run_id, symbol, now)
    if order is None:
        return None
    waited = sum(1 for _ in reader.decisions(run_id, symbol, order.submitted_at, now)) - 1
    return PendingEntry(order_story(order), waited, moment.source.terms.entry_ttl - waited)


def held_position(moment: Moment) -> HeldPosition | None:
    """The position at this decision; None where there is none."""
    if moment.phase not in HOLDING:
        return None
    trade = moment.source.reader.trade_open_at(*moment.at)
    if trade is None:
        return None
    close, trailing = moment.told.close, moment.told.trailing_stop
    leaving = moment.phase is Phase.EXIT_PENDING
    return HeldPosition(
        trade_id=trade.trade_id,
        quantity=trade.quantity,
        entry_timestamp=trade.entry_timestamp,
        entry_price=trade.entry_price,
        stop=trade.planned_stop,
        take_profit=trade.planned_take_profit,
        trailing_stop=trailing,
        to_stop=_from(close, trade.planned_stop),
        to_take_profit=_from(close, trade.planned_take_profit),
        to_trailing_stop=_from(close, trailing),
        leaving_since=_leaving_since(moment, trade.trade_id) if leaving else None,
    )


def _from(close: float | None, level: Amount | float | None) -> float | None:
    """How far the close is above (below: negative) a level, as a fraction of the level."""
    return close / float(level) - 1 if close is not None and level else None


def _leaving_since(moment: Moment, trade_id: str) -> datetime | None:
    """When the bracket was taken back for a market sell."""
    if moment.decision.result is DecisionResult.EXIT:
        return moment.decision.timestamp
    orders = moment.source.reader.walk(trade_id).orders
    return next((order.completed_at for order in orders if order.role is OrderRole.BRACKET), None)


def halt_of(moment: Moment) -> HaltSince | None:
    """The halt that this decision was made under, or that it caused."""
    halts = moment.source.reader.halts(moment.run.run_id)
    return next((_halt_since(halt) for halt in halts if _concerns(halt, moment)), None)


def _concerns(halt: Halt, moment: Moment) -> bool:
    _, symbol, now = moment.at
    shared = moment.run.capital_mode is CapitalMode.PORTFOLIO
    if symbol != halt.symbol and not shared:
        return False
    if now != halt.timestamp or symbol == halt.symbol:
        return now >= halt.timestamp
    order = moment.run.symbols
    return order.index(symbol) > order.index(halt.symbol)


def _halt_since(halt: Halt) -> HaltSince:
    return HaltSince(
        symbol=halt.symbol,
        timestamp=halt.timestamp,
        reason=halt.reason,
        words=f"trading halted at {when(halt.timestamp)} on {halt.symbol}: {why_halted(halt)}",
    )
