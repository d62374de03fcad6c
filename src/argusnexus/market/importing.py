"""Candles out of other people's Parquet and CSV files, as they are: nothing is mended, sorted or dropped."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from argusnexus._arrow import numpy_of
from argusnexus.errors import DataError
from argusnexus.market.columns import EXPECTED, ColumnNames, find_columns
from argusnexus.market.exporting import COMPLETE
from argusnexus.market.timestamps import Times, TimeUnit, is_number, read_times
from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.times import MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from argusnexus.model.candles import FloatColumn, IntColumn

Converted = TypeVar("Converted")

_PARQUET_MAGIC = b"PAR1"
_GZIP_MAGIC = b"\x1f\x8b"
_EXPECTED_TIME = (
    "expected ISO 8601 text such as 2024-05-03T22:00:00Z, or whole seconds, milliseconds, microseconds or nanoseconds "
    "since 1970 (of times from 1979-07-05 on), all rows alike"
)
_EXPECTED_NUMBER = "expected a number"
_FALSE = ("false", "0")
_HEADER_BYTES = 65_536
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class ImportedCandles:
    """What a file held.

    Attributes:
        candles: every row, in the file's order, unchecked; a missing price or volume is NaN.
        time_unit: how the file writes its times.
        notes: what a reader should know (columns that were ignored), in words.
        incomplete: how many rows a column `complete` marks as made of fewer shorter candles than all.
    """

    candles: Candles
    time_unit: TimeUnit
    notes: tuple[str, ...]
    incomplete: int


class _Source(NamedTuple):
    """An open file: its column names, and its rows as batches of chosen columns."""

    names: Sequence[str]
    batches: Callable[[Sequence[str]], Iterator[pa.RecordBatch]]


class _Part(NamedTuple):
    """One batch, converted."""

    times: Times
    values: list[FloatColumn]
    incomplete: int


def read_candles(path: Path, symbol: str, granularity: Granularity | None) -> ImportedCandles:
    """All rows of a Parquet, CSV or gzipped CSV file (told apart by content), read in batches.

    Times are open times: ISO 8601 text (without an offset it is UTC), timestamps or whole numbers (see `TimeUnit`).
    Without a granularity it is the commonest distance between rows.

    Raises:
        DataError: if the file is empty, broken or lacks a column, a value is no time or no number, or the commonest
            distance is no whole number of minutes.
    """
    try:
        with _opened(path) as source:
            columns = find_columns(source.names, symbol)
            marked = [name for name in source.names if name.strip().lower() == COMPLETE][:1]
            parts = list(_converted_parts(source.batches([*columns, *marked]), columns, marked))
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} can't be read: {error}. Expected a Parquet, CSV or CSV.gz file.") from error
    if not parts:
        raise DataError(f"{path}: no candles; expected rows below the column names.")
    times = np.concatenate([part.times.ns for part in parts])
    values = (np.concatenate(column) for column in zip(*(part.values for part in parts), strict=True))
    candles = Candles(symbol, granularity or _usual_granularity(path, times), times, *values)
    notes = (*_notes(source.names, [*columns, *marked]), *_step_note(candles))
    return ImportedCandles(candles, parts[0].times.unit, notes, sum(part.incomplete for part in parts))


def _notes(names: Sequence[str], read: Sequence[str]) -> tuple[str, ...]:
    ignored = [name for name in names if name not in read]
    return (f"ignored columns: {', '.join(ignored)}",) if ignored else ()


def _step_note(candles: Candles) -> tuple[str, ...]:
    """That most candles are further apart, or closer, than the named granularity says."""
    usual = usual_step(candles.times)
    if usual in (None, candles.granularity):
        return ()
    doubt = f"most candles are {usual} apart, not {candles.granularity}: is the granularity right?"
    return (f"{doubt} --replace puts the right candles in their place",)


def usual_step(times: IntColumn) -> Granularity | None:
    """The commonest distance between rows; None of a single row."""
    steps, counts = np.unique(np.abs(np.diff(times)), return_counts=True)
    return Granularity(int(steps[counts.argmax()])) if len(steps) else None


def _usual_granularity(path: Path, times: IntColumn) -> Granularity:
    usual = usual_step(times)
    if usual is None or usual.ns <= 0 or usual.ns % MINUTE:
        distance = "of a single row" if usual is None else f"the commonest distance of rows is {usual}"
        raise DataError(
            f"{path}: how long its candles last can't be told ({distance}; expected whole minutes). "
            "Name it with --granularity, for example 1h."
        )
    return usual


def _opened(path: Path) -> AbstractContextManager[_Source]:
    with path.open("rb") as file:
        start = file.read(len(_PARQUET_MAGIC))
    if not start:
        raise DataError("the file is empty.")
    if start == _PARQUET_MAGIC:
        return _parquet(path)
    return _csv(path, "gzip" if start.startswith(_GZIP_MAGIC) else None)


@contextmanager
def _parquet(path: Path) -> Iterator[_Source]:
    with pq.ParquetFile(path) as file:
        yield _Source(file.schema_arrow.names, lambda columns: file.iter_batches(columns=list(columns)))


@contextmanager
def _csv(path: Path, compression: str | None) -> Iterator[_Source]:
    header = _header(path, compression)
    delimiter = max(_DELIMITERS, key=header.count)
    names = next(csv.reader([header], delimiter=delimiter))
    with pa.input_stream(str(path), compression=compression) as stream:
        yield _Source(names, lambda columns: _csv_batches(stream, columns, delimiter))


def _header(path: Path, compression: str | None) -> str:
    with pa.input_stream(str(path), compression=compression) as stream:
        lines = stream.read(_HEADER_BYTES).splitlines()
    try:
        text = next((line for line in lines if line), b"").decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"this is neither Parquet nor UTF-8 text. Expected {EXPECTED}.") from None
    if not text:
        raise DataError(f"the file has no text. Expected {EXPECTED}.")
    return text


def _csv_batches(stream: pa.NativeFile, columns: Sequence[str], delimiter: str) -> Iterator[pa.RecordBatch]:
    """Batches of text columns; one thread, because only then Arrow knows the row of an error."""
    yield from arrow_csv.open_csv(
        stream,
        read_options=arrow_csv.ReadOptions(use_threads=False),
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=list(columns),
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=True,
        ),
    )


def _converted_parts(
    batches: Iterator[pa.RecordBatch], columns: ColumnNames, marked: Sequence[str]
) -> Iterator[_Part]:
    first_row = 0
    unit: TimeUnit | None = None
    for batch in batches:
        if not batch.num_rows:
            continue
        times = _converted(batch, columns.timestamp, first_row, read_times, _EXPECTED_TIME)
        if unit not in (None, times.unit):
            raise _refusal(batch, columns.timestamp, 0, first_row, f"the rows before are in {unit.label}")
        values = [_converted(batch, name, first_row, _read_numbers, _EXPECTED_NUMBER) for name in columns[1:]]
        yield _Part(times, values, sum(_count_incomplete(batch.column(name)) for name in marked))
        unit = times.unit
        first_row += batch.num_rows


def _count_incomplete(column: pa.Array) -> int:
    texts = pc.utf8_lower(pc.utf8_trim_whitespace(column.cast(pa.string())))
    return pc.sum(pc.is_in(texts, pa.array(_FALSE))).as_py() or 0


def _read_numbers(column: pa.Array) -> FloatColumn:
    """Float64 of numbers, decimals or text; NaN where there is nothing."""
    if not is_number(column.type):
        column = pc.utf8_trim_whitespace(column.cast(pa.string()))
    numbers: FloatColumn = numpy_of(column.cast(pa.float64()))
    return numbers


def _converted(
    batch: pa.RecordBatch, name: str, first_row: int, convert: Callable[[pa.Array], Converted], expected: str
) -> Converted:
    column = batch.column(name)
    try:
        return convert(column)
    except (ValueError, pa.ArrowException) as error:
        raise _refusal(batch, name, _first_refused(column, convert), first_row, expected) from error


def _first_refused(column: pa.Array, convert: Callable[[pa.Array], object]) -> int:
    """The row with which a conversion begins to fail, by halving."""
    fine, refused = 0, len(column)
    while refused - fine > 1:
        middle = (fine + refused) // 2
        try:
            convert(column[:middle])
            fine = middle
        except (ValueError, pa.ArrowException):
            refused = middle
    return fine


def _refusal(batch: pa.RecordBatch, name: str, row: int, first_row: int, why: str) -> DataError:
    # Arrow's own text: a Python value can't hold every time that a file can.
    value = " ".join(batch.column(name)[row : row + 1].to_string().split()).strip("[] ")
    return DataError(f"column {name}, row {first_row + row} (the first is 0): {value} can't be used: {why}.")
