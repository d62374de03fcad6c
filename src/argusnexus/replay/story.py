"""What a batch left in its journal, told to a ledger symbol by symbol, and the tape of every candle."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from argusnexus.engine.journal import DecisionRecord, EventRecord
from argusnexus.engine.scribe import Scribe
from argusnexus.engine.state import EventKind
from argusnexus.model.decisions import DecisionResult, Reason
from argusnexus.model.runs import Halt
from argusnexus.model.times import from_ns
from argusnexus.truth.tape import TapeTable

if TYPE_CHECKING:
    import numpy.typing as npt

    from argusnexus.engine.journal import Journal
    from argusnexus.engine.ports import Ledger, OrderDesk
    from argusnexus.engine.rows import RowMaker
    from argusnexus.model.candles import Candle, Candles, IntColumn
    from argusnexus.model.orders import EntryType
    from argusnexus.replay.batch import BatchRun
    from argusnexus.strategy import Signals

    FloatTable = npt.NDArray[np.float64]


class Scene(NamedTuple):
    """One symbol of a batch.

    Attributes:
        place: position of the symbol in the batch.
    """

    place: int
    candles: Candles
    signals: Signals
    rows: RowMaker

    def own(self, batch: BatchRun, records: FloatTable) -> IntColumn:
        """Places of this symbol's records; the first column is the row of the candle."""
        owner = batch.row_symbol[records[:, 0].astype(np.int64)]
        return np.flatnonzero(owner == self.place)

    def ambiguous_candles(self, batch: BatchRun) -> int:
        """Candles of this part that reached stop and take profit, and the stop was taken."""
        events = batch.journal.events[: batch.journal.counts[0]]
        return int(events[self.own(batch, events), EventRecord._fields.index("ambiguous")].sum())

    def tape(self, batch: BatchRun) -> TapeTable:
        """Every candle's phase, result, reason, equity and indicators; `batch` is the last part."""
        tape, rows = batch.journal.tape, np.flatnonzero(batch.row_symbol == self.place)
        engine_reasons = [
            Reason(code).label if code in _REASONS else "" for code in range(Reason.STRATEGY.value)
        ]
        return TapeTable(
            symbol=self.candles.symbol,
            strategy_name=self.rows.strategy_name,
            as_of=self.candles.close_times,
            open_time=self.candles.times,
            phase=tape.phase[rows],
            result=tape.result[rows],
            reason=tape.reason[rows],
            reasons=(*engine_reasons, *self.signals.hold_reasons),
            close=self.candles.close,
            equity=tape.equity[rows],
            trailing_stop=tape.trailing_stop[rows],
            indicators=self.signals.indicators,
            conditions=self.signals.conditions,
        )


class Teller(Protocol):
    """Tells one symbol's part of every part of a batch."""

    def tell(self, batch: BatchRun) -> None:
        """What happened in this part."""
        ...

    def finish(self) -> None:
        """There are no more parts."""
        ...


class Storyteller:
    """Writes what happened row by row, in the order in which it happened."""

    def __init__(self, scene: Scene, ledger: Ledger, desk: OrderDesk, entry_type: EntryType) -> None:
        self._scene = scene
        self._scribe = Scribe(ledger, desk, scene.rows, entry_type)

    def tell(self, batch: BatchRun) -> None:
        """Write decisions that carry a signal, orders, fills and trades."""
        journal = batch.journal
        events = self._scene.own(batch, journal.events[: journal.counts[0]]).tolist()
        decisions = self._scene.own(batch, journal.decisions[: journal.counts[1]]).tolist()
        # Within one candle the venue's reports come before the decision at its close.
        happenings = [(int(journal.events[place, 0]), 0, place) for place in events]
        happenings += [(int(journal.decisions[place, 0]), 1, place) for place in decisions]
        for row, is_decision, place in sorted(happenings):
            candle = self._scene.candles.candle(int(batch.row_index[row]))
            if is_decision:
                self._tell_decision(journal, candle, place)
            else:
                self._tell_event(journal, candle, place)

    def finish(self) -> None:
        """Every row is written already."""

    def _tell_event(self, journal: Journal, candle: Candle, place: int) -> None:
        event = EventRecord(*journal.events[place].tolist())
        self._scribe.happened(candle, event)
        if event.kind == EventKind.STOP_LEFT_RESTING.value and self._scribe.exit:
            self._scribe.acknowledged(self._scribe.exit)

    def _tell_decision(self, journal: Journal, candle: Candle, place: int) -> None:
        record = DecisionRecord(*journal.decisions[place].tolist())
        layers = journal.layer_values[place].tolist(), journal.layer_limits[place].tolist()
        indicators = self._scene.signals.indicators
        seen = {name: float(column[candle.number]) for name, column in indicators.items()}
        decision = self._scribe.decided(candle, record, layers, seen)
        submitted = {DecisionResult.ENTRY: self._scribe.entry, DecisionResult.EXIT: self._scribe.exit}.get(
            decision.result
        )
        if submitted:
            self._scribe.acknowledged(submitted)


_REASONS = frozenset(reason.value for reason in Reason)


def halt_of(batch: BatchRun, candles: list[Candles], run_id: str, limit: float) -> Halt | None:
    """When and why the batch's account was halted; None if it was not."""
    row, equity, peak = batch.journal.halt.tolist()
    if row < 0:
        return None
    symbol = candles[int(batch.row_symbol[int(row)])]
    as_of = int(symbol.close_times[int(batch.row_index[int(row)])])
    return Halt(run_id, symbol.symbol, from_ns(as_of), Reason.DRAWDOWN.label, equity, peak, limit)
