"""Between Decimal, float64 and increments: nothing is lost, nothing rounds the wrong way."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from argusnexus.money import (
    SNAP,
    amount,
    as_increment,
    ceil_to,
    floor_to,
    on_increment,
    plain,
    rounded_down,
    rounded_up,
    snapped_down,
    snapped_up,
)

CENT = Decimal("0.01")
INCREMENTS = [
    Decimal(text) for text in ("0.00000001", "0.001", "0.01", "0.05", "0.25", "0.5", "1", "2.5", "10")
]
increments = st.sampled_from(INCREMENTS)
prices = st.decimals(min_value="0.01", max_value=1_000_000, places=6)


class TestAmount:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (0.1, "0.1"),
            (1, "1"),
            ("  62938.450 ", "62938.450"),
            (Decimal("1.10"), "1.10"),
            (np.float64(0.1), "0.1"),
            (1e-8, "0.00000001"),
            (np.int64(3), "3"),
            (-2.5, "-2.5"),
        ],
    )
    def test_a_value_is_the_decimal_of_its_shortest_text(self, value, text):
        assert plain(amount(value)) in (text, f"{text}.0")
        assert amount(value) == Decimal(text.strip())

    @pytest.mark.parametrize(
        "value", ["", "ten", "1,5", float("nan"), float("inf"), "NaN", Decimal("-Infinity"), True]
    )
    def test_what_is_no_finite_number_is_refused_and_named(self, value):
        with pytest.raises(ValueError, match=r"expected a (decimal|finite) number, was"):
            amount(value)

    @given(st.floats(allow_nan=False, allow_infinity=False))
    def test_every_float_comes_back(self, value):
        assert float(amount(value)) == value


class TestExactRounding:
    @given(value=prices, increment=increments)
    def test_down_and_up_enclose_the_value_within_one_increment(self, value, increment):
        low, high = floor_to(value, increment), ceil_to(value, increment)
        assert low <= value <= high
        assert high - low in (0, increment)
        assert low % increment == high % increment == 0

    @given(
        value=prices, increment=st.sampled_from([one for one in INCREMENTS if one.as_tuple().digits == (1,)])
    )
    def test_they_agree_with_decimals_own_rounding(self, value, increment):
        assert floor_to(value, increment) == value.quantize(increment, rounding=ROUND_FLOOR)
        assert ceil_to(value, increment) == value.quantize(increment, rounding=ROUND_CEILING)

    @given(value=st.decimals(min_value=-1000, max_value=0, places=4), increment=increments)
    def test_down_is_down_below_zero_too(self, value, increment):
        assert floor_to(value, increment) <= value <= ceil_to(value, increment)
        assert ceil_to(value, increment) - floor_to(value, increment) <= increment

    def test_the_result_has_the_increments_digits(self):
        assert plain(floor_to(Decimal(5), CENT)) == "5.00"
        assert plain(ceil_to(Decimal("5.001"), CENT)) == "5.01"

    def test_more_digits_than_decimals_hold_are_refused(self):
        with pytest.raises(ValueError, match="28 digits"):
            floor_to(Decimal("1e30"), CENT)


class TestIncrements:
    @pytest.mark.parametrize(("text", "expected"), [("0.01", (1, 100)), ("2.5", (5, 2)), ("10", (10, 1))])
    def test_an_increment_is_a_fraction_of_whole_numbers(self, text, expected):
        assert as_increment(Decimal(text)) == expected

    @pytest.mark.parametrize("text", ["0", "-0.01", "1e-16", "1e17"])
    def test_one_that_float64_cannot_hold_is_refused(self, text):
        with pytest.raises(ValueError, match="expected an increment above 0"):
            as_increment(Decimal(text))

    @given(units=st.integers(0, 10**9), increment=increments)
    def test_a_float_on_an_increment_stands_for_the_exact_multiple(self, units, increment):
        exact = units * increment
        assert on_increment(float(exact), increment) == exact


class TestStepRounding:
    """The float64 rounding of the step against exact decimals."""

    @given(units=st.integers(1, 10**9), increment=increments)
    def test_a_multiple_is_left_alone(self, units, increment):
        value, step = float(units * increment), as_increment(increment)
        for rounding in (rounded_down, rounded_up, snapped_down, snapped_up):
            assert rounding(value, step) == value

    @given(value=prices, increment=increments)
    def test_the_results_are_those_of_exact_decimals(self, value, increment):
        step = as_increment(increment)
        assert rounded_down(float(value), step) == float(floor_to(value, increment))
        assert rounded_up(float(value), step) == float(ceil_to(value, increment))

    @given(
        cents=st.integers(1, 10**8),
        basis_points=st.decimals(min_value=0, max_value=2000, places=1),
        increment=st.sampled_from([CENT, Decimal("0.05"), Decimal(1)]),
    )
    def test_slippage_is_rounded_as_exact_decimals_are(self, cents, basis_points, increment):
        price, slippage = cents * CENT, basis_points / 10_000
        bought, sold = price * (1 + slippage), price * (1 - slippage)
        step = as_increment(increment)
        assert rounded_up(float(price) * float(1 + slippage), step) == float(ceil_to(bought, increment))
        assert rounded_down(float(price) * float(1 - slippage), step) == float(floor_to(sold, increment))

    @pytest.mark.parametrize(
        ("price", "factor"), [(20_000.0, 1.0005), (62_000.0, 1.0005), (1.1, 1.1), (0.07, 100.0)]
    )
    def test_a_product_on_the_tick_stays_there_whatever_floats_make_of_it(self, price, factor):
        exact = amount(price) * amount(factor)
        assert exact % CENT == 0
        assert rounded_up(price * factor, as_increment(CENT)) == float(exact)
        assert rounded_down(price * factor, as_increment(CENT)) == float(exact)

    @given(value=st.floats(0.01, 1e7), increment=increments)
    def test_rounding_never_crosses_to_the_wrong_side_but_for_float_noise(self, value, increment):
        step = as_increment(increment)
        noise = 4e-15 * value
        low, high = rounded_down(value, step), rounded_up(value, step)
        assert low <= value + noise
        assert high >= value - noise
        assert high - low <= float(increment) + noise


class TestSnapping:
    TICK = as_increment(CENT)

    @given(
        units=st.integers(1, 10**7),
        part=st.fractions(min_value=-1, max_value=1),
        increment=st.sampled_from(INCREMENTS[2:]),
    )
    def test_within_a_millionth_of_a_tick_a_price_is_that_tick(self, units, part, increment):
        assume(abs(part) < Fraction(9, 10))
        price = float((units + part * Fraction(SNAP)) * Fraction(increment))
        step = as_increment(increment)
        assert snapped_down(price, step) == snapped_up(price, step) == float(units * increment)

    @given(
        units=st.integers(2, 10**6),
        part=st.fractions(min_value=Fraction(2, 10**6), max_value=1 - Fraction(2, 10**6)),
        increment=st.sampled_from(INCREMENTS[2:]),
    )
    def test_anything_else_is_rounded(self, units, part, increment):
        price = float((units + part) * Fraction(increment))
        step = as_increment(increment)
        assert snapped_down(price, step) == float(units * increment)
        assert snapped_up(price, step) == float((units + 1) * increment)

    @pytest.mark.parametrize(
        ("price", "down", "up"),
        [
            (100 + 1e-8, 100.0, 100.0),
            (100 + 1.1e-8, 100.0, 100.01),
            (100 - 1.1e-8, 99.99, 100.0),
            (-0.004, -0.01, 0.0),
        ],
    )
    def test_the_border_is_at_a_millionth_of_a_tick(self, price, down, up):
        assert snapped_down(price, self.TICK) == down
        assert snapped_up(price, self.TICK) == up
