"""One symbol's rows, each held against what the rest of the run makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus.model.decisions import DecisionResult
from argusnexus.model.times import iso
from argusnexus.truth.audit.cooldown import Cooldown
from argusnexus.truth.audit.decisions import remade_entry, remade_exit
from argusnexus.truth.audit.fills import check_prices
from argusnexus.truth.audit.retold import (
    bracket_order,
    entry_fill,
    entry_order,
    exit_fill,
    exit_order,
    trade_of,
)
from argusnexus.truth.audit.trades import check_extremes
from argusnexus.truth.tables import DECISIONS, FILLS, ORDERS, TRADES, Table

if TYPE_CHECKING:
    from argusnexus.truth.audit.accounts import AccountHistory
    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.decisions import Remade
    from argusnexus.truth.audit.findings import Findings
    from argusnexus.truth.audit.shelf import Shelf
    from argusnexus.truth.audit.stories import Story, SymbolRules

_OF_DECISION = "by the fills, the tape and the recorded candle"
_OF_STORY = "by its decision, the tape and its other rows"


class SymbolAudit(NamedTuple):
    """One symbol of an account."""

    rules: SymbolRules
    history: AccountHistory
    place: int
    stories: list[Story]
    findings: Findings

    def decisions(self, shelf: Shelf) -> None:
        """Every line that isn't HOLD has its row, and the row is right."""
        entered = {story.episode.entry: story for story in self.stories}
        left = {story.episode.left: story for story in self.stories if not story.episode.emergency}
        cooldown = Cooldown(self.rules.tape, self.history.params[self.place].limits.circuit_breaker)
        for line in np.flatnonzero(self.rules.tape.result != DecisionResult.HOLD).tolist():
            decided = self.rules.moment(line)
            row_id = self.rules.rows.row_id("dec", decided)
            row = shelf.find(row_id, symbol=self.rules.rows.symbol, timestamp=iso(decided))
            if row is None:
                self.findings.missing(DECISIONS.name, row_id, f"the tape says {self._result(line)}")
                continue
            with self.findings.guarded(DECISIONS.name, row.row_id, "market_context"):
                if self.rules.tape.result[line] == DecisionResult.EXIT:
                    story = left.get(line)
                    trade = story.stored.trade if story else None
                    remade = remade_exit(self.rules, self.history, self.place, line, row, trade)
                else:
                    remade = remade_entry(self.rules, self.history, self.place, line, row, entered.get(line))
                    cooldown.check(remade, row, self.findings)
                self._compare_decision(line, row, remade)

    def _compare_decision(self, line: int, row: StoredRow, remade: Remade) -> None:
        decision, candle = remade.decision, remade.candle
        row.compare(DECISIONS.values(decision), self.findings, _OF_DECISION)
        self.findings.line(
            self.rules.tape, line, "result", decision.result.name, self._result(line), _OF_DECISION
        )
        self.findings.line(
            self.rules.tape, line, "reason", decision.result_reason, self._reason(line), _OF_DECISION
        )
        whole = 0 < candle.low <= min(candle.open, candle.close)
        whole &= max(candle.open, candle.close) <= candle.high and candle.volume >= 0
        words = "0 < low <= open, close <= high and a volume"
        self.findings.require(DECISIONS.name, row.row_id, "market_context.candle", candle, words, holds=whole)
        self.findings.covered(DECISIONS.name, row.row_id)

    def _result(self, line: int) -> str:
        return DecisionResult(int(self.rules.tape.result[line])).name

    def _reason(self, line: int) -> str:
        return self.rules.tape.reasons[int(self.rules.tape.reason[line])]

    def entries(self) -> None:
        """Every entry has its orders, fills and trade, and they are right."""
        for story in self.stories:
            moment = self.rules.moment(story.episode.entry)
            with self.findings.guarded(ORDERS.name, self.rules.rows.row_id("ord", moment, "entry"), "row"):
                self._compare_story(story)
                check_prices(story, self.history.params[self.place], self.findings)
                check_extremes(story, self.findings)

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
