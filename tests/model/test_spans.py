from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from argusnexus.model.spans import Span, on_grid, subtract, union

SPANS = st.lists(st.builds(Span, st.integers(0, 40), st.integers(0, 40)), max_size=8)


def times(spans):
    return {time for span in spans for time in range(span.start, span.stop)}


def fewest(wanted):
    """The shortest list of spans with these times, in order."""
    starts = sorted(time for time in wanted if time - 1 not in wanted)
    stops = sorted(time + 1 for time in wanted if time + 1 not in wanted)
    return tuple(map(Span, starts, stops))


def test_touching_spans_are_one_and_empty_ones_are_none():
    assert union([Span(5, 7), Span(0, 3), Span(3, 4), Span(9, 9), Span(6, 6)]) == (Span(0, 4), Span(5, 7))


@given(SPANS)
def test_a_union_holds_the_same_times_in_the_fewest_spans(spans):
    assert union(spans) == fewest(times(spans))


@given(SPANS, SPANS)
def test_what_is_left_is_wanted_and_not_covered(wanted, covered):
    assert subtract(wanted, covered) == fewest(times(wanted) - times(covered))


@given(st.builds(Span, st.integers(-40, 40), st.integers(-40, 40)), st.integers(1, 9))
def test_a_span_on_the_grid_holds_the_same_grid_times(span, step):
    aligned = on_grid(span, step)
    assert (aligned.start % step, aligned.stop % step) == (0, 0)
    assert {time for time in times([aligned]) if time % step == 0} == {
        time for time in times([span]) if time % step == 0
    }
