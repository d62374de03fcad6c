"""An account's cash, equity and exposure at each of its decisions, from its fills and the tape's closes.

The same float64 operations in the same order as the step's, so that every figure is the recorded one to its last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus.engine.account import Exposure
from argusnexus.engine.setup import start_account
from argusnexus.engine.state import Account, Realised, Watch
from argusnexus.model.decisions import DecisionResult
from argusnexus.model.times import DAY
from argusnexus.risk.layers import reaches_drawdown
from argusnexus.truth.audit.records import records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from argusnexus.engine.state import Costs, Params
    from argusnexus.model.candles import FloatColumn, IntColumn
    from argusnexus.money import Amount
    from argusnexus.truth.audit.rules import Rules
    from argusnexus.truth.audit.stories import Story
    from argusnexus.truth.tape import TapeTable


class _Flows(NamedTuple):
    """Fills, column by column; money in quote currency.

    Attributes:
        moments, places, numbers: what the step's order goes by.
        rates: of the fee, by the notional.
        known_at: when the fills were known.
    """

    moments: npt.NDArray[Any]
    places: npt.NDArray[Any]
    numbers: npt.NDArray[Any]
    sold: npt.NDArray[Any]
    quantities: npt.NDArray[Any]
    prices: npt.NDArray[Any]
    rates: npt.NDArray[Any]
    known_at: npt.NDArray[Any]


class _Balances(NamedTuple):
    """The account before the first fill, and after each one: its cash, the newest day of an exit, and that day's net P&L."""

    cash: FloatColumn
    day: IntColumn
    realised: FloatColumn


class _Spans(NamedTuple):
    """A value from one moment up to another one, not included, a row each; the largest integer is the tape's end."""

    first: IntColumn
    last: IntColumn
    values: FloatColumn


_END = np.iinfo(np.int64).max
_NOTHING = (0.0, 0.0, 0.0)


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
        all_times, all_equity: of the decisions, each once.
        times: of those decisions that aren't HOLD, as all columns below.
        waiting, promised: value of each symbol's pending entry for decisions of symbols that come before it at the same
            time (and for its own), and of those that come after it.
        held: value of each symbol's position.
        submissions: the moment of every entry, in order; as many nanoseconds later as its symbol's place, which no
            candle is as short as.
        remembered: what the account remembered at the start, and the moment of every entry.
    """

    symbols: tuple[str, ...]
    params: tuple[Params, ...]
    groups: tuple[str, ...]
    start: Account
    all_times: IntColumn
    all_equity: FloatColumn
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
    submissions: IntColumn
    remembered: tuple[int, ...]
    halted: Halted | None

    def at(self, place: int, moment: int) -> tuple[Account, Exposure]:
        """What the decision on a symbol at a moment was made on."""
        (before,) = self.each_at(place, np.array([moment], np.int64))
        return before

    def each_at(self, place: int, moments: IntColumn) -> Iterator[tuple[Account, Exposure]]:
        """As `at`, for many moments."""
        rows = np.searchsorted(self.times, moments)
        peak, equity, day_base, day, realised, cash = (
            column[rows].tolist()
            for column in (self.peak, self.equity, self.day_base, self.realised_day, self.realised, self.cash)
        )
        watches = records(
            Watch, peak, equity, (moments // DAY).tolist(), day_base, self._was_halted(place, moments)
        )
        submissions = self._submitted_before(place, moments)
        accounts = records(Account, cash, records(Realised, day, realised), watches, submissions)
        exposures = records(Exposure, *(column.tolist() for column in self._exposure(place, rows)))
        return zip(accounts, exposures, strict=True)

    def _was_halted(self, place: int, moments: IntColumn) -> list[bool]:
        """Whether trading was halted before each decision."""
        if self.halted is None:
            return [False] * len(moments)
        moment, halting, *_ = self.halted
        halted: list[bool] = ((moments > moment) | ((moments == moment) & (place > halting))).tolist()
        return halted

    def _submitted_before(self, place: int, moments: IntColumn) -> Iterator[tuple[int, ...]]:
        """As many of the newest submissions as the account remembers."""
        before = np.searchsorted(self.submissions, moments + place)
        remembered = len(self.start.submissions)
        return (self.remembered[last : last + remembered] for last in before.tolist())

    def equity_at(self, tape: TapeTable) -> FloatColumn:
        """The equity at each line of a symbol's tape."""
        if np.array_equal(self.all_times, tape.as_of):
            return self.all_equity
        return self.all_equity[np.searchsorted(self.all_times, tape.as_of)]

    def _exposure(self, place: int, rows: IntColumn) -> tuple[FloatColumn, FloatColumn, FloatColumn]:
        """The columns of `Exposure`."""
        held, group, total = (np.zeros(len(rows)) for _ in Exposure._fields)
        for other, params in enumerate(self.params):
            pending = (self.promised if other < place else self.waiting)[other][rows]
            value = self.held[other][rows] + pending
            held += pending * (1.0 + params.costs.taker_fee)
            total += value
            if self.groups[other] == self.groups[place]:
                group += value
        return held, group, total


