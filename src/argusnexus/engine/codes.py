"""Codes that are compared at every candle as plain whole numbers: an enum member's value costs the interpreter more."""

from __future__ import annotations

from argusnexus.model.decisions import DecisionResult, Phase, Reason
from argusnexus.model.trades import ExitReason

IDLE = Phase.IDLE.value
ENTRY_PENDING = Phase.ENTRY_PENDING.value
POSITION_OPEN = Phase.POSITION_OPEN.value
EXIT_PENDING = Phase.EXIT_PENDING.value
FAIL_CLOSED = Phase.FAIL_CLOSED.value

HOLD = DecisionResult.HOLD.value
ENTRY = DecisionResult.ENTRY.value
EXIT = DecisionResult.EXIT.value
REFUSED = DecisionResult.REFUSED.value

HELD = Reason.POSITION_HELD.value
LONG = Reason.LONG.value
FIRST_LAYER = Reason.TRADING_HALTED.value

NO_EXIT = ExitReason.NONE.value
