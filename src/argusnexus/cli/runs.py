"""`argus runs` and `argus report`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from argusnexus.cli.options import (
    DEFAULT_DB,
    DEFAULT_REPORTS,
    AsJson,
    DbPath,
    Format,
    ReportDir,
    ReportFormat,
    prepare_report_dir,
    print_json,
    show_report,
)
from argusnexus.model.times import iso
from argusnexus.money import plain
from argusnexus.replay import ReportGenerator
from argusnexus.replay.run_row import INTEGRITY_OK
from argusnexus.truth.queries import LedgerReader

if TYPE_CHECKING:
    from argusnexus.model.runs import Run


def runs(db_path: DbPath = DEFAULT_DB, as_json: AsJson = False) -> None:
    """The ledger's runs, newest first."""
    with LedgerReader(db_path) as reader:
        found = reader.runs()
    if as_json:
        print_json([_run_summary(run) for run in found])
    elif found:
        Console().print(_run_table(found))
    else:
        typer.echo(f"Ledger {db_path} has no runs yet. `argus replay` makes one.")


def report(
    run_id: Annotated[
        str, typer.Argument(help="As `argus runs` lists it; its hex digits are enough.", metavar="RUN_ID")
    ],
    db_path: DbPath = DEFAULT_DB,
    report_format: Format = ReportFormat.CONSOLE,
    report_dir: ReportDir = DEFAULT_REPORTS,
    as_json: AsJson = False,
) -> None:
    """Report a run again, from the ledger alone."""
    with LedgerReader(db_path) as reader:
        resolved = reader.resolve_run_id(run_id)
    prepare_report_dir(report_format, report_dir)
    show_report(ReportGenerator(db_path, resolved), report_format, report_dir, as_json=as_json)


def _run_summary(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "run_mode": run.run_mode.value,
        "status": run.status.value,
        "data_integrity": run.data_integrity,
        "capital_mode": run.capital_mode.value,
        "capital": plain(run.capital),
        "symbols": list(run.symbols),
        "granularity": run.granularity,
        "start_date": run.start_date,
        "end_date": run.end_date,
        "started_at": iso(run.started_at),
        "completed_at": iso(run.completed_at) if run.completed_at else None,
        "trades_opened": run.trades_opened,
        "trades_closed": run.trades_closed,
        "config_hash": run.config_hash,
        "data_hash": run.data_hash,
        "notes": run.notes,
    }


def _run_table(found: list[Run]) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("run", "started (UTC)", "status"):
        table.add_column(name, no_wrap=True)
    table.add_column("trades", justify="right")
    table.add_column("candles")
    for run in found:
        known = [] if run.data_integrity == INTEGRITY_OK else [f"({run.data_integrity})"]
        words = [run.granularity, run.capital_mode.value, *run.symbols, *known]
        started = f"{run.started_at:%Y-%m-%d %H:%M}"
        table.add_row(run.run_id, started, run.status.value, str(run.trades_closed), " ".join(words))
    return table
