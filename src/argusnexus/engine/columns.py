"""A strategy's signals in the step's terms: the warm-up applied, reasons as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.engine.state import Signal
from argusnexus.model.decisions import Reason
from argusnexus.model.trades import ExitReason

if TYPE_CHECKING:
    from argusnexus.model.candles import BoolColumn, FloatColumn, IntColumn
    from argusnexus.strategy import Signals


class SignalColumns(NamedTuple):
    """Columns of `Signal`, one row per candle."""

    entry: BoolColumn
    entry_price: FloatColumn
    stop: FloatColumn
    take_profit: FloatColumn
    exit_reason: IntColumn
    trailing_distance: FloatColumn
    hold: IntColumn

    def row(self, index: int) -> Signal:
        """One candle's signal as plain scalars."""
        return Signal(*(column[index].item() for column in self))


def signal_columns(signals: Signals) -> SignalColumns:
    """The columns that the step reads; before the warm-up is over nothing is signalled."""
    warm = np.ones(len(signals.entry), np.bool_)
    warm[: signals.warmup] = False
    exits = np.where(signals.exit & warm, signals.exit_reason.value, ExitReason.NONE.value)
    holds = np.where(warm, Reason.STRATEGY.value + signals.hold_reason, Reason.WARMUP.value)
    return SignalColumns(
        entry=signals.entry & warm,
        entry_price=_floats(signals.entry_price),
        stop=_floats(signals.stop),
        take_profit=_floats(signals.take_profit),
        exit_reason=exits.astype(np.int64, copy=False),
        trailing_distance=_floats(signals.trailing_distance),
        hold=holds.astype(np.int64, copy=False),
    )


def _floats(column: FloatColumn) -> FloatColumn:
    return np.ascontiguousarray(column, dtype=np.float64)


def reason_name(code: int, hold_reasons: tuple[str, ...]) -> str:
    """The words for a Reason's number, the strategy's own included."""
    if code >= Reason.STRATEGY.value:
        return hold_reasons[code - Reason.STRATEGY.value]
    return Reason(code).label
