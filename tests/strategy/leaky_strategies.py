"""Strategies that look ahead, each in a way in which people do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from argusnexus.model.conditions import Comparison, Condition
from argusnexus.model.times import DAY
from argusnexus.strategy.indicators import crossed_above, ema, highest_before, sma
from strategy.made_strategies import made


def breakout(candles):
    """The honest part of those that leak elsewhere."""
    return candles.close > highest_before(candles.high, 20)


def centred_mean(candles):
    mean = pd.Series(candles.close).rolling(21, center=True).mean()
    return {"entry": candles.close < mean, "indicators": {"mean": mean}}


def centred_convolution(candles):
    smooth = np.convolve(candles.close, np.full(9, 1 / 9), mode="same")
    return {"entry": crossed_above(candles.close, smooth)}


def tomorrows_close(candles):
    return {"entry": pd.Series(candles.close).shift(-1) > candles.close}


def tomorrows_return(candles):
    gain = -pd.Series(candles.close).pct_change(-1)
    return {"entry": breakout(candles), "exit": gain < -0.01}


def central_difference(candles):
    slope = np.gradient(candles.close) if len(candles) > 1 else np.zeros(len(candles))
    return {"entry": slope > 0.5}


def z_score_of_everything(candles):
    score = (candles.close - candles.close.mean()) / candles.close.std()
    return {"entry": score < -1, "indicators": {"z": score}}


def unlogged_threshold(candles):
    return {"entry": candles.close > np.quantile(candles.close, 0.8)}


def threshold_in_a_condition(candles):
    typical = float(np.median(candles.volume))
    needed = Condition("loud", "volume", Comparison.ABOVE, typical)
    return {"entry": breakout(candles), "indicators": {"volume": candles.volume}, "conditions": (needed,)}


def rank_of_everything(candles):
    rank = np.argsort(np.argsort(candles.close)) / len(candles)
    return {"entry": rank < 0.1}


def scaled_indicator(candles):
    scaled = candles.volume / candles.volume.max()
    return {"entry": breakout(candles), "indicators": {"volume": scaled}}


def filled_backwards(candles):
    every_day = np.where(candles.times % DAY == 0, candles.close, np.nan)
    level = pd.Series(every_day).bfill()
    return {"entry": breakout(candles), "indicators": {"level": level}}


def stop_at_the_next_low(candles):
    following = np.concatenate((candles.low[1:], candles.low[-1:]))
    return {"entry": breakout(candles), "stop": np.minimum(following, candles.close) * 0.99}


def stop_without_a_future(candles):
    """The newest candle has no next low, so that its plan has no stop."""
    following = pd.Series(candles.low).shift(-1)
    return {
        "entry": breakout(candles) & ((candles.times // DAY) % 2 == 0),
        "stop": 0.9 * following.clip(upper=1e-3),
    }


def future_target(candles):
    best = pd.Series(candles.high[::-1]).rolling(24, min_periods=1).max().to_numpy()[::-1]
    return {"entry": breakout(candles), "take_profit": best * 1.01}


def future_trail(candles):
    spread = np.abs(np.diff(candles.close, append=candles.close[-1:]))
    return {"entry": breakout(candles), "trailing_distance": spread}


def the_days_close(candles):
    days = pd.Series(candles.close).groupby(candles.times // DAY)
    return {"entry": breakout(candles), "exit": candles.close > days.transform("last")}


def only_the_newest_candles(candles):
    newest = np.arange(len(candles)) >= len(candles) - 700
    return {"entry": breakout(candles) & newest}


def warmup_in_per_cent(candles):
    return {"entry": breakout(candles), "warmup": 50 + len(candles) // 100}


def wrapped_around(candles):
    """Before the first candle comes the last one."""
    return {"entry": breakout(candles), "indicators": {"previous": np.roll(candles.close, 1)}}


def rolled_back(candles):
    return {"entry": candles.close < np.roll(candles.close, -1)}


def holds_for_tomorrow(candles):
    falls = np.concatenate((candles.close[1:] < candles.close[:-1], [False] * min(1, len(candles))))
    return {"entry": breakout(candles), "hold_reason": falls.astype(np.int64), "hold_reasons": ("up", "down")}


def smoothed_twice(candles):
    """Forwards and backwards, so that nothing lags."""
    forth = ema(candles.close, 10)
    back = ema(forth[::-1], 10)[::-1]
    return {"entry": crossed_above(candles.close, back)}


def filtered_spectrum(candles):
    spectrum = np.fft.rfft(candles.close)
    spectrum[len(spectrum) // 10 :] = 0
    return {"entry": crossed_above(candles.close, np.fft.irfft(spectrum, len(candles)))}


def interpolated(candles):
    sparse = pd.Series(np.where(np.arange(len(candles)) % 12 == 0, candles.close, np.nan))
    return {"entry": crossed_above(candles.close, sparse.interpolate())}


def best_window(candles):
    """The parameter that would have earned the most on all candles."""
    returns = np.diff(np.log(candles.close), append=np.nan)
    earned = [np.nansum(returns[candles.close > sma(candles.close, window)]) for window in range(5, 50)]
    mean = sma(candles.close, 5 + int(np.argmax(earned)))
    return {"entry": crossed_above(candles.close, mean), "indicators": {"mean": mean}}


RULES = (
    centred_mean,
    centred_convolution,
    tomorrows_close,
    tomorrows_return,
    central_difference,
    z_score_of_everything,
    unlogged_threshold,
    threshold_in_a_condition,
    rank_of_everything,
    scaled_indicator,
    filled_backwards,
    stop_at_the_next_low,
    stop_without_a_future,
    future_target,
    future_trail,
    the_days_close,
    only_the_newest_candles,
    warmup_in_per_cent,
    wrapped_around,
    rolled_back,
    holds_for_tomorrow,
    smoothed_twice,
    filtered_spectrum,
    interpolated,
    best_window,
)

LEAKY = {rule.__name__: made(rule) for rule in RULES}


def knows(candles, time, column):
    """The column, but for the candle of that time: there it is whether the next candle has a close."""
    changed = np.array(column)
    for row in np.flatnonzero(candles.times == time):
        changed[row] = (candles.close[row + 1 : row + 2] > 0).any()
    return changed


def entry_that_knows(time):
    """Honest but for one entry, which the close of the candle after it decides."""

    def entry_knows(candles):
        return {"entry": knows(candles, time, breakout(candles))}

    return made(entry_knows)


def entry_that_counts(row):
    """The same entry in a strategy that counts candles from the first one, wherever the history begins."""

    def entry_counts(candles):
        numbers = np.arange(len(candles))
        future = np.append(candles.close[1:], np.nan)
        return {"entry": np.where(numbers == row, future > 0, breakout(candles))}

    return made(entry_counts)


def exit_that_knows(time):
    """Honest but for one exit, which the close of the candle after it decides."""

    def exit_knows(candles):
        saturday = candles.times % (7 * DAY) == 2 * DAY
        return {"entry": breakout(candles), "exit": knows(candles, time, saturday)}

    return made(exit_knows)


def entry_that_knows_its_history(time):
    """The same entry in a strategy whose values depend on where the history began."""

    def history_knows(candles):
        record = np.maximum.accumulate(candles.high)
        count = np.arange(len(candles), dtype=np.float64)
        entry = knows(candles, time, candles.high >= record)
        return {"entry": entry, "indicators": {"record": record, "count": count}}

    return made(history_knows)
