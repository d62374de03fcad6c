"""Exponentially weighted averages, a column at once or part by part: the same numbers to the last bit."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.strategy.columns import first_number, no_values, numbers, period_of

if TYPE_CHECKING:
    from argusnexus.model.candles import FloatColumn
    from argusnexus.strategy.columns import Column

SMALLEST_POWER = 0.1


class Block(NamedTuple):
    """The unfinished block of a recursion.

    Attributes:
        begin: the average before its first value.
        total: the sum of its weighted values so far, each divided by its power.
        place: how many values it has so far.
    """

    begin: float
    total: float = 0.0
    place: int = 0


class Average(NamedTuple):
    """Where an average stands after the values that went before; its size is bounded by the period.

    Attributes:
        first: the values since the first number, while they are fewer than the average begins with.
        block: once it has begun.
    """

    first: FloatColumn
    block: Block | None = None


NOT_BEGUN = Average(np.empty(0))


def ema(values: Column, period: int, before: Average = NOT_BEGUN) -> tuple[FloatColumn, Average]:
    """The exponential moving average at each value, and where it stands after the last one."""
    return _smoothed(numbers(values), period, 2 / (period_of(period) + 1), before)


def wilder(values: Column, period: int, before: Average = NOT_BEGUN) -> tuple[FloatColumn, Average]:
    """Wilder's moving average at each value, and where it stands after the last one."""
    return _smoothed(numbers(values), period, 1 / period_of(period), before)


def _smoothed(
    column: FloatColumn, period: int, weight: float, before: Average
) -> tuple[FloatColumn, Average]:
    """Begun with the mean of the first `period` values; each one after them weighs `weight`, the average the rest."""
    if before.block:
        values, block = _recursion(before.block, column, weight)
        return values, Average(before.first, block)
    known = np.concatenate((before.first, column)) if len(before.first) else column
    first = first_number(known)
    begun = first + period
    if len(known) < begun:
        return no_values(column), Average(known[first:].copy())
    begin = float(np.mean(known[first:begun]))
    own = begun - len(before.first)
    values = np.empty(len(column))
    values[: own - 1] = np.nan
    values[own - 1] = begin
    values[own:], block = _recursion(Block(begin), column[own:], weight)
    return values, Average(NOT_BEGUN.first, block)


def _recursion(before: Block, values: FloatColumn, weight: float) -> tuple[FloatColumn, Block]:
    """y[k] = (1 - weight) * y[k-1] + weight * values[k].

    Within a block y is a sum of values over powers of (1 - weight), so that blocks are summed at once and only their
    ends follow one another. Blocks are as long as the powers stay above a tenth: longer ones would cost digits. They
    begin at the same values wherever the column is cut.
    """
    kept = 1 - weight
    powers = _powers(kept)
    length = len(powers)
    last = before.place + len(values)
    finished, place = divmod(last, length)
    sums = np.zeros((-(-last // length), length))
    sums.ravel()[before.place : last] = values
    sums *= weight
    sums /= powers
    if before.place:
        sums[0, before.place - 1] = before.total
    np.cumsum(sums, axis=1, out=sums)
    total = float(sums[-1, place - 1]) if place else 0.0
    sums *= powers
    begins, shrunk = [before.begin], kept**length
    for end in sums[:finished, -1].tolist():
        begins.append(shrunk * begins[-1] + end)
    sums += np.multiply.outer(begins[: len(sums)], powers if kept > 0 else np.zeros(1))
    return sums.ravel()[before.place : last], Block(begins[-1], total, place)


@cache
def _powers(kept: float) -> FloatColumn:
    """The powers of a block, from the first on; 1 where nothing is kept."""
    if kept <= 0:
        return np.ones(1)
    length = max(1, int(np.log(SMALLEST_POWER) / np.log(kept)))
    return np.asarray(kept ** np.arange(1, length + 1))
