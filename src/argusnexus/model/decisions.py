"""What was decided at a candle's close, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Phase(IntEnum):
    """Where a symbol's engine stands between two events."""

    IDLE = 0  # flat, nothing at the venue
    ENTRY_PENDING = 1  # an entry rests at the venue, nothing is held
    POSITION_OPEN = 2  # held, and its bracket is live at the venue
    EXIT_PENDING = 3  # held, its bracket is gone, a market sell waits for the next open
    FAIL_CLOSED = 4  # flat by emergency; no entry until an operator resumes


class DecisionResult(IntEnum):
    """What a decision led to."""

    HOLD = 0  # nothing to do
    ENTRY = 1  # an entry was submitted
    EXIT = 2  # a market exit was submitted
    REFUSED = 3  # a signal that was not allowed to become an order


class RiskLayer(IntEnum):
    """The ten checks that an entry passes, in this order; the first that fails is the reason."""

    TRADING_HALTED = 0
    TRADE_FREQUENCY = 1
    DAILY_LOSS = 2
    DRAWDOWN = 3
    CIRCUIT_BREAKER = 4
    CIRCUIT_BREAKER_COOLDOWN = 5
    RISK_REWARD = 6
    ASSET_CONCENTRATION = 7
    CORRELATED_EXPOSURE = 8
    LEVERAGE = 9

    @property
    def label(self) -> str:
        return self.name.lower()


class Reason(IntEnum):
    """Why a decision was what it was; a strategy's own HOLD reasons follow from `STRATEGY` on."""

    WARMUP = 0  # too few candles for the indicators
    ENTRY_PENDING = 1  # an entry rests at the venue
    EXIT_PENDING = 2  # an exit waits for the next open
    POSITION_HELD = 3  # held, and nothing says exit
    LONG = 4  # the strategy's signal became an entry
    INVALID_STOP = 5  # the rounded stop is not between 0 and the entry
    INVALID_TAKE_PROFIT = 6  # the rounded take profit is not above the entry
    SIZE_ZERO = 7  # nothing is left after rounding the quantity down
    FUNDS = 8  # the order's value is outside what the venue takes
    TRADING_HALTED = 9  # the ten risk layers, in their order
    TRADE_FREQUENCY = 10
    DAILY_LOSS = 11
    DRAWDOWN = 12
    CIRCUIT_BREAKER = 13
    CIRCUIT_BREAKER_COOLDOWN = 14
    RISK_REWARD = 15
    ASSET_CONCENTRATION = 16
    CORRELATED_EXPOSURE = 17
    LEVERAGE = 18
    CHANDELIER = 19  # close below the trailing stop
    CHANNEL = 20  # close below the exit channel
    SIGNAL = 21  # the strategy said exit
    STRATEGY = 32  # first of the strategy's own reasons to hold

    @property
    def label(self) -> str:
        return self.name.lower()


def phase_after(result: DecisionResult, reason: str) -> Phase:
    """Where a decision leaves its symbol's engine; a strategy's own reasons to hold are given when flat."""
    if result is DecisionResult.ENTRY:
        return Phase.ENTRY_PENDING
    if result is DecisionResult.EXIT:
        return Phase.EXIT_PENDING
    return _PHASE_HELD.get(reason, Phase.IDLE) if result is DecisionResult.HOLD else Phase.IDLE


_PHASE_HELD = {
    Reason.ENTRY_PENDING.label: Phase.ENTRY_PENDING,
    Reason.EXIT_PENDING.label: Phase.EXIT_PENDING,
    Reason.POSITION_HELD.label: Phase.POSITION_OPEN,
}


class SizeTerm(IntEnum):
    """Which of the four limits bound the quantity."""

    RISK = 0  # equity * risk_per_trade / worst loss per unit
    CASH = 1  # cash that no pending entry holds
    CONCENTRATION = 2  # equity * max_asset_concentration
    PARTICIPATION = 3  # max_participation * the candle's volume

    @property
    def label(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class RiskCheck:
    """One layer's verdict, as recorded.

    Attributes:
        value, limit: what was compared; None where there is nothing to compare (no earlier trip of the breaker).
    """

    layer: RiskLayer
    value: float | None
    limit: float | None
    passed: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of `decisions`.

    Attributes:
        timestamp: the decision's `as_of`, the close of its candle.
        signal_values: what the strategy saw: indicators, and the planned prices of a signal.
        risk_checks: empty unless the signal reached the risk layers.
        market_context: the candle, the account and the plan that the decision was made on.
    """

    decision_id: str
    run_id: str | None
    timestamp: datetime
    symbol: str
    strategy_name: str
    signal_values: Mapping[str, Any]
    risk_checks: tuple[RiskCheck, ...]
    market_context: Mapping[str, Any]
    result: DecisionResult
    result_reason: str
    order_id: str | None = None
