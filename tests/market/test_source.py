from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.errors import ConfigError, DataError
from argusnexus.market.sample import sample_candles
from argusnexus.market.source import SampleSource, Sourced, StoredSource, select
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.model.runs import IntegrityTag
from argusnexus.model.times import DAY

NOW = datetime(2026, 1, 2, tzinfo=UTC)
QUARTER, ONE_HOUR, FOUR_HOURS, SIX_HOURS, ONE_DAY = map(Granularity.parse, ("15m", "1h", "4h", "6h", "1d"))


@pytest.fixture
def store(tmp_path):
    return CandleStore(tmp_path / "candles")


@pytest.fixture
def source(store):
    return StoredSource(store)


def test_stored_candles_are_used_as_they_are(store, source, hours, same):
    store.save(hours(range(8)), "x.csv", NOW)
    found = source.candles("BTC-USD", ONE_HOUR)
    assert same(found.candles, hours(range(8)))
    assert found.description == "stored 1h"
    assert found.integrity == ()


@pytest.mark.parametrize(
    ("present", "description"),
    [
        (range(8), "resampled from stored 1h (0 incomplete buckets dropped)"),
        (range(1, 8), "resampled from stored 1h (1 incomplete bucket dropped)"),
        ([0, 4, 5, 6, 7, 9], "resampled from stored 1h (2 incomplete buckets dropped)"),
    ],
)
def test_other_granularities_are_resampled_and_say_so(store, source, hours, present, description):
    store.save(hours(present), "x.csv", NOW)
    found = source.candles("BTC-USD", FOUR_HOURS)
    assert found.candles.granularity == FOUR_HOURS
    assert found.description == description


def test_the_largest_stored_granularity_that_divides_is_used(store, source, hours):
    store.save(hours(range(200), granularity=QUARTER), "15m.csv", NOW)
    store.save(hours(range(50)), "1h.csv", NOW)
    store.save(hours(range(10), granularity=SIX_HOURS), "6h.csv", NOW)
    assert "from stored 6h" in source.candles("BTC-USD", ONE_DAY).description
    assert "from stored 1h" in source.candles("BTC-USD", FOUR_HOURS).description
    assert "from stored 15m" in source.candles("BTC-USD", Granularity.parse("30m")).description
    assert source.candles("BTC-USD", SIX_HOURS).description == "stored 6h"


def test_an_unknown_symbol_is_answered_with_what_is_stored(store, source, hours):
    with pytest.raises(DataError, match=r"'BTC-USD'.* There: nothing yet\..*argus data import"):
        source.candles("BTC-USD", ONE_HOUR)
    store.save(hours(range(4)), "x.csv", NOW)
    store.save(hours(range(4), symbol="ETH-USD", granularity=ONE_DAY), "x.csv", NOW)
    with pytest.raises(DataError, match=r"BTC-USD \(1h\); ETH-USD \(1d\)\. Did you mean 'BTC-USD'\?"):
        source.candles("btc-usd", ONE_HOUR)


def test_a_granularity_that_cannot_be_made_is_answered_with_what_could_be_imported(store, source, hours):
    store.save(hours(range(4), granularity=SIX_HOURS), "x.csv", NOW)
    with pytest.raises(DataError, match=r"stored as 6h, from which 4h can't be made\. Import 4h"):
        source.candles("BTC-USD", FOUR_HOURS)


def test_candles_without_a_complete_bucket_are_refused(store, source, hours):
    store.save(hours(range(3)), "x.csv", NOW)
    with pytest.raises(DataError, match="No 4h candle of BTC-USD is complete in stored 1h"):
        source.candles("BTC-USD", FOUR_HOURS)


def test_the_sample_market_is_tagged_as_synthetic(same):
    found = SampleSource().candles("SIM-BTC-USD", ONE_HOUR)
    assert same(found.candles, sample_candles("SIM-BTC-USD"))
    assert found.description == "sample market 1h"
    assert found.integrity == (IntegrityTag.SYNTHETIC,)


