"""`match`: what a simulated venue reports for a candle, pessimistic wherever a candle leaves the order of prices open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus._jit import rule
from argusnexus.engine.codes import ENTRY_PENDING, EXIT_PENDING, NO_EXIT, POSITION_OPEN
from argusnexus.engine.state import NO_EVENT, Event, EventKind
from argusnexus.model.trades import ExitReason
from argusnexus.money import rounded_down, rounded_up

if TYPE_CHECKING:
    from argusnexus.engine.state import Params, State
    from argusnexus.model.candles import Candle


@rule
def match(state: State, candle: Candle, params: Params) -> Event:
    """The next report for this candle; call again after applying it, until it is NONE."""
    if state.phase == ENTRY_PENDING:
        return _match_entry(state, candle, params)
    if state.phase == POSITION_OPEN:
        return _match_bracket(state, candle, params)
    if state.phase == EXIT_PENDING and candle.number > state.exit_index:
        price = sell_price(candle.open, params)
        return _exit(state.exit_reason, price, params.costs.taker_fee, True, True)
    return nothing()


@rule
def nothing() -> Event:
    """No (further) report."""
    return Event(NO_EVENT, NO_EXIT, 0.0, 0.0, False, False, False)


@rule
def buy_price(price: float, params: Params) -> float:
    """What a market buy pays: slippage, rounded up to the tick."""
    return rounded_up(price * params.costs.buy_factor, params.tick)


@rule
def sell_price(price: float, params: Params) -> float:
    """What a market sell gets: slippage, rounded down to the tick, at least one tick."""
    one_tick = params.tick.numerator / params.tick.denominator
    return max(rounded_down(price * params.costs.sell_factor, params.tick), one_tick)


@rule
def _entry(price: float, fee_rate: float, taker: bool, at_open: bool) -> Event:  # noqa: FBT001 (a row of an event)
    return Event(EventKind.ENTRY_FILLED.value, NO_EXIT, price, fee_rate, taker, at_open, False)


@rule
def _exit(reason: int, price: float, fee_rate: float, taker: bool, at_open: bool) -> Event:  # noqa: FBT001
    return Event(EventKind.EXIT_FILLED.value, reason, price, fee_rate, taker, at_open, False)


@rule
def _match_entry(state: State, candle: Candle, params: Params) -> Event:
    if params.market_entry:
        return _entry(buy_price(candle.open, params), params.costs.taker_fee, True, True)
    if candle.volume == 0.0:
        return nothing()
    limit = state.plan.entry
    if candle.number == state.plan.submitted_index + 1:
        price = buy_price(candle.open, params)
        if price <= limit:
            return _entry(price, params.costs.taker_fee, True, True)
    elif candle.open < limit:
        return _entry(limit, params.costs.maker_fee, False, True)
    if candle.low < limit:  # a touch alone never fills
        return _entry(limit, params.costs.maker_fee, False, False)
    return nothing()


@rule
def _match_bracket(state: State, candle: Candle, params: Params) -> Event:
    if candle.volume == 0.0:  # nobody traded: nothing can have been filled or triggered
        return nothing()
    if state.position.filled_index == candle.number and not state.position.at_open:
        return _match_after_intrabar_entry(state, candle, params)
    plan = state.plan
    if candle.open <= plan.stop:
        return _stop(state, candle, candle.open, params, True)
    if candle.open >= plan.take_profit:
        return _take_profit(state, params, True)
    if candle.low <= plan.stop:  # the stop before the take profit: the candle does not say which came first
        return _stop(state, candle, plan.stop, params, False)
    if candle.high > plan.take_profit:
        return _take_profit(state, params, False)
    return nothing()


@rule
def _match_after_intrabar_entry(state: State, candle: Candle, params: Params) -> Event:
    """Only the low can be assumed and only the close is proven to have come after the fill."""
    if candle.low <= state.plan.stop:
        event = _stop(state, candle, state.plan.stop, params, False)
        return Event(event.kind, event.reason, event.price, event.fee_rate, event.taker, event.at_open, False)
    if candle.close > state.plan.take_profit:
        return _take_profit(state, params, False)
    return nothing()


@rule
def _take_profit(state: State, params: Params, at_open: bool) -> Event:  # noqa: FBT001
    return _exit(ExitReason.TAKE_PROFIT.value, state.plan.take_profit, params.costs.maker_fee, False, at_open)


@rule
def _stop(state: State, candle: Candle, price: float, params: Params, at_open: bool) -> Event:  # noqa: FBT001
    """The stop triggered at `price`: filled, or jumped, and then resting at its limit."""
    floor = state.plan.limit_floor
    stop_loss = ExitReason.STOP_LOSS.value
    if price >= floor:
        ambiguous = not at_open and candle.high > state.plan.take_profit
        filled = max(rounded_down(price * params.costs.sell_factor, params.tick), floor)
        return Event(
            EventKind.EXIT_FILLED.value, stop_loss, filled, params.costs.taker_fee, True, at_open, ambiguous
        )
    if candle.high > floor:
        return _exit(stop_loss, floor, params.costs.maker_fee, False, False)
    return Event(EventKind.STOP_LEFT_RESTING.value, ExitReason.EMERGENCY.value, 0.0, 0.0, False, False, False)
