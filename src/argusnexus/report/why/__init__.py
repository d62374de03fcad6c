"""Why: one typed story of a trade or of a candle, for people and for machines."""

from __future__ import annotations

from argusnexus.report.why.candle import explain_candle
from argusnexus.report.why.console import render_why
from argusnexus.report.why.story import CandleStory, TradeStory
from argusnexus.report.why.trade import explain_trade

__all__ = ["CandleStory", "TradeStory", "explain_candle", "explain_trade", "render_why"]
