"""The page on `argus why` shows what the commands print."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from argusnexus.truth.queries import LedgerReader
from docs.pages import blocks, commands, squeezed

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "why.md").read_text(encoding="utf-8")
SHOWN_RUN = "697ed752"  # the page's run; each run has its own id


def done(folder, *words):
    environment = os.environ | {"COLUMNS": "80"}
    finished = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_page_runs_from_its_first_line_to_its_last(tmp_path):
    run = None
    for language, text in blocks(PAGE):
        if language == "python":
            (tmp_path / "script.py").write_text(text, encoding="utf-8")
            assert "Bought" in done(tmp_path, "script.py")
            continue
        for command in commands(text):
            said = squeezed(done(tmp_path, "-m", "argusnexus", *command.words[1:]))
            run = run or newest_run(tmp_path)
            for line in command.shown:
                assert squeezed(line).replace(SHOWN_RUN, run) in said


def newest_run(folder):
    with LedgerReader(folder / "data" / "argus.db") as reader:
        return reader.runs()[0].run_id[-8:]
