"""Strategy files in an empty current folder."""

from __future__ import annotations

import sys
from textwrap import dedent

import pytest

_IMPORTS = """
from dataclasses import dataclass
from argusnexus.strategy import Signals, Strategy
"""


@pytest.fixture
def strategy_file(tmp_path, monkeypatch):
    """Writes a Python file into the current folder, below the usual imports; `before` stands above them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(text, name="my.py", before=""):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(before + _IMPORTS + dedent(text), encoding="utf-8")
        return path

    return write