def account_history(
    rules: Rules, symbols: tuple[str, ...], tapes: Sequence[TapeTable], stories: Sequence[Sequence[Story]]
) -> AccountHistory:
    """The history of the account that the symbols share; `tapes` and `stories` are theirs, in order."""
    params = tuple(rules.params(symbol) for symbol in symbols)
    start = start_account(rules.capital, rules.risk, rules.granularity, len(symbols))
    times = _times([tape.as_of for tape in tapes])
    decided = _times([tape.as_of[tape.result != DecisionResult.HOLD] for tape in tapes])
    chosen = np.searchsorted(times, decided)
    flows = _flows(tapes, stories, params)
    balances = _balances(start, flows)
    equity = _after_each(flows.moments, balances.cash, times)
    newest = np.searchsorted(flows.moments, decided, side="right")
    pairs = list(zip(tapes, stories, strict=True))
    held = []
    for tape, told in pairs:
        value = _held(tape, told, times)
        equity += value
        held.append(value[chosen])
    peak = np.maximum(np.maximum.accumulate(equity), start.watch.peak)
    pending = [_pending(tape, told) for tape, told in pairs]
    submitted = [spans.first for spans in pending]
    return AccountHistory(
        symbols=symbols,
        params=params,
        groups=tuple(rules.risk.group_of(symbol) for symbol in symbols),
        start=start,
        all_times=times,
        all_equity=equity,
        times=decided,
        cash=balances.cash[newest],
        equity=equity[chosen],
        peak=peak[chosen],
        day_base=_day_base(times, equity, start.watch.day_base, chosen),
        realised_day=balances.day[newest],
        realised=balances.realised[newest],
        waiting=tuple(_over(spans._replace(first=spans.first + 1), decided) for spans in pending),
        promised=tuple(_over(spans, decided) for spans in pending),
        held=tuple(held),
        submissions=np.sort(np.concatenate([moments + place for place, moments in enumerate(submitted)])),
        remembered=(*start.submissions, *np.sort(np.concatenate(submitted)).tolist()),
        halted=_halted(times, equity, peak, rules.risk.limits.max_drawdown, tapes),
    )


def _times(decided: Sequence[IntColumn]) -> IntColumn:
    """Every time of all symbols, once."""
    joined = np.concatenate(decided)
    if (joined[1:] > joined[:-1]).all():  # those of one symbol
        return joined
    times = np.sort(joined, kind="stable")  # runs that are sorted already
    fresh = np.ones(len(times), np.bool_)
    fresh[1:] = times[1:] != times[:-1]
    return times[fresh]


def _flows(
    tapes: Sequence[TapeTable], stories: Sequence[Sequence[Story]], params: Sequence[Params]
) -> _Flows:
    """All fills, in the order in which the step came to them."""
    accounts = zip(tapes, stories, params, strict=True)
    parts = [_flows_of(place, tape, told, own.costs) for place, (tape, told, own) in enumerate(accounts)]
    flows = _Flows(*map(np.concatenate, zip(*parts, strict=True)))
    order = np.lexsort((flows.numbers, flows.places, flows.moments))
    return _Flows(*(column[order] for column in flows))


