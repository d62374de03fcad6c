"""The command line: parse, wire objects by hand, render errors."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click
import typer

from argusnexus._version import __version__
from argusnexus.cli import data, replay, runs
from argusnexus.cli.exit_codes import EXIT_CODES_HELP, ExitCode, exit_code_of
from argusnexus.errors import ArgusError

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(
    name="argus",
    help="Replay strategies through the production engine, and ask a truth ledger what happened.",
    epilog=EXIT_CODES_HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("replay")(replay.replay)
app.command("runs")(runs.runs)
app.command("report")(runs.report)
app.add_typer(data.app, name="data")


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"argusnexus {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    _version: bool = typer.Option(
        False, "--version", help="Print the version.", callback=_print_version, is_eager=True
    ),
) -> None:
    """Options before the command."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code; None takes the process's own arguments."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; every error a user can be told is one message on stderr."""
    try:
        outcome: Any = app(args=arguments, standalone_mode=False)
    except click.ClickException as error:
        _tell(error.format_message(), _usage_hint(error))
        return ExitCode.USAGE
    except ArgusError as error:
        _tell(str(error))
        return exit_code_of(error)
    except (KeyboardInterrupt, click.Abort):
        _tell("Interrupted. A replay that was running is marked as interrupted; nothing was half-written.")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has enough; the interpreter must not try to flush the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    return outcome if isinstance(outcome, int) else ExitCode.OK


def _usage_hint(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"Try '{context.command_path} --help'." if context else ""


def _tell(message: str, hint: str = "") -> None:
    typer.secho("Error: ", fg=typer.colors.RED, bold=True, nl=False, err=True)
    typer.echo(f"{message} {hint}".strip(), err=True)
