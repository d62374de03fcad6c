"""Two ways to compare signals: one row in one go, and column by column."""

from __future__ import annotations

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st

from argusnexus.strategy import Signals
from argusnexus.strategy.difference import agrees_at, first_difference, known

ROWS = 4
NUMBERS = st.sampled_from([float("nan"), float("inf"), 0.0, 1.0, 1.0 + 1e-15, 1.0 + 1e-11, 1.0 + 1e-8, -1.0])
FLAGS = st.booleans()


def columns(values):
    return st.lists(values, min_size=ROWS, max_size=ROWS).map(np.array)


ANSWERS = st.builds(
    Signals,
    entry=columns(FLAGS),
    exit=columns(FLAGS),
    entry_price=columns(NUMBERS),
    stop=columns(NUMBERS),
    take_profit=columns(NUMBERS),
    trailing_distance=columns(NUMBERS),
    hold_reason=columns(st.sampled_from([0, 1])),
    hold_reasons=st.sampled_from([("flat", "late"), ("late", "flat"), ("flat", "flat")]),
    warmup=st.sampled_from([0, 2, ROWS]),
    indicators=st.fixed_dictionaries({"average": columns(NUMBERS), "stop": columns(NUMBERS)}),
)


SAID = (
    *("entry", "exit", "entry_price", "stop", "take_profit", "trailing_distance"),
    *("hold_reason", "hold_reasons", "warmup", "indicators"),
)


@given(whole=ANSWERS, other=ANSWERS, changed=st.sets(st.sampled_from(SAID), max_size=2))
def test_one_row_in_one_go_agrees_where_column_by_column_nothing_differs(whole, other, changed):
    part = Signals(**{name: getattr(other if name in changed else whole, name) for name in SAID})
    base, newest = known(whole), ROWS - 1
    event(str(agrees := agrees_at(base, part, newest)))
    assert agrees == (first_difference(base, part, 0, newest) is None)
