"""The engine: pure rules over scalars, and the driver that carries them out one time at a time."""

from argusnexus.engine.ports import Executor, Ledger, OrderDesk
from argusnexus.engine.trading import TickResult, TradingEngine

__all__ = ["Executor", "Ledger", "OrderDesk", "TickResult", "TradingEngine"]
