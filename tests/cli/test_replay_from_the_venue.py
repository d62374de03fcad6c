"""`argus replay --data-source api`, against a local venue."""

from __future__ import annotations

import json

import pytest

from argusnexus.cli.exit_codes import ExitCode
from argusnexus.market.store import CandleStore
from venue.candle_venue import CandleVenue
from venue.made_candles import FIRST, HOUR, are_same, bars, made_candles

DAYS = 60


@pytest.fixture(scope="module")
def truth():
    return made_candles(count=DAYS * 24)


@pytest.fixture
def served(truth):
    with CandleVenue(bars(truth), now=FIRST + DAYS * 24 * HOUR.ns) as venue:
        yield venue


@pytest.fixture
def replay(argus, served):
    def call(*words):
        named = ("replay", "--data-source", "api", "--base-url", served.url, "--symbols", "BTC-USD")
        return argus(*named, "--granularity", "1h", *words)

    return call


def test_what_the_store_lacks_is_fetched_once_and_replayed_from_there(replay, argus, served, tmp_path, truth):
    told = replay("--start", "2024-01-01", "--end", "2024-02-20", "--json")
    assert told.code == ExitCode.OK
    assert "candles fetched" in told.err
    first = json.loads(told.out)
    stored = CandleStore(tmp_path / "data" / "cache").load("BTC-USD", HOUR)
    assert are_same(stored, truth.between(FIRST, FIRST + 51 * 24 * HOUR.ns))
    asked = len(served.asked)
    again = json.loads(replay("--start", "2024-01-01", "--end", "2024-02-20", "--json").out)
    assert len(served.asked) == asked
    assert again["run_info"]["data_hash"] == first["run_info"]["data_hash"]
    from_store = argus("replay", "--symbols", "BTC-USD", "--granularity", "1h", "--start", "2024-01-01")
    assert "CLIPPED" not in from_store.out


def test_without_an_end_it_goes_up_to_the_last_closed_candle(replay, tmp_path, truth):
    told = replay("--start", "2024-02-01", "--json")
    assert told.code == ExitCode.OK
    stored = CandleStore(tmp_path / "data" / "cache").load("BTC-USD", HOUR)
    assert stored.times[0] >= FIRST + 31 * 24 * HOUR.ns
    assert stored.times[-1] in truth.times[-3:]


def test_a_granularity_that_the_venue_lacks_is_made_from_what_it_has(replay):
    told = replay("--start", "2024-01-01", "--end", "2024-02-20", "--granularity", "4h")
    assert told.code == ExitCode.OK
    assert "resampled from stored 1h" in " ".join(told.out.split())


@pytest.mark.parametrize("words", [(), ("--end", "2024-02-20")])
def test_the_first_day_must_be_named(replay, words):
    told = replay(*words)
    assert told.code == ExitCode.USAGE
    assert "--symbols and --start" in told.err


def test_a_range_that_the_venue_does_not_have_is_clipped_and_says_so(replay):
    told = replay("--start", "2023-12-01", "--end", "2024-01-31")
    assert told.code == ExitCode.OK
    words = " ".join(told.out.split())
    assert "asked for 2023-12-01 to 2024-01-31, the candles span 2024-01-01T00:00:00Z" in words
    assert "never fetched" not in words
