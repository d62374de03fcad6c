"""Whether fills could have been at their prices and times (spec section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.model.orders import EntryType
from argusnexus.money import amount, rounded_down
from argusnexus.truth.tables import FILLS

if TYPE_CHECKING:
    from argusnexus.engine.state import Params
    from argusnexus.money import Amount
    from argusnexus.truth.audit.findings import Findings
    from argusnexus.truth.audit.stories import FillFacts, Story


def check_prices(story: Story, params: Params, findings: Findings) -> None:
    """A finding for each fill that no candle could have brought."""
    if story.bought is not None and story.stored.bought is not None:
        _check_entry(story, story.bought, params, story.stored.bought.row_id, findings)
    if story.sold is not None and story.stored.sold is not None:
        _check_exit(story, story.sold, params, story.stored.sold.row_id, findings)


def _check_entry(story: Story, fill: FillFacts, params: Params, row_id: str, findings: Findings) -> None:
    candles = fill.line - story.episode.entry
    if story.rules.entry_type is EntryType.MARKET:
        findings.require(
            FILLS.name,
            row_id,
            "timestamp",
            f"{candles} candle(s) later",
            "a market entry fills at the next open, as taker",
            holds=candles == 1 and fill.at_open and fill.taker,
        )
        return
    limit = story.plan.entry
    at_limit = "at most the limit %s as taker at the first open, else at the limit as maker"
    marketable = fill.taker and candles == 1 and fill.at_open and fill.price <= limit
    resting = not fill.taker and fill.price == limit and not (candles == 1 and fill.at_open)
    holds = marketable or resting
    findings.require(FILLS.name, row_id, "price", fill.price, at_limit, limit, holds=holds)
    findings.require(
        FILLS.name,
        row_id,
        "timestamp",
        f"{candles} candle(s) later",
        "within %s candles",
        params.entry_ttl,
        holds=1 <= candles <= params.entry_ttl,
    )


def _check_exit(story: Story, fill: FillFacts, params: Params, row_id: str, findings: Findings) -> None:
    plan, left = story.plan, story.episode.left
    if left is not None:
        words = "a market exit fills at the next open, as taker"
        holds = fill.line == left + 1 and fill.at_open and fill.taker and fill.price > 0
        findings.require(FILLS.name, row_id, "price", fill.price, words, holds=holds)
    elif story.exit_reason == "take_profit":
        words = "the take profit fills at its own price %s, as maker"
        holds = fill.price == plan.take_profit and not fill.taker
        findings.require(FILLS.name, row_id, "price", fill.price, words, plan.take_profit, holds=holds)
    elif fill.taker and fill.price == plan.stop:  # at its trigger, as nearly every stop
        findings.checks += 1
    else:
        _check_stop(plan.stop, fill, params, row_id, findings)


def _check_stop(stop: Amount, fill: FillFacts, params: Params, row_id: str, findings: Findings) -> None:
    one_tick = params.tick.numerator / params.tick.denominator
    floor = amount(max(rounded_down(float(stop) * params.worst_stop_factor, params.tick), one_tick))
    at_limit = fill.price == floor and not fill.at_open
    holds = floor <= fill.price <= stop and (fill.taker or at_limit)
    words = "the stop fills from its limit %s to its trigger %s; as maker at the limit only"
    findings.require(FILLS.name, row_id, "price", fill.price, words, floor, stop, holds=holds)
