"""One Parquet file of a stored series: named by its period and content, read only when its content hash holds."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from argusnexus.errors import DataError
from argusnexus.market.durable import write_whole
from argusnexus.market.hashing import data_hash
from argusnexus.model.candles import COLUMNS, Candles, Granularity
from argusnexus.model.times import HOUR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RAW_PERIOD = "raw"
"""The period of a part whose candles have data errors: they are one part, whatever their times."""

_FILE_NAME = re.compile(r"(\d{4}|\d{4}-\d{2}|raw)-[0-9a-f]{12}\.parquet")
_SCHEMA = pa.schema(
    [(COLUMNS[0], pa.timestamp("ns", tz="UTC")), *((name, pa.float64()) for name in COLUMNS[1:])]
)


class Part(NamedTuple):
    """What the manifest says of one part.

    Attributes:
        file: its name, without a folder.
        first, last: open times of the earliest and latest candle, nanoseconds since the epoch.
        sha256: of its candles' content.
    """

    file: str
    rows: int
    first: int
    last: int
    sha256: str

    @property
    def period(self) -> str:
        """The UTC year or month it holds, or `RAW_PERIOD`."""
        return self.file.rpartition("-")[0]


def is_part_name(name: str) -> bool:
    return _FILE_NAME.fullmatch(name) is not None


def period_of(ns: int, granularity: Granularity) -> str:
    """The part that a candle belongs to: its UTC year, or its month where candles are shorter than an hour."""
    return str(np.datetime64(ns, "ns").astype(_unit(granularity)))


def by_period(candles: Candles) -> Iterator[tuple[str, Candles]]:
    """The candles of each period; times must be in order."""
    periods = candles.times.astype("datetime64[ns]").astype(_unit(candles.granularity)).astype(np.int64)
    bounds = [*np.flatnonzero(np.diff(periods, prepend=periods[:1] - 1)).tolist(), len(candles)]
    for first, stop in pairwise(bounds):
        yield period_of(int(candles.times[first]), candles.granularity), candles.rows(slice(first, stop))


def write_part(folder: Path, period: str, candles: Candles) -> Part:
    """The candles as a part; a whole one with the same content is left as it is.

    Raises:
        OSError: if it can't be written.
    """
    part = part_of(f"{period}-{{hash}}.parquet", candles)
    path = folder / part.file
    if not (path.exists() and is_intact(path, part, candles.symbol, candles.granularity)):
        write_whole(path, lambda file: _write(file, candles))
    return part


def part_of(name: str, candles: Candles) -> Part:
    """What the manifest says of candles in a file; `{hash}` in its name becomes the beginning of their hash."""
    sha256 = data_hash({candles.symbol: candles})
    first, last = int(candles.times.min()), int(candles.times.max())
    return Part(name.format(hash=sha256[:12]), len(candles), first, last, sha256)


def read_part(path: Path, part: Part, symbol: str, granularity: Granularity) -> Candles:
    """The part's candles, in columns of their own, which may be written to.

    Raises:
        DataError: saying in a few words how it is damaged: lost, cut short, changed.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            candles = _candles(file, symbol, granularity)
    except FileNotFoundError:
        raise DataError("the file isn't there") from None
    except (OSError, pa.ArrowException, ValueError, TypeError) as error:
        raise DataError(f"it can't be read ({error})") from error
    if data_hash({symbol: candles}) != part.sha256:
        raise DataError("its content hash doesn't hold")
    return candles


def is_intact(path: Path, part: Part, symbol: str, granularity: Granularity) -> bool:
    try:
        read_part(path, part, symbol, granularity)
    except DataError:
        return False
    return True


def _unit(granularity: Granularity) -> str:
    return "datetime64[Y]" if granularity.ns >= HOUR else "datetime64[M]"


def _write(file: IO[bytes], candles: Candles) -> None:
    columns = (candles.times, candles.open, candles.high, candles.low, candles.close, candles.volume)
    arrays = [pa.array(column).cast(field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    named = _SCHEMA.with_metadata({"symbol": candles.symbol, "granularity": str(candles.granularity)})
    pq.write_table(
        pa.Table.from_arrays(arrays, schema=named), file, compression="zstd", write_page_checksum=True
    )


def _candles(file: pq.ParquetFile, symbol: str, granularity: Granularity) -> Candles:
    if not file.schema_arrow.equals(_SCHEMA):
        raise ValueError("its columns aren't those of stored candles")
    table = file.read(columns=list(COLUMNS)).combine_chunks()
    times = _numbers(table.column(COLUMNS[0]).cast(pa.int64()))
    return Candles(symbol, granularity, times, *(_numbers(table.column(name)) for name in COLUMNS[1:]))


def _numbers(column: pa.ChunkedArray) -> Any:
    """The column's own copy, made by a way on which pyarrow doesn't import pandas."""
    return np.array(np.from_dlpack(column.combine_chunks()))
