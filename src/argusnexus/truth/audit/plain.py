"""Stories that need no vote: every row is, to the letter, what the others make it."""

from __future__ import annotations

from collections import defaultdict
from operator import attrgetter, eq
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.model.trades import ExitReason
from argusnexus.money import amount, multiples_of
from argusnexus.truth.audit.context import context_texts
from argusnexus.truth.audit.findings import UNUSABLE
from argusnexus.truth.audit.records import records
from argusnexus.truth.audit.stories import Extremes, FillFacts, PlanFacts, StoredRows, Story
from argusnexus.truth.episode_cells import TAKER, EpisodeCells
from argusnexus.truth.episode_columns import (
    Alike,
    Endings,
    Entries,
    EpisodeRows,
    Executions,
    MarketExits,
    Plans,
    amounts,
)
from argusnexus.truth.tables import FILLS, ORDERS, TRADES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from argusnexus.money import Amount
    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.context import ContextTexts, PlanTexts
    from argusnexus.truth.audit.episodes import Episode
    from argusnexus.truth.audit.stories import SymbolRules
    from argusnexus.truth.episode_columns import Amounts

_STOP_LOSS, _TAKE_PROFIT = ExitReason.STOP_LOSS.label, ExitReason.TAKE_PROFIT.label
_EMERGENCY = ExitReason.EMERGENCY.label
_EXIT_REASONS = {reason.label for reason in ExitReason}

_VALUES = attrgetter("values")
_CLIENT_ID = ORDERS.places["client_order_id"]
_FIRST_MADE = StoredRows._fields.index(EpisodeRows._fields[0])
"""Where the rows begin that an entry's decision is followed by, in the same order."""

_MAE, _MFE, _AMBIGUOUS = (TRADES.places[name] for name in ("mae", "mfe", "ambiguous"))
_TIME, _PRICE, _LIQUIDITY = (FILLS.places[name] for name in ("timestamp", "price", "liquidity"))


class _Shape(NamedTuple):
    """What happened to an entry."""

    settled: bool
    bought: bool
    left: bool
    closed: bool


class _Case(NamedTuple):
    """An entry, its rows, and what its decision says."""

    episode: Episode
    stored: StoredRows
    context: ContextTexts
    plan: PlanTexts


