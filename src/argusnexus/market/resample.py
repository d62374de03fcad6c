"""Longer candles out of shorter ones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from argusnexus.errors import ConfigError
from argusnexus.model.candles import Candles

if TYPE_CHECKING:
    from argusnexus.model.candles import BoolColumn, Granularity, IntColumn


class Partial(Enum):
    """What becomes of a bucket with some of its candles, but not all."""

    DROP = "drop"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """Candles made from shorter ones.

    Attributes:
        dropped_buckets: buckets with some of their candles, but not all; those with none aren't counted.
        source: granularity of the candles they were made from.
        complete: per candle, whether it was made of all of its shorter ones.
    """

    candles: Candles
    dropped_buckets: int
    source: Granularity
    complete: BoolColumn


def resample(candles: Candles, granularity: Granularity, partial: Partial = Partial.DROP) -> Resampled:
    """Candles of a longer granularity, aligned to the UTC epoch; from complete buckets only, unless partial ones are kept.

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
    complete = counts == granularity.ns // source.ns
    chosen = np.ones_like(complete) if partial is Partial.KEEP else complete
    made = _merged(candles, granularity, firsts[chosen], counts[chosen])
    return Resampled(made, len(firsts) - len(made), source, complete[chosen])


def _merged(candles: Candles, granularity: Granularity, firsts: IntColumn, counts: IntColumn) -> Candles:
    """One candle per bucket, given the row of each bucket's first candle and how many it has."""
    places = np.arange(granularity.ns // candles.granularity.ns)
    lasts = firsts + counts - 1
    # A bucket that lacks candles has its last one again in their places, without volume.
    rows = np.minimum(firsts[:, np.newaxis] + places, lasts[:, np.newaxis])
    volumes = np.where(places < counts[:, np.newaxis], candles.volume[rows], 0.0)
    return Candles(
        candles.symbol,
        granularity,
        times=candles.times[firsts] // granularity.ns * granularity.ns,
        open=candles.open[firsts],
        high=candles.high[rows].max(axis=1),
        low=candles.low[rows].min(axis=1),
        close=candles.close[lasts],
        volume=volumes.sum(axis=1),
    )
