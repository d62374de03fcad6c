"""The pages on proving a run and on Python do what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from argusnexus.replay.verify_rows import NOT_COMPARED
from argusnexus.truth.queries import LedgerReader
from docs.pages import blocks, commands, squeezed

DOCS = Path(__file__).resolve().parents[2] / "docs"
VERIFY = (DOCS / "verify.md").read_text(encoding="utf-8")
PYTHON = (DOCS / "python.md").read_text(encoding="utf-8")


def done(folder, *words):
    environment = os.environ | {"COLUMNS": "80"}
    finished = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_commands_on_proving_print_what_the_page_shows(tmp_path):
    run_id = ""
    for command in commands(next(block.text for block in blocks(VERIFY) if block.language == "console")):
        words = [word.replace("RUN_ID", run_id) for word in command.words[1:]]
        said = squeezed(done(tmp_path, "-m", "argusnexus", *words))
        with LedgerReader(tmp_path / "data" / "argus.db") as reader:
            run_id = reader.runs()[0].run_id
        for line in command.shown:
            assert squeezed(line).replace("RUN_ID", run_id) in said


def test_every_column_that_is_not_compared_is_on_the_page():
    assert [column for _, column in NOT_COMPARED if column not in VERIFY] == []


def test_the_scripts_on_python_run(tmp_path):
    outputs = []
    for block in blocks(PYTHON):
        assert block.language == "python"
        (tmp_path / "script.py").write_text(block.text, encoding="utf-8")
        outputs.append(done(tmp_path, "script.py"))
    first, second, third = outputs
    assert "closed trades, net" in first
    assert "Bought" in first
    assert int(second.split()[0]) > 5
    assert "True ()" in third
    assert sorted(path.name for path in (tmp_path / "exported").iterdir()) == ["equity.csv", "trades.csv"]
