"""The command line starts at once: nothing is imported that isn't used."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module

import pytest

from argusnexus import cli
from argusnexus.cli.commands import COMMANDS, loaded
from argusnexus.cli.exit_codes import ExitCode

HEAVY = ("numpy", "pandas", "pyarrow", "numba", "rich", "pydantic", "scipy", "coinbase", "joblib")


def imported_by(*arguments):
    """Which of the heavy packages a command line has imported when it is done."""
    probe = (
        "import sys; from argusnexus.cli import run; code = run(sys.argv[2:]);"
        " print(code, *(name for name in sys.argv[1].split(',') if name in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, ",".join(HEAVY), *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    code, *names = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stderr
    return set(names), done.stdout


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_imports_nothing_heavy(argument):
    names, told = imported_by(argument)
    assert not names
    assert told


def test_help_names_every_command():
    _, told = imported_by("--help")
    listed = [line.split()[0] for line in told.partition("Commands:")[2].splitlines() if line.strip()]
    assert listed[: len(COMMANDS)] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_line_in_the_help_is_what_its_own_help_begins_with(name):
    home = COMMANDS[name]
    found = getattr(import_module(f"argusnexus.cli.{home.module}"), home.name)
    words = found.info.help if name == "data" else inspect.getdoc(found).partition("\n\n")[0]
    assert home.summary == " ".join(words.split())
    assert loaded(name).help


def test_a_help_of_a_command_compiles_nothing():
    names, _ = imported_by("replay", "--help")
    assert "numba" not in names


@pytest.mark.parametrize("code", [None, 0, 3])
def test_a_command_that_leaves_the_program_was_not_done(monkeypatch, capsys, code):
    def leave(**_):
        raise SystemExit(code)

    monkeypatch.setattr(cli, "app", leave)
    assert cli.run([]) == ExitCode.FAILED
    assert f"sys.exit({code})" in capsys.readouterr().err
