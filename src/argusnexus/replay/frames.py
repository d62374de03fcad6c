"""What a run left, as pandas frames: columns with types, built from columns and not row by row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from argusnexus.errors import LedgerError
from argusnexus.model.decisions import DecisionResult, Phase
from argusnexus.model.runs import CapitalMode
from argusnexus.model.times import from_iso, to_ns
from argusnexus.truth.codecs import AMOUNT, FLAG, JSON, MOMENT, RISK_CHECKS, TEXTS, Codec
from argusnexus.truth.tables import DECISIONS, TRADES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from argusnexus.model.candles import IntColumn
    from argusnexus.truth.codecs import SqlValue
    from argusnexus.truth.queries import LedgerReader
    from argusnexus.truth.tables import Table
    from argusnexus.truth.tape import TapeTable

    Cells = Mapping[str, SqlValue]

PORTFOLIO = "portfolio"
"""The name of the one account of a run in portfolio mode; of other accounts it is their symbol."""


def table_frame(table: Table[Any], rows: Sequence[Cells]) -> pd.DataFrame:
    """Rows of a ledger's table: amounts as float64, times as datetimes (UTC), flags as booleans, JSON as objects.

    Raises:
        LedgerError: if a cell can't be read.
    """
    return pd.DataFrame({name: _column(table, name, rows) for name in table.columns})


def trades_frame(reader: LedgerReader, run_id: str) -> pd.DataFrame:
    """Closed trades in the order in which they closed, then the open ones; columns as in the ledger."""
    rows = [TRADES.values(trade) for trade in reader.trades(run_id)]
    return table_frame(TRADES, rows).drop(columns="run_id")


def decisions_frame(reader: LedgerReader, run_id: str) -> pd.DataFrame:
    """Every decision, rows and tape as one, by time and then the symbols' given order.

    Columns: timestamp (the close at which it was made), symbol, result, reason, phase, open_time, close, equity,
    trailing_stop, then the strategy's indicators; decision_id and order_id where the ledger has a row.

    Raises:
        LedgerError: if the tape is gone or damaged.
    """
    symbols = reader.run(run_id).symbols
    lines = pd.concat([_no_lines(), *(_tape_frame(table) for table in _tables(reader, run_id, symbols))])
    rows = _decision_rows(reader.cells(DECISIONS, run_id))
    whole = lines.merge(rows, how="outer", on=["timestamp", "symbol"], suffixes=("", _OF_ROW))
    for name in ("result", "reason"):  # a row takes the place of the tape's line
        whole[name] = whole.pop(name + _OF_ROW).fillna(whole[name])
    given = whole["symbol"].map({symbol: place for place, symbol in enumerate(symbols)})
    order = np.lexsort((given, whole["timestamp"].astype("int64")))
    ids = ["decision_id", "order_id"]
    columns = [name for name in whole.columns if name not in ids] + ids
    return whole.iloc[order].reset_index(drop=True)[columns].infer_objects()


def equity_frame(reader: LedgerReader, run_id: str) -> pd.DataFrame:
    """Equity of each account after each time at which one decided, open positions marked; one column an account.

    Before its first decision an account has its start capital; between two, the older one's equity.

    Raises:
        LedgerError: if the tape is gone or damaged.
    """
    run = reader.run(run_id)
    shared = run.capital_mode is CapitalMode.PORTFOLIO
    curves = [
        pd.Series(curve.equity, pd.DatetimeIndex(_moments(curve.as_of)), name=PORTFOLIO if shared else symbol)
        for symbol, curve in reader.equity(run_id).items()
    ]
    if shared and curves:
        whole = pd.concat(curves).sort_index(kind="stable")
        curves = [whole[~whole.index.duplicated(keep="last")].rename(PORTFOLIO)]
    frame = pd.concat(curves, axis=1).sort_index() if curves else pd.DataFrame(index=_moments(_NO_TIMES))
    return frame.ffill().fillna(float(run.capital)).rename_axis("timestamp")


def _column(table: Table[Any], name: str, rows: Sequence[Cells]) -> Any:
    convert: Callable[[list[Any]], Any] = _CONVERTED.get(table.columns[name], _as_they_are)
    try:
        return convert([row[name] for row in rows])
    except (ValueError, TypeError) as error:
        raise LedgerError(
            f"A cell of {table.name}.{name} can't be read: {error}. `argus audit` names it."
        ) from error


def _as_they_are(values: list[SqlValue]) -> Any:
    return pd.Series(values, dtype=object).infer_objects()


def _floats(values: list[Any]) -> Any:
    return np.array([np.nan if value is None else float(value) for value in values], np.float64)


def _datetimes(values: list[Any]) -> Any:
    numbers = [pd.NaT.value if value is None else to_ns(from_iso(value)) for value in values]
    return _moments(np.array(numbers, np.int64))


def _flags(values: list[Any]) -> Any:
    return pd.array([None if value is None else bool(value) for value in values], dtype="boolean")


def _objects(values: list[Any]) -> Any:
    return pd.Series([None if value is None else json.loads(value) for value in values], dtype=object)


_CONVERTED: Mapping[Codec, Callable[[list[Any]], Any]] = {
    AMOUNT: _floats,
    MOMENT: _datetimes,
    FLAG: _flags,
    JSON: _objects,
    TEXTS: _objects,
    RISK_CHECKS: _objects,
}

_OF_ROW = " of the row"
_NO_TIMES = np.zeros(0, np.int64)


def _moments(ns: IntColumn) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(ns.astype("datetime64[ns]")).tz_localize("UTC")


def _tables(reader: LedgerReader, run_id: str, symbols: Sequence[str]) -> list[TapeTable]:
    if not reader.tapes.has(run_id):
        reader.hold_reasons(run_id)  # says that it is missing, where there should be one
        return []
    with reader.tapes.opened(run_id) as tape:
        return [tape.lines(symbol) for symbol in symbols]


def _tape_frame(table: TapeTable) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "timestamp": _moments(table.as_of),
            "symbol": np.full(len(table), table.symbol, object),
            "result": _labels([result.name for result in DecisionResult], table.result),
            "reason": _labels(table.reasons, table.reason),
            "phase": _labels([phase.name for phase in Phase], table.phase),
            "open_time": _moments(table.open_time),
            "close": table.close,
            "equity": table.equity,
            "trailing_stop": table.trailing_stop,
            **table.indicators,
        }
    )


def _labels(names: Sequence[str], codes: IntColumn) -> npt.NDArray[np.object_]:
    return np.array(names, object)[codes]


def _no_lines() -> pd.DataFrame:
    texts = {name: np.zeros(0, object) for name in ("symbol", "result", "reason", "phase")}
    floats = {name: np.zeros(0) for name in ("close", "equity", "trailing_stop")}
    times = {name: _moments(_NO_TIMES) for name in ("timestamp", "open_time")}
    names = ("timestamp", "symbol", "result", "reason", "phase", "open_time", *floats)
    columns: dict[str, Any] = texts | floats | times
    return pd.DataFrame({name: columns[name] for name in names})


def _decision_rows(rows: Sequence[Cells]) -> pd.DataFrame:
    frame = table_frame(DECISIONS, rows)[
        ["timestamp", "symbol", "result", "result_reason", "decision_id", "order_id"]
    ]
    return frame.rename(columns={"result_reason": "reason"})
