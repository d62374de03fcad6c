"""`argus data check`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.console import Console

from argusnexus.cli.checked_data import CheckedData, print_checked, summary_of
from argusnexus.cli.exit_codes import ExitCode
from argusnexus.cli.options import DEFAULT_DATA, AsJson, DataDir, cache_of, print_json
from argusnexus.config import load_settings
from argusnexus.errors import ConfigError, DataError, did_you_mean
from argusnexus.execution import ProductSpecs
from argusnexus.market.checks import Severity, check, compare_clocks, find_disputed, gravest_first
from argusnexus.market.importing import read_candles
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Candles, Granularity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from argusnexus.model.product import ProductSpec

_SYMBOL = re.compile(r"[A-Z0-9]+-[A-Z0-9]+")


class _Series(NamedTuple):
    """Candles to check.

    Attributes:
        source: where they come from, in words.
        disputed: open times of stored candles that came again with other values.
    """

    source: str
    candles: Candles
    disputed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What to check, as far as it was said."""

    file: Path | None
    symbols: tuple[str, ...]
    granularity: Granularity | None
    store: CandleStore

    def series(self) -> Iterator[_Series]:
        """One after another."""
        if self.file:
            yield _Series(self.file.name, _read(self.file, self.symbols, self.granularity), ())
            return
        for symbol, granularity in self._stored():
            disputed = tuple(conflict.time for conflict in self.store.conflicts(symbol, granularity))
            yield _Series(f"stored in {self.store.root}", self.store.load(symbol, granularity), disputed)

    def _stored(self) -> list[tuple[str, Granularity]]:
        stored = self.store.granularities()
        for symbol in self.symbols:
            if symbol not in stored:
                raise DataError(
                    f"No candles of {symbol!r} are stored in {self.store.root}. "
                    f"There: {', '.join(stored) or 'nothing yet'}.{did_you_mean(symbol, stored)}"
                )
        found = [
            (symbol, granularity)
            for symbol in self.symbols or stored
            for granularity in stored[symbol]
            if self.granularity in (None, granularity)
        ]
        if not found:
            length = f"{self.granularity} candles" if self.granularity else "candles"
            raise DataError(
                f"No such {length} are stored in {self.store.root}; `argus data list` shows what is. "
                "`argus data check FILE` checks a file."
            )
        return found


def check_command(
    file: Annotated[
        Path | None,
        typer.Argument(help="Parquet or CSV. Default: all that is stored.", metavar="FILE"),
    ] = None,
    symbols: Annotated[
        str | None,
        typer.Option(
            "--symbols", "--symbol", help="Which stored ones, comma-separated; of a file, its symbol."
        ),
    ] = None,
    granularity: Annotated[
        str | None,
        typer.Option(
            help="Length of the candles, for example 1h. Default: each one stored; of a file, as its rows say."
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="A second series of related prices, to compare the clocks with.", metavar="FILE"),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings as TOML, for the increments of products.", metavar="FILE")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with candles, where, and what it does to a replay. Nothing is mended.

    Exit code 1 when something would stop a replay, else 0.
    """
    products = load_settings(config).products
    asked = _Asked(
        file,
        _names(symbols),
        Granularity.parse(granularity) if granularity else None,
        CandleStore(cache_of(data_dir)),
    )
    reference = _read(against, (), None) if against else None
    checked = []
    for series in asked.series():
        one = _checked(series, reference, products)
        checked.append(one)
        if not as_json:
            print_checked(Console(), one)
    if as_json:
        print_json([summary_of(one) for one in checked])
    if any(one.counts[Severity.ERROR] for one in checked):
        raise typer.Exit(ExitCode.FAILED)


def _names(symbols: str | None) -> tuple[str, ...]:
    return tuple(name for text in (symbols or "").split(",") if (name := text.strip()))


def _read(file: Path, symbols: tuple[str, ...], granularity: Granularity | None) -> Candles:
    if len(symbols) > 1:
        raise ConfigError(f"A file holds one symbol: expected one, was {', '.join(symbols)}.")
    return read_candles(file, symbols[0] if symbols else _symbol_in(file), granularity).candles


def _symbol_in(file: Path) -> str:
    """The symbol that the file's name names, or the name where there is none."""
    parts = file.name.split(".")[0].split("_")
    return next((part for part in parts if _SYMBOL.fullmatch(part)), parts[0])


def _checked(series: _Series, reference: Candles | None, products: Mapping[str, ProductSpec]) -> CheckedData:
    candles = series.candles
    found = check(candles, _increment(candles.symbol, products))
    disputed = find_disputed(candles, series.disputed)
    comparison = compare_clocks(candles, reference) if reference else None
    return CheckedData(
        source=series.source,
        symbol=candles.symbol,
        granularity=candles.granularity,
        candles=len(candles),
        first=int(candles.times.min()) if len(candles) else None,
        last=int(candles.times.max()) if len(candles) else None,
        findings=gravest_first((*found, *disputed, *(comparison.findings if comparison else ()))),
        comparison=comparison,
    )


def _increment(symbol: str, products: Mapping[str, ProductSpec]) -> float | None:
    """The product's price increment, where the product is known."""
    return (
        float(ProductSpecs.get(symbol, products).quote_increment)
        if ProductSpecs.has(symbol, products)
        else None
    )