def _flows_of(place: int, tape: TapeTable, stories: Sequence[Story], costs: Costs) -> _Flows:
    fills = [
        (2 * number + sold, story.plan.quantity, *fill)
        for number, story in enumerate(stories)
        for sold, fill in enumerate((story.bought, story.sold))
        if fill is not None
    ]
    numbers, quantities, lines, prices, taker, at_open = _columns(fills, 6)
    numbers, lines = numbers.astype(np.int64), lines.astype(np.int64)
    return _Flows(
        moments=tape.as_of[lines],
        places=np.full(len(fills), place),
        numbers=numbers,
        sold=numbers % 2 == 1,
        quantities=quantities,
        prices=prices,
        rates=np.where(taker, costs.taker_fee, costs.maker_fee),
        known_at=np.where(at_open, tape.open_time[lines], tape.as_of[lines]),
    )


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> npt.NDArray[Any]:
    """Rows of numbers as columns of floats, which hold lines and flags too."""
    return np.fromiter(chain.from_iterable(rows), np.float64, len(rows) * width).reshape(-1, width).T


def _balances(account: Account, flows: _Flows) -> _Balances:
    cash, (day, realised) = account.cash, account.realised
    cashes, days, sums = [cash], [day], [realised]
    held: dict[int, tuple[float, float, float]] = {}
    columns = (flows.places, flows.sold, flows.quantities, flows.prices, flows.rates, flows.known_at // DAY)
    for place, sold, quantity, price, rate, filled_on in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        if sold:
            bought, entry_price, entry_rate = held.pop(place, _NOTHING)
            proceeds = bought * price * (1.0 - rate)
            paid = bought * entry_price
            net_pnl = proceeds - paid - paid * entry_rate
            cash += proceeds
            realised = net_pnl if filled_on > day else realised + net_pnl if filled_on == day else realised
            day = max(day, filled_on)
        else:
            held[place] = quantity, price, rate
            cash -= quantity * price * (1.0 + rate)
        cashes.append(cash)
        days.append(day)
        sums.append(realised)
    return _Balances(np.array(cashes), np.array(days), np.array(sums))


def _after_each(moments: IntColumn, values: FloatColumn, times: IntColumn) -> FloatColumn:
    """At each time the value after the newest moment; there is one value more than moments, that before the first."""
    changes = np.searchsorted(times, moments)
    return np.repeat(values, np.diff(changes, prepend=0, append=len(times)))


def _held(tape: TapeTable, stories: Sequence[Story], times: IntColumn) -> FloatColumn:
    """What a symbol's position was worth at each time; 0 when there was none."""
    lives = [
        (one.bought.line, one.sold.line if one.sold else -1, one.plan.quantity)
        for one in stories
        if one.bought is not None
    ]
    value = _over(_spans(tape, lives), times)
    held = np.flatnonzero(value)
    value[held] *= _marks(tape, times)[held]
    return value


def _marks(tape: TapeTable, times: IntColumn) -> FloatColumn:
    """A symbol's newest close at each time; 0 before its first."""
    if len(times) == len(
        tape.as_of
    ):  # the times of an account are all its symbols' times: those of the only one
        return tape.close
    marked = np.searchsorted(tape.as_of, times, side="right") - 1
    return np.where(marked >= 0, tape.close[np.maximum(marked, 0)], 0.0)


def _pending(tape: TapeTable, stories: Sequence[Story]) -> _Spans:
    """What a symbol's entries were worth while they waited, from the decision on."""
    lives = [
        (
            one.episode.entry,
            -1 if one.episode.settled is None else one.episode.settled,
            float(one.plan.quantity) * float(one.plan.entry),
        )
        for one in stories
    ]
    return _spans(tape, lives)


def _spans(tape: TapeTable, lives: Sequence[tuple[int, int, float | Amount]]) -> _Spans:
    """From lines, of which -1 is the tape's end."""
    first, last, values = _columns(lives, 3)
    starts, ends = (tape.as_of[lines.astype(np.int64)] for lines in (first, last))
    return _Spans(starts, np.where(last < 0, _END, ends), values)


def _over(spans: _Spans, times: IntColumn) -> FloatColumn:
    """The values at ordered times, a later span's in place of an earlier one's; 0 elsewhere."""
    column = np.zeros(len(times))
    first, last = (np.searchsorted(times, moments).tolist() for moments in spans[:2])
    for start, end, value in zip(first, last, spans.values.tolist(), strict=True):
        column[start:end] = value
    return column


def _day_base(times: IntColumn, equity: FloatColumn, start: float, chosen: IntColumn) -> FloatColumn:
    """The equity at the last decision before each chosen time's day."""
    days = times // DAY
    first = np.searchsorted(days, days[chosen])
    return np.where(first > 0, equity[first - 1], start)


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
