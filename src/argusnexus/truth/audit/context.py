"""What a decision's recorded context says, where it is written exactly as the ledger writes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.truth.tables import DECISIONS

if TYPE_CHECKING:
    from argusnexus.truth.audit.cells import StoredRow

_PLACE = DECISIONS.places["market_context"]
_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_CANDLE = rf'"close":[^,]*,"high":({_NUMBER}),"low":({_NUMBER}),"open":({_NUMBER}),"time":[^,]*,"volume":({_NUMBER})'
_PLAN = (
    rf'"entry":({_NUMBER}),"limit_floor":[^,]*,"net_risk_reward":[^,]*,"quantity":({_NUMBER}),'
    rf'"size_term":"[a-z]+","stop":({_NUMBER}),"take_profit":({_NUMBER})'
)
_CONTEXT = re.compile(
    rf'\{{"account":\{{[^{{}}\\]*\}},"candle":\{{{_CANDLE}\}}(?:,"plan":\{{{_PLAN}\}})?(?:,"trailing_stop":[^{{}}\\]*)?\}}'
)
_SINCE_TRIP = re.compile(
    rf'"layer":"circuit_breaker_cooldown","limit":{_NUMBER},"passed":[a-z]+,"value":({_NUMBER})\}}'
)


class PlanTexts(NamedTuple):
    """An entry's plan, as JSON numbers."""

    entry: str
    quantity: str
    stop: str
    take_profit: str


class ContextTexts(NamedTuple):
    """A candle's prices and volume, as JSON numbers, and the plan if there is one."""

    high: str
    low: str
    open: str
    volume: str
    plan: PlanTexts | None


def context_texts(row: StoredRow) -> ContextTexts | None:
    """What a row of `decisions` says; None where it is written in any other way."""
    found = _CONTEXT.fullmatch(str(row.values[_PLACE]))
    if found is None:
        return None
    high, low, opened, volume, *plan = found.groups()
    return ContextTexts(high, low, opened, volume, None if plan[0] is None else PlanTexts(*plan))


def minutes_since_trip(text: str) -> str | None:
    """The value of the cooldown's layer as a JSON number; None where it has none."""
    found = _SINCE_TRIP.search(text)
    return found[1] if found else None
