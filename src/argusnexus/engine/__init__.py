"""The engine: pure rules over scalars, and the driver that carries them out one time at a time.

Names are imported when they are first used: a replay needs the rules without the driver.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argusnexus.engine.ports import Executor, Ledger, OrderDesk
    from argusnexus.engine.trading import TickResult, TradingEngine

__all__ = ["Executor", "Ledger", "OrderDesk", "TickResult", "TradingEngine"]

_HOMES = {
    "Executor": "ports",
    "Ledger": "ports",
    "OrderDesk": "ports",
    "TickResult": "trading",
    "TradingEngine": "trading",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
