"""Strategies as people write them, none of which looks ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from argusnexus.model.conditions import Comparison, Condition
from argusnexus.model.times import DAY
from argusnexus.model.trades import ExitReason
from argusnexus.strategy import DonchianBreakout
from argusnexus.strategy.indicators import (
    atr,
    crossed_above,
    crossed_below,
    ema,
    highest,
    highest_before,
    lowest,
    lowest_before,
    rsi,
    sma,
    stddev,
    volume_ratio,
)
from strategy.made_strategies import made


def sma_cross(candles):
    fast, slow = sma(candles.close, 10), sma(candles.close, 40)
    return {
        "entry": crossed_above(fast, slow),
        "exit": crossed_below(fast, slow),
        "indicators": {"fast": fast, "slow": slow},
        "conditions": (Condition("fast_above_slow", "fast", Comparison.ABOVE, "slow"),),
    }


def ema_cross(candles):
    fast, slow = ema(candles.close, 12), ema(candles.close, 48)
    return {
        "entry": crossed_above(fast, slow),
        "exit": crossed_below(fast, slow),
        "indicators": {"fast": fast, "slow": slow},
    }


def slow_ema(candles):
    """Its value still knows the first candle thousands of candles later."""
    slow = ema(candles.close, 400)
    return {"entry": crossed_above(candles.close, slow), "indicators": {"slow": slow}, "warmup": 400}


def rsi_dip(candles):
    strength = rsi(candles.close, 14)
    return {
        "entry": crossed_above(strength, 30),
        "exit": crossed_above(strength, 70),
        "indicators": {"rsi": strength},
    }


def atr_channel(candles):
    reach = atr(candles.high, candles.low, candles.close, 14)
    middle = sma(candles.close, 20)
    return {
        "entry": candles.close > middle + 2 * reach,
        "stop": candles.close - 2 * reach,
        "take_profit": candles.close + 4 * reach,
        "trailing_distance": 3 * reach,
        "indicators": {"middle": middle, "atr": reach},
    }


def bollinger(candles):
    middle, width = sma(candles.close, 20), 2 * stddev(candles.close, 20)
    return {
        "entry": crossed_above(candles.close, middle - width),
        "exit": candles.close > middle,
        "indicators": {"lower": middle - width, "upper": middle + width},
    }


def keltner(candles):
    middle = ema(candles.close, 20)
    width = ema(atr(candles.high, candles.low, candles.close, 10), 20)
    return {
        "entry": candles.close > middle + 2 * width,
        "exit": candles.close < middle,
        "exit_reason": ExitReason.CHANNEL,
        "indicators": {"middle": middle, "width": width},
    }


def momentum(candles):
    change = np.full(len(candles), np.nan)
    change[24:] = candles.close[24:] / candles.close[:-24] - 1
    return {"entry": change > 0.03, "exit": change < 0, "indicators": {"change": change}}


def pandas_rolling(candles):
    close = pd.Series(candles.close)
    mean, spread = close.rolling(30).mean(), close.rolling(30).std()
    return {
        "entry": (close > mean + spread),
        "exit": close < mean,
        "indicators": {"mean": mean, "std": spread},
    }


def pandas_ewm(candles):
    close = pd.Series(candles.close)
    fast, slow = close.ewm(span=10).mean(), close.ewm(span=30, adjust=False).mean()
    return {
        "entry": (fast > slow) & (fast.shift(1) <= slow.shift(1)),
        "indicators": {"fast": fast, "slow": slow},
    }


def all_time_high(candles):
    record = np.maximum.accumulate(candles.high)
    before = np.concatenate(([np.nan], record[:-1]))
    return {"entry": candles.close > before, "indicators": {"record": before}}


def expanding_mean(candles):
    mean = pd.Series(candles.close).expanding(50).mean()
    return {"entry": crossed_above(candles.close, mean), "indicators": {"mean": mean}}


def volume_weighted_since_start(candles):
    turnover = np.cumsum(candles.close * candles.volume)
    average = turnover / np.maximum(np.cumsum(candles.volume), 1e-9)
    return {"entry": crossed_above(candles.close, average), "indicators": {"vwap": average}}


def volume_weighted_since_midnight(candles):
    _, first, which = np.unique(candles.times // DAY, return_index=True, return_inverse=True)
    sums = [np.cumsum(column) for column in (candles.close * candles.volume, candles.volume)]
    before = [np.concatenate(([0.0], column))[first[which]] for column in sums]
    turnover, volume = (column - earlier for column, earlier in zip(sums, before, strict=True))
    average = np.divide(turnover, volume, out=np.full(len(candles), np.nan), where=volume > 1e-6)
    return {"entry": crossed_above(candles.close, average), "indicators": {"vwap": average}}


def mondays(candles):
    weekday = (candles.times // DAY + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    hour = candles.times % DAY // (DAY // 24)
    return {"entry": (weekday == 0) & (hour < 3), "exit": weekday == 4, "indicators": {"weekday": weekday}}


def previous_days_high(candles):
    _, first, which = np.unique(candles.times // DAY, return_index=True, return_inverse=True)
    highs = np.maximum.reduceat(candles.high, first) if len(candles) else np.empty(0)
    level = np.concatenate(([np.nan], highs))[which]
    return {"entry": crossed_above(candles.close, level), "indicators": {"level": level}}


def worded(candles):
    mean, ratio = sma(candles.close, 30), volume_ratio(candles.volume, 20)
    above, loud = candles.close > mean, ratio > 1.5
    return {
        "entry": above & loud,
        "hold_reason": np.where(~above, 0, np.where(loud, 2, 1)),
        "hold_reasons": ("below_mean", "quiet", "never"),
        "indicators": {"mean": mean, "ratio": ratio},
    }


def words_of_the_day(candles):
    """It numbers its words in the order in which it meets them."""
    weekday = (candles.times // DAY + 3) % 7
    met = list(dict.fromkeys(weekday.tolist())) or [0]
    numbers = np.array([met.index(day) for day in weekday.tolist()], dtype=np.int64)
    return {
        "entry": np.zeros(len(candles), dtype=bool),
        "hold_reason": numbers,
        "hold_reasons": tuple(f"day_{day}" for day in met),
    }


def macd(candles):
    line = ema(candles.close, 12) - ema(candles.close, 26)
    signal = ema(line, 9)
    return {
        "entry": crossed_above(line, signal),
        "exit": crossed_below(line, signal),
        "indicators": {"macd": line, "signal": signal},
    }


def stochastic(candles):
    top, bottom = highest(candles.high, 14), lowest(candles.low, 14)
    position = 100 * (candles.close - bottom) / (top - bottom)
    smooth = sma(position, 3)
    return {
        "entry": crossed_above(smooth, 20),
        "exit": crossed_below(smooth, 80),
        "indicators": {"d": smooth},
    }


def rolling_z_score(candles):
    close = pd.Series(candles.close)
    score = (close - close.rolling(48).mean()) / close.rolling(48).std().clip(lower=1e-6)
    return {"entry": score < -2, "exit": score > 0, "indicators": {"z": score}}


def regression_slope(candles):
    slope = np.full(len(candles), np.nan)
    if len(candles) >= 24:
        weights = np.arange(24) - 11.5
        slope[23:] = sliding_window_view(candles.close, 24) @ weights / (weights @ weights)
    return {"entry": crossed_above(slope, 0), "exit": crossed_below(slope, 0), "indicators": {"slope": slope}}


def on_balance_volume(candles):
    sign = np.sign(np.diff(candles.close, prepend=candles.close[:1]))
    balance = np.cumsum(sign * candles.volume)
    return {"entry": crossed_above(balance, sma(balance, 30)), "indicators": {"obv": balance}}


def heikin_ashi(candles):
    typical = (candles.open + candles.high + candles.low + candles.close) / 4
    opened = []
    for row, value in enumerate(typical.tolist()):
        opened.append((opened[-1] + typical[row - 1]) / 2 if opened else value)
    green = typical > np.array(opened)
    before = np.concatenate(([False], green[:-1]))
    return {
        "entry": green & ~before,
        "exit": ~green,
        "indicators": {"heikin_open": opened, "heikin_close": typical},
    }


def inside_breakout(candles):
    upper, lower = highest_before(candles.high, 20), lowest_before(candles.low, 20)
    return {
        "entry": (candles.close > upper) & (upper - lower < 0.08 * candles.close),
        "stop": np.where(np.isnan(lower), 0.0, lower),
        "exit": candles.close < lower,
        "indicators": {"upper": upper, "lower": lower},
    }


def rolling_quantile(candles):
    level = pd.Series(candles.close).rolling(60).quantile(0.9)
    return {"entry": crossed_above(candles.close, level), "indicators": {"q90": level}, "warmup": 60}


def candles_since_the_high(candles):
    """How long ago the last 100-candle high was depends on candles that no window is sure to hold."""
    made_high = candles.high >= highest(candles.high, 100)
    rows = np.arange(len(candles))
    last = np.maximum.accumulate(np.where(made_high, rows, -1))
    since = np.where(last < 0, np.nan, rows - last)
    return {"entry": since == 48, "exit": since == 0, "indicators": {"since": since}}


RULES = (
    sma_cross,
    ema_cross,
    slow_ema,
    rsi_dip,
    atr_channel,
    bollinger,
    keltner,
    momentum,
    pandas_rolling,
    pandas_ewm,
    all_time_high,
    expanding_mean,
    volume_weighted_since_start,
    volume_weighted_since_midnight,
    mondays,
    previous_days_high,
    worded,
    words_of_the_day,
    macd,
    stochastic,
    rolling_z_score,
    regression_slope,
    on_balance_volume,
    heikin_ashi,
    inside_breakout,
    rolling_quantile,
    candles_since_the_high,
)

HONEST = {rule.__name__: made(rule) for rule in RULES} | {
    "donchian": DonchianBreakout(),
    "donchian_without_filters": DonchianBreakout(20, 10, trend_period=0, volume_multiplier=0, warmup=0),
}
