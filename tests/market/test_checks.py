from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.errors import DataError
from argusnexus.market.checks import Gap, quality
from argusnexus.model.faults import FaultCode, data_errors, refuse_errors
from argusnexus.model.times import HOUR


def spoiled(candles, column, row, value):
    values = getattr(candles, column).copy()
    values[row] = value
    return dataclasses.replace(candles, **{column: values})


def test_clean_candles_have_no_findings(hours):
    candles = hours(range(50))
    assert data_errors(candles) == ()
    refuse_errors(candles)


def test_no_candles_have_no_findings_and_no_gaps(hours):
    assert data_errors(hours([])) == ()
    assert quality(hours([])).missing_candles == 0


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("open", np.nan, FaultCode.NOT_FINITE),
        ("high", np.inf, FaultCode.NOT_FINITE),
        ("volume", np.nan, FaultCode.NOT_FINITE),
        ("low", 0.0, FaultCode.LOW_NOT_POSITIVE),
        ("low", 1e9, FaultCode.LOW_ABOVE_BODY),
        ("high", 1.0, FaultCode.HIGH_BELOW_BODY),
        ("volume", -1e-9, FaultCode.NEGATIVE_VOLUME),
    ],
)
def test_a_wrong_value_is_found_where_it_is(hours, column, value, code):
    candles = spoiled(hours(range(10)), column, 4, value)
    (finding,) = data_errors(candles)
    assert (finding.code, finding.count, finding.first_row) == (code, 1, 4)
    assert finding.first_time == candles.times[4]
    assert "row 4 " in finding.message
    assert "2024-01-01T04:00:00Z" in finding.message
    assert f"{column} {value}" in finding.message


@pytest.mark.parametrize("column", ["open", "close"])
def test_a_price_outside_the_range_is_found_beside_a_missing_one(hours, column):
    other = {"open": "close", "close": "open"}[column]
    candles = spoiled(spoiled(hours(range(3)), other, 1, np.nan), column, 1, 1.0)
    assert {finding.code for finding in data_errors(candles)} == {
        FaultCode.NOT_FINITE,
        FaultCode.LOW_ABOVE_BODY,
    }


def test_repeated_times_are_counted_wherever_they_stand(hours):
    candles = hours([0, 1, 2, 1, 3, 3, 3])
    found = {finding.code: finding for finding in data_errors(candles)}
    assert found.keys() == {FaultCode.DUPLICATE_TIME, FaultCode.OUT_OF_ORDER}
    assert (found[FaultCode.DUPLICATE_TIME].count, found[FaultCode.DUPLICATE_TIME].first_row) == (3, 3)
    assert (found[FaultCode.OUT_OF_ORDER].count, found[FaultCode.OUT_OF_ORDER].first_row) == (1, 3)


def test_a_time_off_the_grid_is_found(hours):
    candles = hours(range(5))
    candles = spoiled(candles, "times", 2, candles.times[2] + 1)
    (finding,) = data_errors(candles)
    assert (finding.code, finding.first_row) == (FaultCode.OFF_GRID, 2)


def test_the_refusal_names_everything_and_says_what_to_do(hours):
    candles = spoiled(spoiled(hours([0, 1, 1, 3]), "volume", 0, -1.0), "low", 3, -2.0)
    with pytest.raises(DataError) as error:
        refuse_errors(candles)
    text = str(error.value)
    assert text.startswith("BTC-USD 1h:")
    assert "row 2 " in text
    assert "row 0 " in text
    assert "row 3 " in text
    assert "import it again" in text


def test_a_refusal_stays_short(hours):
    candles = hours([0, 1, 1, 0, 4, 5, 6])
    candles = spoiled(candles, "times", 6, candles.times[6] + 1)
    for column, row, value in (("open", 0, np.nan), ("low", 1, -1.0), ("high", 2, 1.0), ("volume", 3, -1.0)):
        candles = spoiled(candles, column, row, value)
    with pytest.raises(DataError, match=r"and 2 more kinds of errors") as error:
        refuse_errors(candles)
    assert len(str(error.value).splitlines()) == 8


@given(st.sets(st.integers(0, 400), min_size=2))
def test_gaps_account_for_every_missing_candle(hours, present):
    candles = hours(sorted(present))
    found = quality(candles)
    assert found.candles + found.missing_candles == max(present) - min(present) + 1
    assert found.longest_gap == max((gap.missing for gap in found.gaps), default=0)
    assert found.gaps_detected == len(found.gaps) or len(found.gaps) == 100


def test_a_gap_begins_at_the_first_missing_candle(hours):
    candles = hours([0, 1, 5])
    found = quality(candles)
    assert found.gaps == (Gap(int(candles.times[1]) + HOUR, 3),)
    assert (found.gaps_detected, found.missing_candles, found.longest_gap) == (1, 3, 3)


def test_only_the_first_hundred_gaps_are_listed(hours):
    found = quality(hours(range(0, 400, 2)))
    assert (found.gaps_detected, len(found.gaps)) == (199, 100)


def test_candles_without_volume_are_counted(hours):
    assert quality(spoiled(hours(range(5)), "volume", slice(1, 3), 0.0)).zero_volume == 2
