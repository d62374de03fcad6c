"""What only candles could tell of a trade, as far as closes bound it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.money import Amount, amount
from argusnexus.truth.audit.stories import said
from argusnexus.truth.tables import TRADES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.truth.audit.findings import Findings
    from argusnexus.truth.audit.stories import FillFacts, Story
    from argusnexus.truth.tape import TapeTable


class Closes(NamedTuple):
    """The lowest and the highest of some closes."""

    lowest: float
    highest: float


def closes_of(tape: TapeTable, stories: Sequence[Story]) -> list[Closes | None]:
    """For each story the closes at which its position was held; None where there are none."""
    ended = [(one.bought.line, one.sold.line) if one.bought and one.sold else (0, 0) for one in stories]
    spans = np.array(ended, np.int64).reshape(-1, 2)
    if not len(spans):
        return []
    lowest, highest = (
        reduce.reduceat(tape.close, spans.ravel())[::2].tolist() for reduce in (np.minimum, np.maximum)
    )
    return [
        Closes(low, high) if first < last else None
        for (first, last), low, high in zip(ended, lowest, highest, strict=True)
    ]


def check_extremes(story: Story, closes: Closes | None, findings: Findings) -> None:
    """How far the price went against and for the position, and whether its exit was ambiguous."""
    trade, bought, sold = story.stored.trade, story.bought, story.sold
    if trade is None or bought is None or sold is None:
        return
    lowest, highest = _certain(bought, sold, closes)
    exact = bought.line == sold.line and not bought.at_open  # within one candle: there can be no other
    mae, mfe = said(trade, "mae"), said(trade, "mfe")
    holds = mae is not None and (mae == lowest if exact else mae <= lowest)
    words = "exactly %s, by its fills and closes" if exact else "at most %s, by its fills and closes"
    findings.require(TRADES.name, trade.row_id, "mae", mae, words, lowest, holds=holds)
    holds = mfe is not None and (mfe == highest if exact else mfe >= highest)
    words = "exactly %s, by its fills and closes" if exact else "at least %s, by its fills and closes"
    findings.require(TRADES.name, trade.row_id, "mfe", mfe, words, highest, holds=holds)
    _check_ambiguous(story, bought, sold, findings)


def _certain(bought: FillFacts, sold: FillFacts, closes: Closes | None) -> tuple[Amount, Amount]:
    """The worst and best price that is certain, less the entry's."""
    prices = [bought.price, sold.price, *(amount(close) for close in closes or ())]
    return min(prices) - bought.price, max(prices) - bought.price


def _check_ambiguous(story: Story, bought: FillFacts, sold: FillFacts, findings: Findings) -> None:
    trade = story.stored.trade
    if trade is None or not said(trade, "ambiguous"):
        return
    filled_within = bought.line == sold.line and not bought.at_open
    holds = story.exit_reason == "stop_loss" and sold.taker and not sold.at_open and not filled_within
    words = "0: only a stop within a candle that was open before it can be ambiguous"
    findings.require(TRADES.name, trade.row_id, "ambiguous", 1, words, holds=holds)
