"""A run's tape: what the engine saw and decided at every candle, as Parquet columns beside the ledger."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as pds
import pyarrow.parquet as pq

from argusnexus.errors import LedgerError
from argusnexus.model.conditions import Comparison, Condition
from argusnexus.model.decisions import DecisionResult, Phase
from argusnexus.truth.files import tape_path, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from enum import IntEnum
    from pathlib import Path

    from argusnexus.model.candles import BoolColumn, FloatColumn, IntColumn

_ROW_GROUP = 65_536  # rows that the lookup of one candle reads; statistics tell which group has it
_TIME = pa.timestamp("ns", tz="UTC")
_LABEL = pa.dictionary(pa.int32(), pa.string())
_PREFIX = "indicator."
_INDICATORS = b"argusnexus.indicators"  # metadata: each symbol's indicator names as JSON
_CONDITIONS = b"argusnexus.conditions"  # metadata: each symbol's entry conditions as JSON
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
    phase: IntColumn
    result: IntColumn
    reason: IntColumn
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


def write_tape(db_path: str | Path, run_id: str, tables: Sequence[TapeTable]) -> Path:
    """Write the whole tape of a run; it has its name only once it is whole and on the disk.

    Raises:
        LedgerError: if it can't be written, or a table's columns don't have one length.
    """
    path = tape_path(db_path, run_id)
    part = unfinished(path)
    with _errors_named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(part, tables)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _sync(path.parent, os.O_RDONLY)
    return path


def _write(path: Path, tables: Sequence[TapeTable]) -> None:
    path.touch(mode=0o600)
    schema = _schema(tables)
    floats = [name for name in schema.names if name in _FLOATS or name.startswith(_PREFIX)]
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=list(_LABELS),
        use_byte_stream_split=floats,  # halves size and time on prices
        column_encoding=dict.fromkeys(_TIMES, "DELTA_BINARY_PACKED"),
    ) as writer:
        for table in tables:
            writer.write_table(_arrow(table, schema), row_group_size=_ROW_GROUP)
    _sync(path, os.O_RDWR)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _schema(tables: Sequence[TapeTable]) -> pa.Schema:
    """All symbols' columns; an indicator that a symbol doesn't have is null there."""
    names = dict.fromkeys(name for table in tables for name in table.indicators)
    fields = [(name, _LABEL) for name in _LABELS]
    fields += [(name, _TIME) for name in _TIMES]
    fields += [(name, pa.float64()) for name in (*_FLOATS, *(_PREFIX + name for name in names))]
    indicators = {table.symbol: list(table.indicators) for table in tables}
    conditions = {table.symbol: [_plain(one) for one in table.conditions] for table in tables}
    return pa.schema(
        fields, metadata={_INDICATORS: json.dumps(indicators), _CONDITIONS: json.dumps(conditions)}
    )


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
        "as_of": pa.array(table.as_of).cast(_TIME),
        "open_time": pa.array(table.open_time).cast(_TIME),
        "close": pa.array(table.close),
        "equity": pa.array(table.equity),
        "trailing_stop": pa.array(table.trailing_stop),
        **{_PREFIX + name: pa.array(column) for name, column in table.indicators.items()},
    }
    absent = pa.nulls(len(table), pa.float64())
    return pa.Table.from_arrays([columns.get(name, absent) for name in schema.names], schema=schema)


def _labelled(codes: IntColumn, labels: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(
        pa.array(np.asarray(codes, np.int32)), pa.array(labels, pa.string())
    )


def read_tape(
    db_path: str | Path, run_id: str, symbol: str, start: int | None = None, end: int | None = None
) -> TapeTable:
    """One symbol's lines with `start <= as_of <= end` (nanoseconds; None: no bound); none for an unknown symbol.

    Raises:
        LedgerError: if the run has no tape or it can't be read.
    """
    path = tape_path(db_path, run_id)
    with _errors_named(path):
        tape = pds.dataset(path)
        return _table(symbol, tape.schema, tape.to_table(filter=_lines(symbol, start, end)))


def tape_batches(
    db_path: str | Path, run_id: str, symbol: str, start: int | None = None, end: int | None = None
) -> Iterator[TapeTable]:
    """The lines of `read_tape` in batches, so that a long tape needs little memory."""
    path = tape_path(db_path, run_id)
    with _errors_named(path):
        tape = pds.dataset(path)
        for batch in tape.to_batches(filter=_lines(symbol, start, end), batch_size=_ROW_GROUP):
            yield _table(symbol, tape.schema, pa.Table.from_batches([batch]))


def tape_columns(db_path: str | Path, run_id: str, symbol: str, columns: Sequence[str]) -> pa.Table:
    """Some of one symbol's columns, named as in the file. Errors as in `read_tape`."""
    path = tape_path(db_path, run_id)
    with _errors_named(path):
        return pds.dataset(path).to_table(columns=list(columns), filter=_lines(symbol, None, None))


def _lines(symbol: str, start: int | None, end: int | None) -> pds.Expression:
    chosen = pds.field("symbol") == symbol
    if start is not None:
        chosen &= pds.field("as_of") >= pa.scalar(start, _TIME)
    if end is not None:
        chosen &= pds.field("as_of") <= pa.scalar(end, _TIME)
    return chosen


def _table(symbol: str, schema: pa.Schema, lines: pa.Table) -> TapeTable:
    strategy_names = lines["strategy_name"].unique().to_pylist()
    reason, reasons = labels_of(lines["reason"])
    indicators = json.loads(schema.metadata[_INDICATORS]).get(symbol, [])
    conditions = json.loads(schema.metadata[_CONDITIONS]).get(symbol, [])
    return TapeTable(
        symbol,
        strategy_names[0] if strategy_names else "",
        numbers_of(lines["as_of"]),
        numbers_of(lines["open_time"]),
        _codes(lines["phase"], Phase),
        _codes(lines["result"], DecisionResult),
        reason,
        reasons,
        numbers_of(lines["close"]),
        numbers_of(lines["equity"]),
        numbers_of(lines["trailing_stop"]),
        {name: numbers_of(lines[_PREFIX + name]) for name in indicators},
        tuple(Condition(name, left, Comparison(sign), right) for name, left, sign, right in conditions),
    )


def numbers_of(column: pa.ChunkedArray) -> Any:
    """A column of times (as int64 nanoseconds) or floats as one numpy array."""
    return (column.cast(pa.int64()) if column.type == _TIME else column).to_numpy()


def labels_of(column: pa.ChunkedArray) -> tuple[IntColumn, tuple[str, ...]]:
    """A column of labels as indices and the labels that they stand for."""
    whole = column.unify_dictionaries().combine_chunks()
    return whole.indices.to_numpy().astype(np.int64), tuple(whole.dictionary.to_pylist())


def _codes(column: pa.ChunkedArray, kind: type[IntEnum]) -> IntColumn:
    indices, names = labels_of(column)
    codes = np.array([kind[name] for name in names], np.int64)
    return codes[indices]


@contextmanager
def _errors_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise LedgerError(f"Tape {path}: {error}") from error
