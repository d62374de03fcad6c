"""`argus export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from argusnexus.cli.options import DEFAULT_DB, AsJson, DbPath, print_json
from argusnexus.replay.export import EXPORTS, ExportFormat, export_run
from argusnexus.truth.queries import LedgerReader

if TYPE_CHECKING:
    from argusnexus.replay.export import ExportedFile

DEFAULT_EXPORTS = Path("data/exports")


def export(
    run_id: Annotated[
        str, typer.Argument(help="As `argus runs` lists it; its hex digits are enough.", metavar="RUN_ID")
    ],
    format_: Annotated[
        ExportFormat,
        typer.Option("--format", help="csv has the ledger's own texts, parquet exact decimals and times."),
    ] = ExportFormat.CSV,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files. Default: data/exports/RUN_ID.", metavar="DIR")
    ] = None,
    tables: Annotated[
        str | None, typer.Option(help=f"Comma-separated, of: {', '.join(EXPORTS)}. Default: all.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace files that are there already.")] = False,
    db_path: DbPath = DEFAULT_DB,
    as_json: AsJson = False,
) -> None:
    """Write a run as files for other programs, one a table."""
    with LedgerReader(db_path) as reader:
        found = reader.resolve_run_id(run_id)
        names = EXPORTS if tables is None else [name.strip() for name in tables.split(",")]
        folder = DEFAULT_EXPORTS / found if out is None else out
        written = export_run(reader, found, folder, format_, names, replace=replace)
    if as_json:
        print_json([_summary(one) for one in written])
        return
    for one in written:
        typer.echo(f"{one.rows:>9,} rows  {one.path}")


def _summary(file: ExportedFile) -> dict[str, str | int]:
    return {"table": file.path.stem, "rows": file.rows, "path": str(file.path)}
