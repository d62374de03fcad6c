"""One stored Parquet file: written whole or not at all, read only when its content hash holds."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from argusnexus.errors import ConfigError, DataError
from argusnexus.market.hashing import data_hash
from argusnexus.model.candles import COLUMNS, Candles, Granularity
from argusnexus.model.times import from_iso, iso

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

_SCHEMA = pa.schema(
    [(COLUMNS[0], pa.timestamp("ns", tz="UTC")), *((name, pa.float64()) for name in COLUMNS[1:])]
)


@dataclass(frozen=True, slots=True)
class StoredCandles:
    """What is known of a stored file without reading its candles.

    Attributes:
        first, last: open times of the earliest and latest candle, nanoseconds since the epoch.
        source: name of the file, or files, they were imported from.
    """

    symbol: str
    granularity: Granularity
    rows: int
    first: int
    last: int
    source: str
    path: Path
    imported_at: datetime


class _Footer(NamedTuple):
    """The schema metadata, as text."""

    symbol: str
    granularity: str
    first: str
    last: str
    source: str
    imported_at: str
    content_sha256: str


def write_candles(path: Path, candles: Candles, source: str, imported_at: datetime) -> None:
    """The candles at `path`: the old file or the new one is there whenever this ends, even by a kill.

    Only one process at a time may write to the directory.

    Raises:
        OSError: if it can't be written.
    """
    footer = _Footer(
        symbol=candles.symbol,
        granularity=str(candles.granularity),
        first=str(candles.times.min()),
        last=str(candles.times.max()),
        source=source,
        imported_at=iso(imported_at),
        content_sha256=data_hash({candles.symbol: candles}),
    )
    columns = (candles.times, candles.open, candles.high, candles.low, candles.close, candles.volume)
    arrays = [pa.array(column).cast(field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    _write_whole(path, pa.Table.from_arrays(arrays, schema=_SCHEMA.with_metadata(footer._asdict())))


def _write_whole(path: Path, table: pa.Table) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            pq.write_table(table, file, compression="zstd", write_page_checksum=True)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def describe(path: Path) -> StoredCandles:
    """What the file says of itself.

    Raises:
        DataError: if it is damaged.
    """
    with _damage_explained(path), pq.ParquetFile(path) as file:
        return _description(path, file)


def read_stored(path: Path) -> tuple[StoredCandles, Candles]:
    """The file's description and its candles.

    Raises:
        DataError: if it is damaged: cut short, changed, or its content hash doesn't hold.
    """
    with _damage_explained(path), pq.ParquetFile(path, page_checksum_verification=True) as file:
        stored = _description(path, file)
        if not file.schema_arrow.equals(_SCHEMA):
            raise ValueError("its columns aren't those of stored candles")
        candles = _candles(stored, file.read(columns=list(COLUMNS)))
        if data_hash({stored.symbol: candles}) != _footer(file).content_sha256:
            raise ValueError("its content hash doesn't hold")
        return stored, candles


@contextmanager
def _damage_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException, ValueError, TypeError, ConfigError) as error:
        raise DataError(
            f"The stored file {path} is damaged and was not used: {error}. Import it again with --replace, or remove it."
        ) from error


def _footer(file: pq.ParquetFile) -> _Footer:
    texts = {name.decode(): text.decode() for name, text in (file.schema_arrow.metadata or {}).items()}
    return _Footer(**{name: texts[name] for name in _Footer._fields if name in texts})


def _description(path: Path, file: pq.ParquetFile) -> StoredCandles:
    footer = _footer(file)
    if path.stem != f"{footer.symbol}_{footer.granularity}":
        raise ValueError(f"it holds {footer.symbol} {footer.granularity}, which isn't its name")
    return StoredCandles(
        symbol=footer.symbol,
        granularity=Granularity.parse(footer.granularity),
        rows=file.metadata.num_rows,
        first=int(footer.first),
        last=int(footer.last),
        source=footer.source,
        path=path,
        imported_at=from_iso(footer.imported_at),
    )


def _candles(stored: StoredCandles, table: pa.Table) -> Candles:
    """Columns of their own, which may be written to."""
    times = np.array(table.column("timestamp").cast(pa.int64()).to_numpy())
    values = (np.array(table.column(name).to_numpy()) for name in COLUMNS[1:])
    return Candles(stored.symbol, stored.granularity, times, *values)
