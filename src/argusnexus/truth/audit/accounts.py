"""An account's cash, equity and exposure at each of its decisions, from its fills and the tape's closes.

The same float64 operations in the same order as the step's, so that every figure is the recorded one to its last bit.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus.engine.account import Exposure
from argusnexus.engine.apply import apply
from argusnexus.engine.setup import start_account
from argusnexus.engine.state import Account, Event, EventKind, Plan, Realised, State, Watch, flat_state, moved
from argusnexus.model.decisions import Phase
from argusnexus.model.times import DAY
from argusnexus.model.trades import ExitReason
from argusnexus.risk.layers import reaches_drawdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.engine.state import Params
    from argusnexus.model.candles import FloatColumn, IntColumn
    from argusnexus.truth.audit.rules import Rules
    from argusnexus.truth.audit.stories import FillFacts, Story
    from argusnexus.truth.tape import TapeTable


class _Flow(NamedTuple):
    """A fill, in the order in which the step came to it."""

    moment: int
    place: int
    number: int
    story: Story
    facts: FillFacts


class Halted(NamedTuple):
    """The decision that reached the drawdown limit: its moment, its symbol's place, and the account then."""

    moment: int
    place: int
    equity: float
    peak: float


@dataclass(frozen=True, slots=True, eq=False)
class AccountHistory:
    """One account over all its decisions.

    Attributes:
        times: of the decisions, nanoseconds since the epoch, each once.
        waiting, promised: value of each symbol's pending entry for decisions of symbols that come before it at the same
            time (and for its own), and of those that come after it.
        held: value of each symbol's position.
        submissions: (moment, place) of every entry, in order.
    """

    symbols: tuple[str, ...]
    params: tuple[Params, ...]
    groups: tuple[str, ...]
    start: Account
    times: IntColumn
    cash: FloatColumn
    equity: FloatColumn
    peak: FloatColumn
    day_base: FloatColumn
    realised_day: IntColumn
    realised: FloatColumn
    waiting: tuple[FloatColumn, ...]
    promised: tuple[FloatColumn, ...]
    held: tuple[FloatColumn, ...]
    submissions: tuple[tuple[int, int], ...]
    halted: Halted | None

    def at(self, place: int, moment: int) -> tuple[Account, Exposure]:
        """What the decision on a symbol at a moment was made on."""
        row = int(np.searchsorted(self.times, moment))
        submitted = bisect_left(self.submissions, (moment, place))
        remembered = len(self.start.submissions)
        recent = [
            submission for submission, _ in self.submissions[max(0, submitted - remembered) : submitted]
        ]
        watch = Watch(
            peak=self.peak[row].item(),
            equity=self.equity[row].item(),
            day=moment // DAY,
            day_base=self.day_base[row].item(),
            halted=self.halted is not None and (moment, place) > self.halted[:2],
        )
        realised = Realised(int(self.realised_day[row]), self.realised[row].item())
        missing = self.start.submissions[len(recent) :]
        account = Account(self.cash[row].item(), realised, watch, (*missing, *recent))
        return account, self._exposure(place, row)

    def equity_at(self, tape: TapeTable) -> FloatColumn:
        """The equity at each line of a symbol's tape."""
        return self.equity[np.searchsorted(self.times, tape.as_of)]

    def _exposure(self, place: int, row: int) -> Exposure:
        held = group = total = 0.0
        for other, params in enumerate(self.params):
            pending = (self.promised if other < place else self.waiting)[other][row].item()
            value = self.held[other][row].item() + pending
            held += pending * (1.0 + params.costs.taker_fee)
            total += value
            if self.groups[other] == self.groups[place]:
                group += value
        return Exposure(held, group, total)


def account_history(
    rules: Rules, symbols: tuple[str, ...], tapes: Sequence[TapeTable], stories: Sequence[Sequence[Story]]
) -> AccountHistory:
    """The history of the account that the symbols share; `tapes` and `stories` are theirs, in order."""
    params = tuple(rules.params(symbol) for symbol in symbols)
    start = start_account(rules.capital, rules.risk, rules.granularity, len(symbols))
    times = _times(tapes)
    cash, realised_day, realised = _cash(start, params, times, _flows(stories))
    pairs = list(zip(tapes, stories, strict=True))
    held = tuple(_held(tape, told, times) for tape, told in pairs)
    equity = cash.copy()
    for value in held:
        equity += value
    peak = np.maximum(np.maximum.accumulate(equity), start.watch.peak)
    return AccountHistory(
        symbols=symbols,
        params=params,
        groups=tuple(rules.risk.group_of(symbol) for symbol in symbols),
        start=start,
        times=times,
        cash=cash,
        equity=equity,
        peak=peak,
        day_base=_day_base(times, equity, start.watch.day_base),
        realised_day=realised_day,
        realised=realised,
        waiting=tuple(_pending(tape, told, times, after=False) for tape, told in pairs),
        promised=tuple(_pending(tape, told, times, after=True) for tape, told in pairs),
        held=held,
        submissions=_submissions(pairs),
        halted=_halted(times, equity, peak, rules.risk.limits.max_drawdown, tapes),
    )


