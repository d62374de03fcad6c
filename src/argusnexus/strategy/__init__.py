"""Strategies: candles in, columns of signals out. They never see the account, the clock or the venue."""

from argusnexus.model.conditions import Comparison, Condition
from argusnexus.strategy.base import Signals, Strategy
from argusnexus.strategy.donchian import DonchianBreakout
from argusnexus.strategy.evaluate import signals_of

__all__ = ["Comparison", "Condition", "DonchianBreakout", "Signals", "Strategy", "signals_of"]
