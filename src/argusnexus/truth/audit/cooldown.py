"""The circuit breaker's memory, as far as recorded decisions tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argusnexus.engine.apply import candle_move
from argusnexus.risk.layers import trips_breaker
from argusnexus.truth.tables import DECISIONS

if TYPE_CHECKING:
    from argusnexus.model.candles import Candle
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

    def check(self, tripped_at: int, candle: Candle, row_id: str, findings: Findings) -> None:
        """A finding unless the breaker can have tripped when a decision on a candle says it did."""
        findings.checks += 1
        if tripped_at <= self._seen_at:
            if tripped_at != self._newest:
                words = f"the trip that the decision before it knew of ({self._newest} ns)"
                findings.add(DECISIONS.name, row_id, _COLUMN, words, f"{tripped_at} ns", "recomputed")
        elif tripped_at >= candle.close_time or not self._is_a_close(tripped_at):
            words = "the close of an earlier candle"
            findings.add(DECISIONS.name, row_id, _COLUMN, words, f"{tripped_at} ns", "recomputed")
        trips = trips_breaker(candle_move(candle), self._limit)
        self._seen_at, self._newest = candle.close_time, candle.close_time if trips else tripped_at

    def _is_a_close(self, moment: int) -> bool:
        return bool(self._tape.as_of[np.searchsorted(self._tape.as_of, moment)] == moment)
