"""A run as files for other programs: CSV with the ledger's own texts, or Parquet with types."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from argusnexus.errors import ConfigError, LedgerError, did_you_mean
from argusnexus.model.times import from_iso
from argusnexus.money import amount
from argusnexus.replay.frames import decisions_frame, equity_frame
from argusnexus.truth.codecs import AMOUNT, FLAG, MOMENT
from argusnexus.truth.tables import DECISIONS, FILLS, HALTS, ORDERS, RUN_SYMBOLS, RUNS, TRADES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from argusnexus.truth.queries import LedgerReader
    from argusnexus.truth.tables import Table

_MICROSECONDS = pa.timestamp("us", tz="UTC")
_NO_AMOUNTS = pa.decimal128(38, 18)  # of a column that has none to tell its digits by
_JSON = ("signal_values", "risk_checks", "market_context")


class ExportFormat(Enum):
    """How an export is written."""

    CSV = "csv"  # texts and numbers as the ledger has them
    PARQUET = "parquet"  # exact decimals, UTC timestamps


_LEDGER_TABLES = {table.name: table for table in (RUNS, RUN_SYMBOLS, ORDERS, FILLS, TRADES, HALTS)}

EXPORTS = ("runs", "run_symbols", "decisions", "orders", "fills", "trades", "equity", "halts")
"""All that can be exported of a run."""


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file that was written, and its rows."""

    path: Path
    rows: int


def export_run(
    reader: LedgerReader,
    run_id: str,
    folder: str | Path,
    kind: ExportFormat,
    tables: Iterable[str] = EXPORTS,
    *,
    replace: bool = False,
) -> tuple[ExportedFile, ...]:
    """Write one file a table into a folder; none has its name before all of them are whole.

    Decisions are rows and tape as one: a line for every candle with the strategy's indicators as columns, and the JSON
    of those that have a row in the ledger. Equity has a line for every account and time.

    Raises:
        ConfigError: if a table isn't known, the folder can't be written, or a file is there already and `replace` is not set.
        LedgerError: if the run can't be read.
    """
    chosen = _known(tables)
    directory = Path(folder)
    paths = {name: directory / f"{name}.{kind.value}" for name in chosen}
    _refuse_existing(paths.values(), replace=replace)
    reader.run(run_id)
    parts = {path: path.with_name(path.name + ".tmp") for path in paths.values()}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        rows = [
            _write(_exported(reader, run_id, name, kind), parts[path], kind) for name, path in paths.items()
        ]
        for path, part in parts.items():
            part.replace(path)
    except OSError as error:
        raise ConfigError(f"{directory} can't be written: {error.strerror or error}.") from error
    finally:
        _discard(parts.values())
    return tuple(ExportedFile(path, count) for path, count in zip(parts, rows, strict=True))


def _known(tables: Iterable[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(tables))
    for name in chosen:
        if name not in EXPORTS:
            raise ConfigError(
                f"tables: {name!r} can't be exported; known: {', '.join(EXPORTS)}.{did_you_mean(name, EXPORTS)}"
            )
    if not chosen:
        raise ConfigError(f"tables: expected at least one of {', '.join(EXPORTS)}.")
    return chosen


def _refuse_existing(paths: Iterable[Path], *, replace: bool) -> None:
    there = [path for path in paths if path.exists()]
    if there and not replace:
        names = ", ".join(path.name for path in there)
        raise ConfigError(
            f"{there[0].parent} has {names} already. Nothing was written; --replace (from Python: replace=True) "
            "replaces them, and another folder keeps them."
        )


def _discard(parts: Iterable[Path]) -> None:
    for part in parts:
        if part.parent.is_dir():
            part.unlink(missing_ok=True)


def _write(table: pa.Table, part: Path, kind: ExportFormat) -> int:
    if kind is ExportFormat.CSV:
        arrow_csv.write_csv(table, part)
    else:
        pq.write_table(table, part, compression="zstd")
    return int(table.num_rows)


def _exported(reader: LedgerReader, run_id: str, name: str, kind: ExportFormat) -> pa.Table:
    if name in _LEDGER_TABLES:
        table = _LEDGER_TABLES[name]
        return _ledger_table(table, reader.cells(table, run_id), kind)
    frame = _decisions(reader, run_id) if name == "decisions" else _equity(reader, run_id)
    if kind is ExportFormat.CSV:
        for column in frame.columns[frame.dtypes.map(lambda kind: isinstance(kind, pd.DatetimeTZDtype))]:
            frame[column] = _iso(frame[column])
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()


def _decisions(reader: LedgerReader, run_id: str) -> pd.DataFrame:
    frame = decisions_frame(reader, run_id)
    rows = pd.DataFrame(reader.cells(DECISIONS, run_id), columns=list(DECISIONS.columns))
    known = rows.set_index("decision_id")
    for name in _JSON:
        frame[name] = frame["decision_id"].map(known[name]).astype(object)
    return frame


def _equity(reader: LedgerReader, run_id: str) -> pd.DataFrame:
    long = equity_frame(reader, run_id).melt(var_name="account", value_name="equity", ignore_index=False)
    return long.reset_index().sort_values("timestamp", kind="stable", ignore_index=True)


def _iso(times: pd.Series[Any]) -> Any:
    """As the ledger writes times: microseconds only where there are some."""
    values = times.dt.tz_convert(None).to_numpy("datetime64[us]")
    seconds = values.astype("datetime64[s]")
    exact = values if (seconds != values).any() else seconds
    return np.strings.add(np.datetime_as_string(exact), "Z").astype(object)


def _ledger_table(table: Table[Any], rows: Sequence[Any], kind: ExportFormat) -> pa.Table:
    types = {item.name: str(item.type) for item in fields(table.model)}  # type: ignore[arg-type]  # model rows are dataclasses
    columns = {}
    for name in table.columns:
        values = [row[name] for row in rows]
        try:
            columns[name] = _column(table, name, values, types[name], kind)
        except (ValueError, TypeError, pa.ArrowException) as error:
            raise LedgerError(
                f"A cell of {table.name}.{name} can't be read: {error}. `argus audit` names it."
            ) from error
    return pa.table(columns)


def _column(table: Table[Any], name: str, values: list[Any], hint: str, kind: ExportFormat) -> pa.Array:
    codec = table.columns[name]
    if kind is ExportFormat.PARQUET:
        if codec is AMOUNT:
            return _decimals(values)
        if codec is MOMENT:
            times = [None if value is None else from_iso(value) for value in values]
            return pa.array(times, _MICROSECONDS)
        if codec is FLAG:
            return pa.array([None if value is None else bool(value) for value in values], pa.bool_())
    return pa.array(values, pa.int64() if codec is FLAG else _plain_type(hint))


def _plain_type(hint: str) -> pa.DataType:
    """From the annotation of the model's field."""
    known = {"int": pa.int64(), "float": pa.float64()}
    return known.get(hint.partition(" ")[0], pa.string())


def _decimals(values: list[str | None]) -> pa.Array:
    exact = [None if value is None else amount(value) for value in values]
    return pa.array(exact) if any(value is not None for value in exact) else pa.array(exact, _NO_AMOUNTS)
