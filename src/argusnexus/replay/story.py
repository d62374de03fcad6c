"""What a batch left in its journal, told to a ledger symbol by symbol, and the tape of every candle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from argusnexus.engine.journal import DecisionRecord, EventRecord
from argusnexus.engine.scribe import Scribe
from argusnexus.engine.state import EventKind
from argusnexus.model.decisions import DecisionResult, Reason
from argusnexus.model.runs import Halt
from argusnexus.model.times import from_ns
from argusnexus.truth.tape import TapeTable

if TYPE_CHECKING:
    from argusnexus.engine.ports import Ledger, OrderDesk
    from argusnexus.engine.rows import RowMaker
    from argusnexus.model.candles import Candle, Candles, IntColumn
    from argusnexus.model.orders import EntryType
    from argusnexus.replay.batch import BatchRun
    from argusnexus.strategy import Signals


@dataclass(frozen=True, slots=True)
class Storyteller:
    """One symbol of a batch.

    Attributes:
        place: position of the symbol in the batch.
    """

    batch: BatchRun
    place: int
    candles: Candles
    signals: Signals
    rows: RowMaker

    def tell(self, ledger: Ledger, desk: OrderDesk, entry_type: EntryType) -> None:
        """Write decisions that carry a signal, orders, fills and trades, in the order in which they happened."""
        scribe = Scribe(ledger, desk, self.rows, entry_type)
        journal = self.batch.journal
        events = self._own(journal.events[: journal.counts[0]])
        decisions = self._own(journal.decisions[: journal.counts[1]])
        # Within one candle the venue's reports come before the decision at its close.
        happenings = [(int(journal.events[place, 0]), 0, place) for place in events]
        happenings += [(int(journal.decisions[place, 0]), 1, place) for place in decisions]
        for row, is_decision, place in sorted(happenings):
            if is_decision:
                self._tell_decision(scribe, row, place)
            else:
                self._tell_event(scribe, row, place)

    def _own(self, records: np.ndarray) -> list[int]:
        """Places of this symbol's records; the first column is the row of the candle."""
        owner = self.batch.row_symbol[records[:, 0].astype(np.int64)]
        places: list[int] = np.flatnonzero(owner == self.place).tolist()
        return places

    def _tell_event(self, scribe: Scribe, row: int, place: int) -> None:
        event = EventRecord(*self.batch.journal.events[place].tolist())
        scribe.happened(self._candle_at(row), event)
        if event.kind == EventKind.STOP_LEFT_RESTING.value and scribe.exit:
            scribe.acknowledged(scribe.exit)

    def _tell_decision(self, scribe: Scribe, row: int, place: int) -> None:
        journal = self.batch.journal
        record = DecisionRecord(*journal.decisions[place].tolist())
        layers = journal.layer_values[place].tolist(), journal.layer_limits[place].tolist()
        candle = self._candle_at(row)
        seen = {name: float(column[candle.number]) for name, column in self.signals.indicators.items()}
        decision = scribe.decided(candle, record, layers, seen)
        submitted = {DecisionResult.ENTRY: scribe.entry, DecisionResult.EXIT: scribe.exit}.get(
            decision.result
        )
        if submitted:
            scribe.acknowledged(submitted)

    def _candle_at(self, row: int) -> Candle:
        return self.candles.candle(int(self.batch.row_index[row]))

    @property
    def _rows(self) -> IntColumn:
        return np.flatnonzero(self.batch.row_symbol == self.place)

    def tape(self) -> TapeTable:
        """Every candle's phase, result, reason, equity and indicators."""
        tape, rows = self.batch.journal.tape, self._rows
        engine_reasons = [
            Reason(code).label if code in _REASONS else "" for code in range(Reason.STRATEGY.value)
        ]
        return TapeTable(
            symbol=self.candles.symbol,
            strategy_name=self.rows.strategy_name,
            as_of=self.candles.close_times,
            open_time=self.candles.times,
            phase=tape.phase[rows].astype(np.int64),
            result=tape.result[rows].astype(np.int64),
            reason=tape.reason[rows].astype(np.int64),
            reasons=(*engine_reasons, *self.signals.hold_reasons),
            close=self.candles.close,
            equity=tape.equity[rows],
            trailing_stop=tape.trailing_stop[rows],
            indicators=self.signals.indicators,
            conditions=self.signals.conditions,
        )

    @property
    def ambiguous_candles(self) -> int:
        """Candles that reached stop and take profit, and the stop was taken."""
        journal = self.batch.journal
        ambiguous = EventRecord._fields.index("ambiguous")
        return sum(
            int(journal.events[place, ambiguous]) for place in self._own(journal.events[: journal.counts[0]])
        )


_REASONS = frozenset(reason.value for reason in Reason)


def halt_of(batch: BatchRun, candles: list[Candles], run_id: str, limit: float) -> Halt | None:
    """When and why the batch's account was halted; None if it was not."""
    row, equity, peak = batch.journal.halt.tolist()
    if row < 0:
        return None
    symbol = candles[int(batch.row_symbol[int(row)])]
    as_of = int(symbol.close_times[int(batch.row_index[int(row)])])
    return Halt(run_id, symbol.symbol, from_ns(as_of), Reason.DRAWDOWN.label, equity, peak, limit)
