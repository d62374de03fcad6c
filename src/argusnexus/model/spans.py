"""Spans of time on the candle grid: what was asked for, what is there, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Span(NamedTuple):
    """The candles that open in `start <= t < stop`, nanoseconds since the epoch."""

    start: int
    stop: int


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same times in as few spans as can be, in order; spans that touch are one, empty ones are none."""
    joined: list[Span] = []
    for span in sorted(span for span in spans if span.start < span.stop):
        if joined and span.start <= joined[-1].stop:
            joined[-1] = Span(joined[-1].start, max(joined[-1].stop, span.stop))
        else:
            joined.append(span)
    return tuple(joined)


def subtract(wanted: Iterable[Span], covered: Iterable[Span]) -> tuple[Span, ...]:
    """The times that are wanted and not covered, as `union` would give them."""
    taken = union(covered)
    return tuple(rest for span in union(wanted) for rest in _uncovered(span, taken))


def on_grid(span: Span, step: int) -> Span:
    """The span from and to a multiple of `step` that holds the same multiples of `step`."""
    return Span(-(-span.start // step) * step, -(-span.stop // step) * step)


def _uncovered(span: Span, covered: tuple[Span, ...]) -> Iterator[Span]:
    """What is left of a span; `covered` is in order and apart."""
    start = span.start
    for one in covered:
        if start < min(one.start, span.stop):
            yield Span(start, min(one.start, span.stop))
        start = max(start, one.stop)
    if start < span.stop:
        yield Span(start, span.stop)
