"""Longer candles out of shorter ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from argusnexus.errors import ConfigError
from argusnexus.model.candles import Candles

if TYPE_CHECKING:
    from argusnexus.model.candles import Granularity, IntColumn


@dataclass(frozen=True, slots=True)
class Resampled:
    """Candles made from shorter ones.

    Attributes:
        dropped_buckets: buckets with some of their candles, but not all; those with none aren't counted.
        source: granularity of the candles they were made from.
    """

    candles: Candles
    dropped_buckets: int
    source: Granularity


def resample(candles: Candles, granularity: Granularity) -> Resampled:
    """Candles of a longer granularity, aligned to the UTC epoch, from complete buckets only.

    `candles` must be free of data errors.

    Raises:
        ConfigError: if `granularity` is no whole multiple of the candles' own.
    """
    source = candles.granularity
    if granularity.ns % source.ns:
        raise ConfigError(
            f"{granularity} candles can't be made from {source} candles of {candles.symbol}: "
            f"expected a whole multiple of {source}."
        )
    buckets = candles.times // granularity.ns
    firsts = np.flatnonzero(np.diff(buckets, prepend=buckets[:1] - 1))
    counts = np.diff(firsts, append=len(candles))
    complete = firsts[counts == granularity.ns // source.ns]
    return Resampled(_merged(candles, granularity, complete), len(firsts) - len(complete), source)


def _merged(candles: Candles, granularity: Granularity, firsts: IntColumn) -> Candles:
    """One candle per complete bucket, given the row of each bucket's first candle."""
    size = granularity.ns // candles.granularity.ns
    rows = firsts[:, np.newaxis] + np.arange(size)
    return Candles(
        candles.symbol,
        granularity,
        times=candles.times[firsts],
        open=candles.open[firsts],
        high=candles.high[rows].max(axis=1),
        low=candles.low[rows].min(axis=1),
        close=candles.close[firsts + size - 1],
        volume=candles.volume[rows].sum(axis=1),
    )
