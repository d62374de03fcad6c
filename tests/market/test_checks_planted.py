"""Defects planted in clean candles are found where they are, and nothing else is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argusnexus.market.checks import Code, Severity, check, find_disputed, quality, warnings_of
from argusnexus.market.sample import SAMPLE_SYMBOLS, sample_candles
from argusnexus.model.times import HOUR

SAME_DRAWS = settings(derandomize=True)  # a statistic errs once in many thousand draws

CENT = 0.01
PRICES = ("open", "high", "low", "close")

seeds = st.integers(0, 2**32 - 1)


def changed(candles, rows, **values):
    columns = {}
    for name, value in values.items():
        columns[name] = getattr(candles, name).copy()
        columns[name][rows] = value
    return dataclasses.replace(candles, **columns)


def found_in(candles, increment=CENT):
    return {finding.code: finding for finding in check(candles, increment)}


def only(candles, code, increment=CENT):
    found = found_in(candles, increment)
    assert found.keys() == {code}
    return found[code]


@SAME_DRAWS
@given(seeds, st.integers(0, 1500))
def test_clean_candles_give_nothing(walk, seed, count):
    assert check(walk(count, seed), CENT) == ()


@pytest.mark.parametrize("symbol", SAMPLE_SYMBOLS)
def test_the_sample_market_has_its_outages_and_nothing_else(symbol):
    finding = only(sample_candles(symbol), Code.HOLES)
    assert (finding.count, finding.severity) == (13, Severity.INFO)


@SAME_DRAWS
@given(seeds, st.integers(1, 470), st.integers(1, 29))
def test_a_hole_is_found_with_its_place_and_size(walk, seed, first, missing):
    candles = walk(500, seed)
    kept = np.ones(500, dtype=np.bool_)
    kept[first : first + missing] = False
    finding = only(candles.rows(kept), Code.HOLES)
    assert finding.count == missing
    assert finding.rows.tolist() == [first]
    (place,) = finding.places
    assert (place.first_row, place.first_time, place.candles) == (first, candles.times[first], missing)
    assert place.last_time == candles.times[first + missing - 1]
    assert finding.severity is (Severity.WARNING if missing > 5 else Severity.INFO)


def test_holes_over_years_say_in_which_they_are(walk):
    candles = walk(20_000)
    kept = np.ones(20_000, dtype=np.bool_)
    kept[[100, 9_000, 9_001, 17_900]] = False
    finding = only(candles.rows(kept), Code.HOLES)
    assert "4 candles are missing in 3 holes; the longest has 2" in finding.message
    assert "2024: 1, 2025: 2, 2026: 1" in finding.message


@SAME_DRAWS
@given(seeds, st.integers(0, 280), st.integers(1, 20))
def test_candles_without_volume_are_found(walk, seed, first, count):
    rows = slice(first, first + count)
    finding = only(changed(walk(300, seed), rows, volume=0.0), Code.ZERO_VOLUME)
    assert finding.rows.tolist() == list(range(first, first + count))
    assert finding.count == count
    assert [place.candles for place in finding.places] == [count]


@SAME_DRAWS
@given(seeds, st.integers(0, 290), st.integers(1, 9))
def test_a_price_that_stands_still_is_found_from_five_candles_on(walk, seed, first, count):
    candles = walk(300, seed)
    rows = slice(first, first + count)
    price = candles.close[first]
    found = found_in(changed(candles, rows, **dict.fromkeys(PRICES, price)))
    assert found[Code.ONE_PRICE].rows.tolist() == list(range(first, first + count))
    if count < 5:
        assert Code.FROZEN_PRICE not in found
    else:
        assert found[Code.FROZEN_PRICE].rows.tolist() == list(range(first, first + count))


@SAME_DRAWS
@given(seeds, st.integers(0, 150), st.integers(3, 9), st.integers(0, 100))
def test_a_repeated_block_is_found_where_it_repeats(walk, seed, source, size, distance):
    candles = walk(300, seed)
    copy = np.arange(size) + source + size + distance
    columns = {
        name: getattr(candles, name)[source : source + size] for name in ("high", "low", "close", "volume")
    }
    repeated = changed(candles, copy, **columns, open=candles.close[source : source + size])
    finding = found_in(repeated)[Code.REPEATED_BLOCK]
    assert finding.rows.tolist() == copy.tolist()
    assert finding.severity is Severity.WARNING


@SAME_DRAWS
@given(seeds, st.integers(0, 150), st.integers(160, 290))
def test_two_equal_candles_are_no_repeated_block(walk, seed, source, target):
    candles = walk(300, seed)
    columns = {name: getattr(candles, name)[source : source + 2] for name in (*PRICES, "volume")}
    assert Code.REPEATED_BLOCK not in found_in(changed(candles, slice(target, target + 2), **columns))


@SAME_DRAWS
@given(seeds, st.integers(170, 820), st.sampled_from([1e-5, 1e-3, 1e3, 2e4]))
def test_another_unit_of_volume_is_located_to_the_candle(walk, seed, first, factor):
    candles = walk(1000, seed)
    switched = changed(candles, slice(first, None), volume=candles.volume[first:] * factor)
    finding = only(switched, Code.VOLUME_UNIT)
    assert finding.rows.tolist() == [first]
    assert ("up by" if factor > 1 else "down by") in finding.message


def test_a_unit_that_comes_and_goes_is_found_both_ways(walk):
    candles = walk(2000)
    volume = candles.volume.copy()
    volume[:500] *= 20_000
    volume[900:1400] *= 20_000
    finding = only(dataclasses.replace(candles, volume=volume), Code.VOLUME_UNIT)
    assert finding.rows.tolist() == [500, 900, 1400]


@SAME_DRAWS
@given(seeds, st.integers(170, 820))
def test_a_market_that_grows_busier_keeps_its_unit(walk, seed, first):
    candles = walk(1000, seed)
    busier = changed(candles, slice(first, None), volume=candles.volume[first:] * 8)
    assert check(busier, CENT) == ()


@SAME_DRAWS
@given(seeds, st.integers(5, 294), st.booleans(), st.integers(1, 3))
def test_a_spike_that_reverts_is_found(walk, seed, first, up, width):
    candles = walk(300, seed)
    rows = slice(first, first + width)
    if up:
        spiked = changed(candles, rows, high=np.round(candles.high[rows] * 1.4, 2))
    else:
        spiked = changed(candles, rows, low=np.round(candles.low[rows] / 1.4, 2))
    assert only(spiked, Code.PRICE_SPIKE).rows.tolist() == list(range(first, first + width))


@SAME_DRAWS
@given(seeds, st.integers(5, 290))
def test_a_price_that_moves_and_stays_is_no_spike(walk, seed, first):
    moves = np.random.default_rng(seed).normal(0.0, 0.004, 300)
    moves[first] = -0.3
    assert Code.PRICE_SPIKE not in found_in(walk(300, seed, moves=moves))


def with_synthetic_opens(candles, first):
    start = candles.open.copy()
    start[first:] = candles.close[first - 1 : -1]
    high, low = np.maximum(candles.high, start), np.minimum(candles.low, start)
    return dataclasses.replace(candles, open=start, high=high, low=low)


def test_opens_that_are_the_close_before_are_found(walk):
    finding = only(with_synthetic_opens(walk(300), 1), Code.SYNTHETIC_OPEN)
    assert finding.count == 299
    assert finding.severity is Severity.WARNING
    assert check(with_synthetic_opens(walk(300), 150), CENT) == ()


@SAME_DRAWS
@given(seeds, st.integers(0, 299), st.sampled_from(PRICES))
def test_a_price_off_the_increment_is_found(walk, seed, row, column):
    candles = walk(300, seed)
    finding = only(
        changed(candles, row, **{column: getattr(candles, column)[row] + 0.003}), Code.OFF_INCREMENT, CENT
    )
    assert finding.rows.tolist() == [row]
    assert finding.severity is Severity.INFO
    assert Code.OFF_INCREMENT not in found_in(candles, None)


@SAME_DRAWS
@given(seeds, st.integers(600, 1400), st.booleans())
def test_a_change_of_the_price_step_is_located(walk, seed, place, coarser):
    candles = walk(2000, seed)
    rows = slice(place, None) if coarser else slice(None, place)
    halves = {name: np.round(getattr(candles, name)[rows] * 2) / 2 for name in PRICES}
    finding = found_in(changed(candles, rows, **halves))[Code.PRICE_STEP]
    (row,) = finding.rows.tolist()
    assert abs(row - place) <= 3  # next to the change a price may be a multiple of 0.5 by chance
    assert ("0.5 from" if coarser else "0.5 before") in finding.message


@SAME_DRAWS
@given(seeds, st.integers(0, 299), st.booleans())
def test_a_row_that_is_there_twice_is_identical_or_conflicting(walk, seed, row, same_values):
    candles = walk(300, seed)
    again = candles.rows(np.sort(np.append(np.arange(300), row)))
    if not same_values:
        again = changed(again, row + 1, volume=again.volume[row] + 1.0)
    finding = only(again, Code.DUPLICATE_TIME)
    assert finding.rows.tolist() == [row + 1]
    expected = (
        "1 identical to the earlier row, 0 conflicting"
        if same_values
        else "0 identical to the earlier row, 1 conf"
    )
    assert expected in finding.message


def test_a_body_outside_the_range_says_which_side_it_is(walk):
    candles = walk(300)
    low = changed(candles, 5, open=candles.low[5] - 1.0)
    assert "the open in 1, the close in 0" in only(low, Code.LOW_ABOVE_BODY).message
    high = changed(candles, [7, 9], close=candles.high[[7, 9]] + 1.0)
    assert "the open in 0, the close in 2" in only(high, Code.HIGH_BELOW_BODY).message


@SAME_DRAWS
@given(seeds)
def test_what_is_found_does_not_hang_on_the_order_of_the_rows(walk, seed):
    candles = walk(600, seed)
    spiked = changed(candles, 40, high=candles.high[40] * 1.5)
    order = np.random.default_rng(seed).permutation(600)
    plain = found_in(spiked)[Code.PRICE_SPIKE]
    mixed = found_in(spiked.rows(order))[Code.PRICE_SPIKE]
    assert order[mixed.rows].tolist() == plain.rows.tolist()


def test_rows_with_errors_do_not_hide_other_findings(walk):
    candles = changed(walk(600), 3, close=np.nan)
    candles = changed(candles, 50, high=candles.high[50] * 1.5)
    candles = changed(candles, 60, times=candles.times[60] + 1)
    found = found_in(candles, increment=None)
    assert found.keys() == {Code.NOT_FINITE, Code.OFF_GRID, Code.HOLES, Code.PRICE_SPIKE}
    assert found[Code.PRICE_SPIKE].rows.tolist() == [50]
    severities = [finding.severity for finding in check(candles)]
    assert severities == [Severity.ERROR, Severity.ERROR, Severity.WARNING, Severity.INFO]


@pytest.mark.parametrize("column", ["open", "high", "low", "close", "volume"])
@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, -1.0, 1e300, 5e-324])
def test_no_value_makes_a_check_fail(walk, column, value):
    candles = walk(200)
    check(changed(candles, [0, 70, 199], **{column: value}), CENT)
    check(changed(candles, slice(None), **{column: value}), CENT)


def test_every_finding_says_what_it_does(walk):
    candles = changed(walk(200), 5, volume=0.0)
    (finding,) = check(candles)
    assert finding.effect.endswith(".")
    assert all(code.value == code.name.lower() for code in Code)


def test_warnings_leave_out_what_is_only_worth_knowing(walk):
    candles = changed(walk(1000), 5, volume=0.0)
    candles = changed(candles, 50, high=candles.high[50] * 1.5)
    assert [finding.code for finding in warnings_of(candles)] == [Code.PRICE_SPIKE]


def test_gaps_of_dirty_candles_are_counted_between_the_times_on_the_grid(walk):
    candles = walk(10).rows(np.array([0, 1, 5, 5, 4, 9]))
    candles = changed(candles, 1, times=candles.times[1] + HOUR // 2)
    found = quality(candles)
    assert (found.gaps_detected, found.missing_candles, found.longest_gap) == (2, 6, 3)


@SAME_DRAWS
@given(seeds, st.sets(st.integers(0, 299), min_size=1, max_size=5))
def test_disputed_candles_are_found_by_their_times(walk, seed, rows):
    candles = walk(300, seed)
    (finding,) = find_disputed(candles, [int(candles.times[row]) for row in rows])
    assert finding.rows.tolist() == sorted(rows)
    assert find_disputed(candles, [0]) == find_disputed(candles, []) == ()
