"""Lists, ranges, their combinations and the choice among them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.config import Settings
from argusnexus.errors import ConfigError
from argusnexus.replay.sweep import axes_of, make_grid, parse_overrides
from argusnexus.replay.sweep.grid import axis_of
from argusnexus.replay.sweep.recipe import refuse_unknown_axes


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("20,40,55", (20, 40, 55)),
        ("10:30:10", (10, 20, 30)),
        ("10:35:10", (10, 20, 30)),
        ("30:10:-10", (30, 20, 10)),
        ("0.005:0.02:0.005", (0.005, 0.01, 0.015, 0.02)),
        ("1:2:0.5", (1.0, 1.5, 2.0)),
        ("1e-3:3e-3:1e-3", (0.001, 0.002, 0.003)),
        ("5,10:20:5", (5, 10, 15, 20)),
        ("limit,market", ("limit", "market")),
        ("true,false", (True, False)),
    ],
)
def test_lists_and_ranges_are_what_they_say(text, values):
    found = axis_of("strategy.x", text).values
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@given(
    start=st.integers(-50, 50), step=st.integers(1, 20), count=st.integers(1, 40), digits=st.integers(0, 6)
)
def test_a_range_ends_with_its_stop_where_a_step_hits_it(start, step, count, digits):
    scale = Decimal(1).scaleb(-digits)
    exact = [(start + place * step) * scale for place in range(count)]
    text = f"{exact[0]:f}:{exact[-1]:f}:{step * scale:f}"
    assert axis_of("strategy.x", text).values == tuple(float(value) for value in exact)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5:1:1", "never leads from 5 to 1"),
        ("1:5:0", "never leads"),
        ("1,,2", "a value between two commas is missing"),
        ("20,20", "20 stands more than once"),
        ("0:1:0.000001", "1,000,001 values are more than"),
    ],
)
def test_a_list_or_range_that_means_nothing_is_refused(text, words):
    with pytest.raises(ConfigError, match=words):
        axis_of("strategy.x", text)


def test_settings_with_one_value_are_kept_apart():
    asked = parse_overrides(
        [
            "strategy.name=a.py:Breakout",
            "strategy.entry_period=20,40",
            'risk.correlation_groups=[["BTC-USD","ETH-USD"]]',
            "risk.max_drawdown=0.2",
            "execution.maker_fee=0.001:0.003:0.001",
        ]
    )
    assert [axis.name for axis in asked.axes] == ["strategy.entry_period", "execution.maker_fee"]
    assert [text.partition("=")[0] for text in asked.fixed] == [
        "strategy.name",
        "risk.correlation_groups",
        "risk.max_drawdown",
    ]


def test_a_parameter_is_swept_once_only():
    with pytest.raises(ConfigError, match=r"strategy.entry_period is swept more than once"):
        parse_overrides(["strategy.entry_period=1,2", "strategy.entry_period=3,4"])


def test_the_last_axis_changes_fastest():
    grid = make_grid(axes_of([("strategy.a", [1, 2]), ("strategy.b", ["x", "y", "z"])]))
    tried = [tuple(grid.parameters(number).values()) for number in range(len(grid))]
    assert tried == [(1, "x"), (1, "y"), (1, "z"), (2, "x"), (2, "y"), (2, "z")]


@given(sizes=st.lists(st.integers(1, 6), min_size=1, max_size=4), data=st.data())
def test_a_random_choice_is_a_part_of_the_grid_without_repeats_and_the_same_for_a_seed(sizes, data):
    axes = axes_of([(f"strategy.p{place}", range(size)) for place, size in enumerate(sizes)])
    whole = make_grid(axes)
    all_of_it = {tuple(whole.parameters(number).values()) for number in range(len(whole))}
    assert len(all_of_it) == len(whole)
    wanted = data.draw(st.integers(1, 2 * len(whole)))
    some, again = (make_grid(axes, wanted, 7) for _ in range(2))
    tried = [tuple(some.parameters(number).values()) for number in range(len(some))]
    assert len(tried) == len(set(tried)) == min(wanted, len(whole))
    assert set(tried) <= all_of_it
    assert some == again


def test_a_seed_draws_the_same_on_every_machine():
    axes = axes_of([("strategy.a", range(1000)), ("strategy.b", range(1000))])
    assert make_grid(axes, 5, 42).chosen == (639426, 25010, 275029, 223210, 736471)


def test_another_seed_draws_others():
    axes = axes_of([("strategy.a", range(1000))])
    assert make_grid(axes, 20, 1) != make_grid(axes, 20, 2)


def test_too_many_trials_are_refused_unless_some_are_drawn():
    axes = axes_of([(f"strategy.{name}", range(1000)) for name in "abc"])
    with pytest.raises(ConfigError, match=r"1,000,000,000 trials are more .* or --random N"):
        make_grid(axes)
    assert len(make_grid(axes, 10)) == 10


def test_nothing_to_sweep_is_refused_with_an_example():
    with pytest.raises(ConfigError, match=r"needs a parameter with several values, for example"):
        make_grid(())


@pytest.mark.parametrize(
    ("axis", "words"),
    [
        (
            "strategy.entry_perod=1,2",
            r"Unknown key 'entry_perod' in \[strategy\]. Did you mean 'entry_period'",
        ),
        ("stratgy.entry_period=1,2", "Unknown table 'stratgy'. Did you mean 'strategy'"),
        ("strategy.name=a.py:A,b.py:B", "Unknown key 'name'"),
        ("strategy.entry_period=10,much", "strategy.entry_period: .*, was 'much'"),
    ],
)
def test_what_is_no_parameter_is_refused_at_once(axis, words):
    with pytest.raises(ConfigError, match=words):
        refuse_unknown_axes(parse_overrides([axis]).axes, Settings())
