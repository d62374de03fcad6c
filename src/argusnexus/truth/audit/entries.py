"""One symbol's entries: what became of each, and its orders, fills and trade held against that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from argusnexus.truth.audit.fills import check_prices
from argusnexus.truth.audit.plain import PlainStories
from argusnexus.truth.audit.retold import (
    bracket_order,
    entry_fill,
    entry_order,
    exit_fill,
    exit_order,
    trade_of,
)
from argusnexus.truth.audit.stories import StoredRows, completed, is_whole, stored_of, story_of
from argusnexus.truth.audit.trades import check_extremes, closes_of
from argusnexus.truth.tables import FILLS, ORDERS, TRADES, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.engine.state import Params
    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.episodes import Episode
    from argusnexus.truth.audit.findings import Findings, Guard
    from argusnexus.truth.audit.shelf import Shelf
    from argusnexus.truth.audit.stories import Shelves, Story, SymbolRules

    Known = tuple[Episode, StoredRows]

_AT_ONCE = 256  # entries whose rows a processor's cache still holds when they are compared
_OF_STORY = "by its decision, the tape and its other rows"


class EntryAudit(NamedTuple):
    """One symbol of an account."""

    rules: SymbolRules
    params: Params
    shelves: Shelves
    findings: Findings

    def stories(self, episodes: Sequence[Episode]) -> list[Story]:
        """Oldest first; an entry of which too little is known is a finding and left out."""
        known: list[Known] = []
        for episode, stored in zip(episodes, stored_of(self.rules, episodes, self.shelves), strict=True):
            if is_whole(episode, stored):
                known.append((episode, stored))
            else:
                with self._guarded(episode):
                    known.append((episode, completed(self.rules, episode, stored, self.shelves)))
        plain = PlainStories(self.rules)
        stories: list[Story] = []
        for first in range(0, len(known), _AT_ONCE):
            part = known[first : first + _AT_ONCE]
            told: list[Story] = []
            for (episode, stored), simple in zip(part, plain.of(part), strict=True):
                told += [simple] if simple else self._voted(episode, stored)
            self._check(told)
            stories += told
        return stories

    def _voted(self, episode: Episode, stored: StoredRows) -> list[Story]:
        """The story that most rows tell; none if too little is known."""
        with self._guarded(episode):
            return [story_of(self.rules, episode, stored)]
        return []

    def _guarded(self, episode: Episode) -> Guard:
        return self.findings.guarded(ORDERS.name, self.rules.ids_at(episode.entry).entry, "row")

    def _check(self, stories: Sequence[Story]) -> None:
        """Every entry has its orders, fills and trade, and they are right."""
        for story, held in zip(stories, closes_of(self.rules.tape, stories), strict=True):
            with self._guarded(story.episode):
                if not story.proven:
                    self._compare_story(story)
                check_prices(story, self.params, self.findings)
                check_extremes(story, held, self.findings)
        self._count_proven([story.stored for story in stories if story.proven])

    def _count_proven(self, proven: Sequence[StoredRows]) -> None:
        """As `_compare_story`, of rows that are right."""
        _, orders, fills, trades = self.shelves
        self._count(orders, [row for one in proven for row in (one.entry, one.bracket, one.exit)])
        self._count(fills, [row for one in proven for row in (one.bought, one.sold)])
        self._count(trades, [one.trade for one in proven])

    def _count(self, shelf: Shelf, rows: Sequence[StoredRow | None]) -> None:
        row_ids = [row.row_id for row in rows if row is not None]
        self.findings.checks += len(row_ids) * len(shelf.table.columns)
        self.findings.covered(shelf.table.name, *row_ids)

    def _compare_story(self, story: Story) -> None:
        stored = story.stored
        entry = entry_order(story)
        self._compare(ORDERS, entry, entry.order_id, stored.entry)
        if story.bought is None:
            for row in (stored.bracket, stored.exit, stored.bought, stored.sold, stored.trade):
                self._refuse(row)
            return
        bought = entry_fill(story, entry)
        bracket, leaving = bracket_order(story, entry, bought), exit_order(story, entry)
        sold = exit_fill(story, leaving or bracket)
        trade = trade_of(story, entry, bracket, leaving)
        self._compare(FILLS, bought, bought.fill_id, stored.bought)
        self._compare(ORDERS, bracket, bracket.order_id, stored.bracket)
        if leaving is not None:
            self._compare(ORDERS, leaving, leaving.order_id, stored.exit)
        if sold is None:
            self._refuse(stored.sold)
        else:
            self._compare(FILLS, sold, sold.fill_id, stored.sold)
        self._compare(TRADES, trade, trade.trade_id, stored.trade)

    def _compare(self, table: Table[Any], expected: Any, row_id: str, row: StoredRow | None) -> None:
        if row is None:
            self.findings.missing(table.name, row_id, _OF_STORY)
            return
        row.compare(table.values(expected), self.findings, _OF_STORY)
        self.findings.covered(table.name, row.row_id)

    def _refuse(self, row: StoredRow | None) -> None:
        if row is not None:
            self.findings.add(row.table.name, row.row_id, "row", None, "a row", _OF_STORY)
