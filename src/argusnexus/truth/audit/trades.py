"""What only candles could tell of a trade, as far as closes bound it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.money import Amount, amount
from argusnexus.truth.audit.stories import said
from argusnexus.truth.tables import TRADES

if TYPE_CHECKING:
    from argusnexus.truth.audit.findings import Findings
    from argusnexus.truth.audit.stories import FillFacts, Story


def check_extremes(story: Story, findings: Findings) -> None:
    """How far the price went against and for the position, and whether its exit was ambiguous."""
    trade, bought, sold = story.stored.trade, story.bought, story.sold
    if trade is None or bought is None or sold is None:
        return
    lowest, highest, exact = _certain(story, bought, sold)
    mae, mfe = said(trade, "mae"), said(trade, "mfe")
    sign = "exactly" if exact else "at most"
    holds = mae is not None and (mae == lowest if exact else mae <= lowest)
    findings.require(
        TRADES.name, trade.row_id, "mae", mae, f"{sign} {lowest}, by its fills and closes", holds=holds
    )
    sign = "exactly" if exact else "at least"
    holds = mfe is not None and (mfe == highest if exact else mfe >= highest)
    findings.require(
        TRADES.name, trade.row_id, "mfe", mfe, f"{sign} {highest}, by its fills and closes", holds=holds
    )
    _check_ambiguous(story, bought, sold, findings)


def _certain(story: Story, bought: FillFacts, sold: FillFacts) -> tuple[Amount, Amount, bool]:
    """The worst and best price that is certain, less the entry's, and whether there can be no other."""
    closes = story.rules.tape.close[bought.line : sold.line]
    prices = [bought.price, sold.price]
    if len(closes):
        prices += [amount(closes.min()), amount(closes.max())]
    within_one_candle = bought.line == sold.line and not bought.at_open
    return min(prices) - bought.price, max(prices) - bought.price, within_one_candle


def _check_ambiguous(story: Story, bought: FillFacts, sold: FillFacts, findings: Findings) -> None:
    trade = story.stored.trade
    if trade is None or not said(trade, "ambiguous"):
        return
    filled_within = bought.line == sold.line and not bought.at_open
    holds = story.exit_reason == "stop_loss" and sold.taker and not sold.at_open and not filled_within
    words = "0: only a stop within a candle that was open before it can be ambiguous"
    findings.require(TRADES.name, trade.row_id, "ambiguous", 1, words, holds=holds)
