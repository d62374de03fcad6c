"""Reasons in sentences that a trader understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.model.trades import ExitReason

if TYPE_CHECKING:
    from datetime import datetime

    from argusnexus.model.trades import Trade
    from argusnexus.report.why.story import DecisionStory
    from argusnexus.report.why.units import Units

_EXITS = {
    ExitReason.STOP_LOSS.label: "the bracket's stop was reached",
    ExitReason.TAKE_PROFIT.label: "the bracket's take profit was reached",
    ExitReason.CHANDELIER.label: "the close fell below the trailing stop",
    ExitReason.CHANNEL.label: "the close fell below the exit channel",
    ExitReason.SIGNAL.label: "the strategy said leave",
    ExitReason.EMERGENCY.label: "a gap jumped the stop's limit, so that the rest was sold at market",
    "manual": "it was closed by hand",
    "external": "it was closed outside ArgusNexus",
}
_AMBIGUOUS = " The exit candle reached the stop and the take profit both: the stop was taken."
_CHANNEL = "lower"  # the exit channel, where a strategy logs it by that name


def when(moment: datetime) -> str:
    """A UTC time to the minute, to the second where it has some."""
    return f"{moment:%Y-%m-%d %H:%M:%S}".removesuffix(":00") + " UTC"


def human(name: str) -> str:
    """A recorded name as words."""
    return name.replace("_", " ")


def why_left(reason: str, decision: DecisionStory | None, units: Units) -> str:
    """Why a position was left; with figures where a decision did it."""
    words = _EXITS.get(reason, f"the recorded reason is {reason}")
    figures = "" if decision is None else _below(reason, decision, units)
    return f"{words} ({figures})" if figures else words


def _below(reason: str, decision: DecisionStory, units: Units) -> str:
    """The close and the level that it fell below."""
    levels = {
        ExitReason.CHANDELIER.label: ("the trailing stop", decision.trailing_stop),
        ExitReason.CHANNEL.label: (_CHANNEL, decision.indicators.get(_CHANNEL)),
    }
    name, level = levels.get(reason, ("", None))
    if decision.close is None or not level:
        return ""
    close, under = units.apart(decision.close, level)
    return f"close {close} is {units.distance(decision.close, level)} {name} {under}"


def sold(trade: Trade, units: Units) -> str:
    """How a trade ended, in one sentence."""
    if trade.exit_price is None or trade.exit_timestamp is None:
        return f"Trade {trade.trade_id} was still open when the data ended."
    price, moment = units.price(trade.exit_price), when(trade.exit_timestamp)
    net = "" if trade.net_pnl is None else f", net {units.money(trade.net_pnl)}"
    words = why_left(trade.exit_reason or "", None, units)
    return (
        f"Trade {trade.trade_id} was sold at {price}, {moment}: {words}{net}.{_AMBIGUOUS * trade.ambiguous}"
    )


def bought(trade: Trade, units: Units) -> str:
    """How a trade began, in one sentence."""
    return (
        f"The entry filled: {units.quantity(trade.quantity)} at {units.price(trade.entry_price)}, "
        f"{when(trade.entry_timestamp)}: trade {trade.trade_id}."
    )
