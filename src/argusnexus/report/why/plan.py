"""The plan of an entry: its prices, its size and what bound it, what it risked and what it could earn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from argusnexus.model.decisions import SizeTerm
from argusnexus.report.why.story import PlanStory, SizeBound
from argusnexus.report.why.units import percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argusnexus.report.why.source import Terms

_FIGURES = ("entry", "stop", "take_profit", "limit_floor", "quantity")


def plan_story(context: Mapping[str, Any], terms: Terms) -> PlanStory | None:
    """The plan in a decision's context; None where it has none, or not all of it."""
    plan = _part(context, "plan")
    figures = _numbers(plan, _FIGURES)
    if figures is None:
        return None
    entry, stop, take_profit, worst_fill, quantity = figures
    possible = 0 < stop < entry < take_profit
    equity = _part(context, "account").get("equity")
    risk = quantity * (entry - worst_fill)
    return PlanStory(
        entry=entry,
        stop=stop,
        take_profit=take_profit,
        worst_fill=worst_fill,
        quantity=quantity,
        value=quantity * entry,
        sizes=_sizes(context, terms) if possible else (),
        risk=risk,
        risk_fraction=risk / equity if equity else None,
        reward_risk=(take_profit - entry) / (entry - stop) if possible else None,
        net_reward_risk=plan.get("net_risk_reward"),
    )


def _sizes(context: Mapping[str, Any], terms: Terms) -> tuple[SizeBound, ...]:
    """What each of the four limits would have allowed; none where the context lacks a figure.

    Source: spec section 4, step 3.
    """
    plan, account = _part(context, "plan"), _part(context, "account")
    figures = _numbers(account | _part(context, "candle"), ("equity", "cash", "held_cash", "volume"))
    if figures is None:
        return ()
    equity, cash, held_cash, volume = figures
    entry, stop = plan["entry"], plan["stop"]
    allowed = {
        SizeTerm.RISK: equity * terms.risk_per_trade / (entry - stop * (1 - terms.stop_buffer)),
        SizeTerm.CASH: (cash - held_cash) / (entry * (1 + terms.taker_fee)),
        SizeTerm.CONCENTRATION: equity * terms.max_asset_concentration / entry,
        SizeTerm.PARTICIPATION: terms.max_participation * volume if terms.max_participation else None,
    }
    words = _size_words(terms)
    return tuple(
        SizeBound(term.label, quantity, term.label == plan.get("size_term"), words[term])
        for term, quantity in allowed.items()
    )


def _size_words(terms: Terms) -> dict[SizeTerm, str]:
    return {
        SizeTerm.RISK: f"risk: {percent(terms.risk_per_trade)} of equity, lost at the worst fill",
        SizeTerm.CASH: "free cash, less the taker fee",
        SizeTerm.CONCENTRATION: f"{percent(terms.max_asset_concentration)} of equity in one symbol",
        SizeTerm.PARTICIPATION: f"{percent(terms.max_participation)} of the candle's volume",
    }


def _part(context: Mapping[str, Any], name: str) -> dict[str, Any]:
    return context.get(name) or {}


def _numbers(table: Mapping[str, Any], names: tuple[str, ...]) -> list[float] | None:
    """The named figures; None unless all are there."""
    figures = [table.get(name) for name in names]
    known = [figure for figure in figures if figure is not None]
    return known if len(known) == len(names) else None
