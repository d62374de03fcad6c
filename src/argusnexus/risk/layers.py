"""The ten risk layers, each with its value, its limit and whether it passed."""

from __future__ import annotations

from typing import NamedTuple

from argusnexus._jit import rule
from argusnexus.money import NOISE

LAYER_COUNT = 10

ALLOWANCE = 1e-9
"""Relative allowance of the inclusive layers: a value that equals its limit passes."""

DRIFT = 1e-14
"""Part of the equity that float64 cash may be off after a run, where exact decimals are meant."""


TenFloats = tuple[float, float, float, float, float, float, float, float, float, float]


class RiskLimits(NamedTuple):
    """The limits of `RiskConfig` in the step's terms (fractions, nanoseconds)."""

    max_trades_per_hour: int
    daily_loss: float
    max_drawdown: float
    circuit_breaker: float
    cooldown: int
    min_risk_reward: float
    max_asset_concentration: float
    max_correlated_exposure: float
    max_leverage: float


class RiskInputs(NamedTuple):
    """What the layers look at; money in quote currency, times in nanoseconds.

    Attributes:
        halted: trading was halted before this decision, or the engine has failed closed.
        recent_entries: entries submitted in the last 60 minutes.
        realised_today: net P&L of the trades closed since 00:00 UTC.
        day_base: equity at the last decision before 00:00 UTC.
        candle_move: |close / open - 1| of the decision's candle.
        since_trip: time since the close of the last earlier candle that tripped the breaker; negative for never.
        entry, stop, take_profit: rounded prices of the plan.
        value: quantity * entry.
        group_value, total_value: open and pending positions of the symbol's group, and of the account.
    """

    halted: bool
    recent_entries: int
    realised_today: float
    day_base: float
    drawdown: float
    candle_move: float
    since_trip: int
    entry: float
    stop: float
    take_profit: float
    value: float
    equity: float
    group_value: float
    total_value: float


class Verdict(NamedTuple):
    """Ten values, ten limits and the first layer that failed (-1: none), all floats so that a row can be copied.

    `failed` has bit i set where layer i failed.
    """

    values: TenFloats
    limits: TenFloats
    failed: int
    first_failed: int


@rule
def trips_breaker(candle_move: float, limit: float) -> bool:
    """Whether a candle's move reaches the circuit breaker (equal trips)."""
    return candle_move >= limit * (1.0 - NOISE)


@rule
def reaches_drawdown(drawdown: float, limit: float) -> bool:
    """Whether a drawdown reaches its limit; a limit of 1.0 switches the layer off.

    Exact decimals are meant: the noise that float64 cash collects over a run is taken out at equality.
    """
    return limit < 1.0 and drawdown >= limit - DRIFT


@rule
def within(value: float, limit: float) -> bool:
    """`value <= limit`, with the inclusive layers' allowance."""
    return value <= limit + ALLOWANCE * abs(limit)


@rule
def evaluate(facts: RiskInputs, limits: RiskLimits) -> Verdict:
    """Every layer's value, limit and verdict, in order; none is skipped when an earlier one fails."""
    values = _values(facts)
    bounds = _bounds(facts, limits)
    passed = _passed(facts, values, bounds, limits)
    failed = 0
    first_failed = -1
    for layer in range(LAYER_COUNT - 1, -1, -1):
        if not passed[layer]:
            failed += 1 << layer
            first_failed = layer
    return Verdict(values, bounds, failed, first_failed)


@rule
def _values(facts: RiskInputs) -> TenFloats:
    return (
        1.0 if facts.halted else 0.0,
        float(facts.recent_entries),
        facts.realised_today,
        facts.drawdown,
        facts.candle_move,
        float(facts.since_trip),
        (facts.take_profit - facts.entry) / (facts.entry - facts.stop),
        facts.value / facts.equity,
        (facts.group_value + facts.value) / facts.equity,
        (facts.total_value + facts.value) / facts.equity,
    )


@rule
def _bounds(facts: RiskInputs, limits: RiskLimits) -> TenFloats:
    return (
        0.0,
        float(limits.max_trades_per_hour),
        -limits.daily_loss * facts.day_base,
        limits.max_drawdown,
        limits.circuit_breaker,
        float(limits.cooldown),
        limits.min_risk_reward,
        limits.max_asset_concentration,
        limits.max_correlated_exposure,
        limits.max_leverage,
    )


@rule
def _passed(facts: RiskInputs, values: TenFloats, bounds: TenFloats, limits: RiskLimits) -> tuple[bool, ...]:
    return (
        not facts.halted,
        facts.recent_entries < limits.max_trades_per_hour,
        values[2] > bounds[2] + DRIFT * facts.day_base,
        not reaches_drawdown(facts.drawdown, limits.max_drawdown),
        not trips_breaker(facts.candle_move, limits.circuit_breaker),
        facts.since_trip < 0 or facts.since_trip > limits.cooldown,
        values[6] >= bounds[6] - ALLOWANCE * abs(bounds[6]),
        within(values[7], bounds[7]),
        within(values[8], bounds[8]),
        within(values[9], bounds[9]),
    )
