"""Decisions made again by the column, and those of them whose rows are right to the letter."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus.engine.entry import UNCHECKED
from argusnexus.engine.journal import DecisionRecord
from argusnexus.model.candles import Candle, Candles
from argusnexus.model.decisions import DecisionResult, Reason
from argusnexus.truth.audit.context import context_texts, minutes_since_trip
from argusnexus.truth.audit.decisions import (
    EXITS,
    below_trailing_stop,
    considered,
    leaving,
    long_signal,
    tripped_at,
)
from argusnexus.truth.audit.findings import UNUSABLE
from argusnexus.truth.audit.records import records
from argusnexus.truth.decision_cells import Decisions, decision_cells
from argusnexus.truth.tables import DECISIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from argusnexus.engine.account import Exposure
    from argusnexus.engine.state import Account
    from argusnexus.model.candles import FloatColumn, IntColumn
    from argusnexus.risk.layers import TenFloats
    from argusnexus.truth.audit.accounts import AccountHistory
    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.context import ContextTexts
    from argusnexus.truth.audit.stories import Story, SymbolRules
    from argusnexus.truth.codecs import SqlValue

_AT_ONCE = 4096  # texts that are in memory together
_CHECKS, _RESULT, _REASON = (DECISIONS.places[name] for name in ("risk_checks", "result", "result_reason"))
_NO_PLAN = (0.0, 0.0, 0.0)
_EXIT = DecisionResult.EXIT.value
_RESULTS = {result.value: result.name for result in DecisionResult}


class Proven(NamedTuple):
    """A decision whose row is right.

    Attributes:
        checked: it reached the risk layers.
    """

    candle: Candle
    tripped_at: int
    checked: bool


class _Told(NamedTuple):
    """A decision, as far as its row must be believed."""

    line: int
    row: StoredRow
    context: ContextTexts


class _Remade(NamedTuple):
    """A decision made again."""

    told: _Told
    candle: Candle
    tripped_at: int
    record: DecisionRecord
    values: TenFloats
    limits: TenFloats


class DecisionProof(NamedTuple):
    """One symbol's decisions.

    Attributes:
        entered: the story of each entry, by its line.
    """

    symbol: SymbolRules
    history: AccountHistory
    place: int
    entered: Mapping[int, Story]

    def of(self, lines: Sequence[int], rows: Sequence[StoredRow | None]) -> dict[int, Proven]:
        """Those that are right, by line; of all others it takes a closer look to tell what is wrong."""
        proven: dict[int, Proven] = {}
        for first in range(0, len(lines), _AT_ONCE):
            chosen = slice(first, first + _AT_ONCE)
            made = list(self._remade(lines[chosen], rows[chosen]))
            if made:
                candles = self._candles(made)
                right = zip(made, self._cells(made, candles), _whole(candles), self._taped(made), strict=True)
                proven.update(
                    (one.told.line, Proven(one.candle, one.tripped_at, one.record.failed >= 0))
                    for one, cells, whole, taped in right
                    if whole and one.told.row.values == cells and (cells[_RESULT], cells[_REASON]) == taped
                )
        return proven

    def _remade(self, lines: Sequence[int], rows: Sequence[StoredRow | None]) -> Iterator[_Remade]:
        """What can be made again of them."""
        pairs = ((line, row) for line, row in zip(lines, rows, strict=True) if row is not None)
        read = [(line, row, self._context(line, row)) for line, row in pairs]
        told = [_Told(line, row, context) for line, row, context in read if context is not None]
        if not told:
            return
        at = np.array([one.line for one in told], np.int64)
        candles = self._recorded_candles(told, at)
        exits = (self.symbol.tape.result[at] == _EXIT).tolist()
        before = self.history.each_at(self.place, self.symbol.tape.as_of[at])
        for one, candle, is_exit, account in zip(told, candles, exits, before, strict=True):
            try:
                yield (self._left if is_exit else self._considered)(one, candle, account)
            except UNUSABLE:
                continue

    def _context(self, line: int, row: StoredRow) -> ContextTexts | None:
        """What its row says, which is known already of an entry whose story is proven."""
        story = self.entered.get(line)
        return story.proven if story and story.proven else context_texts(row)

    def _recorded_candles(self, told: Sequence[_Told], lines: IntColumn) -> Iterator[Candle]:
        """Their times and closes are the tape's."""
        tape = self.symbol.tape
        times, closed, close = (column[lines].tolist() for column in (tape.open_time, tape.as_of, tape.close))
        high, low, opened, volume = (
            list(map(float, texts)) for texts in zip(*(one.context[:4] for one in told), strict=True)
        )
        return records(Candle, lines.tolist(), times, closed, opened, high, low, close, volume)

    def _left(self, told: _Told, candle: Candle, before: tuple[Account, Exposure]) -> _Remade:
        tape, line = self.symbol.tape, told.line
        taped = EXITS[tape.reasons[tape.reason[line]]]
        reason = Reason.CHANDELIER if below_trailing_stop(tape, line) else taped
        record = leaving(line, reason, tape.trailing_stop[line].item(), before)
        return _Remade(told, candle, -1, record, UNCHECKED.values, UNCHECKED.limits)

    def _considered(self, told: _Told, candle: Candle, before: tuple[Account, Exposure]) -> _Remade:
        line, plan = told.line, told.context.plan
        tripped = tripped_at(candle.close_time, minutes_since_trip(str(told.row.values[_CHECKS])))
        story = self.entered.get(line)
        planned = (
            (_NO_PLAN if plan is None else (plan.entry, plan.stop, plan.take_profit))
            if story is None
            else story.plan[:3]
        )
        params = self.history.params[self.place]
        record, layers = considered(line, long_signal(*map(float, planned)), candle, tripped, before, params)
        return _Remade(told, candle, tripped, record, *layers)

    def _cells(self, made: Sequence[_Remade], candles: Candles) -> list[tuple[SqlValue, ...]]:
        """Their rows as they should be."""
        symbol, lines = self.symbol, [one.told.line for one in made]
        records: Any = DecisionRecord(*_matrix([one.record for one in made]).T)
        values, limits = _matrix([one.values for one in made]), _matrix([one.limits for one in made])
        seen = {name: column[lines] for name, column in symbol.tape.indicators.items()}
        decisions = Decisions(records, values, limits, np.arange(len(made)))
        return decision_cells(symbol.rows, candles, seen, decisions)

    def _candles(self, made: Sequence[_Remade]) -> Candles:
        columns = np.array([one.candle[3:] for one in made]).T
        times = np.array([one.candle.time for one in made], np.int64)
        return Candles(self.symbol.rows.symbol, self.symbol.granularity, times, *columns)

    def _taped(self, made: Sequence[_Remade]) -> Iterator[tuple[str, str]]:
        """The results and reasons that the tape has."""
        tape, lines = self.symbol.tape, [one.told.line for one in made]
        results, reasons = (column[lines].tolist() for column in (tape.result, tape.reason))
        return zip(map(_RESULTS.__getitem__, results), map(tape.reasons.__getitem__, reasons), strict=True)


def _matrix(rows: Sequence[tuple[float, ...]]) -> FloatColumn:
    """A row each: numpy looks at every item before it makes an array of tuples."""
    return np.fromiter(chain.from_iterable(rows), np.float64).reshape(len(rows), -1)


def _whole(candles: Candles) -> list[bool]:
    """Which of them can be."""
    lowest, highest = np.minimum(candles.open, candles.close), np.maximum(candles.open, candles.close)
    whole = (candles.low > 0) & (candles.low <= lowest) & (highest <= candles.high) & (candles.volume >= 0)
    listed: list[bool] = whole.tolist()
    return listed
