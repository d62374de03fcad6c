"""`argus data import` and `argus data list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from argusnexus.cli.check_data import check_command
from argusnexus.cli.data_list import as_json_value, show_stored
from argusnexus.cli.fetch import fetch
from argusnexus.cli.options import DEFAULT_DATA, AsJson, DataDir, cache_of, print_json
from argusnexus.cli.resample_data import resample_command
from argusnexus.cli.show_data import show_command
from argusnexus.clock import SystemClock
from argusnexus.market.doubts import refuse_doubtful
from argusnexus.market.importing import read_candles
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.model.faults import data_errors
from argusnexus.model.times import from_ns, iso

if TYPE_CHECKING:
    from argusnexus.market.importing import ImportedCandles
    from argusnexus.market.merging import Conflict
    from argusnexus.market.updating import Merge

_LISTED_CONFLICTS = 3

app = typer.Typer(help="Candles: bring them in, see what is there.", rich_markup_mode=None)
app.command("fetch")(fetch)
app.command("check")(check_command)
app.command("show")(show_command)
app.command("resample")(resample_command)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="Parquet or CSV with time, open, high, low, close and volume.")
    ],
    symbol: Annotated[str, typer.Option(help="For example BTC-USD.")],
    granularity: Annotated[str, typer.Option(help="Length of its candles, for example 1h.")],
    data_dir: DataDir = DEFAULT_DATA,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace what is stored instead of adding to it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Store the candles of a file, and say what is wrong with them; nothing is mended."""
    imported = read_candles(file, symbol, Granularity.parse(granularity))
    refuse_doubtful(file, imported)
    store = CandleStore(cache_of(data_dir))
    merge = store.save(imported.candles, file.name, SystemClock().now(), replace=replace)
    summary = _import_summary(imported, merge)
    if as_json:
        print_json(summary)
    else:
        _tell_import(summary, store.root)


def _import_summary(imported: ImportedCandles, merge: Merge) -> dict[str, Any]:
    candles = imported.candles
    return {
        "symbol": candles.symbol,
        "granularity": str(candles.granularity),
        "rows": len(candles),
        "first": iso(from_ns(candles.times.min())),
        "last": iso(from_ns(candles.times.max())),
        "timestamps": imported.time_unit.label,
        "outcome": merge.outcome.value,
        "added": merge.added,
        "identical": merge.identical,
        "conflicts": len(merge.conflicts),
        "first_conflicts": [_conflict_words(one) for one in merge.conflicts[:_LISTED_CONFLICTS]],
        "notes": list(imported.notes),
        "data_errors": [finding.message for finding in data_errors(candles)],
    }


def _conflict_words(conflict: Conflict) -> str:
    """The time, and each value that differs: what is kept first."""
    pairs = zip(conflict.kept._fields, conflict.kept, conflict.refused, strict=True)
    unlike = [f"{name} {kept!r}, not {refused!r}" for name, kept, refused in pairs if kept != refused]
    return f"{iso(from_ns(conflict.time))}: {'; '.join(unlike)}"


def _tell_import(summary: dict[str, Any], root: Path) -> None:
    typer.echo(
        f"{summary['symbol']} {summary['granularity']}: {summary['rows']:,} candles from {summary['first']} to "
        f"{summary['last']} (timestamps read as {summary['timestamps']}), {summary['outcome']} in {root}: "
        f"{summary['added']:,} added, {summary['identical']:,} identical, {summary['conflicts']:,} conflicting"
    )
    for note in summary["notes"]:
        typer.echo(f"  note: {note}")
    _tell_conflicts(summary)
    for message in summary["data_errors"]:
        typer.secho(f"  error: {message}", fg=typer.colors.RED)
    if summary["data_errors"]:
        typer.echo("  The rows are kept as they are; a replay of them is refused until they are corrected.")


def _tell_conflicts(summary: dict[str, Any]) -> None:
    if not summary["conflicts"]:
        return
    typer.secho(
        f"  conflict: {summary['conflicts']:,} candles have other values than those stored, which were kept:",
        fg=typer.colors.YELLOW,
    )
    for words in summary["first_conflicts"]:
        typer.echo(f"    {words}")
    if summary["conflicts"] > len(summary["first_conflicts"]):
        typer.echo(f"    and {summary['conflicts'] - len(summary['first_conflicts']):,} more")
    if summary["conflicts"] > summary["identical"]:
        typer.echo("  note: most candles of these times differ from those stored: is this the same market?")


@app.command("list")
def list_(data_dir: DataDir = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """What is stored, and what state it is in; every candle is read to see that it is undamaged."""
    store = CandleStore(cache_of(data_dir))
    stored = store.stored()
    if as_json:
        print_json([as_json_value(one) for one in stored])
    elif stored:
        show_stored(stored)
    else:
        typer.echo(
            f"No candles are stored in {store.root}. `argus data fetch --symbols S --granularity G --start DAY` or "
            "`argus data import FILE --symbol S --granularity G` adds some."
        )
