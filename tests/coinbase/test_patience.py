from __future__ import annotations

import time
from itertools import pairwise
from threading import Thread

import pytest

from argusnexus.coinbase.endpoint import Timeout
from argusnexus.coinbase.limiter import RateLimiter
from argusnexus.coinbase.patience import Patience
from argusnexus.coinbase.venue import Venue
from argusnexus.errors import DataError, VenueRefusalError
from argusnexus.model.spans import Span
from venue.candle_venue import CONNECTION_LOST, CUT_SHORT, Answer, failure, html, http_date, hung, too_many
from venue.made_candles import FIRST, HOUR, are_same

PAGE = Span(FIRST, FIRST + 100 * HOUR.ns)

TROUBLES = {
    "busy": too_many(),
    "busy for a moment": too_many(0),
    "busy, unreadably": too_many("soon"),
    "server error": failure(500),
    "bad gateway": html(502),
    "unavailable": failure(503, Retry_After="0"),
    "hung": hung(0.6),
    "cut short": CUT_SHORT,
    "connection lost": CONNECTION_LOST,
    "HTML": html(),
    "empty": Answer(200, b""),
    "null": Answer(200, b"null"),
    "other JSON": Answer(200, b'{"candles": null}'),
    "a wrong row": Answer(200, b'{"candles": [7]}'),
    "a row that is none": Answer(200, b"[7]"),
    "a candle without values": Answer(200, b'{"candles": [{"start": "1704067200"}]}'),
    "rows without values": Answer(200, b"[[1704067200, null, 1, 1, 1, 1]]"),
}


def asked(venue, page=PAGE):
    with venue.line() as line:
        return line.candles("BTC-USD", HOUR, page)


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_after_a_trouble_the_truth_still_comes(venue, served, truth, trouble):
    served.faults.extend([trouble, trouble])
    assert are_same(asked(venue), truth.between(*PAGE))
    assert len(served.candle_requests) == 3
    assert venue.requests == 3


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_a_trouble_that_stays_is_an_error_after_so_many_attempts(venue, served, trouble):
    served.fault = lambda _asked: trouble
    with pytest.raises(DataError, match="BTC-USD 1h candles from 2024-01-01T00:00:00Z") as told:
        asked(venue)
    assert not isinstance(told.value, VenueRefusalError)
    assert len(served.candle_requests) == 4
    assert len(str(told.value)) < 500


def test_a_wait_that_the_venue_asks_for_is_kept_by_every_thread(kind, served):
    venue = Venue(kind(served.url), requests_per_second=200.0)
    served.faults.append(too_many(1))
    others = Span(PAGE.start + 200 * HOUR.ns, PAGE.stop + 200 * HOUR.ns)

    def ask_later():
        time.sleep(0.3)
        asked(venue, others)

    thread = Thread(target=ask_later)
    thread.start()
    asked(venue)
    thread.join()
    first, *later = sorted(one.at for one in served.candle_requests)
    assert len(later) == 2
    assert all(at - first >= 0.99 for at in later)


def test_a_wait_until_a_date_is_by_the_venues_own_clock(venue, served, truth):
    date = http_date(served.now)
    until = http_date(served.now + 1_000_000_000)
    served.faults.append(failure(429, Date=date, Retry_After=until))
    assert are_same(asked(venue), truth.between(*PAGE))
    first, second = (one.at for one in served.candle_requests)
    assert 0.99 <= second - first < 3.0


def test_a_wait_longer_than_patience_is_an_error_that_says_how_long(venue, served):
    served.faults.append(too_many(3600))
    with pytest.raises(DataError, match="after 3600"):
        asked(venue)
    assert len(served.candle_requests) == 1


def test_waits_grow_and_are_told(kind, served):
    told = []
    patience = Patience(attempts=5, seconds=30.0, first_wait=0.05, longest_wait=10.0, jitter=0.0)
    venue = Venue(kind(served.url), requests_per_second=500.0, patience=patience, on_trouble=told.append)
    served.faults.extend([failure(503)] * 4)
    asked(venue)
    times = [one.at for one in served.candle_requests]
    waits = [after - before for before, after in pairwise(times)]
    for wait, least in zip(waits, (0.05, 0.1, 0.2, 0.4), strict=True):
        assert wait >= least * 0.99
    assert told == [told[0]] * 4
    assert "HTTP 503" in told[0]


def test_patience_ends_with_its_time(kind, served):
    patience = Patience(attempts=1_000, seconds=0.5, first_wait=0.05, longest_wait=0.1, jitter=0.0)
    served.fault = lambda _asked: failure(503)
    began = time.monotonic()
    with pytest.raises(DataError):
        asked(Venue(kind(served.url), requests_per_second=500.0, patience=patience))
    assert time.monotonic() - began < 5.0


def test_nobody_there_is_an_error_in_a_few_words(kind, served):
    patience = Patience(attempts=2, first_wait=0.01, jitter=0.0)
    venue = Venue(kind("http://127.0.0.1:1", Timeout(1.0, 1.0)), patience=patience)
    with pytest.raises(DataError, match=r"no connection \(Connection refused\)\. Is the base URL right"):
        venue.now()


def test_an_address_where_something_else_answers_is_an_error_in_a_few_words(kind, served):
    venue = Venue(kind(served.url + "/elsewhere"))
    with pytest.raises(DataError, match=r"HTTP 404.*Is the base URL right"):
        venue.now()
    with pytest.raises(DataError, match="Is the symbol right, and the base URL"):
        asked(venue)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"epoch": "soon", "epochSeconds": "soon"}'])
def test_a_venue_that_does_not_tell_its_time_is_an_error(venue, served, body):
    served.instead = dict.fromkeys(("/time", "/api/v3/brokerage/time"), Answer(200, body))
    with pytest.raises(DataError, match="no usable answer to the question for its time"):
        venue.now()


@pytest.mark.parametrize("body", [b"{}", b"[7]", b'{"products": null}', b"<html>"])
def test_a_refusal_is_told_even_if_the_products_can_not_be_had(venue, served, body):
    served.instead = dict.fromkeys(("/products", "/api/v3/brokerage/market/products"), Answer(200, body))
    with venue.line() as line, pytest.raises(VenueRefusalError, match="Is the symbol right"):
        line.candles("XYZ-USD", HOUR, PAGE)


def test_a_limiter_keeps_threads_apart_and_holds_them_when_told():
    limiter = RateLimiter(100.0)
    times = []

    def ask():
        for _ in range(10):
            limiter.wait()
            times.append(time.monotonic())

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert limiter.granted == 40
    assert max(times) - min(times) >= 0.389
    limiter.hold(0.3)
    began = time.monotonic()
    limiter.wait()
    assert time.monotonic() - began >= 0.299
