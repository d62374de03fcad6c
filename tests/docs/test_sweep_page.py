"""What docs/sweeps.md shows is so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from docs.pages import blocks, commands

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sweeps.md"


def test_the_example_from_python_runs(tmp_path):
    (example,) = [
        block.text for block in blocks(PAGE.read_text(encoding="utf-8")) if block.language == "python"
    ]
    (tmp_path / "example.py").write_text(example)
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "strategy.entry_period" in done.stdout


def test_the_options_shown_exist():
    text = PAGE.read_text(encoding="utf-8").replace("\\\n", " ")
    shown = {
        word
        for block in blocks(text)
        if block.language == "console"
        for command in commands(block.text)
        if command.words[0] == "argus"
        for word in command.words
        if word.startswith("--")
    }
    helps = [
        subprocess.run(
            [sys.executable, "-m", "argusnexus", name, "--help"], capture_output=True, text=True, check=True
        ).stdout
        for name in ("sweep", "walk-forward")
    ]
    assert shown
    assert all(any(option in text for text in helps) for option in shown)
