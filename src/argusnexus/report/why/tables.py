"""The tables of a story: layers, plan, size, account, orders, fills, result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from argusnexus.money import Amount, amount
from argusnexus.report.tables import columns, pairs
from argusnexus.report.texts import BAD, FAINT, GOOD, Glyphs, minute, money, plural, signed
from argusnexus.report.why.units import number, percent
from argusnexus.report.why.words import human, when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from argusnexus.report.why.story import (
        AccountThen,
        FillStory,
        LayerStory,
        OrderStory,
        PlanStory,
        ResultStory,
        SizeBound,
    )
    from argusnexus.report.why.units import Units

_TYPES = {
    "limit_limit_gtc": "limit, good until cancelled",
    "market_market_ioc": "market",
    "trigger_bracket_gtc": "bracket, good until cancelled",
}


def layers(checks: Sequence[LayerStory]) -> Table:
    """All that were checked, each with what it found and what it needed."""
    table = columns("Layer", "Found", "Needed", "")
    for check in checks:
        verdict = Text("passed", GOOD) if check.passed else Text("REFUSED", BAD)
        table.add_row(f"{check.number:2} {check.what}", check.found, check.needed, verdict)
    return table


def plan(told: PlanStory, units: Units) -> Table:
    ratio = "none: the plan is impossible" if told.reward_risk is None else number(told.reward_risk)
    net = "" if told.net_reward_risk is None else f", net of fees {number(told.net_reward_risk)}"
    share = "" if told.risk_fraction is None else f", {percent(told.risk_fraction)} of equity"
    return pairs(
        {
            "Entry": units.price(told.entry),
            "Stop": _level(told.stop, told.entry, units),
            "  worst fill": _level(told.worst_fill, told.entry, units),
            "Take profit": _level(told.take_profit, told.entry, units),
            "Quantity": f"{units.quantity(told.quantity)}, worth {units.money(told.value)}",
            "At risk": f"{units.money(told.risk)} at the worst fill, before fees{share}",
            "Reward to risk": f"{ratio}{net}",
        }
    )


def _level(level: float, entry: float, units: Units) -> str:
    """A price and how far it is from the entry."""
    return f"{units.price(level)}, {units.distance(level, entry)} the entry" if entry else units.price(level)


def sizes(bounds: Sequence[SizeBound], units: Units) -> Table:
    table = columns("Bound", "Quantity", "")
    for bound in bounds:
        allowed = "off" if bound.quantity is None else units.exactly(bound.quantity)
        table.add_row(bound.words, allowed, Text("decided", GOOD) if bound.bound else "")
    return table


def account(then: AccountThen) -> Table:
    """The figures that the layers and the size were computed from."""
    return pairs(
        {
            "Equity": _amount(then.equity),
            "  peak": _amount(then.peak),
            "  before today": _amount(then.day_base),
            "Cash": _amount(then.cash),
            "  held by entries": _amount(then.held_cash),
            "Realised today": _amount(then.realised_today),
            "Positions": _amount(then.total_value),
            "  of its group": _amount(then.group_value),
        }
    )


def _amount(value: float | None) -> str:
    return "-" if value is None else money(amount(value))


def order(told: OrderStory, units: Units) -> Table:
    """One order; what it doesn't have isn't shown."""
    limit = "" if told.limit_price is None else f" at {units.price(told.limit_price)}"
    rows: dict[str, RenderableType] = {
        "Order": f"{_TYPES.get(told.order_type, told.order_type)}: {told.side.value.lower()} "
        f"{units.quantity(told.quantity)}{limit}",
        "  order id": told.order_id,
    }
    if told.client_order_id:
        rows["  client id"] = told.client_order_id
    if told.take_profit_price is not None and told.stop_trigger_price is not None:
        levels = f"{units.price(told.stop_trigger_price)}, take profit {units.price(told.take_profit_price)}"
        rows["  stop"] = levels
    ended = (
        f", {told.state.value} {when(told.completed_at)}" if told.completed_at else f", {told.state.value}"
    )
    rows["  submitted"] = f"{when(told.submitted_at)}{ended}"
    if told.note:
        rows["  note"] = human(told.note)
    return pairs(rows)


def fills(told: Sequence[FillStory], units: Units, glyphs: Glyphs) -> Table:
    table = columns("Time (UTC)", "", "Quantity", "Price", "Value", "Fee", "", gap=1)
    for fill in told:
        table.add_row(
            minute(fill.timestamp, glyphs),
            fill.side.value.lower(),
            units.quantity(fill.quantity),
            units.price(fill.price),
            money(fill.notional),
            money(fill.fee),
            fill.liquidity.name.lower(),
        )
    return table


def result(told: ResultStory, units: Units, glyphs: Glyphs) -> Table:
    multiple = "" if told.r_multiple is None else f" ({told.r_multiple:+.2f} R)"
    candles = "" if told.candles is None else f"{plural(told.candles, 'candle')}, "
    return pairs(
        {
            "Gross P&L": signed(told.gross_pnl, glyphs),
            "Fees": signed(-told.fees, glyphs),
            "Net P&L": Text.assemble(signed(told.net_pnl, glyphs), multiple),
            "Worst (MAE)": _excursion(told.mae, told.mae_money, told.mae_r, units),
            "Best (MFE)": _excursion(told.mfe, told.mfe_money, told.mfe_r, units),
            "Held for": f"{candles}{told.hours:,.1f} hours",
        }
    )


def _excursion(
    move: Amount | None, in_money: Amount | None, multiple: Amount | None, units: Units
) -> RenderableType:
    """How far the price went from the fill: per unit, for the whole quantity, in R."""
    if move is None or in_money is None:
        return Text("-", FAINT)
    in_r = "" if multiple is None else f", {multiple:+.2f} R"
    return f"{units.price(move)} per unit, {units.money(in_money)}{in_r}"
