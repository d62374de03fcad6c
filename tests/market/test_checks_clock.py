"""Clocks are compared by returns, and stretches that keep another time are found."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argusnexus.errors import DataError
from argusnexus.market.checks import Code, compare_clocks
from argusnexus.market.importing import read_candles
from argusnexus.market.resample import resample
from argusnexus.model.candles import Granularity
from argusnexus.model.times import HOUR, from_ns, iso

SAME_DRAWS = settings(derandomize=True)  # a statistic errs once in many thousand draws

HOURS = 2000

seeds = st.integers(0, 2**32 - 1)


def related(walk, seed, correlation, count=HOURS):
    """Two markets whose returns go together."""
    rng = np.random.default_rng(seed)
    common, own = rng.normal(0.0, 0.004, (2, count))
    mixed = correlation * common + np.sqrt(1 - correlation**2) * own
    return walk(count, seed, moves=common), walk(count, seed + 1, "ETH-USD", moves=mixed)


def relabelled(candles, first, stop, hours):
    """Candles of which some were labelled so many hours too early, as a wrong time zone does: labels stay continuous."""
    rows = np.arange(len(candles))
    rows[first:stop] += hours
    moved = candles.rows(np.minimum(rows, len(candles) - 1))
    return dataclasses.replace(moved, times=candles.times)


def stretches(comparison):
    return [
        (iso(from_ns(one.first_time)), iso(from_ns(one.last_time)))
        for finding in comparison.findings
        for one in finding.places
        if finding.code is Code.CLOCK_SHIFT
    ]


@SAME_DRAWS
@given(seeds, st.floats(0.5, 0.95))
def test_related_markets_of_one_clock_give_nothing(walk, seed, correlation):
    reference, candles = related(walk, seed, correlation)
    comparison = compare_clocks(candles, reference)
    assert comparison.findings == ()
    assert comparison.common == HOURS - 1
    assert comparison.correlation == pytest.approx(correlation, abs=0.12)


@SAME_DRAWS
@given(seeds, st.sampled_from([-9, -4, -1, 1, 5, 12]), st.integers(400, 900), st.integers(300, 700))
def test_a_stretch_in_another_time_zone_is_found(walk, seed, hours, first, length):
    reference, candles = related(walk, seed, 0.8)
    comparison = compare_clocks(relabelled(candles, first, first + length, hours), reference)
    (finding,) = comparison.findings
    (place,) = finding.places
    assert finding.code is Code.CLOCK_SHIFT
    assert f"{abs(hours)} h {'behind' if hours > 0 else 'ahead'}" in finding.message
    assert place.first_row == pytest.approx(
        first, abs=48
    )  # a likelihood draws the border: now and then it is some hours off
    assert place.candles == pytest.approx(length, abs=96)


@SAME_DRAWS
@given(seeds, st.sampled_from([-3, 7]))
def test_a_whole_series_in_another_time_zone_is_found(walk, seed, hours):
    reference, candles = related(walk, seed, 0.8)
    shifted = dataclasses.replace(candles, times=candles.times - hours * HOUR)
    (finding,) = compare_clocks(shifted, reference).findings
    assert f"{abs(hours)} h" in finding.message
    assert finding.count >= HOURS - 10


@SAME_DRAWS
@given(seeds)
def test_unrelated_markets_tell_nothing(walk, seed):
    reference, candles = related(walk, seed, 0.0)
    (finding,) = compare_clocks(candles, reference).findings
    assert finding.code is Code.UNRELATED


def test_candles_labelled_by_their_close_are_one_candle_off(walk):
    reference, candles = related(walk, 3, 0.9)
    labelled = dataclasses.replace(candles, times=candles.times + HOUR)
    (finding,) = compare_clocks(labelled, reference).findings
    assert "1 h ahead" in finding.message


def test_a_reference_of_shorter_candles_serves(walk):
    reference, candles = related(walk, 5, 0.8, count=8_000)
    longer = resample(candles, Granularity.parse("4h")).candles
    assert compare_clocks(longer, reference).findings == ()
    with pytest.raises(DataError, match="of 1h candles can't be compared with 4h candles"):
        compare_clocks(reference, longer)


def test_series_without_a_common_time_cannot_be_compared(walk):
    reference, candles = related(walk, 5, 0.8)
    later = dataclasses.replace(candles, times=candles.times + 10_000 * HOUR)
    for one, other in ((candles, later), (later, candles), (candles, candles.rows(slice(0, 0)))):
        assert compare_clocks(one, other) == compare_clocks(other, one)
        assert compare_clocks(one, other).correlation is None
    assert compare_clocks(candles.rows(slice(0, 100)), reference).correlation is None


def test_prices_that_never_move_cannot_be_compared(walk):
    reference, candles = related(walk, 5, 0.8)
    still = dataclasses.replace(candles, close=np.full(HOURS, 100.0))
    assert compare_clocks(still, reference).correlation is None


@pytest.fixture(scope="module")
def eastern(real_file):
    """The export of which seven weeks carry US Eastern time."""
    return read_candles(real_file("cdd-coinbase_ETH-USD_1h.parquet"), "ETH-USD", None).candles


@pytest.fixture(scope="module")
def real(real_file):
    return lambda name: read_candles(real_file(f"{name}.parquet"), name.split("_")[1], None).candles


def test_the_eastern_stretch_is_found_to_its_end_against_bitmex(eastern, real):
    comparison = compare_clocks(eastern, real("bitmex_XBTUSD_1m"))
    assert stretches(comparison) == [
        ("2017-09-22T21:00:00Z", "2017-10-31T18:00:00Z"),
        ("2017-10-31T19:00:00Z", "2017-11-12T04:00:00Z"),
    ]
    assert "are 4 h behind" in comparison.findings[0].message
    assert "are 5 h behind" in comparison.findings[0].message


@pytest.mark.parametrize("name", ["kraken_BTC-USD_1h", "binance_BTC-USDT_1h"])
def test_the_eastern_stretch_is_found_against_bitcoin_elsewhere(eastern, real, name):
    """Bitcoin went its own way in November 2017, so the end of the stretch can't be told as well."""
    comparison = compare_clocks(eastern, real(name))
    assert stretches(comparison)[0] == ("2017-09-22T21:00:00Z", "2017-10-31T09:00:00Z")
    assert "are 4 h behind" in comparison.findings[0].message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cdd-coinbase_ETH-USD_1h", "bitstamp_BTC-USD_1h"),
        ("binance_BTC-USDT_1h", "kraken_BTC-USD_1h"),
        ("bitstamp_BTC-USD_1h", "kraken_BTC-USD_1h"),
        ("kraken_BTC-USD_1h", "bitmex_XBTUSD_1m"),
        ("coinbase_ETH-USD_1h", "coinbase_SOL-USD_1h"),
        ("coinbase_BTC-USD_1h", "binance_BTC-USDT_5m"),
        ("coinbase_SOL-USD_15m", "coinbase_BTC-USD_15m"),
    ],
)
def test_real_files_whose_clocks_agree_give_nothing(real, one, other):
    comparison = compare_clocks(real(one), real(other))
    assert comparison.findings == ()
    assert comparison.correlation > 0.5
