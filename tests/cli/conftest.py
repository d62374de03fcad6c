"""A command line in an empty directory."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from argusnexus.cli import run


class Told(NamedTuple):
    """What a command printed and left with."""

    code: int
    out: str
    err: str


@pytest.fixture
def argus(tmp_path, monkeypatch, capsys):
    """Runs `argus` with the given words in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*words):
        code = run([str(word) for word in words])
        return Told(int(code), *capsys.readouterr())

    return call


@pytest.fixture
def candle_file(tmp_path):
    """Writes a CSV of hourly candles from 2024-01-01 on: one row of text each, after the header."""

    def write(rows, name="candles.csv"):
        path = tmp_path / name
        path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
        return path

    return write


@pytest.fixture
def hours():
    """Rows of flat hourly candles at 100, the given hours after 2024-01-01 00:00 UTC."""

    def rows(present):
        return [f"2024-01-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z,100,101,99,100,5" for hour in present]

    return rows
