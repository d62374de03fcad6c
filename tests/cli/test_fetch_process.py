"""`argus data fetch` as a process: whatever moment it is stopped at, what came is kept and the next run goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from argusnexus.cli.exit_codes import ExitCode
from argusnexus.market.store import CandleStore
from venue.candle_venue import CandleVenue
from venue.made_candles import FIRST, HOUR, are_same, bars, made_candles

SYMBOLS = ("BTC-USD", "ETH-USD", "SOL-USD")
SOURCES = ("exchange", "advanced")
TWO_YEARS = 731
BOTH_YEARS = ("--start", "2024-01-01", "--end", "2025-12-31")
LONG_AFTER = FIRST + 800 * 24 * HOUR.ns


def stored(directory, symbol="BTC-USD"):
    return CandleStore(directory / "data" / "cache").load(symbol, HOUR)


@pytest.fixture(scope="module")
def two_years():
    return {symbol: made_candles(symbol, TWO_YEARS * 24) for symbol in SYMBOLS}


def started(directory, url, source):
    command = [sys.executable, "-m", "argusnexus", "data", "fetch", "--symbols", ",".join(SYMBOLS)]
    command += ["--granularity", "1h", *BOTH_YEARS, "--source", source, "--base-url", url]
    keys = {"COINBASE_API_KEY": "organizations/x/apiKeys/y", "COINBASE_API_SECRET": "never to be sent"}
    return subprocess.Popen(
        [*command, "--requests-per-second", "80"],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **keys},
    )


def stopped(directory, served, source, how, *, after, pause):
    """Exit code and error output of a fetch that got a signal some seconds after so many requests."""
    process = started(directory, served.url, source)
    until = len(served.asked) + after
    while process.poll() is None and len(served.asked) < until:
        time.sleep(0.002)
    time.sleep(pause)
    process.send_signal(how)
    _, error = process.communicate(timeout=60)
    return process.returncode, error


def assert_it_ends_the_same_after(kills, source, directory, truths, seed):
    """Kills fetches at moments drawn from the seed and one in the middle, then lets one run to its end."""
    draw = random.Random(seed)
    with CandleVenue(bars(*truths.values()), now=LONG_AFTER, per_second=100.0) as served:
        for _ in range(kills):
            moment = {"after": draw.randint(1, 60), "pause": draw.random() * 0.1}
            stopped(directory, served, source, signal.SIGKILL, **moment)
        stopped(
            directory, served, source, signal.SIGKILL, after=50, pause=0.5
        )  # late enough to have kept some
        before = len(served.candle_requests)
        process = started(directory, served.url, source)
        _, error = process.communicate(timeout=120)
    assert (process.returncode, error) == (0, "")
    for symbol, truth in truths.items():
        assert are_same(stored(directory, symbol), truth)
    assert len(served.candle_requests) - before < 3 * 59  # what came before the kills was kept
    assert served.refused_for_rate == 0
    assert not any("authorization" in map(str.lower, one.headers) for one in served.asked)


@pytest.mark.parametrize("source", SOURCES)
def test_killed_at_random_moments_it_ends_the_same(source, tmp_path, two_years):
    assert_it_ends_the_same_after(5, source, tmp_path, two_years, seed=f"ci {source}")


@pytest.mark.campaign
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("turn", range(20))
def test_killed_two_hundred_times_it_ends_the_same(turn, source, tmp_path, two_years):
    assert_it_ends_the_same_after(5, source, tmp_path, two_years, seed=f"{turn} {source}")


@pytest.mark.parametrize("source", SOURCES)
def test_ctrl_c_keeps_what_came_and_says_so(source, tmp_path, two_years):
    with CandleVenue(bars(*two_years.values()), now=LONG_AFTER) as served:
        code, error = stopped(tmp_path, served, source, signal.SIGINT, after=10, pause=0.2)
    assert code == ExitCode.INTERRUPTED
    assert "are kept; the same command goes on from there" in error
    assert "Traceback" not in error
    kept = stored(tmp_path)
    assert 0 < len(kept) < len(two_years["BTC-USD"])
    truth = two_years["BTC-USD"]
    assert are_same(kept, truth.rows(np.isin(truth.times, kept.times)))
