"""Refusal of input that a replay must not start with."""

import math
from collections.abc import Mapping

from .model import OracleCandles, OracleDataError, OracleProduct


def check_run(candles: Mapping[str, OracleCandles], products: Mapping[str, OracleProduct], mode: str) -> None:
    if mode not in ("independent", "portfolio"):
        raise ValueError(f"unknown capital mode {mode!r}")
    if len({c.granularity_ns for c in candles.values()}) > 1:
        raise OracleDataError("symbols differ in granularity")
    quotes = {products[symbol].quote_currency for symbol in candles}
    if mode == "portfolio" and len(quotes) > 1:
        raise ValueError(f"one account cannot hold several quote currencies: {sorted(quotes)}")
    for symbol, columns in candles.items():
        _check_candles(symbol, columns)


def _check_candles(symbol: str, candles: OracleCandles) -> None:
    previous: int | None = None
    for i, time in enumerate(candles.times):
        is_late = previous is None or time > previous
        if not (is_late and time % candles.granularity_ns == 0 and _is_sound(candles, i)):
            raise OracleDataError(f"{symbol}: bad candle at index {i}")
        previous = time


def _is_sound(c: OracleCandles, i: int) -> bool:
    o, h, low, close, volume = c.opens[i], c.highs[i], c.lows[i], c.closes[i], c.volumes[i]
    is_finite = all(math.isfinite(v) for v in (o, h, low, close, volume))
    return is_finite and 0 < low <= min(o, close) <= max(o, close) <= h and volume >= 0
