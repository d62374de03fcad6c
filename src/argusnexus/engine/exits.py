"""`finalize_exit`: the one way out of a position, whatever ended it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from argusnexus._jit import rule
from argusnexus.engine.codes import IDLE, NO_EXIT
from argusnexus.engine.state import NO_PLAN, NO_POSITION, State, moved

if TYPE_CHECKING:
    from argusnexus.engine.state import Event
    from argusnexus.model.candles import Candle


class Exit(NamedTuple):
    """A finished position: the flat state, and what it came to.

    Attributes:
        proceeds: cash received, the exit's fee taken off.
        net_pnl: after both fees.
        lowest, highest: price while open, as far as it is certain.
    """

    state: State
    proceeds: float
    net_pnl: float
    lowest: float
    highest: float


@rule
def finalize_exit(state: State, event: Event, candle: Candle) -> Exit:
    """Close the position at the event's fill.

    Of the exit candle only its open and the exit price count for the extremes: nothing shows that its high and low
    came before the exit. Entry and exit within one candle leave only the prices that are certain.
    """
    position = state.position
    quantity = state.plan.quantity
    low = min(position.price, event.price)
    high = max(position.price, event.price)
    same_candle = position.filled_index == candle.number
    if position.at_open or not same_candle:
        low = min(low, candle.open)
        high = max(high, candle.open)
    if not same_candle:
        low = min(low, position.lowest)
        high = max(high, position.highest)
    proceeds = quantity * event.price * (1.0 - event.fee_rate)
    flat = moved(state, IDLE, NO_PLAN, NO_POSITION, NO_EXIT, -1)
    net_pnl = proceeds - quantity * position.price - position.fee
    return Exit(flat, proceeds, net_pnl, low, high)
