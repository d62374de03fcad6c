"""The circuit breaker's memory, as far as recorded decisions tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argusnexus.engine.apply import candle_move
from argusnexus.risk.layers import trips_breaker
from argusnexus.truth.tables import DECISIONS

if TYPE_CHECKING:
    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.decisions import Remade
    from argusnexus.truth.audit.findings import Findings
    from argusnexus.truth.tape import TapeTable

_COLUMN = "risk_checks[5].value"


class Cooldown:
    """Follows one symbol's signals: what one recorded of the newest trip binds what the next may record."""

    def __init__(self, tape: TapeTable, limit: float) -> None:
        self._tape = tape
        self._limit = limit
        self._seen_at = -1
        self._newest = -1

    def check(self, remade: Remade, row: StoredRow, findings: Findings) -> None:
        """A finding unless the breaker can have tripped when the decision says it did."""
        if not remade.decision.risk_checks:
            return
        tripped_at, as_of = remade.tripped_at, remade.candle.close_time
        known = tripped_at <= self._seen_at
        closes = np.searchsorted(self._tape.as_of, tripped_at)
        if known:
            words = f"the trip that the decision before it knew of ({self._newest} ns)"
            holds = tripped_at == self._newest
        else:
            words = "the close of an earlier candle"
            holds = bool(tripped_at < as_of and self._tape.as_of[closes] == tripped_at)
        findings.require(DECISIONS.name, row.row_id, _COLUMN, f"{tripped_at} ns", words, holds=holds)
        trips = trips_breaker(candle_move(remade.candle), self._limit)
        self._seen_at, self._newest = as_of, as_of if trips else tripped_at
