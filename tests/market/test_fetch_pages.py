"""Which requests a fetch makes, and what an answer is believed to tell."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.coinbase.endpoint import CANDLES_PER_REQUEST
from argusnexus.market.fetch_pages import Answer, closed_by, pages, runs
from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.spans import Span, union
from argusnexus.model.times import DAY, HOUR, MINUTE, SECOND

STEP = Granularity(HOUR)
LATE = 10_000 * HOUR


def hours(start, stop):
    return Span(start * HOUR, stop * HOUR)


def answer(start, stop, present=()):
    """The answer to a page, with candles at these hours."""
    times = np.array(present, dtype=np.int64) * HOUR
    values = (np.ones(len(times)) for _ in range(5))
    return Answer(hours(start, stop), Candles("BTC-USD", STEP, times, *values))


@st.composite
def apart(draw):
    """Spans in order that don't touch."""
    cuts = sorted(draw(st.sets(st.integers(0, 3_000), min_size=2, max_size=12)))
    return tuple(hours(*pair) for pair in zip(cuts[::2], cuts[1::2], strict=False))


@given(apart())
def test_pages_are_the_spans_each_time_once_and_never_more_than_a_request_answers(spans):
    found = pages(spans, STEP)
    assert union(found) == spans
    assert sum(page.stop - page.start for page in found) == sum(span.stop - span.start for span in spans)
    assert all(0 < page.stop - page.start <= CANDLES_PER_REQUEST * STEP.ns for page in found)
    assert list(found) == sorted(found)


@given(st.integers(0, 4 * DAY), st.sampled_from([MINUTE, HOUR, 6 * HOUR, DAY]))
def test_what_counts_as_closed_has_closed_a_little_while_ago(now, ns):
    stop = closed_by(now, Granularity(ns))
    assert stop % ns == 0
    assert stop <= now - 10 * SECOND < stop + ns


@given(st.permutations(range(8)), st.sets(st.integers(0, 7)))
def test_answers_in_any_order_are_joined_where_they_follow_each_other(order, lost):
    came = [answer(10 * place, 10 * place + 10, [10 * place + 3]) for place in order if place not in lost]
    found = list(runs(came, LATE))
    assert tuple(run.told for run in found) == union(one.page for one in came)
    hours_there = [int(time) // HOUR for run in found for time in run.candles.times]
    assert hours_there == [10 * place + 3 for place in range(8) if place not in lost]


def test_that_a_venue_has_nothing_is_believed_only_an_hour_later():
    now = 100 * HOUR + 30 * MINUTE
    assert [run.told for run in runs([answer(90, 100)], now)] == [hours(90, 99)]
    assert [run.told for run in runs([answer(99, 100)], now)] == [hours(99, 99)]
    assert [run.told for run in runs([answer(90, 100, [95])], now)] == [hours(90, 99)]
    assert [run.told for run in runs([answer(90, 100, [95, 99])], now)] == [hours(90, 100)]
