"""The command line: parse, wire objects by hand, render errors."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import typer

from argusnexus._version import __version__
from argusnexus.cli.commands import Commands
from argusnexus.cli.exit_codes import EXIT_CODES_HELP, ExitCode, exit_code_of
from argusnexus.errors import ArgusError

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(
    name="argus",
    cls=Commands,
    help="Replay strategies through the production engine, and ask a truth ledger what happened.",
    epilog=EXIT_CODES_HELP,
    invoke_without_command=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"argusnexus {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    _version: bool = typer.Option(
        False, "--version", help="Print the version.", callback=_print_version, is_eager=True
    ),
) -> None:
    """Options before the command; without a command, help."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; every error a user can be told is one message on stderr.

    None takes the process's own arguments.
    """
    try:
        outcome: Any = app(args=arguments, standalone_mode=False)
    except typer.TyperException as error:
        _tell(*_usage_message(error))
        return ExitCode.USAGE
    except ArgusError as error:
        _tell(str(error))
        return exit_code_of(error)
    except (KeyboardInterrupt, typer.Abort):
        outcome = ExitCode.INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:
        if not _output_is_closed(error):
            _tell(f"Something left the command half-way, by sys.exit({error.args[0] if error.args else ''}).")
            return ExitCode.FAILED
        # Whoever read the output has enough; nothing more is to be flushed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except OSError as error:
        _tell(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.")
        return ExitCode.FAILED
    if outcome == ExitCode.INTERRUPTED:
        _tell("Interrupted. Nothing was half-written; a replay that had begun is marked as interrupted.")
    return outcome if isinstance(outcome, int) else ExitCode.OK


def _output_is_closed(error: BaseException) -> bool:
    """Whether nobody reads any more; typer and rich then leave while they handle the broken pipe."""
    return isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError)


def _usage_message(error: Any) -> tuple[str, str]:
    """What was wrong with the options, and where to read more; typer's errors carry more than their type says."""
    message = error.format_message().replace("Value error, ", "")
    alike = getattr(error, "possibilities", None)
    if alike:
        message = f"No such option: {error.option_name}. Did you mean {' or '.join(alike)}?"
    context = getattr(error, "ctx", None)
    return message, f"Try '{context.command_path} --help'." if context else ""


def _tell(message: str, hint: str = "") -> None:
    typer.secho("Error: ", fg=typer.colors.RED, bold=True, nl=False, err=True)
    typer.echo(f"{message} {hint}".strip(), err=True)
