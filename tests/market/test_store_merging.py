from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.market.store import CandleStore
from argusnexus.market.updating import Outcome
from argusnexus.model.candles import Granularity
from argusnexus.model.spans import Span, subtract, union
from argusnexus.model.times import DAY, HOUR, MINUTE

NOW = datetime(2026, 1, 2, tzinfo=UTC)
NEW_YEAR = 1_704_067_200_000_000_000  # 2024-01-01 00:00 UTC, where one part ends and another begins
ONE_HOUR, ONE_DAY = Granularity.parse("1h"), Granularity.parse("1d")


@pytest.fixture
def store(tmp_path):
    return CandleStore(tmp_path / "candles")


def at(hour):
    return NEW_YEAR + hour * HOUR


def test_an_empty_answer_is_known_to_be_empty(store, hours):
    assert store.merge(hours([]), "venue", NOW, asked=Span(at(0), at(10))).outcome is Outcome.NEW
    assert store.missing("BTC-USD", ONE_HOUR, Span(at(-2), at(12))) == (
        Span(at(-2), at(0)),
        Span(at(10), at(12)),
    )
    assert len(store.load("BTC-USD", ONE_HOUR)) == 0
    assert store.extent("BTC-USD", ONE_HOUR) is None
    assert store.merge(hours([]), "venue", NOW, asked=Span(at(3), at(7))).outcome is Outcome.IDENTICAL
    assert store.merge(hours([]), "venue", NOW, asked=Span(at(3), at(3))).outcome is Outcome.IDENTICAL
    assert store.merge(hours([]), "venue", NOW, asked=Span(at(3), at(11))).outcome is Outcome.EXTENDED


def test_a_hole_that_was_asked_for_differs_from_one_that_nobody_asked_for(store, hours):
    whole = hours([*range(5), *range(20, 25)])
    store.merge(whole.rows(slice(0, 5)), "venue", NOW, asked=Span(at(0), at(10)))
    store.merge(whole.rows(slice(5, 10)), "venue", NOW, asked=Span(at(18), at(25)))
    assert store.missing("BTC-USD", ONE_HOUR, Span(at(0), at(25))) == (Span(at(10), at(18)),)
    assert store.stored()[0].missing_parts == 1


def test_an_import_covers_from_its_first_candle_to_its_last(store, hours):
    store.save(hours([3, 4, 9]), "x.csv", NOW)
    assert store.covered("BTC-USD", ONE_HOUR) == (Span(at(3), at(10)),)


def test_what_is_asked_counts_in_candles(store, hours):
    store.merge(hours([1]), "venue", NOW, asked=Span(at(0) + MINUTE, at(1) + MINUTE))
    assert store.covered("BTC-USD", ONE_HOUR) == (Span(at(1), at(2)),)
    assert store.missing("BTC-USD", ONE_HOUR, Span(at(0) + MINUTE, at(2))) == ()
    assert store.missing("BTC-USD", ONE_HOUR, Span(at(0), at(2))) == (Span(at(0), at(1)),)


def test_sources_are_told_apart(store, hours):
    whole = hours(range(10))
    later = datetime(2026, 2, 2, tzinfo=UTC)
    store.save(whole.rows(slice(0, 4)), "x.csv", NOW)
    store.merge(whole.rows(slice(4, 6)), "venue", NOW, asked=Span(at(4), at(6)))
    store.merge(whole.rows(slice(6, 9)), "venue", later, asked=Span(at(6), at(10)))
    file, venue = store.stored()[0].manifest.sources
    assert (file.name, file.rows, file.covered) == ("x.csv", 4, (Span(at(0), at(4)),))
    assert (venue.rows, venue.covered) == (5, (Span(at(4), at(10)),))
    assert (venue.first_at, venue.last_at) == (NOW, later)


def test_candles_outside_of_what_was_asked_are_kept_but_cover_nothing(store, hours, same):
    whole = hours(range(-3, 3))
    store.merge(whole, "venue", NOW, asked=Span(at(0), at(1)))
    assert same(store.load("BTC-USD", ONE_HOUR), whole)
    assert store.covered("BTC-USD", ONE_HOUR) == (Span(at(0), at(1)),)


class Step(NamedTuple):
    """A merge of the candles in a range of hours, whose values `version` tells apart."""

    start: int
    length: int
    version: int


STEPS = st.lists(st.builds(Step, st.integers(-60, 50), st.integers(1, 40), st.integers(0, 2)), max_size=8)


def version_of(candles, version):
    return dataclasses.replace(candles, volume=candles.volume + version)


@given(STEPS, st.sets(st.integers(-60, 90), min_size=1))
def test_any_merges_of_one_truth_in_any_order_give_the_truth(hours, same, steps, present):
    truth = hours(sorted(present))
    wanted = Span(at(-70), at(100))
    with TemporaryDirectory() as folder:
        store = CandleStore(Path(folder) / "candles")
        asked = [Span(at(step.start), at(step.start + step.length)) for step in steps]
        for span in asked:
            merge = store.merge(truth.between(*span), "venue", NOW, asked=span)
            assert merge.conflicts == ()
        assert store.covered("BTC-USD", ONE_HOUR) == union(asked)
        assert store.missing("BTC-USD", ONE_HOUR, wanted) == subtract([wanted], asked)
        if asked:
            inside = [any(start <= time < stop for start, stop in asked) for time in truth.times]
            assert same(store.load("BTC-USD", ONE_HOUR), truth.rows(np.array(inside)))


@given(STEPS)
def test_the_first_to_come_is_kept_and_every_other_value_recorded(hours, steps):
    truth = hours(range(-60, 90))
    first, refused = {}, set()
    with TemporaryDirectory() as folder:
        store = CandleStore(Path(folder) / "candles")
        for step in steps:
            span = Span(at(step.start), at(step.start + step.length))
            candles = version_of(truth, step.version).between(*span)
            merge = store.save(candles, f"v{step.version}", NOW)
            values = dict(zip(candles.times.tolist(), candles.volume.tolist(), strict=True))
            others = {(time, value) for time, value in values.items() if first.get(time, value) != value}
            assert {(one.time, one.refused.volume) for one in merge.conflicts} == others
            assert merge.added == len(values.keys() - first.keys())
            assert merge.added + merge.identical + len(merge.conflicts) == len(candles)
            refused |= others
            first = values | first
        recorded = store.conflicts("BTC-USD", ONE_HOUR)
        assert len(recorded) == len(refused)
        assert {(one.time, one.refused.volume) for one in recorded} == refused
        if steps:
            kept = store.load("BTC-USD", ONE_HOUR)
            assert dict(zip(kept.times.tolist(), kept.volume.tolist(), strict=True)) == first
            assert kept.times.tolist() == sorted(first)


def test_days_and_minutes_merge_like_hours(store, hours, same):
    days = hours(range(0, 900, 2), granularity=ONE_DAY)
    store.merge(days.rows(slice(200, 450)), "b", NOW)
    store.merge(days.rows(slice(0, 210)), "a", NOW)
    assert same(store.load("BTC-USD", ONE_DAY), days)
    assert store.covered("BTC-USD", ONE_DAY) == (Span(NEW_YEAR, NEW_YEAR + 899 * DAY),)
