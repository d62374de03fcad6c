"""An open tape: one symbol's lines, found by the statistics of their row groups."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from argusnexus._arrow import numpy_of
from argusnexus.model.decisions import DecisionResult, Phase
from argusnexus.truth.tape import PREFIX, TIME, TapeTable
from argusnexus.truth.tape_notes import read_notes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from enum import IntEnum

    import numpy.typing as npt
    import pyarrow.parquet as pq

    from argusnexus.model.candles import IntColumn
    from argusnexus.model.conditions import Condition


class _Group(NamedTuple):
    """A row group and the `as_of` of its first and last line."""

    number: int
    symbol: str
    first: int
    last: int


class TapeFile:
    """One run's tape; moments are nanoseconds since the epoch.

    An unknown symbol has no lines. Every method may raise pyarrow.ArrowException or OSError: the file is damaged.
    """

    def __init__(self, file: pq.ParquetFile) -> None:
        self._file = file
        self._notes = read_notes(file.schema_arrow)
        self._groups = tuple(_groups(file))
        unlike = self._notes.indicators.keys() ^ set(self.symbols)
        if unlike:
            raise pa.ArrowInvalid(f"only its lines or only its metadata know of {', '.join(sorted(unlike))}")

    @property
    def symbols(self) -> tuple[str, ...]:
        """Those that have lines."""
        return tuple(dict.fromkeys(group.symbol for group in self._groups))

    def lines(self, symbol: str, start: int | None = None, end: int | None = None) -> TapeTable:
        """The lines with `start <= as_of <= end`; None is no bound."""
        if start is None and end is None:
            return self._whole_table(symbol)
        return self._table(symbol, self._within(self._chosen(symbol, start, end), start, end).column)

    def batches(self, symbol: str, start: int | None = None, end: int | None = None) -> Iterator[TapeTable]:
        """The lines of `lines` in batches, so that a long tape needs little memory."""
        for number in self._chosen(symbol, start, end):
            yield self._table(symbol, self._within([number], start, end).column)

    def columns(self, symbol: str, names: Sequence[str]) -> pa.Table:
        """Some columns of all lines, named as in the file."""
        return self._read(self._chosen(symbol, None, None), names)

    def hold_reasons(self, symbol: str) -> Counter[str]:
        """How often each reason said HOLD."""
        lines = self.columns(symbol, ("result", "reason"))
        results, names = labels_of(lines["result"])
        reasons, labels = labels_of(lines["reason"])
        hold = names.index(DecisionResult.HOLD.name) if DecisionResult.HOLD.name in names else -1
        counts = np.bincount(reasons[results == hold], minlength=len(labels))
        return Counter({label: int(count) for label, count in zip(labels, counts, strict=True) if count})

    def whole(self) -> pa.Table:
        """Every column of every line, as in the file."""
        return self._file.read()

    def newest(self, symbol: str, moment: int) -> TapeTable:
        """The last line at or before a moment; none if the first is later."""
        earlier = [group.number for group in self._groups if group.symbol == symbol and group.first <= moment]
        if not earlier:
            return self.lines(symbol, moment, moment)
        table = self._table(symbol, self._within(earlier[-1:], None, moment).column)
        return table.rows(np.arange(len(table)) == len(table) - 1)

    def span(self, symbol: str) -> tuple[int, int] | None:
        """The `as_of` of the first and of the last line."""
        own = [group for group in self._groups if group.symbol == symbol]
        return (own[0].first, own[-1].last) if own else None

    def conditions(self, symbol: str) -> tuple[Condition, ...]:
        """What an entry needs, as the strategy says."""
        return self._notes.conditions.get(symbol, ())

    def _chosen(self, symbol: str, start: int | None, end: int | None) -> list[int]:
        return [
            group.number
            for group in self._groups
            if group.symbol == symbol
            and (start is None or group.last >= start)
            and (end is None or group.first <= end)
        ]

    def _read(self, groups: list[int], names: Sequence[str] | None = None) -> pa.Table:
        columns = None if names is None else list(names)
        lines = self._file.read_row_groups(groups, columns=columns, use_threads=len(groups) > 1)
        for name in lines.column_names:
            if not name.startswith(PREFIX) and lines[name].null_count:
                raise pa.ArrowInvalid(f"its column {name} has lines without a value")
        return lines

    def _within(self, groups: list[int], start: int | None, end: int | None) -> pa.Table:
        lines = self._read(groups)
        times = numbers_of(lines["as_of"])  # oldest first
        first = 0 if start is None else int(np.searchsorted(times, start, "left"))
        last = len(times) if end is None else int(np.searchsorted(times, end, "right"))
        return lines.slice(first, max(0, last - first))

    def _whole_table(self, symbol: str) -> TapeTable:
        """One column after the other, so that what Arrow needs beside the table is never more than a column."""
        groups = self._chosen(symbol, None, None)
        self._read(groups, ("symbol",))  # damaged or not
        return self._table(symbol, lambda name: self._read(groups, (name,))[name])

    def _table(self, symbol: str, column: Callable[[str], pa.ChunkedArray]) -> TapeTable:
        strategy_names = column("strategy_name").unique().to_pylist()
        reason, reasons = labels_of(column("reason"))
        indicators = self._notes.indicators.get(symbol, ())
        equity = numbers_of(column("equity"))
        known = "close" in self._file.schema_arrow.names  # not on the tapes of older ledgers
        return TapeTable(
            symbol,
            strategy_names[0] if strategy_names else "",
            numbers_of(column("as_of")),
            numbers_of(column("open_time")),
            _codes(column("phase"), Phase),
            _codes(column("result"), DecisionResult),
            reason,
            reasons,
            numbers_of(column("close")) if known else np.full(len(equity), np.nan),
            equity,
            numbers_of(column("trailing_stop")),
            {name: numbers_of(column(PREFIX + name)) for name in indicators},
            self.conditions(symbol),
        )


def _groups(file: pq.ParquetFile) -> Iterator[_Group]:
    names = file.schema_arrow.names
    symbol, as_of = names.index("symbol"), names.index("as_of")
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        if group.num_rows:
            names, moments = group.column(symbol).statistics, group.column(as_of).statistics
            if names is None or moments is None or not (names.has_min_max and moments.has_min_max):
                raise pa.ArrowInvalid(f"its row group {number} doesn't say which lines it has")
            if names.min != names.max:
                raise pa.ArrowInvalid(
                    f"its row group {number} holds lines of {names.min} to {names.max}: expected one symbol, as written"
                )
            yield _Group(number, names.min, moments.min_raw, moments.max_raw)


def numbers_of(column: pa.ChunkedArray) -> Any:
    """A column of times (as int64 nanoseconds) or floats as one numpy array."""
    if not len(column):
        return np.empty(0, np.int64 if column.type == TIME else np.float64)
    return numpy_of((column.cast(pa.int64()) if column.type == TIME else column).combine_chunks())


def labels_of(column: pa.ChunkedArray) -> tuple[IntColumn, tuple[str, ...]]:
    """A column of labels as indices and the labels that they stand for."""
    if not len(column):
        return np.empty(0, np.int64), ()
    whole = column.unify_dictionaries().combine_chunks()
    return numpy_of(whole.indices).astype(np.int64), tuple(whole.dictionary.to_pylist())


def _codes(column: pa.ChunkedArray, kind: type[IntEnum]) -> npt.NDArray[np.int8]:
    indices, names = labels_of(column)
    unknown = set(names) - set(kind.__members__)
    if unknown:
        raise pa.ArrowInvalid(f"expected a {kind.__name__}, was {', '.join(sorted(unknown))}")
    codes = np.array([kind[name] for name in names], np.int8)
    return codes[indices]
