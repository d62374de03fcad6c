"""Which requests a fetch needs, and what each answer tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from argusnexus.coinbase.endpoint import CANDLES_PER_REQUEST
from argusnexus.model.spans import Span
from argusnexus.model.times import HOUR, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from argusnexus.model.candles import Candles, Granularity

_SETTLING = 10 * SECOND
_EMPTY_IS_FINAL_AFTER = HOUR


class Answer(NamedTuple):
    """What the venue answered for a page."""

    page: Span
    candles: Candles


class Run(NamedTuple):
    """Answers that follow each other without a hole, and the time that they tell of."""

    told: Span
    candles: Candles


def pages(spans: Iterable[Span], granularity: Granularity) -> tuple[Span, ...]:
    """The spans, which are on the grid, in pieces that one request can answer, oldest first."""
    step = CANDLES_PER_REQUEST * granularity.ns
    return tuple(
        Span(start, min(start + step, span.stop))
        for span in spans
        for start in range(span.start, span.stop, step)
    )


def closed_by(now: int, granularity: Granularity) -> int:
    """Where the span ends whose candles have closed by `now`, long enough ago that the venue has settled them."""
    return (now - _SETTLING) // granularity.ns * granularity.ns


def runs(answers: Iterable[Answer], now: int) -> Iterator[Run]:
    """What answers tell, joined where one follows another."""
    run: Run | None = None
    for answer in sorted(answers, key=lambda one: one.page):
        told = _told(answer, now)
        if run is not None and run.told.stop == told.start:
            run = Run(Span(run.told.start, told.stop), run.candles.followed_by(answer.candles))
            continue
        if run is not None:
            yield run
        run = Run(told, answer.candles)
    if run is not None:
        yield run


def _told(answer: Answer, now: int) -> Span:
    """The time that an answer tells of: a venue may be late with its newest candles, so their absence isn't believed."""
    start, stop = answer.page
    granularity = answer.candles.granularity
    final = (now - _EMPTY_IS_FINAL_AFTER) // granularity.ns * granularity.ns
    seen = int(answer.candles.close_times[-1]) if len(answer.candles) else start
    return Span(start, max(seen, min(stop, final)))
