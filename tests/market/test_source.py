from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.errors import ConfigError, DataError
from argusnexus.market.days import Days
from argusnexus.market.resample import resample
from argusnexus.market.sample import sample_candles
from argusnexus.market.source import SampleSource, StoredSource, cut
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.model.runs import IntegrityTag
from argusnexus.model.spans import Span
from argusnexus.model.times import DAY, HOUR

NOW = datetime(2026, 1, 2, tzinfo=UTC)
QUARTER, ONE_HOUR, FOUR_HOURS, SIX_HOURS, ONE_DAY = map(Granularity.parse, ("15m", "1h", "4h", "6h", "1d"))


def at(hour):
    return 1_704_067_200_000_000_000 + hour * HOUR  # after 2024-01-01 00:00 UTC


def chosen(candles, start, end):
    return cut(candles, candles.granularity, Days(start, end), "given")


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


def test_the_granularity_that_covers_most_of_the_days_is_used(store, source, hours):
    store.save(hours(range(20, 24), granularity=FOUR_HOURS), "4h.csv", NOW)  # 4 January from 08:00 to the end
    store.save(hours(range(96)), "1h.csv", NOW)
    january = (date(2024, 1, 1), date(2024, 1, 4))
    for days in (january, (None, None), (date(2024, 1, 2), None), (None, date(2024, 1, 3))):
        assert "from stored 1h" in source.candles("BTC-USD", FOUR_HOURS, *days).description
    store.merge(hours([], granularity=FOUR_HOURS), "venue", NOW, asked=Span(at(-99_999), at(80)))
    assert "from stored 1h" in source.candles("BTC-USD", FOUR_HOURS, *january).description
    store.save(hours(range(20), granularity=FOUR_HOURS), "earlier.csv", NOW)
    assert source.candles("BTC-USD", FOUR_HOURS, *january).description == "stored 4h"


def test_hours_that_make_no_whole_candle_are_no_reason_for_a_shorter_granularity(store, source, hours):
    store.save(hours(range(6), granularity=FOUR_HOURS), "4h.csv", NOW)
    store.save(hours(range(-3, 27)), "1h.csv", NOW)
    assert source.candles("BTC-USD", FOUR_HOURS).description == "stored 4h"


def test_a_series_without_candles_hides_no_other(store, source, hours):
    store.merge(hours([], granularity=FOUR_HOURS), "venue", NOW, asked=Span(at(0), at(96)))
    store.save(hours(range(24)), "1h.csv", NOW)
    for source_ in (source, StoredSource(store, FOUR_HOURS)):
        assert "from stored 1h" in source_.candles("BTC-USD", FOUR_HOURS).description


def test_an_unknown_symbol_is_answered_with_what_is_stored(store, source, hours):
    with pytest.raises(
        DataError,
        match=r"'BTC-USD'.* There: nothing yet\..*argus data fetch --symbols BTC-USD --granularity 1h --start DAY.*argus data import",
    ):
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


def test_only_the_chosen_range_is_resampled_and_counted(store, source, hours, same):
    store.save(hours([*range(7), *range(8, 60), *range(61, 96)]), "x.csv", NOW)
    assert "(2 incomplete buckets" in source.candles("BTC-USD", FOUR_HOURS).description
    second = source.candles("BTC-USD", FOUR_HOURS, date(2024, 1, 2), date(2024, 1, 2))
    assert second.description == "resampled from stored 1h (0 incomplete buckets dropped)"
    assert len(second.candles) == 6
    assert second.clipped is None


@given(
    st.sets(st.integers(0, 200), min_size=30),
    st.integers(0, 7),
    st.integers(0, 4),
    st.sampled_from(["2h", "4h", "5h", "36h", "2d"]),
)
def test_a_chosen_range_holds_the_resampled_candles_that_open_in_it(hours, present, first, days, longer):
    """Resampling everything and cutting afterwards gives the same candles."""
    given = hours(sorted(present))
    start = date(2024, 1, 1) + timedelta(days=first)
    end = start + timedelta(days=days)
    whole = resample(given, Granularity.parse(longer)).candles
    low = np.datetime64(start, "ns").astype(np.int64)
    expected = whole.between(low, low + (days + 1) * DAY)
    try:
        found = cut(given, Granularity.parse(longer), Days(start, end), "given").candles.times
    except DataError:
        found = []
    assert np.array_equal(found, expected.times)


def test_what_nobody_fetched_or_imported_is_named_with_the_command(store, source, hours, same):
    whole = hours([*range(30), *range(50, 70), *range(90, 96)])
    store.merge(whole.between(at(0), at(48)), "venue", NOW, asked=Span(at(0), at(48)))
    store.save(whole.between(at(50), at(70)), "x.csv", NOW)
    store.save(whole.between(at(90), at(96)), "y.csv", NOW)
    found = source.candles("BTC-USD", ONE_HOUR, date(2024, 1, 1), date(2024, 1, 4))
    assert same(found.candles, whole)
    assert found.clipped == (
        "never fetched or imported: 2024-01-03T00:00:00Z to 2024-01-03T02:00:00Z, "
        "2024-01-03T22:00:00Z to 2024-01-04T18:00:00Z; "
        "`argus data fetch --symbols BTC-USD --granularity 1h --start 2024-01-03 --end 2024-01-04` fetches what there is"
    )
    assert source.candles("BTC-USD", ONE_HOUR, date(2024, 1, 1), date(2024, 1, 2)).clipped is None
    longer = source.candles("BTC-USD", FOUR_HOURS, date(2024, 1, 3), date(2024, 1, 3))
    assert (
        "2024-01-03T22:00:00Z to 2024-01-04T00:00:00Z; `argus data fetch --symbols BTC-USD --gran"
        in longer.clipped
    )
    assert "--granularity 1h" in longer.clipped


