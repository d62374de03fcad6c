"""What a memory gives in parts is what the indicator gives at once, to the last bit; and what it keeps is little."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.errors import StrategyError
from argusnexus.strategy import Memory, indicators

OF_A_PERIOD = (
    "earlier",
    "highest",
    "lowest",
    "highest_before",
    "lowest_before",
    "sma",
    "stddev",
    "ema",
    "wilder",
    "rsi",
    "volume_ratio",
)
CROSSINGS = ("crossed_above", "crossed_below")
PUBLIC = [
    name
    for name, value in vars(indicators).items()
    if inspect.isfunction(value) and value.__module__ == indicators.__name__ and not name.startswith("_")
]

SIZES = st.one_of(st.floats(0.01, 1e5), st.sampled_from([0.0, 1e-300, 5e-324, 1e18, 1e300, 1.5, 2.0]))
PARTS = st.lists(st.one_of(st.integers(0, 3), st.integers(0, 80)), min_size=1, max_size=12)


def bits(column):
    """A column's bytes; a NaN is a NaN and a zero has no sign."""
    if column.dtype == np.bool_:
        return column.tobytes()
    return np.where(np.isnan(column), np.nan, column + 0.0).tobytes()


@st.composite
def columns_in_parts(draw):
    """Three columns of numbers of any size that may begin with missing ones and have holes, and where they are cut."""
    parts = draw(PARTS)
    seed, missing = draw(st.integers(0, 2**32 - 1)), draw(st.integers(0, 20))
    rng, count = np.random.default_rng(seed), sum(parts)
    sizes = np.array(draw(st.lists(SIZES, min_size=1, max_size=6)))
    columns = sizes[rng.integers(0, len(sizes), (3, count))] * rng.uniform(0.9, 1.1, (3, count))
    columns[:, :missing] = np.nan
    columns[rng.random((3, count)) < draw(st.sampled_from([0.0, 0.0, 0.02]))] = draw(
        st.sampled_from([np.nan, np.inf, -np.inf])
    )
    return columns, parts


def in_parts(parts, columns, ask):
    """What `ask(memory, *columns)` gives part by part, as one column, and the last memory."""
    seen, slots, given = 0, None, []
    for rows in parts:
        memory = Memory(rows, seen, slots)
        given.append(ask(memory, *(column[seen : seen + rows] for column in columns)))
        assert len(given[-1]) == rows
        slots, seen = memory.left(), seen + rows
    return np.concatenate(given), slots


def check(case, ask_in_parts, at_once):
    columns, parts = case
    with np.errstate(all="ignore"):
        given, _ = in_parts(parts, columns, ask_in_parts)
        assert bits(given) == bits(at_once(*columns))


@pytest.mark.parametrize("name", OF_A_PERIOD)
@given(case=columns_in_parts(), period=st.one_of(st.integers(1, 5), st.integers(1, 90)))
def test_an_indicator_in_parts_is_the_indicator_at_once(name, case, period):
    check(
        case,
        lambda memory, values, *_: getattr(memory, name)(values, period),
        lambda values, *_: getattr(indicators, name)(values, period),
    )


@given(case=columns_in_parts(), period=st.integers(1, 60))
def test_so_are_the_ranges(case, period):
    check(
        case,
        lambda memory, high, low, close: memory.true_range(high, low, close),
        indicators.true_range,
    )
    check(
        case,
        lambda memory, high, low, close: memory.atr(high, low, close, period),
        lambda high, low, close: indicators.atr(high, low, close, period),
    )


@pytest.mark.parametrize("name", CROSSINGS)
@given(case=columns_in_parts())
def test_so_are_the_crossings_of_a_column_and_of_a_number(name, case):
    check(
        case,
        lambda memory, a, b, _: getattr(memory, name)(a, b),
        lambda a, b, _: getattr(indicators, name)(a, b),
    )
    check(
        case,
        lambda memory, a, *_: getattr(memory, name)(a, 1.5),
        lambda a, *_: getattr(indicators, name)(a, 1.5),
    )


@given(case=columns_in_parts(), period=st.integers(1, 30), other=st.integers(1, 30))
def test_so_are_indicators_of_indicators(case, period, other):
    def chained(how, values):
        average = how.ema(values, period)
        return how.sma(how.highest_before(average, other) - how.wilder(how.earlier(average), period), other)

    check(
        case,
        lambda memory, values, *_: chained(memory, values),
        lambda values, *_: chained(indicators, values),
    )


