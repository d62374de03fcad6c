"""Trade and equity figures, computed exactly from closed trades."""

from __future__ import annotations

from argusnexus.metrics.buy_and_hold import BuyAndHold, buy_and_hold
from argusnexus.metrics.drawdown import (
    Drawdown,
    LosingStreaks,
    equity_curve,
    final_equity,
    losing_streaks,
    max_drawdown,
    peak_equity,
)
from argusnexus.metrics.trades import TradeFigures, expectancy, trade_figures

__all__ = [
    "BuyAndHold",
    "Drawdown",
    "LosingStreaks",
    "TradeFigures",
    "buy_and_hold",
    "equity_curve",
    "expectancy",
    "final_equity",
    "losing_streaks",
    "max_drawdown",
    "peak_equity",
    "trade_figures",
]
