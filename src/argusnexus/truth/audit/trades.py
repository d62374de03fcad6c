"""What only candles could tell of a trade, as far as closes bound it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus.money import amount
from argusnexus.truth.audit.records import records
from argusnexus.truth.tables import TRADES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from argusnexus.money import Amount
    from argusnexus.truth.audit.findings import Findings
    from argusnexus.truth.audit.stories import FillFacts, Story
    from argusnexus.truth.tape import TapeTable


class Closes(NamedTuple):
    """The lowest and the highest of some closes."""

    lowest: float
    highest: float


class _Side(NamedTuple):
    """One direction in which the price can go."""

    column: str
    furthest: Callable[..., Amount]
    includes: Callable[[Any, Any], bool]
    close: Callable[[Closes], float]
    words: str


_SIDES = (
    _Side("mae", min, operator.le, operator.attrgetter("lowest"), "at most"),
    _Side("mfe", max, operator.ge, operator.attrgetter("highest"), "at least"),
)


def closes_of(tape: TapeTable, stories: Sequence[Story]) -> list[Closes | None]:
    """For each story the closes at which its position was held; None where there are none."""
    ended = [(one.bought.line, one.sold.line) if one.bought and one.sold else (0, 0) for one in stories]
    spans = np.array(ended, np.int64).reshape(-1, 2)
    if not len(spans):
        return []
    lowest, highest = (
        reduce.reduceat(tape.close, spans.ravel())[::2].tolist() for reduce in (np.minimum, np.maximum)
    )
    closes = records(Closes, lowest, highest)
    return [one if first < last else None for (first, last), one in zip(ended, closes, strict=True)]


def check_extremes(story: Story, closes: Closes | None, findings: Findings) -> None:
    """How far the price went against and for the position, and whether its exit was ambiguous."""
    trade, bought, sold, extremes = story.stored.trade, story.bought, story.sold, story.extremes
    if trade is None or bought is None or sold is None or extremes is None:
        return
    exact = _filled_within(bought, sold)
    for side, recorded in zip(_SIDES, extremes[:2], strict=True):
        findings.checks += 1
        seen = side.furthest(bought.price, sold.price)
        if recorded is not None and _holds(side, bought.price + recorded, seen, closes, exact=exact):
            continue
        certain = seen if closes is None else side.furthest(seen, amount(side.close(closes)))
        words = f"{'exactly' if exact else side.words} {certain - bought.price}, by its fills and closes"
        findings.add(TRADES.name, trade.row_id, side.column, words, recorded, "recomputed")
    if extremes.ambiguous:
        _check_ambiguous(story, trade.row_id, bought, sold, findings)


def _filled_within(bought: FillFacts, sold: FillFacts) -> bool:
    """Both within one candle, whose other prices may be from before the position was held."""
    return bought.line == sold.line and not bought.at_open


def _holds(side: _Side, reached: Amount, seen: Amount, closes: Closes | None, *, exact: bool) -> bool:
    """Whether a price can be the furthest; of a close, floats tell but for equality."""
    if exact:
        return reached == seen
    if closes is None or not side.includes(reached, seen):
        return side.includes(reached, seen)
    nearest, close = float(reached), side.close(closes)
    return side.includes(reached, amount(close)) if nearest == close else side.includes(nearest, close)


def _check_ambiguous(
    story: Story, row_id: str, bought: FillFacts, sold: FillFacts, findings: Findings
) -> None:
    within = _filled_within(bought, sold)
    holds = story.exit_reason == "stop_loss" and sold.taker and not sold.at_open and not within
    words = "0: only a stop within a candle that was open before it can be ambiguous"
    findings.require(TRADES.name, row_id, "ambiguous", 1, words, holds=holds)