def test_many_missing_parts_are_counted(store, source, hours):
    whole = hours(range(0, 200, 10))
    for time in whole.times.tolist():
        store.save(whole.between(time, time + HOUR), "x.csv", NOW)
    clipped = source.candles("BTC-USD", ONE_HOUR).clipped
    assert clipped.count(" to ") == 3
    assert "and 16 more spans" in clipped


def test_a_range_that_nobody_fetched_is_refused_with_the_command(store, source, hours):
    store.merge(hours([0]), "venue", NOW, asked=Span(at(0), at(24)))
    with pytest.raises(DataError) as caught:
        source.candles("BTC-USD", ONE_HOUR, date(2024, 2, 1), date(2024, 2, 3))
    assert str(caught.value) == (
        "No 1h candles of BTC-USD in that range: asked for 2024-02-01 to 2024-02-03, the candles span "
        "2024-01-01T00:00:00Z to 2024-01-01T01:00:00Z; never fetched or imported: 2024-02-01T00:00:00Z to "
        "2024-02-04T00:00:00Z; `argus data fetch --symbols BTC-USD --granularity 1h --start 2024-02-01 --end "
        "2024-02-03` fetches what there is."
    )


def test_a_range_that_was_fetched_and_is_empty_is_no_missing_part(store, source, hours):
    store.merge(hours([]), "venue", NOW, asked=Span(at(0), at(240)))
    with pytest.raises(DataError, match=r"in that range: .*there are no candles"):
        source.candles("BTC-USD", ONE_HOUR, date(2024, 1, 2), date(2024, 1, 2))
    store.merge(hours([100, 101]), "venue", NOW)
    assert source.candles("BTC-USD", ONE_HOUR).clipped is None
    with pytest.raises(DataError, match=r"the candles span [-0-9T:Z]* to [-0-9T:Z]*\.$"):
        source.candles("BTC-USD", ONE_HOUR, date(2024, 1, 2), date(2024, 1, 2))
    early = source.candles("BTC-USD", ONE_HOUR, date(2024, 1, 2), date(2024, 1, 5))
    assert early.clipped == (
        "asked for 2024-01-02 to 2024-01-05, the candles span 2024-01-05T04:00:00Z to 2024-01-05T06:00:00Z"
    )


def test_a_damaged_part_outside_of_the_range_does_not_matter(store, source, hours):
    store.save(hours(range(-50, 50)), "x.csv", NOW)
    earlier, _later = sorted(store.root.glob("BTC-USD/1h/*.parquet"))
    earlier.unlink()
    assert len(source.candles("BTC-USD", ONE_HOUR, date(2024, 1, 1), date(2024, 1, 2)).candles) == 48
    with pytest.raises(DataError, match="is damaged"):
        source.candles("BTC-USD", ONE_HOUR, date(2023, 12, 31), date(2024, 1, 2))


def test_a_range_includes_the_whole_of_both_days(hours):
    found = chosen(hours(range(-30, 100)), date(2024, 1, 2), date(2024, 1, 3))
    assert found.clipped is None
    assert len(found.candles) == 48
    assert found.candles.times[0] == np.datetime64("2024-01-02T00:00", "ns").astype(int)
    assert found.candles.times[-1] == np.datetime64("2024-01-03T23:00", "ns").astype(int)


def test_no_range_is_everything(hours, same):
    found = chosen(hours(range(5, 30)), None, None)
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
def test_a_range_that_reaches_past_the_candles_is_clipped_and_says_so(
    store, source, hours, same, start, end, clipped
):
    candles = hours(range(17, 75))
    found = chosen(candles, start, end)
    assert same(found.candles, candles)
    assert found.clipped == f"{clipped}the candles span 2024-01-01T17:00:00Z to 2024-01-04T03:00:00Z"
    store.save(candles, "x.csv", NOW)
    stored = source.candles("BTC-USD", ONE_HOUR, start, end)
    assert same(stored.candles, candles)
    assert stored.clipped.startswith(f"{found.clipped}; never fetched or imported: ")


def test_a_range_that_ends_with_the_last_candle_is_not_clipped(hours):
    assert (
        chosen(hours(range(12), granularity=FOUR_HOURS), date(2024, 1, 1), date(2024, 1, 2)).clipped is None
    )


@pytest.mark.parametrize(
    "day", [date(2023, 12, 31), date(2024, 1, 3), date(2024, 1, 9), date(1, 1, 1), date(9999, 12, 31)]
)
def test_a_range_without_candles_is_answered_with_what_is_there(store, source, hours, day):
    candles = hours([*range(10), *range(80, 90)])
    store.save(candles, "x.csv", NOW)
    for attempt in (lambda: chosen(candles, day, day), lambda: source.candles("BTC-USD", ONE_HOUR, day, day)):
        with pytest.raises(
            DataError, match=r"No 1h candles of BTC-USD in that range: asked for .* span 2024-01-01T00:00:00Z"
        ):
            attempt()


def test_a_range_that_ends_before_it_starts_is_refused(source, hours):
    backwards = (date(2024, 1, 2), date(2024, 1, 1))
    for attempt in (
        lambda: chosen(hours(range(99)), *backwards),
        lambda: source.candles("BTC-USD", ONE_HOUR, *backwards),
        lambda: SampleSource().candles("SIM-BTC-USD", ONE_HOUR, *backwards),
    ):
        with pytest.raises(ConfigError, match="2024-01-02 is later than 2024-01-01"):
            attempt()


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
        found = chosen(candles, start, end).candles.times
    except DataError:
        found = []
    assert np.array_equal(found, expected)
