"""States, candles and settings of tests, small enough to be followed by hand.

One hour a candle, candle 0 opens at 2024-01-01 00:00 UTC; the planned trade is entry 100, stop 90, take profit 120
with a stop buffer of 10 %, so that the stop's limit is 81.
"""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np

from argusnexus.engine.account import Exposure
from argusnexus.engine.setup import step_params
from argusnexus.engine.state import NO_POSITION, Plan, Position, Signal, flat_state, moved, new_account
from argusnexus.model.candles import Candle, Candles, Granularity
from argusnexus.model.decisions import Phase, Reason
from argusnexus.model.product import ProductSpec
from argusnexus.model.settings import ExecutionConfig
from argusnexus.model.times import HOUR
from argusnexus.model.trades import ExitReason
from argusnexus.risk import RiskConfig, RiskManager

START = 1_704_067_200 * 10**9
NOTHING_HELD = Exposure(0.0, 0.0, 0.0)


def product(**changes):
    """The product of the tests; increments and funds may be given as text."""
    facts = {
        "symbol": "BTC-USD",
        "base_currency": "BTC",
        "quote_currency": "USD",
        "base_increment": Decimal("0.001"),
        "quote_increment": Decimal("0.01"),
        "min_market_funds": Decimal(1),
        "max_market_funds": Decimal(1_000_000),
    }
    exact = {
        name: Decimal(value) if name.endswith(("increment", "funds")) else value
        for name, value in changes.items()
    }
    return ProductSpec(**facts | exact)


def execution(**changes):
    """10 % slippage on what pays some, 1 % maker and 2 % taker fee."""
    return ExecutionConfig(**{"slippage_bps": 1000.0, "maker_fee": 0.01, "taker_fee": 0.02} | changes)


def params(risk=None, spec=None, **changes):
    """The step's parameters; `risk` and `spec` are changes to limits and product, the rest changes execution."""
    limits = RiskConfig(**{"stop_buffer": 0.1} | (risk or {}))
    return step_params(spec or product(), RiskManager(limits), execution(**changes))


def candle(number, opened, high, low, close, volume=100.0):
    time = START + number * HOUR
    return Candle(
        number, time, time + HOUR, float(opened), float(high), float(low), float(close), float(volume)
    )


def candles(symbol, rows, *, first=0):
    """Hourly candles from (open, high, low, close[, volume]); None is a missing one."""
    there = [(number, row) for number, row in enumerate(rows, first) if row is not None]
    times = np.array([START + number * HOUR for number, _ in there], dtype=np.int64)
    columns = np.array([(*row, 100.0)[:5] for _, row in there], dtype=np.float64).T
    return Candles(symbol, Granularity.parse("1h"), times, *(np.array(column) for column in columns))


def plan(**changes):
    facts = {
        "submitted_index": 0,
        "entry": 100.0,
        "stop": 90.0,
        "take_profit": 120.0,
        "limit_floor": 81.0,
        "quantity": 2.0,
    }
    return Plan(**facts | changes)


def pending(**changes):
    """An entry submitted at the close of candle 0."""
    return moved(
        flat_state(), Phase.ENTRY_PENDING.value, plan(**changes), NO_POSITION, ExitReason.NONE.value, -1
    )


def position(**changes):
    facts = {
        "filled_index": 1,
        "at_open": True,
        "price": 100.0,
        "fee": 2.0,
        "highest": 100.0,
        "lowest": 100.0,
        "trailing_stop": -math.inf,
    }
    return Position(**facts | changes)


def held(bracket=None, **changes):
    """A position filled at 100 at the open of candle 1; `bracket` are changes to its plan."""
    return moved(
        flat_state(),
        Phase.POSITION_OPEN.value,
        plan(**bracket or {}),
        position(**changes),
        ExitReason.NONE.value,
        -1,
    )


def signal(**changes):
    """A breakout whose prices are those of the planned trade."""
    facts = {
        "entry": True,
        "entry_price": 100.0,
        "stop": 90.0,
        "take_profit": 120.0,
        "exit_reason": ExitReason.NONE.value,
        "trailing_distance": math.nan,
        "hold": Reason.STRATEGY.value,
    }
    return Signal(**facts | changes)


QUIET = signal(entry=False)


def account(capital=1000.0, remembered=5):
    return new_account(capital, remembered)
