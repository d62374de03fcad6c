"""The smallest useful strategy: two moving averages that cross, with a stop and a target in per cent."""

from dataclasses import dataclass

from argusnexus.model.candles import Candles
from argusnexus.strategy import Signals, Strategy
from argusnexus.strategy.indicators import crossed_above, crossed_below, sma


@dataclass(frozen=True)
class SmaCross(Strategy):
    """Buy when the fast average crosses above the slow one, sell when it crosses below."""

    fast: int = 20
    slow: int = 100
    stop: float = 0.03  # fractions: 3 % below the entry
    target: float = 0.06

    def signals(self, candles: Candles) -> Signals:
        """One row for each candle; what is left out (trailing stop, reasons, conditions) has a default."""
        fast, slow = sma(candles.close, self.fast), sma(candles.close, self.slow)
        return Signals(
            entry=crossed_above(fast, slow),
            entry_price=candles.close,
            stop=candles.close * (1 - self.stop),
            take_profit=candles.close * (1 + self.target),
            exit=crossed_below(fast, slow),
            warmup=self.slow,
            indicators={"fast": fast, "slow": slow},
        )
