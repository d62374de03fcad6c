"""`argus data import` and `argus data list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from argusnexus.cli.options import DEFAULT_DATA, AsJson, DataDir, cache_of, print_json
from argusnexus.clock import SystemClock
from argusnexus.market.importing import read_candles
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.model.faults import data_errors
from argusnexus.model.times import from_ns, iso

if TYPE_CHECKING:
    from argusnexus.market.importing import ImportedCandles
    from argusnexus.market.store import SaveOutcome
    from argusnexus.market.stored_file import StoredCandles

app = typer.Typer(help="Candles: bring them in, see what is there.", rich_markup_mode=None)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="Parquet or CSV with time, open, high, low, close and volume.")
    ],
    symbol: Annotated[str, typer.Option(help="For example BTC-USD.")],
    granularity: Annotated[str, typer.Option(help="Length of its candles, for example 1h.")],
    data_dir: DataDir = DEFAULT_DATA,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace what is stored instead of refusing to overlap with it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Store the candles of a file, and say what is wrong with them; nothing is mended."""
    imported = read_candles(file, symbol, Granularity.parse(granularity))
    store = CandleStore(cache_of(data_dir))
    outcome = store.save(imported.candles, file.name, SystemClock().now(), replace=replace)
    summary = _import_summary(imported, outcome)
    if as_json:
        print_json(summary)
    else:
        _tell_import(summary, store.root)


def _import_summary(imported: ImportedCandles, outcome: SaveOutcome) -> dict[str, Any]:
    candles = imported.candles
    return {
        "symbol": candles.symbol,
        "granularity": str(candles.granularity),
        "rows": len(candles),
        "first": iso(from_ns(candles.times.min())),
        "last": iso(from_ns(candles.times.max())),
        "timestamps": imported.time_unit.label,
        "outcome": outcome.value,
        "notes": list(imported.notes),
        "data_errors": [finding.message for finding in data_errors(candles)],
    }


def _tell_import(summary: dict[str, Any], root: Path) -> None:
    typer.echo(
        f"{summary['symbol']} {summary['granularity']}: {summary['rows']:,} candles from {summary['first']} to "
        f"{summary['last']} (timestamps read as {summary['timestamps']}), {summary['outcome']} in {root}"
    )
    for note in summary["notes"]:
        typer.echo(f"  note: {note}")
    for message in summary["data_errors"]:
        typer.secho(f"  error: {message}", fg=typer.colors.RED)
    if summary["data_errors"]:
        typer.echo("  The rows are kept as they are; a replay of them is refused until they are corrected.")


@app.command("list")
def list_(data_dir: DataDir = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """What is stored."""
    store = CandleStore(cache_of(data_dir))
    stored = store.stored()
    if as_json:
        print_json([_stored_summary(one) for one in stored])
    elif stored:
        Console().print(_stored_table(stored))
    else:
        typer.echo(
            f"No candles are stored in {store.root}. `argus data import FILE --symbol S --granularity G` adds some."
        )


def _stored_summary(stored: StoredCandles) -> dict[str, Any]:
    return {
        "symbol": stored.symbol,
        "granularity": str(stored.granularity),
        "rows": stored.rows,
        "first": iso(from_ns(stored.first)),
        "last": iso(from_ns(stored.last)),
        "source": stored.source,
        "imported_at": iso(stored.imported_at),
        "path": str(stored.path),
    }


def _stored_table(stored: tuple[StoredCandles, ...]) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("symbol", "candles", "first open (UTC)", "last open (UTC)", "source"):
        table.add_column(name, overflow="fold", justify="right" if name == "candles" else "left")
    for one in stored:
        span = (f"{from_ns(ns):%Y-%m-%d %H:%M}" for ns in (one.first, one.last))
        table.add_row(f"{one.symbol} {one.granularity}", f"{one.rows:,}", *span, one.source)
    return table
