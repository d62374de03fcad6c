"""The sample market: two years of made-up hourly candles that behave like crypto, the same on every machine.

Three symbols share one market. Each hour is a path of sixty steps, so that open, high, low and close belong together:

- volatility clusters (GARCH(1,1) on the hour's own shock) and follows the clock (busy when the US is awake);
- tails are fat (Student t with five degrees of freedom, shared: a wild hour is wild everywhere);
- trends come and go (regimes of three days to six weeks, each with its own small drift, part of it shared);
- an open rarely equals the previous close, and now and then it jumps;
- the venue was down four times, so that 13 hours are missing in four gaps (`OUTAGES`);
- volume rises with the hour's range.

Volatility, tails, clustering and volume are set to what hourly BTC-USD, ETH-USD and SOL-USD showed in 2024 to 2026.
Nothing was tuned towards what a strategy earns. Past the random numbers, only operations that IEEE 754 rounds exactly
are used (no exp, log or pow) and prices are rounded to 0.01, so that the candles have the same content hash everywhere.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.errors import DataError, did_you_mean
from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.times import HOUR, to_ns

if TYPE_CHECKING:
    from argusnexus.model.candles import BoolColumn, FloatColumn

SAMPLE_GRANULARITY = Granularity(HOUR)
START = datetime(2023, 1, 1, tzinfo=UTC)
STOP = datetime(2025, 1, 1, tzinfo=UTC)
HOURS = (to_ns(STOP) - to_ns(START)) // HOUR

OUTAGES = (
    (datetime(2023, 3, 11, 7, tzinfo=UTC), 3),
    (datetime(2023, 10, 24, 0, tzinfo=UTC), 2),
    (datetime(2024, 3, 5, 19, tzinfo=UTC), 5),
    (datetime(2024, 8, 5, 6, tzinfo=UTC), 3),
)
"""First missing hour and how many hours are missing, for every symbol."""

_STEPS = 60
_TAIL_DEGREES = 5
_NOISE_DEGREES = 8
_SHOCK_WEIGHT = 0.06  # GARCH: how much of an hour's surprise the next hour keeps
_MEMORY = 0.925  # GARCH: how much of the old variance the next hour keeps
_JUMP_CHANCE = 0.002
_JUMP_SIZE = 20.0  # of a usual difference between open and previous close
_REGIME_HOURS = (72, 1008)
_ACTIVITY = (
    (0.95, 0.90, 0.85, 0.80, 0.80, 0.80),
    (0.85, 0.90, 0.95, 0.95, 0.95, 1.00),
    (1.10, 1.30, 1.40, 1.35, 1.25, 1.15),
    (1.10, 1.05, 1.05, 1.00, 0.95, 0.95),
)  # volatility by hour of the day, UTC


class _Coin(NamedTuple):
    """One symbol's character; volatility, drift and jumps are fractions of the price per hour."""

    seed: int
    first_price: float
    volatility: float
    shared: float  # part of the shocks that the whole market has in common, 0 to 1
    drift: float
    regime_drift: float
    open_noise: float
    volume: float  # base currency, in a usual hour


class _Prices(NamedTuple):
    """The market's path, hours by open and steps, and each hour's range as a multiple of the usual one."""

    path: FloatColumn
    spread: FloatColumn


class _Market(NamedTuple):
    """What all symbols have in common, per hour (`shocks` per step)."""

    shocks: FloatColumn
    wildness: FloatColumn
    regimes: FloatColumn


_MARKET_SEED = 2024
"""From 2023 up, the first with which no symbol ever halves and all end at one to five times their first price."""

_COINS = {
    "SIM-BTC-USD": _Coin(1, 16_500.0, 0.0045, 0.93, 0.00004, 0.0002, 0.00002, 400.0),
    "SIM-ETH-USD": _Coin(2, 1_200.0, 0.0065, 0.90, 0.00004, 0.0003, 0.00004, 5_500.0),
    "SIM-SOL-USD": _Coin(3, 20.0, 0.0080, 0.86, 0.00005, 0.0004, 0.00007, 50_000.0),
}
SAMPLE_SYMBOLS = tuple(_COINS)


