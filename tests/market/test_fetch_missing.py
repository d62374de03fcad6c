"""From a venue into the store: everything, once, and nothing else."""

from __future__ import annotations

import threading

import pytest

from argusnexus.coinbase.advanced import AdvancedCandles
from argusnexus.coinbase.endpoint import Timeout
from argusnexus.coinbase.exchange import ExchangeCandles
from argusnexus.coinbase.patience import Patience
from argusnexus.coinbase.venue import Venue
from argusnexus.errors import ConfigError, DataError
from argusnexus.market.fetch import fetch_missing
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.model.spans import Span
from argusnexus.model.times import MINUTE, from_ns
from venue.candle_venue import CONNECTION_LOST, CUT_SHORT, CandleVenue, failure, html, hung, too_many
from venue.made_candles import FIRST, HOUR, are_same, bars, made_candles

SYMBOLS = ("BTC-USD", "ETH-USD", "SOL-USD")
TWO_YEARS = 731 * 24
QUICK = Patience(attempts=6, seconds=20.0, first_wait=0.01, longest_wait=0.05, jitter=0.01)


def hours(start, stop):
    return Span(FIRST + start * HOUR.ns, FIRST + stop * HOUR.ns)


@pytest.fixture
def store(tmp_path):
    return CandleStore(tmp_path / "cache")


@pytest.fixture(params=[ExchangeCandles, AdvancedCandles], ids=lambda kind: kind.name)
def opened(request):
    """Opens a served venue through each of the two endpoints."""

    def open_(served, rate=1_000.0, patience=QUICK, **options):
        endpoint = request.param(served.url, Timeout(1.0, 0.4))
        return Venue(endpoint, requests_per_second=rate, patience=patience, **options)

    return open_


@pytest.fixture
def serve():
    """Serves candles; the venue's time is long after the last one unless `now` says otherwise."""
    running = []

    def start(*series, now=None, **options):
        latest = max(int(one.close_times[-1]) for one in series)
        served = CandleVenue(bars(*series), now=latest + 100 * HOUR.ns if now is None else now, **options)
        running.append(served.__enter__())
        return served

    yield start
    for served in running:
        served.__exit__()


def test_two_years_of_three_symbols_are_complete_equal_and_within_the_rate_limit(serve, opened, store):
    truths = {symbol: made_candles(symbol, TWO_YEARS) for symbol in SYMBOLS}
    served = serve(*truths.values(), per_second=100.0)
    venue = opened(served, rate=80.0)
    for symbol, truth in truths.items():
        outcome = fetch_missing(store, venue, symbol, HOUR, hours(0, TWO_YEARS))
        assert are_same(store.load(symbol, HOUR), truth)
        assert (outcome.added, outcome.already_there) == (len(truth), 0)
        assert outcome.empty == TWO_YEARS - len(truth)
        assert not outcome.is_clipped
    assert served.refused_for_rate == 0
    assert served.busiest_second() <= 100
    assert venue.requests == len(served.asked) == 3 * (59 + 1)


def test_a_venue_in_trouble_all_the_time_gives_the_same_candles(serve, opened, store):
    truth = made_candles(count=3_000)
    troubles = [
        too_many(),
        too_many(0),
        failure(503),
        html(502),
        html(),
        CUT_SHORT,
        CONNECTION_LOST,
        hung(0.6),
    ]
    served = serve(truth)
    served.faults.extend(troubles)
    served.fault = lambda _asked: troubles[len(served.asked) % 8] if len(served.asked) % 3 == 0 else None
    outcome = fetch_missing(store, opened(served), "BTC-USD", HOUR, hours(0, 3_000))
    assert are_same(store.load("BTC-USD", HOUR), truth)
    assert outcome.requests > 11


def test_only_what_is_missing_is_asked_for(serve, opened, store):
    truth = made_candles(count=2_000)
    served = serve(truth)
    venue = opened(served)
    fetch_missing(store, venue, "BTC-USD", HOUR, hours(300, 600))
    fetch_missing(store, venue, "BTC-USD", HOUR, hours(900, 1_200))
    assert len(served.candle_requests) == 2
    outcome = fetch_missing(store, venue, "BTC-USD", HOUR, hours(0, 1_500))
    assert len(served.candle_requests) == 2 + 3
    assert outcome.already_there == len(truth.between(*hours(300, 600))) + len(
        truth.between(*hours(900, 1_200))
    )
    assert are_same(store.load("BTC-USD", HOUR), truth.between(*hours(0, 1_500)))
    before = len(served.asked)
    again = fetch_missing(store, venue, "BTC-USD", HOUR, hours(0, 1_500))
    assert (again.added, again.requests, len(served.asked)) == (0, 0, before)


def test_an_empty_interval_is_asked_for_once(serve, opened, store):
    truth = made_candles(count=1_000, missing=0.9)
    served = serve(truth)
    venue = opened(served)
    first = fetch_missing(store, venue, "BTC-USD", HOUR, hours(0, 1_000))
    again = fetch_missing(store, venue, "BTC-USD", HOUR, hours(0, 1_000))
    assert first.empty == again.empty == 1_000 - len(truth)
    assert again.requests == 0


