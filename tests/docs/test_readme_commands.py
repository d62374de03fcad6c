"""What README's console blocks tell a reader to type works, typed in that order in one folder."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from argusnexus.market.sample import STOP, sample_candles
from argusnexus.model.frames import to_frame
from argusnexus.model.times import DAY, to_ns
from argusnexus.truth.queries import LedgerReader
from docs.pages import blocks, commands
from venue.candle_venue import CandleVenue
from venue.made_candles import bars

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
WIDEST = 120

LEFT_OUT = "make"  # needs a checkout, and installs into it

YEAR = 365 * DAY  # from the sample market's years to those that the commands name
ONE_SYMBOL = ("--symbols", "SIM-BTC-USD", "--end")
ADDED = {
    ("data", "fetch"): ("--requests-per-second", "500", "--base-url"),
    ("check",): (*ONE_SYMBOL, "2023-03-31"),
    ("replay", "--strategy"): (*ONE_SYMBOL, "2023-12-31"),
    ("sweep",): (*ONE_SYMBOL, "2023-03-31", "--jobs", "1"),
    ("walk-forward",): (*ONE_SYMBOL, "2023-09-30", "--jobs", "1"),
}
"""What commands get besides what README shows: a local venue that needs no sparing, and shorter ranges."""


@pytest.fixture
def candles():
    """The sample market's as BTC-USD's, a year later."""
    made = sample_candles("SIM-BTC-USD")
    return replace(made, symbol="BTC-USD", times=made.times + YEAR)


@pytest.fixture
def venue(candles):
    with CandleVenue(bars(candles), now=to_ns(STOP) + YEAR) as served:
        yield served


@pytest.fixture
def folder(tmp_path, candles):
    """A reader's folder: README's settings and strategy, and a file of candles."""
    for name, language in (("my.toml", "toml"), ("my_strategy.py", "python")):
        (text,) = [block.text for block in blocks(README) if block.language == language]
        (tmp_path / name).write_text(text, encoding="utf-8")
    to_frame(candles.rows(slice(0, 4_000))).to_csv(tmp_path / "BTC-USD.csv", index=False)
    return tmp_path


def shown():
    """README's commands, first to last."""
    consoles = [block.text for block in blocks(README) if block.language == "console"]
    return [command.words for text in consoles for command in commands(text)]


def looked_up(folder, words):
    """The newest run's id, or that of the newest with the symbol that is named, and its first trade's."""
    with LedgerReader(folder / "data" / "argus.db") as reader:
        run = next(run for run in reader.runs() if "--symbol" not in words or set(run.symbols) & set(words))
        return {"RUN_ID": run.run_id, "TRADE_ID": reader.trades(run.run_id)[0].trade_id}


def typed(folder, words):
    """The words with ids instead of their placeholders."""
    if not {"RUN_ID", "TRADE_ID"} & set(words):
        return words
    ids = looked_up(folder, words)
    return [ids.get(word, word) for word in words]


def added(words, venue):
    """What is given besides."""
    found = next((more for name, more in ADDED.items() if tuple(words[: len(name)]) == name), ())
    return [*found, venue.url] if "--base-url" in found else found


def run(folder, words):
    environment = os.environ | {"COLUMNS": "80"}
    finished = subprocess.run(
        [sys.executable, "-m", "argusnexus", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert finished.returncode == 0, f"{words}: {finished.stdout}{finished.stderr}"


def test_every_command_works_from_the_first_to_the_last(folder, venue):
    for program, *words in shown():
        if program == LEFT_OUT:
            continue
        assert program == "argus"
        run(folder, [*typed(folder, words), *added(words, venue)])


def test_every_addition_is_to_a_command_that_is_shown():
    named = [tuple(words[1 : len(name) + 1]) for name in ADDED for words in shown()]
    assert set(ADDED) <= set(named)


def test_no_line_is_too_wide():
    assert [line for line in README.splitlines() if len(line) > WIDEST] == []
