"""Causal indicators and the signals of the Donchian breakout strategy."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .exact import at_least, clearly_above
from .model import OracleCandles, OracleSignal
from .rules import merged

NAN = math.nan
DEFAULTS: dict[str, Any] = {
    "name": "donchian",
    "entry_period": 55,
    "exit_period": 55,
    "atr_period": 14,
    "stop_atr": 2.0,
    "take_profit_atr": 4.0,
    "chandelier_atr": 3.0,
    "trend_period": 200,
    "volume_avg_period": 20,
    "volume_multiplier": 1.5,
    "warmup": 300,
}
WARMUP = OracleSignal(False, NAN, NAN, NAN, False, "", NAN, "warmup")


@dataclass(frozen=True)
class Indicators:
    """One value per candle; NaN where a value is not defined (or its filter is off)."""

    upper: list[float]
    lower: list[float]
    atr: list[float]
    sma: list[float]
    volume_ratio: list[float]


def donchian_signals(candles: OracleCandles, table: Mapping[str, Any]) -> list[OracleSignal]:
    parameters = merged(table, DEFAULTS)
    values = _indicators(candles, parameters)
    first = first_index(parameters)
    return [
        WARMUP if i < first else _signal(i, candles.closes[i], values, parameters)
        for i in range(len(candles.closes))
    ]


def first_index(parameters: Mapping[str, Any]) -> int:
    """The first index whose decision may be anything but HOLD("warmup")."""
    needs = [parameters[k] for k in ("warmup", "entry_period", "exit_period", "atr_period")]
    if parameters["trend_period"] > 0:
        needs.append(parameters["trend_period"] - 1)
    if parameters["volume_multiplier"] > 0:
        needs.append(parameters["volume_avg_period"] - 1)
    return int(max(needs))


def _indicators(candles: OracleCandles, parameters: Mapping[str, Any]) -> Indicators:
    none = [NAN] * len(candles.closes)
    trend, average = int(parameters["trend_period"]), int(parameters["volume_avg_period"])
    volume_on = parameters["volume_multiplier"] > 0
    return Indicators(
        upper=upper_channel(candles.highs, int(parameters["entry_period"])),
        lower=lower_channel(candles.lows, int(parameters["exit_period"])),
        atr=wilder_atr(candles, int(parameters["atr_period"])),
        sma=moving_mean(candles.closes, trend) if trend > 0 else none,
        volume_ratio=volume_ratio(candles.volumes, average) if volume_on else none,
    )


def upper_channel(highs: list[float], period: int) -> list[float]:
    return [max(highs[i - period : i]) if i >= period else NAN for i in range(len(highs))]


def lower_channel(lows: list[float], period: int) -> list[float]:
    return [min(lows[i - period : i]) if i >= period else NAN for i in range(len(lows))]


def true_range(candles: OracleCandles, i: int) -> float:
    high, low, before = candles.highs[i], candles.lows[i], candles.closes[i - 1]
    return max(high - low, abs(high - before), abs(low - before))


def wilder_atr(candles: OracleCandles, period: int) -> list[float]:
    count = len(candles.closes)
    ranges = [NAN] + [true_range(candles, i) for i in range(1, count)]
    atr = [NAN] * count
    for i in range(period, count):
        if i == period:
            atr[i] = math.fsum(ranges[1 : period + 1]) / period
        else:
            atr[i] = (atr[i - 1] * (period - 1) + ranges[i]) / period
    return atr


def moving_mean(values: list[float], period: int) -> list[float]:
    return [
        math.fsum(values[i - period + 1 : i + 1]) / period if i >= period - 1 else NAN
        for i in range(len(values))
    ]


def volume_ratio(volumes: list[float], period: int) -> list[float]:
    means = moving_mean(volumes, period)
    return [0.0 if mean == 0 else v / mean for v, mean in zip(volumes, means, strict=True)]


def _signal(i: int, close: float, values: Indicators, parameters: Mapping[str, Any]) -> OracleSignal:
    breakout = close > values.upper[i]
    refusals = _refusing_filters(i, close, values, parameters)
    atr = values.atr[i]
    return OracleSignal(
        entry=breakout and not refusals,
        entry_price=close,
        stop=close - parameters["stop_atr"] * atr,
        take_profit=close + parameters["take_profit_atr"] * atr,
        exit=close < values.lower[i],
        exit_reason="channel",
        trailing_distance=parameters["chandelier_atr"] * atr,
        hold_reason=",".join(refusals) if breakout and refusals else "no_signal",
    )


def _refusing_filters(i: int, close: float, values: Indicators, parameters: Mapping[str, Any]) -> list[str]:
    refusals = []
    if parameters["trend_period"] > 0 and not clearly_above(close, values.sma[i]):
        refusals.append("trend_filter")
    multiplier = float(parameters["volume_multiplier"])
    if multiplier > 0 and not at_least(values.volume_ratio[i], multiplier):
        refusals.append("volume_filter")
    return refusals
