"""Why a candle's decision was what it was, and why nothing more happened then."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from argusnexus.errors import LedgerError
from argusnexus.model.candles import Granularity
from argusnexus.model.times import MICROSECOND, from_ns
from argusnexus.report.answerable import answerable
from argusnexus.report.why.answers import Circumstances, answer
from argusnexus.report.why.around import INSTANT, afterwards, in_this_candle
from argusnexus.report.why.decision import decision_story
from argusnexus.report.why.moment import Moment, halt_of, held_position, pending_entry, warm_up
from argusnexus.report.why.source import read_source
from argusnexus.report.why.story import CandleStory
from argusnexus.report.why.words import when

if TYPE_CHECKING:
    from datetime import datetime

    from argusnexus.model.decisions import Decision
    from argusnexus.model.runs import Run
    from argusnexus.truth.queries import LedgerReader

_EARLIEST = from_ns(0) + timedelta(days=1)  # no candle is older, and times before it have no room for one


def explain_candle(reader: LedgerReader, run_id: str, symbol: str, asked: datetime) -> CandleStory:
    """The newest decision on a symbol at or before a time, and why nothing more happened then.

    Raises:
        UnknownRunError: if the ledger has no such run.
        LedgerError: if the run has no such symbol, or no decision at that time (the message names the range), or a
            row of it can't be read.
    """
    with answerable(f"{symbol} at {when(asked)} can't be explained"):
        return _story(reader, run_id, symbol, asked)


def _story(reader: LedgerReader, run_id: str, symbol: str, asked: datetime) -> CandleStory:
    source = read_source(reader, run_id, symbol)
    run = reader.run(run_id)
    before, decision = _newest_two(reader, run, symbol, asked)
    moment = Moment(source, run, decision, decision_story(decision, source))
    around = Circumstances(warm_up(moment), pending_entry(moment), held_position(moment), halt_of(moment))
    return CandleStory(
        run_id=run_id,
        symbol=symbol,
        asked=asked,
        exact=decision.timestamp == asked,
        answer=tuple(answer(moment.told, around, source.units)),
        decision=moment.told,
        in_this_candle=tuple(in_this_candle(moment, before)) if before else (),
        afterwards=tuple(afterwards(moment)),
        warm_up=around.warm_up,
        pending_entry=around.pending_entry,
        position=around.position,
        halt=around.halt,
        units=source.units,
        notices=source.notices,
    )


def _newest_two(
    reader: LedgerReader, run: Run, symbol: str, asked: datetime
) -> tuple[Decision | None, Decision]:
    """The newest decision at or before a time, and the one before it; mostly from one look at the tape."""
    start = asked - 2 * _candle(run) if asked > _EARLIEST else asked
    near = list(reader.decisions(run.run_id, symbol, start, asked))
    if not near or asked >= near[-1].timestamp + _candle(run):
        _refuse_outside(reader, run, symbol, asked)
    if len(near) > 1:
        return near[-2], near[-1]
    newest = reader.decision_before(run.run_id, symbol, asked)
    try:
        return reader.decision_before(run.run_id, symbol, newest.timestamp - INSTANT), newest
    except LedgerError:  # it is the first
        return None, newest


def _candle(run: Run) -> timedelta:
    return timedelta(microseconds=Granularity.parse(run.granularity).ns // MICROSECOND)


def _refuse_outside(reader: LedgerReader, run: Run, symbol: str, asked: datetime) -> None:
    """A LedgerError for a time at which the run has no candle yet, or none any more."""
    span = reader.decision_span(run.run_id, symbol)
    if span and not span[0] <= asked < span[1] + _candle(run):
        raise LedgerError(
            f"Run {run.run_id} decided on {symbol} from {when(span[0])} to {when(span[1])}: expected a time in that "
            f"range, was {when(asked)}."
        )
