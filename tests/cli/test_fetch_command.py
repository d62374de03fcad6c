"""`argus data fetch`, against a local venue."""

from __future__ import annotations

import json

import numpy as np
import pytest

from argusnexus.cli.exit_codes import ExitCode
from argusnexus.market.store import CandleStore
from argusnexus.model.spans import Span
from argusnexus.model.times import from_ns
from venue.candle_venue import CandleVenue, failure, html
from venue.made_candles import FIRST, HOUR, are_same, bars, made_candles

SYMBOLS = ("BTC-USD", "ETH-USD", "SOL-USD")
DAYS = 200
RANGE = ("--start", "2024-01-01", "--end", "2024-07-18")
SOURCES = ("exchange", "advanced")


@pytest.fixture(scope="module")
def truths():
    return {symbol: made_candles(symbol, DAYS * 24) for symbol in SYMBOLS}


@pytest.fixture
def served(truths):
    with CandleVenue(bars(*truths.values()), now=FIRST + (DAYS + 10) * 24 * HOUR.ns) as venue:
        yield venue


@pytest.fixture(params=SOURCES)
def fetch(request, argus, served):
    """Runs `argus data fetch` of hourly candles from the local venue, through each of its endpoints."""

    def call(*words, symbols="BTC-USD", granularity="1h"):
        return argus(
            *("data", "fetch", "--symbols", symbols, "--granularity", granularity, "--source", request.param),
            *("--base-url", served.url, "--requests-per-second", "500", *words),
        )

    return call


def stored(directory, symbol="BTC-USD"):
    return CandleStore(directory / "data" / "cache").load(symbol, HOUR)


def test_it_fetches_several_symbols_and_says_what_came(fetch, tmp_path, truths):
    told = fetch(*RANGE, symbols="BTC-USD, ETH-USD,SOL-USD")
    assert told.code == ExitCode.OK
    assert told.err == ""
    for symbol, truth in truths.items():
        assert are_same(stored(tmp_path, symbol), truth)
        assert f"{symbol} 1h, 2024-01-01 00:00 to 2024-07-19 00:00 (" in told.out
        assert f"{len(truth):,} candles added, 0 already there" in told.out
    assert max(map(len, told.out.splitlines())) <= 80


def test_asked_again_it_asks_nobody(fetch, truths):
    fetch(*RANGE)
    (summary,) = json.loads(fetch(*RANGE, "--json").out)
    empty = DAYS * 24 - len(truths["BTC-USD"])
    assert summary["added"] == summary["requests"] == 0
    assert summary["already_there"] == len(truths["BTC-USD"])
    assert summary["empty_intervals"] == empty
    assert (summary["start"], summary["stop"]) == ("2024-01-01T00:00:00Z", "2024-07-19T00:00:00Z")


def test_a_future_end_is_cut_and_said(fetch, served):
    served.now = FIRST + 50 * HOUR.ns
    told = fetch("--start", "2024-01-01", "--end", "2031-01-01")
    assert told.code == ExitCode.OK
    assert "note: cut at 2024-01-03 01:00" in told.out
    assert "note: cut" not in fetch("--start", "2024-01-01").out


def test_four_hours_are_stored_as_what_they_are_made_from(argus, served, tmp_path, truths):
    words = ("data", "fetch", "--symbols", "BTC-USD", "--granularity", "4h", "--base-url", served.url)
    told = argus(*words, "--start", "2024-01-01", "--end", "2024-01-31")
    assert "exchange doesn't serve 4h" in told.out
    assert are_same(stored(tmp_path), truths["BTC-USD"].between(FIRST, FIRST + 31 * 24 * HOUR.ns))


def test_a_candle_with_other_values_than_those_stored_is_a_warning(fetch, tmp_path, truths):
    other = truths["BTC-USD"].rows(np.array([0]))
    other.close[0] = (other.low[0] + other.high[0]) / 2
    store = CandleStore(tmp_path / "data" / "cache")
    # Nobody asked for that hour: the candle came with another one's answer, so the hour is still to be asked for.
    store.merge(other, "elsewhere", from_ns(FIRST), asked=Span(FIRST + HOUR.ns, FIRST + 2 * HOUR.ns))
    told = fetch(*RANGE)
    assert told.code == ExitCode.OK
    assert "warning: 1 candle came with other values than those stored" in told.out
    assert "2024-01-01T00:00:00Z" in told.out


