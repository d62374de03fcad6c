"""Makes the benchmark's candles: one-minute candles of a seeded random walk whose volatility comes in clusters."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20240607
START_MS = 1_514_764_800_000  # 2018-01-01
MINUTE_MS = 60_000
TICK = 0.01
ANNUAL_VOLATILITY = 0.60
MINUTES_A_YEAR = 365 * 24 * 60
FIRST_PRICE = 40_000.0


def candles(rows: int, seed: int = SEED) -> pa.Table:
    """`rows` candles with timestamp (ms), open, high, low, close, volume; the same for the same seed."""
    rng = np.random.default_rng(seed)
    volatility = ANNUAL_VOLATILITY / np.sqrt(MINUTES_A_YEAR) * np.exp(_clusters(rng, rows))
    moves = volatility * rng.standard_normal(rows)
    moves -= moves.mean()  # no drift, so that prices stay in the range that ticks are made for
    close = FIRST_PRICE * np.exp(np.cumsum(moves))
    open_ = np.concatenate(([FIRST_PRICE], close[:-1])) * (1 + 0.1 * volatility * rng.standard_normal(rows))
    reach = 0.35 * volatility * np.abs(rng.standard_normal((2, rows)))
    high = np.maximum(open_, close) * (1 + reach[0])
    low = np.minimum(open_, close) * (1 - reach[1])
    prices = [np.round(column / TICK) * TICK for column in (open_, high, low, close)]
    prices = [np.round(column, 2) for column in prices]
    volume = np.round(rng.lognormal(1.0, 1.0, rows) + 1.0, 8)
    times = START_MS + MINUTE_MS * np.arange(rows, dtype=np.int64)
    return pa.table([times, *prices, volume], names=["timestamp", "open", "high", "low", "close", "volume"])


def widened(source: Path) -> pa.Table:
    """Real candles whose high and low are widened to include the open, one unit of volume added.

    BitMEX sets an open to the close before it, which lies outside [low, high] in a part of its candles.
    """
    table = pq.read_table(source)
    columns = {name: table[name].to_numpy().copy() for name in table.column_names}
    columns["high"] = np.maximum(columns["high"], columns["open"])
    columns["low"] = np.minimum(columns["low"], columns["open"])
    columns["volume"] = columns["volume"] + 1.0
    return pa.table({name: columns[name] for name in ("timestamp", "open", "high", "low", "close", "volume")})


def _clusters(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Log volatility around its mean: an autoregressive process, made by decimation so that a million rows are quick."""
    step = 60
    shocks = 0.15 * rng.standard_normal(rows // step + 2)
    level = np.empty(len(shocks))
    level[0] = 0.0
    for place in range(1, len(shocks)):
        level[place] = 0.97 * level[place - 1] + shocks[place]
    return np.interp(np.arange(rows), step * np.arange(len(level)), level)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--rows", type=int, help="so many made candles")
    what.add_argument("--widened", type=Path, help="real candles, high and low widened to include the open")
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    table = candles(arguments.rows) if arguments.rows else widened(arguments.widened)
    pq.write_table(table, arguments.out, compression="zstd")


if __name__ == "__main__":
    main()
