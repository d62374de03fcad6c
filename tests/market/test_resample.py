from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.errors import ConfigError
from argusnexus.market.resample import Partial, resample
from argusnexus.model.candles import Granularity

ONE_HOUR, FOUR_HOURS, TWELVE_HOURS = (Granularity.parse(text) for text in ("1h", "4h", "12h"))

present_hours = st.builds(
    lambda first, holes: [hour for hour in range(first, first + 120) if hour not in holes],
    st.integers(0, 30),
    st.sets(st.integers(0, 150), max_size=12),
)


@given(present_hours)
def test_resampling_in_two_steps_equals_one(hours, present):
    candles = hours(present)
    stepwise = resample(resample(candles, FOUR_HOURS).candles, TWELVE_HOURS).candles
    at_once = resample(candles, TWELVE_HOURS).candles
    for name in ("times", "open", "high", "low", "close"):
        assert np.array_equal(getattr(stepwise, name), getattr(at_once, name))
    np.testing.assert_allclose(stepwise.volume, at_once.volume, rtol=1e-12)


@given(present_hours)
def test_every_bucket_is_made_from_all_its_candles_or_dropped(hours, present):
    candles = hours(present)
    made = resample(candles, FOUR_HOURS)
    rows = {hour // 4: [row for row, one in enumerate(present) if one // 4 == hour // 4] for hour in present}
    complete = [members for members in rows.values() if len(members) == 4]
    assert made.dropped_buckets == len(rows) - len(complete)
    assert made.source == ONE_HOUR
    assert len(made.candles) == len(complete)
    for index, members in enumerate(complete):
        assert made.candles.times[index] == candles.times[members[0]]
        assert made.candles.times[index] % FOUR_HOURS.ns == 0
        assert made.candles.open[index] == candles.open[members[0]]
        assert made.candles.close[index] == candles.close[members[-1]]
        assert made.candles.high[index] == max(candles.high[members])
        assert made.candles.low[index] == min(candles.low[members])
        assert made.candles.volume[index] == pytest.approx(sum(candles.volume[members]))


@given(present_hours)
def test_kept_partial_buckets_are_marked_and_the_complete_ones_are_the_same(hours, same, present):
    candles = hours(present)
    kept, dropped = resample(candles, FOUR_HOURS, Partial.KEEP), resample(candles, FOUR_HOURS)
    assert same(kept.candles.rows(kept.complete), dropped.candles)
    assert dropped.complete.all()
    assert kept.dropped_buckets == 0
    rows = {hour // 4: [row for row, one in enumerate(present) if one // 4 == hour // 4] for hour in present}
    assert len(kept.candles) == len(rows)
    for index, members in enumerate(rows.values()):
        assert kept.complete[index] == (len(members) == 4)
        assert kept.candles.times[index] == candles.times[members[0]] // FOUR_HOURS.ns * FOUR_HOURS.ns
        assert kept.candles.open[index] == candles.open[members[0]]
        assert kept.candles.close[index] == candles.close[members[-1]]
        assert kept.candles.high[index] == max(candles.high[members])
        assert kept.candles.low[index] == min(candles.low[members])
        assert kept.candles.volume[index] == pytest.approx(sum(candles.volume[members]))


def test_the_same_granularity_changes_nothing(hours, same):
    candles = hours([0, 1, 5])
    made = resample(candles, ONE_HOUR)
    assert same(made.candles, candles)
    assert made.dropped_buckets == 0


def test_candles_before_1970_have_buckets_too(hours):
    made = resample(hours(range(-473_372, -473_348)), FOUR_HOURS)
    assert (len(made.candles), made.dropped_buckets) == (6, 0)


def test_no_candles_make_no_candles(hours):
    made = resample(hours([]), FOUR_HOURS)
    assert (len(made.candles), made.dropped_buckets) == (0, 0)


@pytest.mark.parametrize("wanted", ["15m", "90m"])
def test_what_is_no_whole_multiple_is_refused(hours, wanted):
    with pytest.raises(ConfigError, match="whole multiple of 1h"):
        resample(hours([0, 1]), Granularity.parse(wanted))