@given(case=columns_in_parts(), reach=st.integers(1, 30))
def test_so_is_a_column_of_ones_own(case, reach):
    def spread(one, other):
        """The difference to the other column's value of `reach` rows before."""
        return np.concatenate((np.full(min(reach, len(one)), np.nan), one[reach:] - other[:-reach]))

    check(case, lambda memory, a, b, _: memory.windowed(spread, reach, a, b), lambda a, b, _: spread(a, b))


def test_every_indicator_can_be_remembered():
    assert {"true_range", "atr", *OF_A_PERIOD, *CROSSINGS} == set(PUBLIC)
    for name in PUBLIC:
        whole, remembered = (inspect.signature(getattr(one, name)) for one in (indicators, Memory))
        assert list(whole.parameters) == list(remembered.parameters)[1:], name


@pytest.mark.parametrize("name", ["ema", "wilder", "rsi", "sma", "highest_before"])
@pytest.mark.parametrize("period", [1, 2, 14, 200])
def test_long_columns_in_parts_of_every_kind_are_the_same(name, period):
    rng = np.random.default_rng(5)
    values = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 20_000)))
    whole = bits(getattr(indicators, name)(values, period))
    for parts in ([20_000], [1] * 700 + [19_300], [7919] * 2 + [4162], [13] * 1538 + [6]):
        given, _ = in_parts(parts, (values,), lambda memory, part: getattr(memory, name)(part, period))
        assert bits(given) == whole, parts[:1]


def kept_bytes(kept):
    if isinstance(kept, np.ndarray):
        assert kept.base is None, "a view keeps the whole column alive"
        return kept.nbytes
    return sum(map(kept_bytes, kept)) if isinstance(kept, tuple) else 8


@pytest.mark.parametrize("count", [300, 3000, 30_000])
def test_what_is_kept_depends_on_the_periods_alone(count):
    def ask(memory, high, low, close):
        for name in OF_A_PERIOD:
            getattr(memory, name)(close, 20)
        memory.crossed_above(high, memory.atr(high, low, close, 20))
        return close

    columns = np.random.default_rng(1).uniform(1, 2, (3, count))
    _, slots = in_parts([count // 2, count - count // 2], columns, ask)
    assert sum(kept_bytes(slot.kept) for slot in slots) < 2500


def test_nothing_is_kept_of_what_has_not_begun():
    memory = Memory(5000)
    memory.ema(np.full(5000, np.nan), 10)
    assert len(memory.left()[0].kept.first) == 0


class TestMisuse:
    def second(self, *asked):
        """A second pass of one candle, after a first that asked for these."""
        memory = Memory(3)
        for name, period in asked:
            getattr(memory, name)([1.0, 2.0, 3.0], period)
        return Memory(1, 3, memory.left())

    def test_another_period_is_refused_and_both_are_named(self):
        memory = self.second(("ema", 3), ("sma", 20))
        memory.ema([4.0], 3)
        with pytest.raises(StrategyError, match=r"call 2 of memory is sma\(30\) and was sma\(20\)"):
            memory.sma([4.0], 30)

    def test_another_indicator_is_refused_and_both_are_named(self):
        with pytest.raises(StrategyError, match=r"call 1 of memory is lowest\(3\) and was highest\(3\)"):
            self.second(("highest", 3)).lowest([4.0], 3)

    def test_more_than_the_pass_before_asked_for_is_refused(self):
        memory = self.second()
        with pytest.raises(StrategyError, match=r"call 1 of memory is ema\(3\) and was nothing"):
            memory.ema([4.0], 3)

    def test_less_than_the_pass_before_asked_for_is_refused(self):
        memory = self.second(("ema", 3), ("sma", 20))
        memory.ema([4.0], 3)
        with pytest.raises(StrategyError, match=r"asked 2 times .* and 1 times .*sma\(20\) is missing"):
            memory.left()

    @pytest.mark.parametrize("values", [[1.0, 2.0], [], [[1.0]]])
    def test_a_column_of_another_length_is_refused(self, values):
        with pytest.raises(StrategyError, match=r"memory.ema\(3\) was given .* for 1 new candles"):
            Memory(1).ema(values, 3)

    def test_a_function_that_gives_another_length_is_refused(self):
        with pytest.raises(StrategyError, match=r"memory.windowed\(diff, 4\) gave 2 values for 3"):
            Memory(3).windowed(np.diff, 4, [1.0, 2.0, 4.0])

    @pytest.mark.parametrize("name", OF_A_PERIOD)
    @pytest.mark.parametrize("period", [0, 2.5, "14", None])
    def test_a_period_that_is_no_number_of_candles_is_refused(self, name, period):
        with pytest.raises(StrategyError, match=r"period is a whole number of candles, 1 or more.*; was "):
            getattr(Memory(3), name)([1.0, 2.0, 3.0], period)