def test_nothing_is_stored_until_a_candle_comes_and_then_what_was_empty_before_is_known(serve, opened, store):
    served = serve(made_candles(count=600))
    venue = opened(served)
    nothing = fetch_missing(store, venue, "BTC-USD", HOUR, hours(-9_000, 0))
    assert (nothing.added, nothing.empty) == (0, 9_000)
    assert store.granularities() == {}
    fetch_missing(store, venue, "BTC-USD", HOUR, hours(-9_000, 600))
    asked = len(served.asked)
    assert fetch_missing(store, venue, "BTC-USD", HOUR, hours(-9_000, 600)).requests == 0
    assert len(served.asked) == asked


def test_the_candle_that_is_forming_is_never_stored(serve, opened, store):
    truth = made_candles(count=500, missing=0.0)
    served = serve(truth, now=FIRST + 400 * HOUR.ns + 30 * MINUTE)
    venue = opened(served)
    outcome = fetch_missing(store, venue, "BTC-USD", HOUR, hours(0, 500))
    assert outcome.is_clipped
    assert outcome.wanted == hours(0, 400)
    assert are_same(store.load("BTC-USD", HOUR), truth.between(*hours(0, 400)))
    served.now = FIRST + 401 * HOUR.ns + 5
    fetch_missing(store, venue, "BTC-USD", HOUR, hours(0, 500))
    assert len(store.load("BTC-USD", HOUR)) == 400
    served.now = FIRST + 401 * HOUR.ns + MINUTE
    fetch_missing(store, venue, "BTC-USD", HOUR, hours(0, 500))
    assert are_same(store.load("BTC-USD", HOUR), truth.between(*hours(0, 401)))


def test_a_clock_of_ours_that_is_late_takes_nothing_too_early(serve, opened, store):
    class Late:
        def now(self):
            return from_ns(FIRST + 10 * HOUR.ns + MINUTE)

    truth = made_candles(count=500, missing=0.0)
    venue = opened(serve(truth), clock=Late())
    assert fetch_missing(store, venue, "BTC-USD", HOUR, hours(0, 500)).wanted == hours(0, 10)


def test_a_candle_that_the_venue_is_late_with_is_asked_for_again(serve, opened, store):
    truth = made_candles(count=100, missing=0.0)
    served = serve(truth, now=int(truth.close_times[-1]) + MINUTE)
    late = served.bars["BTC-USD", 3600].pop()
    venue = opened(served)
    fetch_missing(store, venue, "BTC-USD", HOUR, hours(0, 100))
    assert len(store.load("BTC-USD", HOUR)) == 99
    served.bars["BTC-USD", 3600].append(late)
    fetch_missing(store, venue, "BTC-USD", HOUR, hours(0, 100))
    assert are_same(store.load("BTC-USD", HOUR), truth)


def test_a_candle_with_other_values_is_reported_and_the_first_kept(serve, opened, store):
    truth = made_candles(count=100, missing=0.0)
    served = serve(truth)
    other = truth.between(*hours(50, 51))
    other.volume[0] += 1
    store.merge(other, "a file", from_ns(FIRST), asked=Span(int(other.times[0]), int(other.times[0])))
    outcome = fetch_missing(store, opened(served), "BTC-USD", HOUR, hours(0, 100))
    assert [conflict.time for conflict in outcome.conflicts] == [int(other.times[0])]
    assert store.load("BTC-USD", HOUR).volume[50] == other.volume[0]
    assert (outcome.added, outcome.already_there) == (99, 1)


def test_what_is_not_served_is_stored_as_what_it_can_be_made_from(serve, store):
    hourly = made_candles(count=400)
    served = serve(hourly)
    venue = Venue(ExchangeCandles(served.url), requests_per_second=1_000.0)
    outcome = fetch_missing(store, venue, "BTC-USD", Granularity.parse("4h"), hours(1, 399))
    assert outcome.granularity == HOUR
    # Only whole four hours can open in the span: from 04:00 on, and up to the end of the one that opens at 396.
    assert outcome.wanted == hours(4, 400)
    assert store.granularities() == {"BTC-USD": (HOUR,)}


@pytest.mark.parametrize(("refused", "stored"), [((), "4h"), ((14_400,), "2h")])
def test_four_hours_are_taken_from_advanced_where_it_has_them(serve, store, refused, stored):
    four = made_candles(count=100, granularity=Granularity.parse("4h"))
    two = made_candles(count=200, granularity=Granularity.parse("2h"))
    served = serve(two, four, refused_seconds=refused)
    venue = Venue(AdvancedCandles(served.url), requests_per_second=1_000.0)
    outcome = fetch_missing(store, venue, "BTC-USD", Granularity.parse("4h"), hours(0, 400))
    assert str(outcome.granularity) == stored
    assert are_same(store.load("BTC-USD", outcome.granularity), two if refused else four)