def test_the_sample_market_is_resampled():
    found = SampleSource().candles("SIM-ETH-USD", FOUR_HOURS)
    assert found.description == "resampled from sample market 1h (6 incomplete buckets dropped)"
    assert found.integrity == (IntegrityTag.SYNTHETIC,)


def test_the_sample_market_refuses_what_it_does_not_have():
    with pytest.raises(
        DataError, match=r"only SIM-BTC-USD, SIM-ETH-USD, SIM-SOL-USD. Did you mean 'SIM-BTC-USD'"
    ):
        SampleSource().candles("BTC-USD", ONE_HOUR)
    with pytest.raises(DataError, match="1h candles and what can be made from them, not 15m"):
        SampleSource().candles("SIM-BTC-USD", QUARTER)


def test_a_range_includes_the_whole_of_both_days(hours):
    whole = Sourced(hours(range(-30, 100)), "stored 1h")
    found = select(whole, date(2024, 1, 2), date(2024, 1, 3))
    assert found.clipped is None
    assert len(found.candles) == 48
    assert found.candles.times[0] == np.datetime64("2024-01-02T00:00", "ns").astype(int)
    assert found.candles.times[-1] == np.datetime64("2024-01-03T23:00", "ns").astype(int)


def test_no_range_is_everything(hours, same):
    found = select(Sourced(hours(range(5, 30)), "stored 1h"), None, None)
    assert same(found.candles, hours(range(5, 30)))
    assert found.clipped is None


@pytest.mark.parametrize(
    ("start", "end", "clipped"),
    [
        (date(2020, 1, 1), date(2026, 12, 31), "asked for 2020-01-01 to 2026-12-31, "),
        (date(2024, 1, 1), None, "asked for 2024-01-01 to the last candle, "),
        (None, date(2024, 1, 4), "asked for the first candle to 2024-01-04, "),
        (date(1, 1, 1), date(9999, 12, 31), "asked for 0001-01-01 to 9999-12-31, "),
    ],
)
def test_a_range_that_reaches_past_the_candles_is_clipped_and_says_so(hours, same, start, end, clipped):
    candles = hours(range(17, 75))
    found = select(Sourced(candles, "stored 1h"), start, end)
    assert same(found.candles, candles)
    assert found.clipped == f"{clipped}the candles span 2024-01-01T17:00:00Z to 2024-01-04T03:00:00Z"


def test_a_range_that_ends_with_the_last_candle_is_not_clipped(hours):
    sourced = Sourced(hours(range(12), granularity=FOUR_HOURS), "stored 4h")
    assert select(sourced, date(2024, 1, 1), date(2024, 1, 2)).clipped is None


@pytest.mark.parametrize(
    "day", [date(2023, 12, 31), date(2024, 1, 3), date(2024, 1, 9), date(1, 1, 1), date(9999, 12, 31)]
)
def test_a_range_without_candles_is_answered_with_what_is_there(hours, day):
    sourced = Sourced(hours([*range(10), *range(80, 90)]), "stored 1h")
    with pytest.raises(
        DataError, match=r"No 1h candles of BTC-USD in that range: asked for .* span 2024-01-01T00:00:00Z"
    ):
        select(sourced, day, day)


def test_a_range_that_ends_before_it_starts_is_refused(hours):
    with pytest.raises(ConfigError, match="2024-01-02 is later than 2024-01-01"):
        select(Sourced(hours(range(99)), "stored 1h"), date(2024, 1, 2), date(2024, 1, 1))


@given(
    st.dates(date(2023, 12, 30), date(2024, 1, 8)),
    st.integers(0, 5),
    st.sets(st.integers(0, 150), min_size=1),
)
def test_a_selection_holds_exactly_the_candles_that_opened_on_its_days(hours, start, days, present):
    candles = hours(sorted(present))
    first = np.datetime64(start, "ns").astype(np.int64)
    end = date.fromordinal(start.toordinal() + days)
    expected = candles.times[(candles.times >= first) & (candles.times < first + (days + 1) * DAY)]
    try:
        found = select(Sourced(candles, "stored 1h"), start, end).candles.times
    except DataError:
        found = []
    assert np.array_equal(found, expected)
