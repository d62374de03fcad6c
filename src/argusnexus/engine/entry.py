"""From a signal to an entry: round, refuse, size, check."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from argusnexus._jit import rule
from argusnexus.engine.account import drawdown_of, realised_today, recent_submissions
from argusnexus.engine.apply import candle_move
from argusnexus.engine.codes import FAIL_CLOSED, FIRST_LAYER, LONG
from argusnexus.engine.state import Plan
from argusnexus.model.decisions import Reason
from argusnexus.money import FLOAT_NOISE, rounded_down, snapped_down, snapped_up
from argusnexus.risk.layers import RiskInputs, Verdict, evaluate
from argusnexus.risk.sizing import Size, SizeInputs, position_size

if TYPE_CHECKING:
    from argusnexus.engine.account import Exposure
    from argusnexus.engine.state import Account, Params, Signal, State
    from argusnexus.model.candles import Candle

UNCHECKED = Verdict(
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    -1,
    -1,
)
"""The verdict on a signal that did not reach the risk layers."""


class Proposal(NamedTuple):
    """An entry considered.

    Attributes:
        reason: Reason.LONG when it may be submitted, else why not.
        size_term: SizeTerm that bound the quantity.
        net_risk_reward: take profit to stop after fees (taker in, maker at the take profit, taker at the stop).
        verdict: of the risk layers; UNCHECKED when they were not reached.
    """

    reason: int
    plan: Plan
    size_term: int
    net_risk_reward: float
    verdict: Verdict


@rule
def consider_entry(
    state: State, signal: Signal, candle: Candle, account: Account, exposure: Exposure, params: Params
) -> Proposal:
    """Spec section 4: the plan that a LONG signal leads to, and whether it may be submitted."""
    bare = _rounded_plan(signal, candle, params)
    fault = _price_fault(bare)
    if fault >= 0:
        return Proposal(fault, bare, 0, math.nan, UNCHECKED)
    size = _size(bare, candle, account, exposure, params)
    plan = Plan(
        bare.submitted_index, bare.entry, bare.stop, bare.take_profit, bare.limit_floor, size.quantity
    )
    net = _net_risk_reward(plan, params)
    fault = _size_fault(plan, params)
    if fault >= 0:
        return Proposal(fault, plan, size.term, net, UNCHECKED)
    verdict = evaluate(_risk_inputs(state, plan, candle, account, exposure), params.limits)
    reason = LONG if verdict.first_failed < 0 else FIRST_LAYER + verdict.first_failed
    return Proposal(reason, plan, size.term, net, verdict)


@rule
def _rounded_plan(signal: Signal, candle: Candle, params: Params) -> Plan:
    stop = snapped_up(signal.stop, params.tick)
    one_tick = params.tick.numerator / params.tick.denominator
    return Plan(
        submitted_index=candle.number,
        entry=snapped_down(signal.entry_price, params.tick),
        stop=stop,
        take_profit=snapped_down(signal.take_profit, params.tick),
        limit_floor=max(rounded_down(stop * params.worst_stop_factor, params.tick), one_tick),
        quantity=0.0,
    )


@rule
def _price_fault(plan: Plan) -> int:
    if plan.stop >= plan.entry or plan.stop <= 0.0:
        return Reason.INVALID_STOP.value
    if plan.take_profit <= plan.entry:
        return Reason.INVALID_TAKE_PROFIT.value
    return -1


@rule
def _size(plan: Plan, candle: Candle, account: Account, exposure: Exposure, params: Params) -> Size:
    facts = SizeInputs(
        equity=account.watch.equity,
        free_cash=account.cash - exposure.held_cash,
        entry=plan.entry,
        stop=plan.stop,
        volume=candle.volume,
        taker_fee=params.costs.taker_fee,
        risk_per_trade=params.risk_per_trade,
        worst_stop_factor=params.worst_stop_factor,
        max_asset_concentration=params.limits.max_asset_concentration,
        max_participation=params.max_participation,
    )
    return position_size(facts, params.lot)


@rule
def _size_fault(plan: Plan, params: Params) -> int:
    if plan.quantity <= 0.0:
        return Reason.SIZE_ZERO.value
    value = plan.quantity * plan.entry
    if value < params.min_funds * (1.0 - FLOAT_NOISE) or value > params.max_funds * (1.0 + FLOAT_NOISE):
        return Reason.FUNDS.value
    return -1


@rule
def _net_risk_reward(plan: Plan, params: Params) -> float:
    maker = params.costs.maker_fee
    taker = params.costs.taker_fee
    reward = plan.take_profit * (1.0 - maker) - plan.entry * (1.0 + taker)
    return reward / (plan.entry * (1.0 + taker) - plan.stop * (1.0 - taker))


@rule
def _risk_inputs(
    state: State, plan: Plan, candle: Candle, account: Account, exposure: Exposure
) -> RiskInputs:
    as_of = candle.close_time
    halted = account.watch.halted or state.phase == FAIL_CLOSED
    since_trip = as_of - state.tripped_at if state.tripped_at >= 0 else -1
    return RiskInputs(
        halted=halted,
        recent_entries=recent_submissions(account, as_of),
        realised_today=realised_today(account),
        day_base=account.watch.day_base,
        drawdown=drawdown_of(account.watch),
        candle_move=candle_move(candle),
        since_trip=since_trip,
        entry=plan.entry,
        stop=plan.stop,
        take_profit=plan.take_profit,
        value=plan.quantity * plan.entry,
        equity=account.watch.equity,
        group_value=exposure.group_value,
        total_value=exposure.total_value,
    )