def _times(tapes: Sequence[TapeTable]) -> IntColumn:
    """Every time at which one of the symbols decided, once."""
    times = np.sort(
        np.concatenate([tape.as_of for tape in tapes]), kind="stable"
    )  # runs that are sorted already
    fresh = np.ones(len(times), np.bool_)
    fresh[1:] = times[1:] != times[:-1]
    return times[fresh]


def _flows(stories: Sequence[Sequence[Story]]) -> list[_Flow]:
    flows = [
        _Flow(int(story.rules.tape.as_of[facts.line]), place, 2 * number + sold, story, facts)
        for place, told in enumerate(stories)
        for number, story in enumerate(told)
        for sold, facts in enumerate((story.bought, story.sold))
        if facts is not None
    ]
    return sorted(flows, key=lambda flow: flow[:3])


def _cash(
    account: Account, params: tuple[Params, ...], times: IntColumn, flows: list[_Flow]
) -> tuple[FloatColumn, IntColumn, FloatColumn]:
    """Cash, and the day and sum of the newest realised net P&L, at each time."""
    states = [flat_state() for _ in params]
    seen = [account]
    for flow in flows:
        done = apply(
            _before(states[flow.place], flow),
            account,
            _event(flow, params[flow.place]),
            flow.story.rules.candle(flow.facts.line),
        )
        states[flow.place], account = done.state, done.account
        seen.append(account)
    moments = np.array([flow.moment for flow in flows], np.int64)
    newest = np.searchsorted(moments, times, side="right")
    return (
        np.array([one.cash for one in seen])[newest],
        np.array([one.realised.day for one in seen])[newest],
        np.array([one.realised.net_pnl for one in seen])[newest],
    )


def _before(state: State, flow: _Flow) -> State:
    """The state that a fill met: its entry waiting, or its position open."""
    if flow.facts is not flow.story.bought:
        return state
    facts = flow.story.plan
    plan = Plan(
        submitted_index=flow.story.episode.entry,
        entry=float(facts.entry),
        stop=float(facts.stop),
        take_profit=float(facts.take_profit),
        limit_floor=0.0,
        quantity=float(facts.quantity),
    )
    return moved(state, Phase.ENTRY_PENDING.value, plan, state.position, ExitReason.NONE.value, -1)


def _event(flow: _Flow, params: Params) -> Event:
    bought = flow.facts is flow.story.bought
    costs = params.costs
    return Event(
        kind=(EventKind.ENTRY_FILLED if bought else EventKind.EXIT_FILLED).value,
        reason=ExitReason.NONE.value,
        price=float(flow.facts.price),
        fee_rate=costs.taker_fee if flow.facts.taker else costs.maker_fee,
        taker=flow.facts.taker,
        at_open=flow.facts.at_open,
        ambiguous=False,
    )


def _held(tape: TapeTable, stories: Sequence[Story], times: IntColumn) -> FloatColumn:
    """What a symbol's position was worth at each time; 0 when there was none."""
    marked = np.searchsorted(tape.as_of, times, side="right") - 1
    marks = np.where(marked >= 0, tape.close[np.maximum(marked, 0)], 0.0)
    value = np.zeros(len(times))
    for story in stories:
        if story.bought is not None:
            span = slice(*_rows(tape, times, story.bought.line, story.sold.line if story.sold else None))
            value[span] = float(story.plan.quantity) * marks[span]
    return value


def _pending(tape: TapeTable, stories: Sequence[Story], times: IntColumn, *, after: bool) -> FloatColumn:
    """What a symbol's pending entry was worth at each time, after or before that time's own decision."""
    value = np.zeros(len(times))
    for story in stories:
        first, last = _rows(tape, times, story.episode.entry, story.episode.settled)
        value[(first if after else first + 1) : last] = float(story.plan.quantity) * float(story.plan.entry)
    return value


def _rows(tape: TapeTable, times: IntColumn, first: int, last: int | None) -> tuple[int, int]:
    """The times from one line up to another one, not included."""
    end = len(times) if last is None else int(np.searchsorted(times, tape.as_of[last]))
    return int(np.searchsorted(times, tape.as_of[first])), end


def _day_base(times: IntColumn, equity: FloatColumn, start: float) -> FloatColumn:
    """The equity at the last decision before each time's day."""
    days = times // DAY
    first = np.searchsorted(days, days)
    return np.where(first > 0, equity[first - 1], start)


def _submissions(pairs: list[tuple[TapeTable, Sequence[Story]]]) -> tuple[tuple[int, int], ...]:
    return tuple(
        sorted(
            (int(tape.as_of[story.episode.entry]), place)
            for place, (tape, told) in enumerate(pairs)
            for story in told
        )
    )


def _halted(
    times: IntColumn, equity: FloatColumn, peak: FloatColumn, limit: float, tapes: Sequence[TapeTable]
) -> Halted | None:
    drawdown: Any = (peak - equity) / peak
    reached = np.flatnonzero(reaches_drawdown(drawdown, limit))
    if not len(reached):
        return None
    row = int(reached[0])
    moment = int(times[row])
    place = next(place for place, tape in enumerate(tapes) if moment in tape.as_of)
    return Halted(moment, place, equity[row].item(), peak[row].item())
