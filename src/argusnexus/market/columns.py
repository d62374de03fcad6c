"""Which column of a file is which, by the names that exporters use."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from argusnexus.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALIASES = {
    "timestamp": ("timestamp", "time", "open_time", "start", "unix", "datetime", "date"),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
    "volume": ("volume",),
}

EXPECTED = f"a header with one time column ({', '.join(_ALIASES['timestamp'])}) and open, high, low, close and volume"


class ColumnNames(NamedTuple):
    """The file's own name of each candle column."""

    timestamp: str
    open: str
    high: str
    low: str
    close: str
    volume: str


def find_columns(names: Sequence[str], symbol: str) -> ColumnNames:
    """The columns to read, whatever their order, case and company.

    Of several time columns the first in the order of the aliases is taken; `volume btc` counts as volume of BTC-USD.

    Raises:
        DataError: if one is missing or there twice.
    """
    found = {column: _find(column, aliases, names, symbol) for column, aliases in _ALIASES.items()}
    present = [name for name in found.values() if name is not None]
    if len(present) < len(found):
        missing = ", ".join(column for column, name in found.items() if name is None)
        hint = "" if present else " (is the header line missing?)"
        raise DataError(
            f"no column for {missing}{hint}. Expected {EXPECTED}; there: {', '.join(names)[:200]}."
        )
    return ColumnNames(*present)


def _find(column: str, aliases: tuple[str, ...], names: Sequence[str], symbol: str) -> str | None:
    for alias in (*aliases, f"{column}_{_base_currency(symbol)}"):
        matching = [name for name in names if _normalised(name) == alias]
        if len(matching) > 1:
            raise DataError(
                f"column {alias} is there {len(matching)} times ({', '.join(matching)}); expected it once."
            )
        if matching:
            return matching[0]
    return None


def _base_currency(symbol: str) -> str:
    return symbol.lower().rpartition("-")[0].rpartition("-")[2]


def _normalised(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")
