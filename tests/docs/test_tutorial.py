"""The tutorial does what it says: its commands, scripts and files, one after the other in one folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from argusnexus.market.sample import sample_candles
from argusnexus.model.frames import to_frame
from docs.pages import blocks, commands, squeezed

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    """A reader's folder: the examples, and candles of their own."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    to_frame(sample_candles("SIM-BTC-USD")).to_csv(tmp_path / "BTC-USD.csv", index=False)
    return tmp_path


def done(folder, words):
    environment = os.environ | {"COLUMNS": "80"}
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, env=environment)


def run_command(folder, command):
    if command.words[0] == "pip":
        return
    module = [sys.executable, "-m", "argusnexus"] if command.words[0] == "argus" else command.words[:1]
    finished = done(folder, [*module, *command.words[1:]])
    fails = any(line.startswith("Error:") for line in command.shown)
    assert (finished.returncode != 0) == fails, f"{command.words}: {finished.stderr}"
    said = squeezed(finished.stdout + finished.stderr)
    for line in command.shown:
        assert squeezed(line) in said, f"{command.words} doesn't say: {line}"


def run_script(folder, text):
    (folder / "script.py").write_text(text, encoding="utf-8")
    finished = done(folder, [sys.executable, "script.py"])
    assert finished.returncode == 0, finished.stderr


def write_file(folder, text):
    """A block that begins with its file's name as a comment."""
    name = text.splitlines()[0].removeprefix("# ")
    (folder / name).write_text(text, encoding="utf-8")


def test_the_tutorial_runs_from_its_first_line_to_its_last(folder):
    for block in blocks(TUTORIAL):
        if block.language == "console":
            for command in commands(block.text):
                run_command(folder, command)
        elif block.language == "python":
            run_script(folder, block.text)
        elif block.language == "toml":
            write_file(folder, block.text)


def test_what_it_shows_of_the_example_is_the_example():
    example = (ROOT / "examples" / "breakout.py").read_text(encoding="utf-8")
    shown = [block.text for block in blocks(TUTORIAL) if block.language == "py"]
    assert shown
    for text in shown:
        assert text in example, dedent(text)


def test_every_building_block_is_named():
    from argusnexus.strategy import indicators

    public = [
        name
        for name, value in vars(indicators).items()
        if getattr(value, "__module__", "") == indicators.__name__ and not name.startswith("_")
    ]
    assert len(public) > 8
    assert [name for name in public if f"`{name}`" not in TUTORIAL] == []
