"""Donchian breakout ("TURTLE-4"), long only: buy new highs that trend and volume confirm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from argusnexus.errors import ConfigError
from argusnexus.model.conditions import CLOSE, Comparison, Condition
from argusnexus.model.trades import ExitReason
from argusnexus.money import NOISE
from argusnexus.strategy.base import Signals
from argusnexus.strategy.incremental import IncrementalStrategy

if TYPE_CHECKING:
    from argusnexus.model.candles import BoolColumn, Candles, FloatColumn
    from argusnexus.strategy.memory import Memory

HOLD_REASONS = ("no_breakout", "trend_filter", "volume_filter", "trend_filter+volume_filter")

_PERIODS = ("entry_period", "exit_period", "atr_period")
_SWITCHABLE = ("trend_period", "volume_multiplier", "warmup")
_DISTANCES = ("stop_atr", "take_profit_atr", "chandelier_atr")


@dataclass(frozen=True, slots=True)
class DonchianBreakout(IncrementalStrategy):
    """Enter above the highest high, leave below the trailing stop or the lowest low.

    Attributes:
        entry_period, exit_period: candles in the entry channel (highs) and the exit channel (lows).
        atr_period: of the average true range.
        stop_atr, take_profit_atr, chandelier_atr: distances in average true ranges.
        trend_period: of the moving average that the close must be above; 0 switches the filter off.
        volume_avg_period, volume_multiplier: the volume must reach this multiple of its mean; multiplier 0 is off.
        warmup: candles before the first decision, at least.
    """

    name: ClassVar[str] = "donchian"

    entry_period: int = 55
    exit_period: int = 55
    atr_period: int = 14
    stop_atr: float = 2.0
    take_profit_atr: float = 4.0
    chandelier_atr: float = 3.0
    trend_period: int = 200
    volume_avg_period: int = 20
    volume_multiplier: float = 1.5
    warmup: int = 300

    def __post_init__(self) -> None:
        lowest = (
            dict.fromkeys(_PERIODS, 1) | dict.fromkeys(_SWITCHABLE + _DISTANCES, 0) | {"volume_avg_period": 1}
        )
        for name, least in lowest.items():
            value = getattr(self, name)
            if not least <= value < float("inf"):
                raise ConfigError(f"strategy.{name}: expected a number of at least {least}, was {value!r}.")

    @np.errstate(over="ignore", invalid="ignore")  # an absurd distance is an infinite price, refused as such
    def next_signals(self, candles: Candles, memory: Memory) -> Signals:
        upper = memory.highest_before(candles.high, self.entry_period)
        lower = memory.lowest_before(candles.low, self.exit_period)
        average_range = memory.atr(candles.high, candles.low, candles.close, self.atr_period)
        indicators = {"upper": upper, "lower": lower, "atr": average_range}
        trend_refuses = self._trend_refuses(candles, memory, indicators)
        volume_refuses = self._volume_refuses(candles, memory, indicators)
        breakout = candles.close > upper
        return Signals(
            entry=breakout & ~trend_refuses & ~volume_refuses,
            entry_price=candles.close,
            stop=candles.close - self.stop_atr * average_range,
            take_profit=candles.close + self.take_profit_atr * average_range,
            exit=candles.close < lower,
            exit_reason=ExitReason.CHANNEL,
            trailing_distance=self.chandelier_atr * average_range,
            hold_reason=(breakout * (trend_refuses + np.int8(2) * volume_refuses)).astype(np.int64),
            hold_reasons=HOLD_REASONS,
            warmup=self.first_decision,
            indicators=indicators,
            conditions=self._conditions(),
        )

    def _conditions(self) -> tuple[Condition, ...]:
        conditions = [Condition("no_breakout", CLOSE, Comparison.ABOVE, "upper")]
        if self.trend_period:
            conditions.append(Condition("trend_filter", CLOSE, Comparison.ABOVE, "sma"))
        if self.volume_multiplier:
            needed = self.volume_multiplier
            conditions.append(Condition("volume_filter", "volume_ratio", Comparison.AT_LEAST, needed))
        return tuple(conditions)

    @property
    def first_decision(self) -> int:
        """Index of the first candle for which every indicator in use has a value."""
        needed = [self.warmup, self.entry_period, self.exit_period, self.atr_period]
        if self.trend_period:
            needed.append(self.trend_period - 1)
        if self.volume_multiplier:
            needed.append(self.volume_avg_period - 1)
        return max(needed)

    def _trend_refuses(
        self, candles: Candles, memory: Memory, indicators: dict[str, FloatColumn]
    ) -> BoolColumn:
        if not self.trend_period:
            return np.zeros(len(candles), dtype=np.bool_)
        average = indicators["sma"] = memory.sma(candles.close, self.trend_period)
        return ~(candles.close > average + NOISE * np.abs(average))

    def _volume_refuses(
        self, candles: Candles, memory: Memory, indicators: dict[str, FloatColumn]
    ) -> BoolColumn:
        if not self.volume_multiplier:
            return np.zeros(len(candles), dtype=np.bool_)
        ratio = indicators["volume_ratio"] = memory.volume_ratio(candles.volume, self.volume_avg_period)
        return ~(ratio >= self.volume_multiplier * (1 - NOISE))
