"""Candles into a Parquet or CSV file of one's own, whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from argusnexus.errors import ConfigError, DataError, did_you_mean
from argusnexus.market.durable import write_whole
from argusnexus.model.candles import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from argusnexus.model.candles import BoolColumn, Candles

COMPLETE = "complete"
_SUFFIXES = (".parquet", ".csv")


def check_target(path: Path) -> None:
    """Nothing when candles can be written there, as far as can be seen before.

    Raises:
        ConfigError: if the name ends in neither .parquet nor .csv, or there is such a file already.
    """
    if path.suffix not in _SUFFIXES:
        raise ConfigError(
            f"{path}: expected a name that ends in {' or '.join(_SUFFIXES)}.{did_you_mean(path.suffix, _SUFFIXES)}"
        )
    if path.exists():
        raise ConfigError(f"{path} is there already, and was not touched: name another file, or remove it.")


def write_file(path: Path, candles: Candles, complete: BoolColumn | None = None) -> None:
    """The candles with their open times; `complete` as a last column where it is given.

    Raises:
        ConfigError: as `check_target` does.
        DataError: if the file can't be written.
    """
    check_target(path)
    table = _table(candles, complete)
    try:
        if path.suffix == ".csv":
            write_whole(path, lambda file: arrow_csv.write_csv(_with_text_times(table), file))
        else:
            write_whole(path, lambda file: pq.write_table(table, file, compression="zstd"))
    except OSError as error:
        raise DataError(f"{path} can't be written: {error.strerror or error}.") from error


def _table(candles: Candles, complete: BoolColumn | None) -> pa.Table:
    times = pa.array(candles.times).cast(pa.timestamp("ns", tz="UTC"))
    values = (candles.open, candles.high, candles.low, candles.close, candles.volume)
    table = pa.table([times, *map(pa.array, values)], names=list(COLUMNS))
    return table if complete is None else table.append_column(COMPLETE, pa.array(complete))


def _with_text_times(table: pa.Table) -> pa.Table:
    times = pc.strftime(table.column(0).cast(pa.timestamp("s", tz="UTC")), format="%Y-%m-%dT%H:%M:%SZ")
    return table.set_column(0, COLUMNS[0], times)
