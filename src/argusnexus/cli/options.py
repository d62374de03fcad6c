"""Options and helpers that several commands share."""

from __future__ import annotations

import json
import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from argusnexus.errors import ConfigError
from argusnexus.truth.files import IN_MEMORY

if TYPE_CHECKING:
    from argusnexus.replay import ReportGenerator


class ReportFormat(Enum):
    """Where a report goes."""

    CONSOLE = "console"  # to the terminal
    JSON = "json"  # to a file in --report-dir
    BOTH = "both"


def _refuse_memory(db_path: Path) -> Path:
    """Each command is a process of its own: a ledger in memory would be gone with it."""
    if str(db_path) == IN_MEMORY:
        raise ConfigError(f"--db-path: a run is kept in a file, for example {DEFAULT_DB}; was {IN_MEMORY}.")
    return db_path


DbPath = Annotated[
    Path, typer.Option("--db-path", help="The truth ledger.", metavar="FILE", callback=_refuse_memory)
]
DataDir = Annotated[Path, typer.Option("--data-dir", help="Where candles are stored.", metavar="DIR")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read, and nothing else.")]
Format = Annotated[
    ReportFormat, typer.Option("--report-format", help="Print the report, write it as JSON, or both.")
]
ReportDir = Annotated[
    Path, typer.Option("--report-dir", help="Where JSON reports are written.", metavar="DIR")
]

DEFAULT_DB = Path("data/argus.db")
DEFAULT_DATA = Path("data")
DEFAULT_REPORTS = Path("data/reports")


def cache_of(data_dir: Path) -> Path:
    """Where the candle store lies in the data directory."""
    return data_dir / "cache"


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, allow_nan=False))


def prepare_report_dir(report_format: ReportFormat, directory: Path) -> None:
    """Make the report directory before any work is done for it.

    Raises:
        ConfigError: if it can't be written.
    """
    if report_format is ReportFormat.CONSOLE:
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--report-dir {directory} can't be made: {error.strerror}.") from None
    if not os.access(directory, os.W_OK):
        raise ConfigError(f"--report-dir {directory} can't be written.")


def show_report(
    generator: ReportGenerator, report_format: ReportFormat, directory: Path, *, as_json: bool
) -> None:
    """Print a report and write it, as asked."""
    if report_format is not ReportFormat.CONSOLE:
        path = _write_report(generator, directory)
        if not as_json:
            typer.echo(f"Report written to {path}", err=True)
    if as_json:
        typer.echo(generator.to_json())
    elif report_format is not ReportFormat.JSON:
        generator.print_console()


def _write_report(generator: ReportGenerator, directory: Path) -> Path:
    path = directory / f"{generator.run_id}.json"
    part = path.with_suffix(".json.tmp")
    try:
        part.write_text(generator.to_json() + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigError(
            f"Report {path} can't be written: {error.strerror}. The run is in the ledger: argus report {generator.run_id}."
        ) from None
    return path
