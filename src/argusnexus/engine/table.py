"""The table that a batch steps through."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from argusnexus.model.candles import BoolColumn, FloatColumn, IntColumn

    Ints = IntColumn | list[int]
    Floats = FloatColumn | list[float]
    Flags = BoolColumn | list[bool]


class Market(NamedTuple):
    """Candles and signals of all symbols in one table, ordered by time and then by the symbols' order.

    Columns are arrays for the compiled step and lists for the interpreter, which reads those faster.
    """

    symbol: Ints
    number: Ints
    time: Ints
    close_time: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    entry: Flags
    entry_price: Floats
    stop: Floats
    take_profit: Floats
    exit_reason: Ints
    trailing_distance: Floats
    hold: Ints
