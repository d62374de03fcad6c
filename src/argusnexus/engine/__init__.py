"""The engine: pure rules over scalars, and the driver that carries them out one time at a time.

Names are imported when they are first used: a replay needs the rules without the driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus._lazy import imported_on_use

if TYPE_CHECKING:
    from argusnexus.engine.ports import Executor, Ledger, OrderDesk
    from argusnexus.engine.trading import TickResult, TradingEngine

__all__ = ["Executor", "Ledger", "OrderDesk", "TickResult", "TradingEngine"]

__getattr__ = imported_on_use(
    __name__,
    {
        "Executor": "ports",
        "Ledger": "ports",
        "OrderDesk": "ports",
        "TickResult": "trading",
        "TradingEngine": "trading",
    },
)
