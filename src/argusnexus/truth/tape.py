"""A run's tape: what the engine saw and decided at every candle, as Parquet columns."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from argusnexus.model.decisions import DecisionResult, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from argusnexus.model.candles import BoolColumn, FloatColumn, IntColumn
    from argusnexus.model.conditions import Condition

    Codes = npt.NDArray[np.signedinteger[Any]]

_ROW_GROUP = 16_384  # rows that the lookup of one candle reads; statistics tell which group has it
TIME = pa.timestamp("ns", tz="UTC")
PREFIX = "indicator."
"""Stands before the name of an indicator's column."""

INDICATORS = b"argusnexus.indicators"
"""Metadata: each symbol's indicator names as JSON."""

CONDITIONS = b"argusnexus.conditions"
"""Metadata: each symbol's entry conditions as JSON."""

_LABEL = pa.dictionary(pa.int32(), pa.string())
_LABELS = ("symbol", "strategy_name", "phase", "result", "reason")
_TIMES = ("as_of", "open_time")
_FLOATS = ("close", "equity", "trailing_stop")


@dataclass(frozen=True, slots=True, eq=False)
class TapeTable:
    """One symbol's lines, oldest first, as columns of one length.

    Attributes:
        as_of, open_time: close and open of each candle, int64 nanoseconds since the epoch.
        phase, result: codes of `Phase` and `DecisionResult`.
        reason: index into `reasons`.
        close: of each candle, quote currency.
        equity: of the symbol's account, quote currency.
        trailing_stop: NaN where there is none.
        indicators: what the strategy logged, by name; NaN where it had no value.
        conditions: what an entry needs, as the strategy says.
    """

    symbol: str
    strategy_name: str
    as_of: IntColumn
    open_time: IntColumn
    phase: Codes
    result: Codes
    reason: Codes
    reasons: tuple[str, ...]
    close: FloatColumn
    equity: FloatColumn
    trailing_stop: FloatColumn
    indicators: Mapping[str, FloatColumn]
    conditions: tuple[Condition, ...] = ()

    def __len__(self) -> int:
        return len(self.as_of)

    def rows(self, chosen: BoolColumn) -> TapeTable:
        """The chosen lines as a table of their own."""
        columns = (*_TIMES, "phase", "result", "reason", *_FLOATS)
        indicators = {name: column[chosen] for name, column in self.indicators.items()}
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns}, indicators=indicators)


def write_tables(sink: BinaryIO, tables: Sequence[TapeTable]) -> None:
    """All symbols' lines, of each at least one, as one Parquet file; a row group holds one symbol's, oldest first.

    Raises:
        pyarrow.ArrowException, OSError: if a table's columns don't have one length, or the sink can't be written.
    """
    schema = _schema(tables)
    floats = [name for name in schema.names if name in _FLOATS or name.startswith(PREFIX)]
    with pq.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        use_dictionary=list(_LABELS),
        use_byte_stream_split=floats,  # halves size and time on prices
        column_encoding=dict.fromkeys(_TIMES, "DELTA_BINARY_PACKED"),
        write_page_checksum=True,
    ) as writer:
        for table in tables:
            writer.write_table(_arrow(table, schema), row_group_size=_ROW_GROUP)


def _schema(tables: Sequence[TapeTable]) -> pa.Schema:
    """All symbols' columns; an indicator that a symbol doesn't have is null there."""
    names = dict.fromkeys(name for table in tables for name in table.indicators)
    indicators = {table.symbol: list(table.indicators) for table in tables}
    conditions = {table.symbol: [_plain(one) for one in table.conditions] for table in tables}
    metadata = {INDICATORS: json.dumps(indicators), CONDITIONS: json.dumps(conditions)}
    return pa.schema(list(column_types(names).items()), metadata=metadata)


def column_types(indicators: Iterable[str]) -> dict[str, pa.DataType]:
    """The columns of a tape with these indicators, in their order."""
    floats = (*_FLOATS, *(PREFIX + name for name in indicators))
    return dict.fromkeys(_LABELS, _LABEL) | dict.fromkeys(_TIMES, TIME) | dict.fromkeys(floats, pa.float64())


def _plain(condition: Condition) -> list[str | float]:
    return [condition.name, condition.left, condition.comparison.value, condition.right]


def _arrow(table: TapeTable, schema: pa.Schema) -> pa.Table:
    same = np.zeros(len(table), np.int64)
    columns = {
        "symbol": _labelled(same, [table.symbol]),
        "strategy_name": _labelled(same, [table.strategy_name]),
        "phase": _labelled(table.phase, [phase.name for phase in Phase]),
        "result": _labelled(table.result, [result.name for result in DecisionResult]),
        "reason": _labelled(table.reason, list(table.reasons)),
        "as_of": _numbers(table.as_of, TIME),
        "open_time": _numbers(table.open_time, TIME),
        "close": _numbers(table.close, pa.float64()),
        "equity": _numbers(table.equity, pa.float64()),
        "trailing_stop": _numbers(table.trailing_stop, pa.float64()),
        **{PREFIX + name: _numbers(column, pa.float64()) for name, column in table.indicators.items()},
    }
    absent = pa.nulls(len(table), pa.float64())
    return pa.Table.from_arrays([columns.get(name, absent) for name in schema.names], schema=schema)


def _labelled(codes: Codes, labels: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(_numbers(np.asarray(codes, np.int32), pa.int32()), _texts(labels))


# `pa.array` imports pandas, to see whether it is given something of its own: half a second that nothing here needs.


def _numbers(column: npt.NDArray[Any], kind: pa.DataType) -> pa.Array:
    return pa.Array.from_buffers(kind, len(column), [None, pa.py_buffer(np.ascontiguousarray(column))])


def _texts(texts: Sequence[str]) -> pa.StringArray:
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))
