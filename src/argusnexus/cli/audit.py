"""`argus audit`."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from argusnexus.cli.exit_codes import ExitCode
from argusnexus.cli.options import DEFAULT_DB, AsJson, DbPath, print_json
from argusnexus.truth.audit import audit_run
from argusnexus.truth.queries import LedgerReader

if TYPE_CHECKING:
    from argusnexus.truth.audit import Audit, Finding

_LONGEST = 60  # characters of a value that are shown


def audit(
    run_id: Annotated[
        str, typer.Argument(help="As `argus runs` lists it; its hex digits are enough.", metavar="RUN_ID")
    ],
    db_path: DbPath = DEFAULT_DB,
    as_json: AsJson = False,
) -> int:
    """Recompute a run from its own rows and tape, and name every row that doesn't agree.

    Nothing is written, and no candles are needed. Exit code 0: nothing was found; 1: something was.
    """
    with LedgerReader(db_path) as reader:
        found = audit_run(reader, reader.resolve_run_id(run_id))
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found, Console())
    return ExitCode.OK if found.clean else ExitCode.FAILED


def _as_json(audit: Audit) -> dict[str, Any]:
    return {
        "run_id": audit.run_id,
        "clean": audit.clean,
        "coverage_percent": audit.coverage_percent,
        "checks": audit.checks,
        "tables": [asdict(count) for count in audit.tables],
        "findings": [asdict(finding) for finding in audit.findings],
        "notices": list(audit.notices),
    }


def _print(audit: Audit, console: Console) -> None:
    for (table, row_id), findings in groupby(audit.findings, lambda one: (one.table, one.row_id)):
        console.print(Text.assemble((table, "bold"), f" {row_id}"), highlight=False)
        for finding in findings:
            console.print(_finding(finding), highlight=False)
    console.print(_counts(audit), highlight=False)
    for notice in audit.notices:
        console.print(Text(notice, "yellow"), highlight=False)
    console.print(_verdict(audit), highlight=False)


def _finding(finding: Finding) -> Text:
    expected, found = (_short(value) for value in (finding.expected, finding.found))
    return Text.assemble(
        ("  " + finding.column, "red"), f": expected {expected}, found {found} ({finding.words})"
    )


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"


def _counts(audit: Audit) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(audit.run_id, no_wrap=True)
    for name in ("rows", "recomputed, agree"):
        table.add_column(name, justify="right")
    for count in audit.tables:
        table.add_row(count.table, f"{count.rows:,}", f"{count.sound:,}")
    return table


def _verdict(audit: Audit) -> Text:
    found = f"{len(audit.findings):,} findings" if len(audit.findings) != 1 else "1 finding"
    outcome = ("Nothing was found", "green") if audit.clean else (found, "bold red")
    covered = f"coverage {_per_cent(audit.coverage_percent)}"
    return Text.assemble(outcome, f" in {audit.checks:,} checks; {covered}.")


def _per_cent(value: float) -> str:
    """Rounded down, so that only all of it is 100 %."""
    return f"{int(value * 100) / 100:.2f} %"