def test_a_range_without_any_candle_is_questioned_and_leaves_no_series(fetch):
    told = fetch("--start", "2020-01-01", "--end", "2020-01-10")
    assert told.code == ExitCode.OK
    assert "no candle at all" in told.out
    assert json.loads(fetch("--start", "2020-01-01", "--end", "2020-01-10", "--json").out)[0]["requests"] > 0


@pytest.mark.parametrize("day", ["0001-01-01", "1678-01-01", "1960-05-05", "2009-12-31"])
def test_a_start_before_there_were_markets_is_refused_and_stores_nothing(fetch, argus, served, day):
    told = fetch("--start", day, "--end", "2024-01-02")
    assert told.code == ExitCode.USAGE
    assert f"expected a first day from 2010-01-01 on, was {day}" in told.err
    assert served.asked == []
    replayed = argus(
        *("replay", "--data-source", "api", "--base-url", served.url, "--symbols", "BTC-USD", "--start", day)
    )
    assert (replayed.code, served.asked) == (ExitCode.USAGE, [])
    assert "2010-01-01" in replayed.err
    assert json.loads(argus("data", "list", "--json").out) == []


def test_what_was_not_tried_after_an_error_is_named(fetch):
    told = fetch(*RANGE, symbols="BTC-USD,BTCC-USD,ETH-USD,SOL-USD")
    assert told.code == ExitCode.DATA
    assert "0 candles" not in told.err
    assert "goes on from there" not in told.err
    assert told.err.endswith("Not tried: ETH-USD, SOL-USD.\n")
    assert "Not tried" not in fetch(*RANGE, symbols="BTC-USD,BTCC-USD").err


@pytest.mark.parametrize(
    ("words", "options", "code", "said"),
    [
        (("--start", "2024-02-01", "--end", "2024-01-01"), {}, ExitCode.USAGE, "later than 2024-01-01"),
        (("--start", "2999-01-01"), {}, ExitCode.USAGE, "nothing to fetch"),
        (("--start", "yesterday"), {}, ExitCode.USAGE, "--start: expected a date like 2024-12-31"),
        (RANGE, {"granularity": "1w"}, ExitCode.USAGE, "1m, 5m, 15m,"),
        (RANGE, {"granularity": "hourly"}, ExitCode.USAGE, "6h, 1d"),
        (RANGE, {"symbols": " ,"}, ExitCode.USAGE, "--symbols: expected at least one"),
        (RANGE, {"symbols": "btc-usd"}, ExitCode.USAGE, "Did you mean 'BTC-USD'"),
        (RANGE, {"symbols": "BTCC-USD"}, ExitCode.DATA, "Did you mean 'BTC-USD'"),
        ((*RANGE, "--data-dir", "/dev/null/x"), {}, ExitCode.DATA, "can't be written"),
        ((*RANGE, "--requests-per-second", "0"), {}, ExitCode.USAGE, "more than 0"),
        ((*RANGE, "--base-url", "coinbase.com"), {}, ExitCode.USAGE, "http:// or https://"),
        ((*RANGE, "--source", "kraken"), {}, ExitCode.USAGE, "advanced"),
    ],
)
def test_what_can_not_be_used_is_said_in_one_message(fetch, words, options, code, said):
    told = fetch(*words, **options)
    assert told.code == code
    assert said in told.err
    assert "Traceback" not in told.err
    assert told.out == ""


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", None])
def test_a_wrong_address_is_said(fetch, served, url):
    told = fetch(*RANGE, "--base-url", url or f"{served.url}/elsewhere")
    assert told.code == ExitCode.DATA
    assert "Is the base URL right" in told.err


def test_trouble_is_told_once_and_does_no_harm(fetch, served, tmp_path, truths):
    served.faults.extend([failure(503), failure(503), html(502)])
    told = fetch(*RANGE)
    assert told.code == ExitCode.OK
    assert told.err.count("HTTP 503") == 1
    assert "asking again" in told.err
    assert are_same(stored(tmp_path), truths["BTC-USD"])
