"""Random replays in which the rare is common: touches, equalities, gaps, empty candles, holes, day boundaries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from random import Random

import numpy as np

from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.product import ProductSpec
from oracle import OracleSignal

NAN = math.nan
SYMBOLS = ("BTC-USD", "ETH-USD", "SOL-USD")
_INCREMENTS = (
    ("0.00000001", "0.01"),
    ("0.00000001", "0.05"),
    ("0.00000001", "1"),
    ("0.001", "0.01"),
    ("0.001", "0.5"),
    ("0.01", "1"),
    ("0.25", "0.01"),
    ("1", "0.00001"),
    ("0.1", "0.0025"),
)
_WICKS = (0, 0, 1, 2, 4, 8)
_VOLUMES = (0.0, 1.0, 5.0, 10.0, 100.0, 100.0, 12.5, 1e6)
_LENIENT = (
    ("max_trades_per_hour", 10),
    ("daily_loss_limit", 1.0),
    ("max_drawdown", 1.0),
    ("circuit_breaker", 1.0),
    ("min_risk_reward", 0.0),
    ("max_correlated_exposure", 3.0),
    ("max_leverage", 3.0),
)
YEAR_2024 = 1_704_067_200_000_000_000


@dataclass(frozen=True)
class Case:
    """A replay to be run by both implementations.

    Attributes:
        strategy, risk, execution: tables as in the configuration.
        injected: signals by symbol instead of the strategy's; None for the strategy.
    """

    candles: dict[str, Candles]
    products: dict[str, ProductSpec]
    strategy: dict[str, object]
    risk: dict[str, object]
    execution: dict[str, object]
    capital: Decimal
    mode: str
    injected: dict[str, list[OracleSignal]] | None = None


def random_case(seed):
    """The same case for the same seed."""
    rng = Random(seed)
    symbols = SYMBOLS[: rng.choice((1, 1, 2, 3))]
    granularity = Granularity.parse(rng.choice(("15m", "1h", "1h", "4h", "1d", "7h")))
    products = {symbol: _product(rng, symbol) for symbol in symbols}
    candles = {symbol: _candles(rng, products[symbol], granularity) for symbol in symbols}
    injected = None
    if rng.random() < 0.5:
        injected = {symbol: _signals(rng, candles[symbol], products[symbol]) for symbol in symbols}
    return Case(
        candles=candles,
        products=products,
        strategy=_strategy(rng),
        risk=_risk(rng, symbols),
        execution=_execution(rng),
        capital=Decimal(rng.choice((500, 1000, 10_000))),
        mode=rng.choice(("independent", "portfolio")),
        injected=injected,
    )


def _product(rng, symbol):
    base, quote = symbol.split("-")
    lot, tick = (Decimal(increment) for increment in rng.choice(_INCREMENTS))
    funds = rng.choice((("1", "1000000"), ("1", "1000000"), ("0", "200"), ("50", "1000000")))
    return ProductSpec(symbol, base, quote, lot, tick, *(Decimal(bound) for bound in funds))


def _candles(rng, product, granularity):
    """A walk over ticks; some prices lie between two ticks."""
    count = rng.randrange(30, 130)
    times = _times(rng, granularity.ns, count)
    close = rng.randrange(40, 400)
    rows = []
    for _ in range(count):
        opened = max(3, close + _gap(rng, close))
        close = max(3, opened + _move(rng, opened))
        high = max(opened, close) + rng.choice((*_WICKS, opened // 20))
        low = max(2, min(opened, close) - rng.choice((*_WICKS, opened // 20)))
        rows.append([_price(rng, ticks, product.quote_increment) for ticks in (opened, high, low, close)])
    opens, highs, lows, closes = (np.array(column) for column in zip(*rows, strict=True))
    highs = np.maximum(highs, np.maximum(opens, closes))
    lows = np.minimum(lows, np.minimum(opens, closes))
    volumes = np.array([rng.choice(_VOLUMES) for _ in range(count)])
    return Candles(product.symbol, granularity, times, opens, highs, lows, closes, volumes)


def _times(rng, step, count):
    """Open times on the grid with holes, soon crossing a midnight."""
    start = (YEAR_2024 // step + rng.randrange(0, 24)) * step
    steps = [rng.choice((1, 1, 1, 1, 1, 1, 1, 1, 2, 5)) for _ in range(count)]
    return start + np.cumsum(np.array(steps, dtype=np.int64)) * step


def _gap(rng, close):
    return rng.choice((0, 0, 0, 0, 1, -1, 2, -3, close // 25, -close // 25, -close // 12, -close // 4))


def _move(rng, opened):
    return rng.choice((0, 1, -1, 2, -2, 3, -3, opened // 40, -opened // 40, opened // 20, -opened // 25))


def _price(rng, ticks, tick):
    between = rng.choice((0, 0, 0, 0, 0, 0, 1, 5)) * tick / 10
    return float(ticks * tick + between)


def _signals(rng, candles, product):
    warmup = rng.randrange(0, 5)
    eager = rng.choice((0.1, 0.4, 0.9))
    trailing = rng.random() < 0.6
    tick = float(product.quote_increment)
    waiting = OracleSignal(False, NAN, NAN, NAN, False, "", NAN, "warmup")
    return [
        waiting if row < warmup else _signal(rng, float(close), tick, eager, trailing)
        for row, close in enumerate(candles.close)
    ]


def _signal(rng, close, tick, eager, trailing):
    """Prices on, beside and between ticks, and now and then a stop at the entry or no reward."""
    entry = close + tick * rng.choice((0, 0, 0, 1, -1, -3, 0.5, 1e-7, -1e-7, 1e-5, -1e-5))
    risk = tick * rng.choice((0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 10, 10, 20, 40, 0.5, 2.5))
    reward = tick * rng.choice((0, 1, 2, 3, 3, 4, 5, 6, 10, 10, 15, 20, 40, 7.5))
    return OracleSignal(
        entry=rng.random() < eager,
        entry_price=entry,
        stop=entry - risk,
        take_profit=entry + reward,
        exit=rng.random() < 0.05,
        exit_reason="signal",
        trailing_distance=tick * rng.choice((1, 3, 8, 15)) if trailing and rng.random() < 0.9 else NAN,
        hold_reason="no_signal",
    )


def _strategy(rng):
    return {
        "entry_period": rng.randrange(1, 8),
        "exit_period": rng.randrange(1, 8),
        "atr_period": rng.randrange(1, 5),
        "stop_atr": rng.choice((0.5, 1.0, 2.0)),
        "take_profit_atr": rng.choice((0.5, 1.0, 2.0, 4.0)),
        "chandelier_atr": rng.choice((0.0, 1.0, 3.0)),
        "trend_period": rng.choice((0, 0, 1, 2, 6)),
        "volume_avg_period": rng.randrange(1, 5),
        "volume_multiplier": rng.choice((0.0, 0.0, 0.5, 1.0, 1.5)),
        "warmup": rng.randrange(0, 8),
    }


def _risk(rng, symbols):
    """Limits that bite; in half of the cases most of them do not, so that more trades come about."""
    groups = rng.choice((None, None, (), (symbols,), (symbols[:1], symbols[1:])))
    table = {
        "risk_per_trade": rng.choice((0.005, 0.01, 0.1, 0.5)),
        "max_trades_per_hour": rng.choice((0, 1, 2, 2, 5)),
        "daily_loss_limit": rng.choice((0.0, 0.002, 0.02, 1.0)),
        "max_drawdown": rng.choice((0.02, 0.05, 0.25, 1.0, 1.0)),
        "circuit_breaker": rng.choice((0.01, 0.04, 0.05, 0.08, 1.0)),
        "circuit_breaker_cooldown_minutes": rng.choice((0, 0.5, 15, 30, 60, 240, 420, 1440)),
        "min_risk_reward": rng.choice((0.0, 0.0, 0.5, 1.0, 1.5, 2.0)),
        "max_asset_concentration": rng.choice((0.1, 0.3, 0.5, 1.0)),
        "max_correlated_exposure": rng.choice((0.1, 0.3, 0.5, 1.0)),
        "max_leverage": rng.choice((0.1, 0.5, 1.0, 2.0)),
        "stop_buffer": rng.choice((0.0, 0.01, 0.05, 0.05, 0.2, 1.0)),
        "correlation_groups": groups,
    }
    lenient = rng.choice(((), _LENIENT))
    return table | {name: value for name, value in lenient if rng.random() < 0.9}


def _execution(rng):
    return {
        "entry_type": rng.choice(("limit", "limit", "limit", "market")),
        "maker_fee": rng.choice((0.0, 0.006)),
        "taker_fee": rng.choice((0.0, 0.012)),
        "slippage_bps": rng.choice((0.0, 0.0, 5.0, 50.0, 1000.0)),
        "entry_ttl": rng.randrange(1, 5),
        "max_participation": rng.choice((0.0, 0.001, 0.1, 1.0)),
    }
