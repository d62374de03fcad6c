"""Buy a new highest close in an uptrend, unless the market has run hot; leave by bracket, trailing stop or trend.

Copy this file, change what you like, then:

    argus check breakout.py:Breakout
    argus replay --strategy breakout.py:Breakout
"""

from dataclasses import dataclass

import numpy as np

from argusnexus.errors import ConfigError
from argusnexus.model.candles import Candles
from argusnexus.strategy import Comparison, Condition, Signals, Strategy
from argusnexus.strategy.indicators import atr, crossed_below, ema, highest_before, rsi


@dataclass(frozen=True)  # the fields below become the parameters: --set strategy.window=72
class Breakout(Strategy):
    """A new highest close, above its moving average, that the RSI doesn't call overheated."""

    window: int = 48  # candles whose highest close must be passed
    trend: int = 100  # of the exponential moving average that the close must be above
    rsi_period: int = 14
    rsi_limit: float = 80.0  # a higher RSI is too hot to buy
    atr_period: int = 14
    stop_atr: float = 2.0  # distances in average true ranges
    target_atr: float = 4.0
    trail_atr: float = 3.0

    def __post_init__(self) -> None:
        # Whatever can't work is refused here, before anything runs.
        if self.target_atr <= self.stop_atr:
            raise ConfigError(
                f"strategy.target_atr: expected more than stop_atr ({self.stop_atr:g}), was {self.target_atr:g}."
            )

    def signals(self, candles: Candles) -> Signals:
        """One row for each candle; row i may use candles 0 to i, and none after it."""
        close = candles.close

        # 1. What the strategy looks at. `highest_before` leaves the current candle out.
        peak = highest_before(close, self.window)
        average = ema(close, self.trend)
        heat = rsi(close, self.rsi_period)
        average_range = atr(candles.high, candles.low, close, self.atr_period)

        # 2. When to buy. A comparison with NaN (too few candles yet) is False.
        breakout = close > peak
        in_trend = close > average
        cool = heat <= self.rsi_limit

        return Signals(
            entry=breakout & in_trend & cool,
            # 3. The plan of each trade: a limit order with its stop and take profit attached.
            entry_price=close,
            stop=close - self.stop_atr * average_range,
            take_profit=close + self.target_atr * average_range,
            # 4. How to leave early: a stop that follows the highest price, and a signal of our own.
            trailing_distance=self.trail_atr * average_range,
            exit=crossed_below(close, average),
            # 5. What to say when nothing is done, as row numbers into hold_reasons: the first that is missing.
            hold_reason=np.select([~breakout, ~in_trend], [0, 1], default=2),
            hold_reasons=("no_breakout", "below_trend", "overheated"),
            # 6. The first row that may trade: every indicator must have a value by then. The recursive ones (EMA, RSI,
            #    ATR) also need time to forget where the history began; `argus check` shows how long.
            warmup=max(self.window, 3 * self.trend, 5 * self.rsi_period, 5 * self.atr_period),
            # 7. What is kept with every decision, and what an entry needs: `argus why` explains with both.
            indicators={"peak": peak, "average": average, "rsi": heat, "atr": average_range},
            conditions=(
                Condition("no_breakout", "close", Comparison.ABOVE, "peak"),
                Condition("below_trend", "close", Comparison.ABOVE, "average"),
                Condition("overheated", "rsi", Comparison.AT_MOST, self.rsi_limit),
            ),
        )
