"""One symbol's decisions, each held against what the rest of the run makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.model.decisions import DecisionResult
from argusnexus.truth.audit.cooldown import Cooldown
from argusnexus.truth.audit.decisions import remade_entry, remade_exit
from argusnexus.truth.audit.proven import DecisionProof
from argusnexus.truth.tables import DECISIONS

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


class DecisionAudit(NamedTuple):
    """One symbol of an account."""

    rules: SymbolRules
    history: AccountHistory
    place: int
    stories: list[Story]
    findings: Findings

    def check(self, shelf: Shelf) -> None:
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