def sample_candles(symbol: str) -> Candles:
    """The sample market's hourly candles of one of `SAMPLE_SYMBOLS`, 2023-01-01 to 2024-12-31 UTC.

    Raises:
        DataError: if the sample market has no such symbol.
    """
    coin = _COINS.get(symbol)
    if coin is None:
        raise DataError(
            f"The sample market has no {symbol!r}, only {', '.join(SAMPLE_SYMBOLS)}.{did_you_mean(symbol, SAMPLE_SYMBOLS)}"
        )
    rng = _generator(coin.seed)
    path, spread = _price_path(coin, _market(), rng)
    hours = Candles(
        symbol,
        SAMPLE_GRANULARITY,
        times=to_ns(START) + HOUR * np.arange(HOURS, dtype=np.int64),
        open=np.round(path[:, 0], 2),
        high=np.round(path.max(axis=1), 2),
        low=np.round(path.min(axis=1), 2),
        close=np.round(path[:, -1], 2),
        volume=_volumes(coin, spread, rng),
    )
    return hours.rows(_venue_was_up())


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def _market() -> _Market:
    rng = _generator(_MARKET_SEED)
    return _Market(rng.standard_normal((HOURS, _STEPS)), _wildness(rng), _regimes(rng))


def _wildness(rng: np.random.Generator) -> FloatColumn:
    """What turns a normal shock into a Student t one, scaled to unit variance."""
    return np.sqrt((_TAIL_DEGREES - 2) / (_TAIL_DEGREES * _chi_squared(rng, _TAIL_DEGREES)))


def _chi_squared(rng: np.random.Generator, degrees: int) -> FloatColumn:
    """Positive noise with mean 1, one value per hour."""
    total = np.zeros(HOURS)
    for _ in range(degrees):
        total += rng.standard_normal(HOURS) ** 2
    return total / degrees


def _regimes(rng: np.random.Generator) -> FloatColumn:
    """Trend per hour: constant within a regime, of unit variance over regimes."""
    shortest, longest = _REGIME_HOURS
    lengths = rng.integers(shortest, longest, HOURS // shortest)
    return np.repeat(rng.standard_normal(len(lengths)), lengths)[:HOURS]


def _price_path(coin: _Coin, market: _Market, rng: np.random.Generator) -> _Prices:
    own = math.sqrt(1.0 - coin.shared * coin.shared)
    shocks = coin.shared * market.shocks + own * rng.standard_normal((HOURS, _STEPS))
    volatility = coin.volatility * market.wildness * _clustering(shocks, market.wildness) * _time_of_day()
    trend = coin.drift + coin.regime_drift * (coin.shared * market.regimes + own * _regimes(rng))
    steps = shocks * (volatility / math.sqrt(_STEPS))[:, np.newaxis] + (trend / _STEPS)[:, np.newaxis]
    moves = np.column_stack((_opening_moves(coin, rng), steps))
    growth: FloatColumn = np.cumprod(1.0 + moves, dtype=np.float64).reshape(moves.shape)
    path = coin.first_price * growth
    spread = (path.max(axis=1) - path.min(axis=1)) / (path[:, 0] * coin.volatility)
    return _Prices(path, spread)


def _clustering(shocks: FloatColumn, wildness: FloatColumn) -> FloatColumn:
    """GARCH(1,1) volatility per hour, 1 on average in the long run."""
    surprises = (shocks.sum(axis=1) / math.sqrt(_STEPS) * wildness) ** 2
    usual = 1.0 - _SHOCK_WEIGHT - _MEMORY
    variance = 1.0
    variances = []
    for surprise in surprises.tolist():
        variances.append(variance)
        variance = usual + variance * (_MEMORY + _SHOCK_WEIGHT * surprise)
    return np.sqrt(variances)


def _time_of_day() -> FloatColumn:
    return np.resize(np.array(_ACTIVITY), HOURS)


def _opening_moves(coin: _Coin, rng: np.random.Generator) -> FloatColumn:
    """How far each open is from the previous close, as a fraction."""
    jumps = np.where(rng.random(HOURS) < _JUMP_CHANCE, _JUMP_SIZE, 1.0)
    return coin.open_noise * jumps * rng.standard_normal(HOURS)


def _volumes(coin: _Coin, spread: FloatColumn, rng: np.random.Generator) -> FloatColumn:
    """Volume to 8 decimals: noise around a level that rises with the hour's range."""
    return np.round(coin.volume * (0.05 + 0.75 * spread) * _chi_squared(rng, _NOISE_DEGREES), 8)


def _venue_was_up() -> BoolColumn:
    up = np.ones(HOURS, dtype=np.bool_)
    for start, hours in OUTAGES:
        first = (to_ns(start) - to_ns(START)) // HOUR
        up[first : first + hours] = False
    return up
