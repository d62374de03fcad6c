"""Stories that need no vote: every row is, to the letter, what the others make it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from argusnexus.model.trades import ExitReason
from argusnexus.money import multiples_of, plain
from argusnexus.truth.audit.context import context_texts
from argusnexus.truth.audit.findings import UNUSABLE
from argusnexus.truth.audit.stories import FillFacts, Story
from argusnexus.truth.episode_cells import (
    TAKER,
    Ending,
    Entry,
    EpisodeCells,
    Filled,
    MarketExit,
    PlanFacts,
    plan_texts,
)
from argusnexus.truth.tables import FILLS, ORDERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from argusnexus.money import Amount
    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.context import ContextTexts, PlanTexts
    from argusnexus.truth.audit.episodes import Episode
    from argusnexus.truth.audit.stories import StoredRows, SymbolRules
    from argusnexus.truth.codecs import SqlValue

_STOP_LOSS, _TAKE_PROFIT = ExitReason.STOP_LOSS.label, ExitReason.TAKE_PROFIT.label
_EMERGENCY = ExitReason.EMERGENCY.label
_EXIT_REASONS = {reason.label for reason in ExitReason}

_CLIENT_ID = ORDERS.places["client_order_id"]
_TIME, _PRICE, _LIQUIDITY = (FILLS.places[name] for name in ("timestamp", "price", "liquidity"))


class _Execution(NamedTuple):
    """A fill whose row is right."""

    facts: FillFacts
    filled: Filled


class _Said(NamedTuple):
    """What a fill's row says that no other row does."""

    time: str
    price: Amount
    taker: bool


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
        self._opened, self._closed = symbol.times.opened, symbol.times.closed

    def story(self, episode: Episode, stored: StoredRows) -> Story | None:
        """None where there is no plain one."""
        context = context_texts(stored.decision) if stored.decision else None
        if context is None:
            return None
        try:
            if stored.bought is None:
                return self._unfilled(episode, stored, context)
            return self._filled(episode, stored, stored.bought, context)
        except UNUSABLE:
            return None

    def _entry(self, episode: Episode, stored: StoredRows, planned: PlanTexts | None) -> Entry:
        if planned is None:
            raise ValueError("expected a plan")
        plan = PlanFacts(
            _on_grid(planned.entry, self._price),
            _on_grid(planned.stop, self._price),
            _on_grid(planned.take_profit, self._price),
            _on_grid(planned.quantity, self._size),
        )
        ids, time = self._symbol.ids_at(episode.entry), self._closed[episode.entry]
        return Entry(ids, _client_id(stored.entry), time, plan, plan_texts(plan))

    def _unfilled(self, episode: Episode, stored: StoredRows, context: ContextTexts) -> Story:
        """Of an entry that expired, or still waits."""
        _, own, *others = stored
        if episode.held or any(row is not None for row in others):
            raise ValueError("expected no row but the entry's")
        entry = self._entry(episode, stored, context.plan)
        expired = None if episode.settled is None else self._closed[episode.settled]
        _same(own, self._cells.entry_order(entry, None, expired))
        return Story(self._symbol, episode, stored, entry.plan, None, None, None, context)

    def _filled(self, episode: Episode, stored: StoredRows, first: StoredRow, context: ContextTexts) -> Story:
        cells, entry = self._cells, self._entry(episode, stored, context.plan)
        bought = self._bought(entry, episode, first)
        leaving = None if episode.left is None else self._market_exit(episode, episode.left, stored)
        sold = None
        if stored.sold is not None or episode.closed is not None:
            sold = self._sold(entry, episode, leaving, _existing(stored.sold))
        executed = None if sold is None else sold.filled
        _same(stored.entry, cells.entry_order(entry, bought.filled, None))
        _same(stored.bracket, cells.bracket_order(entry, bought.filled, leaving, executed))
        if leaving is not None:
            _same(stored.exit, cells.exit_order(entry, leaving, executed))
        if sold is None:
            _same(stored.trade, cells.open_trade(entry, bought.filled))
            return Story(self._symbol, episode, stored, entry.plan, bought.facts, None, None, context)
        ending = self._ending(episode, entry.plan, sold.facts, _existing(stored.trade))
        _same(stored.trade, cells.closed_trade(entry, bought.filled, leaving, sold.filled, ending))
        facts = bought.facts, sold.facts
        return Story(self._symbol, episode, stored, entry.plan, *facts, ending.reason, context)

    def _bought(self, entry: Entry, episode: Episode, row: StoredRow) -> _Execution:
        said = self._said(row)
        filled = self._cells.bought(entry, said.time, said.price, taker=said.taker)
        return self._execution(filled, said, row, episode.settled)

    def _sold(self, entry: Entry, episode: Episode, leaving: MarketExit | None, row: StoredRow) -> _Execution:
        said = self._said(row)
        order_id = entry.ids.bracket if leaving is None else leaving.order_id
        filled = self._cells.sold(entry, order_id, said.time, said.price, taker=said.taker)
        sold = self._execution(filled, said, row, episode.closed)
        if leaving is not None and not sold.facts.at_open:
            raise ValueError("expected a market exit at the open")
        return sold

    def _said(self, row: StoredRow) -> _Said:
        price = self._price(float(str(row.values[_PRICE])))
        return _Said(str(row.values[_TIME]), price, row.values[_LIQUIDITY] == TAKER)

    def _execution(self, filled: Filled, said: _Said, row: StoredRow, line: int | None) -> _Execution:
        """The fill in the candle of a line, once its row is known to be right."""
        _same(row, filled.cells)
        if line is None:
            raise ValueError("expected a line at which it happened")
        at_open = said.time == self._opened[line]
        if not at_open and said.time != self._closed[line]:
            raise ValueError("expected a fill at the candle's open or close")
        return _Execution(FillFacts(line, said.price, said.taker, at_open), filled)

    def _market_exit(self, episode: Episode, left: int, stored: StoredRows) -> MarketExit:
        ids = self._symbol.ids_at(left)
        decision_id = None if episode.emergency else ids.decision
        return MarketExit(ids.exit, _client_id(stored.exit), self._closed[left], decision_id)

    def _ending(self, episode: Episode, plan: PlanFacts, sold: FillFacts, trade: StoredRow) -> Ending:
        """What only candles could tell is taken as recorded."""
        mae, mfe = (_recorded(trade, name) for name in ("mae", "mfe"))
        return Ending(self._exit_reason(episode, plan, sold), mae, mfe, bool(trade.read("ambiguous")))

    def _exit_reason(self, episode: Episode, plan: PlanFacts, sold: FillFacts) -> str:
        left, tape = episode.left, self._symbol.tape
        if left is None:
            return _TAKE_PROFIT if sold.price >= plan.take_profit else _STOP_LOSS
        reason = _EMERGENCY if episode.emergency else tape.reasons[int(tape.reason[left])]
        if reason not in _EXIT_REASONS:
            raise ValueError("expected the reason of an exit")
        return reason


def _existing(row: StoredRow | None) -> StoredRow:
    if row is None:
        raise ValueError("expected a row")
    return row


def _client_id(row: StoredRow | None) -> str:
    client_id = _existing(row).values[_CLIENT_ID]
    if not isinstance(client_id, str):
        raise TypeError("expected an id")
    return client_id


def _same(row: StoredRow | None, cells: tuple[SqlValue, ...]) -> None:
    if row is None or row.values != cells:
        raise ValueError("expected other cells")


def _on_grid(text: str, read: Callable[[float], Amount]) -> Amount:
    """The exact price or quantity that a recorded float is the nearest to."""
    value = float(text)
    exact = read(value)
    if float(exact) != value:
        raise ValueError("expected a multiple of the increment")
    return exact


def _recorded(trade: StoredRow, column: str) -> str:
    """What only candles could tell, as recorded."""
    value = trade.read(column)
    if value is None:
        raise ValueError("expected an amount")
    return plain(value)
