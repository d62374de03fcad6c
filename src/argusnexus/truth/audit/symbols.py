"""One symbol's rows, each held against what the rest of the run makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus.model.decisions import DecisionResult
from argusnexus.truth.audit.cooldown import Cooldown
from argusnexus.truth.audit.decisions import remade_entry, remade_exit
from argusnexus.truth.audit.fills import check_prices
from argusnexus.truth.audit.proven import DecisionProof
from argusnexus.truth.audit.retold import (
    bracket_order,
    entry_fill,
    entry_order,
    exit_fill,
    exit_order,
    trade_of,
)
from argusnexus.truth.audit.trades import check_extremes, closes_of
from argusnexus.truth.tables import DECISIONS, FILLS, ORDERS, TRADES, Table

if TYPE_CHECKING:
    from argusnexus.truth.audit.accounts import AccountHistory
    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.decisions import Remade
    from argusnexus.truth.audit.findings import Findings
    from argusnexus.truth.audit.proven import Proven
    from argusnexus.truth.audit.shelf import Shelf
    from argusnexus.truth.audit.stories import Story, SymbolRules

_OF_DECISION = "by the fills, the tape and the recorded candle"
_CHECKS_OF_A_DECISION = len(DECISIONS.columns) + 3  # `_compare_decision`'s
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
        symbol, times = self.rules.rows.symbol, self.rules.times
        lines = np.flatnonzero(self.rules.tape.result != DecisionResult.HOLD).tolist()
        ids = [self.rules.ids_at(line).decision for line in lines]
        rows = [
            row or shelf.search(row_id, symbol=symbol, timestamp=times.closed[line])
            for line, row_id, row in zip(lines, ids, shelf.take_each(ids), strict=True)
        ]
        entered = {story.episode.entry: story for story in self.stories}
        proven = DecisionProof(self.rules, self.history, self.place, entered).of(lines, rows)
        self.findings.covered(
            DECISIONS.name, *(row_id for line, row_id in zip(lines, ids, strict=True) if line in proven)
        )
        left = {story.episode.left: story for story in self.stories if not story.episode.emergency}
        cooldown = Cooldown(self.rules.tape, self.history.params[self.place].limits.circuit_breaker)
        for line, row_id, row in zip(lines, ids, rows, strict=True):
            if row is None:
                self.findings.missing(DECISIONS.name, row_id, f"the tape says {self._result(line)}")
            elif line in proven:
                self._count(proven[line], row_id, cooldown)
            else:
                self._look_closer(line, row, entered.get(line), left.get(line), cooldown)

    def _count(self, proven: Proven, row_id: str, cooldown: Cooldown) -> None:
        """As many checks as a closer look takes."""
        self.findings.checks += _CHECKS_OF_A_DECISION
        if proven.checked:
            cooldown.check(proven.tripped_at, proven.candle, row_id, self.findings)

    def _look_closer(
        self, line: int, row: StoredRow, entered: Story | None, left: Story | None, cooldown: Cooldown
    ) -> None:
        with self.findings.guarded(DECISIONS.name, row.row_id, "market_context"):
            if self.rules.tape.result[line] == DecisionResult.EXIT:
                trade = left.stored.trade if left else None
                remade = remade_exit(self.rules, self.history, self.place, line, row, trade)
            else:
                remade = remade_entry(self.rules, self.history, self.place, line, row, entered)
                if remade.decision.risk_checks:
                    cooldown.check(remade.tripped_at, remade.candle, row.row_id, self.findings)
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
        self._count_proven()
        closes = closes_of(self.rules.tape, self.stories)
        for story, held in zip(self.stories, closes, strict=True):
            with self.findings.guarded(ORDERS.name, self.rules.ids_at(story.episode.entry).entry, "row"):
                if not story.proven:
                    self._compare_story(story)
                check_prices(story, self.history.params[self.place], self.findings)
                check_extremes(story, held, self.findings)

    def _count_proven(self) -> None:
        """As `_compare_story`, of the stories whose rows are right."""
        rows = [row for story in self.stories if story.proven for row in story.stored[1:] if row is not None]
        for table in (ORDERS, FILLS, TRADES):
            own = [row.row_id for row in rows if row.table is table]
            self.findings.checks += len(own) * len(table.columns)
            self.findings.covered(table.name, *own)

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
