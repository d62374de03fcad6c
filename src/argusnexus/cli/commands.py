"""The commands by name: what each is for, and where it is; it is imported when it is used."""

from __future__ import annotations

import signal
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Home(NamedTuple):
    """Where a command is, in this room, and what its help begins with.

    Attributes:
        name: of a function, or of a `typer.Typer` with commands of its own.
    """

    module: str
    name: str
    summary: str


COMMANDS = {
    "replay": Home("replay", "replay", "Replay candles into the truth ledger, and report what happened."),
    "sweep": Home(
        "sweep", "sweep", "Replay many parameters on the same candles; every trial is kept in the ledger."
    ),
    "walk-forward": Home(
        "walk_forward",
        "walk_forward",
        "Choose parameters on the past, trade them on what follows, window by window: one run in the ledger.",
    ),
    "check": Home("check", "check", "Check that a strategy knows nothing of the future, candle by candle."),
    "runs": Home("runs", "runs", "The ledger's runs, newest first."),
    "report": Home("runs", "report", "Report a run again, from the ledger alone."),
    "audit": Home(
        "audit", "audit", "Recompute a run from its own rows and tape, and name every row that doesn't agree."
    ),
    "verify": Home(
        "verify",
        "verify",
        "Replay a run again from its recorded configuration, and compare every row and column.",
    ),
    "export": Home("export", "export", "Write a run as files for other programs, one a table."),
    "why": Home("why", "why", "Why a trade was made and how it ended, or why nothing happened at a candle."),
    "data": Home("data", "app", "Candles: bring them in, see what is there."),
}


def loaded(name: str) -> Any:
    """The command of that name, with all its options."""
    home = COMMANDS[name]
    found: Any = getattr(import_module(f"argusnexus.cli.{home.module}"), home.name)
    whole = typer.Typer(cls=TyperGroup, rich_markup_mode=None, add_completion=False)
    if isinstance(found, typer.Typer):
        whole.add_typer(found, name=name)
    else:
        whole.command(name)(found)
    whole.callback()(_nothing)  # with it the one command is one of a group
    group: Any = typer.main.get_command(whole)
    return group.commands[name]


def _nothing() -> None:
    """No options before the command."""


class LaterCommand(TyperCommand):
    """Stands for a command until it is used."""

    def __init__(self, name: str) -> None:
        super().__init__(name, help=COMMANDS[name].summary, rich_markup_mode=None)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        command = loaded(str(self.name))
        signal.signal(signal.SIGINT, signal.default_int_handler)  # what was in force is for imports alone
        return command.make_context(info_name, args, parent, **extra)


class Commands(TyperGroup):
    """The group of all commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands.update({name: LaterCommand(name) for name in COMMANDS})
