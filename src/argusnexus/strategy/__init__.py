"""Strategies: candles in, columns of signals out. They never see the account, the clock or the venue."""

from argusnexus.strategy.base import Signals, Strategy
from argusnexus.strategy.donchian import DonchianBreakout

__all__ = ["DonchianBreakout", "Signals", "Strategy"]
