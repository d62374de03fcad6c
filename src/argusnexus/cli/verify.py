"""`argus verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from argusnexus.cli.exit_codes import ExitCode
from argusnexus.cli.options import DEFAULT_DATA, DEFAULT_DB, AsJson, DataDir, DbPath, cache_of, print_json
from argusnexus.cli.progress import progress_bar
from argusnexus.market.store import CandleStore
from argusnexus.replay.verify import verify_run
from argusnexus.replay.verify_result import DifferenceKind
from argusnexus.truth.queries import LedgerReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argusnexus.replay.verify_result import Change, Difference, Verification

_LONGEST = 60  # characters of a value or a hash that are shown
_ROW_WORDS = {
    DifferenceKind.MISSING: "the replay makes this row, the run doesn't have it",
    DifferenceKind.EXTRA: "the run has this row, the replay doesn't make it",
}


def verify(
    run_id: Annotated[
        str, typer.Argument(help="As `argus runs` lists it; its hex digits are enough.", metavar="RUN_ID")
    ],
    db_path: DbPath = DEFAULT_DB,
    data_dir: DataDir = DEFAULT_DATA,
    strategy: Annotated[
        str | None,
        typer.Option(help="Where the run's strategy is today, if it was moved.", metavar="FILE.py:CLASS"),
    ] = None,
    compiled: Annotated[
        bool | None,
        typer.Option(
            "--compiled/--interpreted", help="How the step runs; the results are the same. Default: by size."
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Replay a run again from its recorded configuration, and compare every row and column.

    Nothing is written. Exit code 0: identical; 1: something differs, and the first row and column are named.
    """
    with LedgerReader(db_path) as reader, progress_bar("verifying", TimeElapsedColumn()) as progress:
        verification = verify_run(
            reader,
            reader.resolve_run_id(run_id),
            CandleStore(cache_of(data_dir)),
            strategy=strategy,
            native=compiled,
            progress=progress,
        )
    if as_json:
        print_json(verification.to_dict())
    else:
        _print(verification, Console())
    return ExitCode.OK if verification.identical else ExitCode.FAILED


def _print(verification: Verification, console: Console) -> None:
    for change in verification.changes:
        console.print(_change(change), highlight=False)
    console.print(_tables(verification), highlight=False)
    for line in _verdict(verification):
        console.print(line, highlight=False)


def _change(change: Change) -> Text:
    values = [_short(value) or "none" for value in (change.recorded, change.current)]
    told = Text.assemble(
        ("CHANGED SINCE", "bold yellow"), (f"  {change.subject.value}: {change.words}", "yellow")
    )
    return told.append(f"\n  recorded  {values[0]}\n  today     {values[1]}", "")


def _tables(verification: Verification) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("table")
    for name in ("recorded", "replayed", "different"):
        table.add_column(name, justify="right")
    for one in verification.tables:
        style = "red" if one.different else ""
        counts = (f"{count:,}" for count in (one.recorded, one.replayed, one.different))
        table.add_row(one.table, *counts, style=style)
    return table


def _verdict(verification: Verification) -> Iterator[Text]:
    run_id, rows = verification.run_id, f"{verification.rows:,} rows"
    if verification.identical:
        words = f"  {run_id}: replayed again, all {rows} are the same in every column compared."
        yield Text.assemble(("IDENTICAL", "bold green"), (words, "green"))
        return
    words = f"  {run_id}: {verification.different:,} of {rows} differ. The first of each table:"
    yield Text.assemble(("DIFFERENT", "bold red"), (words, "red"))
    for table in verification.tables:
        if table.first is not None:
            yield _difference(table.first)


def _difference(first: Difference) -> Text:
    where = ".".join(part for part in (first.column, first.path) if part).replace(".[", "[")
    named = Text(f"  {first.table}  {first.row}  ").append(where, "bold")
    if first.kind is not DifferenceKind.CHANGED:
        words = first.recorded or _ROW_WORDS[first.kind]
        return named.append(f"\n    {words}")
    values = [_short(value) or "nothing" for value in (first.recorded, first.replayed)]
    return named.append(f"\n    recorded  {values[0]}\n    replayed  {values[1]}")


def _short(value: str | None) -> str | None:
    if value is None or len(value) <= _LONGEST:
        return value
    return f"{value[:_LONGEST]}..."