class PlainStories:
    """Tells the stories of one symbol's entries from what their rows say.

    A vote among rows that all agree comes to what each of them says. Where one says anything else than the others make
    it there is no plain story: then it takes the vote to tell which of them is wrong.
    """

    def __init__(self, symbol: SymbolRules) -> None:
        self._symbol = symbol
        self._cells = EpisodeCells(symbol.rows, symbol.entry_type)
        self._price = multiples_of(symbol.rows.product.quote_increment)
        self._size = multiples_of(symbol.rows.product.base_increment)

    def of(self, known: Sequence[tuple[Episode, StoredRows]]) -> list[Story | None]:
        """None where there is no plain one."""
        stories: list[Story | None] = [None] * len(known)
        cases: dict[_Shape, dict[int, _Case]] = defaultdict(dict)
        for place, (episode, stored) in enumerate(known):
            context = context_texts(stored.decision) if stored.decision else None
            shape = _shape(episode, stored)
            if shape and context and context.plan:
                cases[shape][place] = _Case(episode, stored, context, context.plan)
        for shape, alike in cases.items():
            for place, story in zip(alike, self._stories(shape, list(alike.values())), strict=True):
                stories[place] = story
        return stories

    def _stories(self, shape: _Shape, cases: Sequence[_Case]) -> list[Story | None]:
        """Of cases of one shape; those that make no sense are found by halves."""
        try:
            return self._told(shape, cases)
        except UNUSABLE:
            if len(cases) == 1:
                return [None]
            half = len(cases) // 2
            return self._stories(shape, cases[:half]) + self._stories(shape, cases[half:])

    def _told(self, shape: _Shape, cases: Sequence[_Case]) -> list[Story | None]:
        plans = self._plans([case.plan for case in cases])
        entries = self._entries(cases, plans)
        if not shape.bought:
            closed, settled = self._symbol.times.closed, [case.episode.settled for case in cases]
            expired = [closed[line] for line in settled if line is not None]
            return self._proven(cases, Alike(entries, expired or None))
        alike = Alike(
            entries,
            bought=self._executions([case.stored.bought for case in cases]),
            leaving=self._market_exits(cases) if shape.left else None,
        )
        if shape.closed:
            sold = self._executions([case.stored.sold for case in cases])
            alike = alike._replace(sold=sold, endings=self._endings(cases, plans, sold))
        return self._proven(cases, alike)

    def _proven(self, cases: Sequence[_Case], alike: Alike) -> list[Story | None]:
        """The stories whose rows are right."""
        nothing = [None] * len(cases)
        entered = alike.bought and self._facts([case.episode.settled for case in cases], alike.bought)
        left = alike.sold and self._facts([case.episode.closed for case in cases], alike.sold)
        if alike.leaving and left and not all(fill.at_open for fill in left):
            raise ValueError("expected market exits at the open")
        ended = alike.endings
        columns = zip(
            _right(cases, self._cells.rows(alike)),
            cases,
            records(PlanFacts, *(column.exact for column in alike.entries.plans)),
            entered or nothing,
            left or nothing,
            ended.reasons if ended else nothing,
            records(Extremes, ended.mae.exact, ended.mfe.exact, ended.ambiguous) if ended else nothing,
            strict=True,
        )
        return [
            Story(self._symbol, case.episode, case.stored, plan, bought, sold, reason, extremes, case.context)
            if right
            else None
            for right, case, plan, bought, sold, reason, extremes in columns
        ]

    def _plans(self, texts: Sequence[PlanTexts]) -> Plans:
        entry, quantity, stop, take_profit = zip(*texts, strict=True)
        return Plans(
            _on_grid(entry, self._price),
            _on_grid(stop, self._price),
            _on_grid(take_profit, self._price),
            _on_grid(quantity, self._size),
        )

    def _entries(self, cases: Sequence[_Case], plans: Plans) -> Entries:
        times, lines = self._symbol.times, [case.episode.entry for case in cases]
        return Entries(
            [times.ids[line] for line in lines],
            [_client_id(case.stored.entry) for case in cases],
            [times.closed[line] for line in lines],
            plans,
        )

    def _executions(self, rows: Sequence[StoredRow | None]) -> Executions:
        """What fills' rows say that no other row does."""
        cells = [_existing(row).values for row in rows]
        return Executions(
            [str(values[_TIME]) for values in cells],
            amounts(self._price([float(str(values[_PRICE])) for values in cells])),
            [values[_LIQUIDITY] == TAKER for values in cells],
        )

    def _facts(self, lines: Sequence[int | None], by: Executions) -> list[FillFacts]:
        """Executions in the candles of lines."""
        opened, closed = self._symbol.times.opened, self._symbol.times.closed
        at_open = [
            line is not None and time == opened[line] for line, time in zip(lines, by.times, strict=True)
        ]
        for line, time, opening in zip(lines, by.times, at_open, strict=True):
            if line is None or not (opening or time == closed[line]):
                raise ValueError("expected a fill at a candle's open or close")
        return list(records(FillFacts, lines, by.prices.exact, by.takers, at_open))

    def _market_exits(self, cases: Sequence[_Case]) -> MarketExits:
        times, lines = self._symbol.times, [case.episode.left or 0 for case in cases]
        return MarketExits(
            [times.ids[line] for line in lines],
            [_client_id(case.stored.exit) for case in cases],
            [times.closed[line] for line in lines],
            [not case.episode.emergency for case in cases],
        )

    def _endings(self, cases: Sequence[_Case], plans: Plans, sold: Executions) -> Endings:
        """What only candles could tell is taken as recorded."""
        trades = [_existing(case.stored.trade).values for case in cases]
        prices = zip(cases, sold.prices.exact, plans.take_profit.exact, strict=True)
        mae, mfe = (amounts([amount(str(values[place])) for values in trades]) for place in (_MAE, _MFE))
        return Endings(
            [self._exit_reason(case.episode, price, target) for case, price, target in prices],
            mae,
            mfe,
            [bool(values[_AMBIGUOUS]) for values in trades],
        )

    def _exit_reason(self, episode: Episode, sold: Amount, take_profit: Amount) -> str:
        left, tape = episode.left, self._symbol.tape
        if left is None:
            return _TAKE_PROFIT if sold >= take_profit else _STOP_LOSS
        reason = _EMERGENCY if episode.emergency else tape.reasons[int(tape.reason[left])]
        if reason not in _EXIT_REASONS:
            raise ValueError("expected the reason of an exit")
        return reason


def _shape(episode: Episode, stored: StoredRows) -> _Shape | None:
    """None where there are rows too many or too few."""
    settled, left, closed = (line is not None for line in (episode.settled, episode.left, episode.closed))
    _, entry, *others = stored
    if stored.bought is None:
        alone = not episode.held and not any(others)
        return _Shape(settled, False, False, False) if entry and alone else None
    expected = (True, left, True, closed, True)
    whole = entry and settled and tuple(row is not None for row in others) == expected
    return _Shape(True, True, left, closed) if whole else None


def _right(cases: Sequence[_Case], made: EpisodeRows) -> Iterator[bool]:
    """Whether all rows of an entry are as they should be."""
    stored = list(zip(*(case.stored for case in cases), strict=True))[_FIRST_MADE:]
    tables = [map(eq, map(_VALUES, rows), cells) for rows, cells in zip(stored, made, strict=True) if cells]
    return map(all, zip(*tables, strict=True))


def _existing(row: StoredRow | None) -> StoredRow:
    if row is None:
        raise ValueError("expected a row")
    return row


def _client_id(row: StoredRow | None) -> str:
    client_id = _existing(row).values[_CLIENT_ID]
    if not isinstance(client_id, str):
        raise TypeError("expected an id")
    return client_id


def _on_grid(texts: Sequence[str], read: Callable[[Sequence[float]], list[Amount]]) -> Amounts:
    """The exact prices or quantities that recorded floats are the nearest to."""
    values = list(map(float, texts))
    exact = read(values)
    if list(map(float, exact)) != values:
        raise ValueError("expected multiples of the increment")
    return amounts(exact)