def test_an_error_keeps_what_came_and_the_same_call_goes_on(serve, opened, store):
    truth = made_candles(count=9_000)
    served = serve(truth)
    served.fault = lambda _asked: failure(503) if len(served.asked) > 25 else None
    with pytest.raises(DataError, match="are kept: the same command goes on") as told:
        fetch_missing(store, opened(served), "BTC-USD", HOUR, hours(0, 9_000))
    kept = len(store.load("BTC-USD", HOUR))
    assert f"{kept:,} candles" in str(told.value)
    assert kept > 4_000
    served.fault = None
    before = len(served.candle_requests)
    outcome = fetch_missing(store, opened(served), "BTC-USD", HOUR, hours(0, 9_000))
    assert outcome.already_there == kept
    assert len(served.candle_requests) - before <= 15
    assert are_same(store.load("BTC-USD", HOUR), truth)


def test_an_interruption_keeps_what_came(serve, opened, store):
    truth = made_candles(count=9_000)
    served = serve(truth)
    seen = []

    def interrupt(progress):
        seen.append(progress)
        if len(seen) == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_missing(store, opened(served), "BTC-USD", HOUR, hours(0, 9_000), progress=interrupt)
    assert seen[-1].kept == len(store.load("BTC-USD", HOUR)) > 3_000
    fetch_missing(store, opened(served), "BTC-USD", HOUR, hours(0, 9_000))
    assert are_same(store.load("BTC-USD", HOUR), truth)


def test_no_thread_asks_on_after_the_end(serve, opened, store):
    served = serve(made_candles(count=9_000))
    served.fault = lambda _asked: failure(400) if len(served.asked) > 10 else None
    with pytest.raises(DataError):
        fetch_missing(store, opened(served), "BTC-USD", HOUR, hours(0, 9_000))
    for thread in threading.enumerate():
        if thread.name.endswith("(work)"):
            thread.join(5.0)
    assert len(served.candle_requests) <= 10 + 6


def test_candles_that_can_not_be_stop_the_fetch_and_nothing_of_their_answer_is_stored(serve, opened, store):
    truth = made_candles(count=900, missing=0.0)
    served = serve(truth)
    wrong = served.bars["BTC-USD", 3600]
    wrong[450] = wrong[450]._replace(high=0.01)
    with pytest.raises(DataError, match="2024-01-19T18:00:00Z, has a high below its open or close"):
        fetch_missing(store, opened(served), "BTC-USD", HOUR, hours(0, 900))
    assert not store.has("BTC-USD", HOUR) or not len(store.load("BTC-USD", HOUR).between(*hours(300, 600)))


def test_an_unknown_symbol_is_an_error_before_anything_is_stored(serve, opened, store):
    served = serve(made_candles(count=10))
    with pytest.raises(DataError, match=r"no product 'BTC-USDD'.*'BTC-USD'\?$"):
        fetch_missing(store, opened(served), "BTC-USDD", HOUR, hours(0, 10))
    assert store.granularities() == {}


def test_a_stored_part_that_is_damaged_is_fetched_again(serve, opened, store):
    truth = made_candles(count=1_000)
    venue = opened(serve(truth))
    fetch_missing(store, venue, "BTC-USD", HOUR, hours(0, 1_000))
    part = next(store.root.rglob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-100])
    outcome = fetch_missing(store, venue, "BTC-USD", HOUR, hours(0, 1_000))
    assert outcome.added > 0
    assert are_same(store.load("BTC-USD", HOUR), truth)


@pytest.mark.parametrize("symbol", ["btc-usd", "BTC", "../x", ""])
def test_a_symbol_that_can_not_be_stored_is_refused_before_the_first_request(serve, opened, store, symbol):
    served = serve(made_candles(count=10))
    with pytest.raises(ConfigError, match="BASE-QUOTE"):
        fetch_missing(store, opened(served), symbol, HOUR, hours(0, 10))
    assert served.asked == []


def test_a_store_that_can_not_be_written_is_found_before_the_first_request(serve, opened, tmp_path):
    served = serve(made_candles(count=10))
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="can't be written"):
        fetch_missing(CandleStore(tmp_path / "file" / "cache"), opened(served), "BTC-USD", HOUR, hours(0, 10))
    assert served.asked == []


def test_candles_with_errors_that_are_stored_are_found_before_the_first_request(serve, opened, store):
    truth = made_candles(count=10, missing=0.0)
    served = serve(truth)
    dirty = made_candles(count=10, missing=0.0)
    dirty.high[3] = 0.0
    store.save(dirty.between(*hours(0, 5)), "a file", from_ns(FIRST))
    with pytest.raises(DataError, match="data errors"):
        fetch_missing(store, opened(served), "BTC-USD", HOUR, hours(0, 10))
    assert served.candle_requests == []


@pytest.mark.parametrize("span", [hours(5, 5), hours(1_000_000, 1_000_100)])
def test_a_span_without_closed_candles_is_refused(serve, opened, store, span):
    served = serve(made_candles(count=10))
    with pytest.raises(ConfigError, match="nothing to fetch"):
        fetch_missing(store, opened(served), "BTC-USD", HOUR, span)
    assert served.candle_requests == []
