"""What is written is so: examples run, every key and command is documented."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from argusnexus.cli.commands import COMMANDS, loaded
from argusnexus.config import load_settings
from argusnexus.model.settings import ExecutionConfig
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_the_python_examples_run_one_after_another(tmp_path):
    examples = blocks(README, "python") + blocks((ROOT / "docs" / "ledger.md").read_text(), "python")
    outputs = []
    for place, example in enumerate(examples):
        script = tmp_path / f"example_{place}.py"
        script.write_text(example)
        done = subprocess.run(
            [sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout)
    assert "example_0.py:Breakout" in outputs[0]
    assert "4341 decisions, one for every candle" in outputs[-1]


def test_the_toml_examples_are_settings(tmp_path):
    for place, example in enumerate(blocks(README, "toml") + blocks(CONFIGURATION, "toml")):
        path = tmp_path / f"{place}.toml"
        path.write_text(example)
        load_settings(path)


@pytest.mark.parametrize("table", [DonchianBreakout, RiskConfig, ExecutionConfig])
def test_every_key_is_documented_with_its_default(table):
    rows = [line for line in CONFIGURATION.splitlines() if line.startswith("|")]
    for field in fields(table):
        row = next((line for line in rows if f"`{field.name}`" in line.split("|")[1]), None)
        assert row is not None, field.name
        if isinstance(field.default, int | float):
            shown = re.findall(r"\d+(?:\.\d+)?", row.split("|")[2])
            assert field.default in [float(number) for number in shown], field.name


def test_every_command_is_in_the_readme():
    for name in COMMANDS:
        below = getattr(loaded(name), "commands", {})
        for words in [name, *(f"{name} {one}" for one in below)]:
            assert f"argus {words}" in README


def test_the_documents_link_to_what_is_there():
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name} -> {target}"
