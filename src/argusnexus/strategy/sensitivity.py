"""Which indicator values still depend on where the history began, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from argusnexus.errors import StrategyError
from argusnexus.strategy.difference import INDICATOR_TOLERANCE, median_size, relative_difference
from argusnexus.strategy.evaluate import answer_of, signals_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argusnexus.model.candles import Candles, FloatColumn
    from argusnexus.strategy.base import Strategy

STARTS = 8
"""Histories that begin later, evenly spread over the first half of the candles: each has the second half to settle."""

MULTIPLES = (0, 1, 2, 4, 8)
"""Distances from the start of a history, in warm-ups."""

WITHOUT_WARMUP = 100
"""Candles that stand for the warm-up of a strategy that has none."""


@dataclass(frozen=True, slots=True)
class IndicatorSensitivity:
    """One indicator of histories that begin later, compared with the history that begins at the first candle.

    Attributes:
        differences: one for each of the distances: the largest relative difference at any candle that is at least so
            far from its history's first one. Infinite where one history has no value yet and the other has.
        settled_after: the distance from which no history differs by more than 1e-9; None if one still does at its end.
    """

    name: str
    differences: tuple[float, ...]
    settled_after: int | None


@dataclass(frozen=True, slots=True)
class WarmupSensitivity:
    """How a strategy's indicators depend on where the history began.

    Attributes:
        warmup: the strategy's, in candles.
        starts: rows of the candles with which the later histories begin.
        distances: candles after such a start; those that are in every history.
    """

    warmup: int
    starts: tuple[int, ...]
    distances: tuple[int, ...]
    indicators: tuple[IndicatorSensitivity, ...]


def warmup_sensitivity(strategy: Strategy, candles: Candles) -> WarmupSensitivity:
    """Each indicator of histories that begin later, against that of all candles.

    Raises:
        StrategyError: if the strategy fails, or logs other indicators on fewer candles.
    """
    whole = signals_of(strategy, candles)
    starts = _starts(len(candles))
    later = [
        _indicators(strategy, candles.rows(slice(start, None)), set(whole.indicators)) for start in starts
    ]
    distances = _distances(whole.warmup, len(candles) - max(starts, default=0))
    indicators = []
    for name, column in whole.indicators.items():
        size = median_size(column)
        pairs = zip(starts, later, strict=True)
        apart = [relative_difference(column[start:], columns[name], size) for start, columns in pairs]
        indicators.append(_indicator(name, apart, distances))
    return WarmupSensitivity(whole.warmup, starts, distances, tuple(indicators))


def _indicators(strategy: Strategy, candles: Candles, names: set[str]) -> Mapping[str, FloatColumn]:
    indicators = answer_of(strategy, candles).indicators
    if set(indicators) != names:
        raise StrategyError(
            f"{strategy.name}: logs other indicators on the newest {len(candles)} candles of {candles.symbol} than on all; "
            f"expected {', '.join(sorted(names))}, was {', '.join(sorted(indicators))}. Log the same names for any "
            "number of candles, NaN where there is no value."
        )
    return indicators


def _starts(candles: int) -> tuple[int, ...]:
    return tuple(sorted({candles // 2 * number // STARTS for number in range(1, STARTS + 1)} - {0}))


def _distances(warmup: int, candles: int) -> tuple[int, ...]:
    return tuple(
        distance for multiple in MULTIPLES if (distance := multiple * (warmup or WITHOUT_WARMUP)) < candles
    )


def _indicator(name: str, apart: list[FloatColumn], distances: tuple[int, ...]) -> IndicatorSensitivity:
    ends = [_settled_after(one) for one in apart]
    settled = [end for end in ends if end is not None]
    return IndicatorSensitivity(
        name=name,
        differences=tuple(
            max((float(one[distance:].max()) for one in apart), default=0.0) for distance in distances
        ),
        settled_after=max(settled, default=0) if len(settled) == len(ends) else None,
    )


def _settled_after(apart: FloatColumn) -> int | None:
    unsettled = np.flatnonzero(apart > INDICATOR_TOLERANCE)
    if not len(unsettled):
        return 0
    after = int(unsettled[-1]) + 1
    return after if after < len(apart) else None
