"""What indicators are made of: columns of numbers, periods, and the steps that several of them share."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING

import numpy as np

from argusnexus.errors import StrategyError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from argusnexus.model.candles import FloatColumn

    Column = npt.ArrayLike


def numbers(values: Column) -> FloatColumn:
    """The values as float64."""
    return np.asarray(values, dtype=np.float64)


def period_of(period: int) -> int:
    """The period as an int.

    Raises:
        StrategyError: if it isn't a whole number, 1 or more.
    """
    try:
        whole = index(period)
    except TypeError:
        whole = 0
    if whole < 1:
        raise StrategyError(
            f"An indicator's period is a whole number of candles, 1 or more, for example 14; was {period!r}."
        )
    return whole


def no_values(column: FloatColumn) -> FloatColumn:
    """NaN in every row."""
    return np.full(len(column), np.nan)


def ending(column: FloatColumn, values: FloatColumn) -> FloatColumn:
    """The values as the last rows of a column of the same length, NaN before them."""
    result, first = np.empty(len(column)), len(column) - len(values)
    result[:first] = np.nan
    result[first:] = values
    return result


def first_number(column: FloatColumn) -> int:
    """The first row that isn't NaN; the length where there is none."""
    missing = np.isnan(column)
    return len(column) if missing.all() else int(missing.argmin())


def moves(values: Column) -> FloatColumn:
    """How far each value lies above the one before it, NaN for the first."""
    column = numbers(values)
    return ending(column, np.diff(column))


def strength(steps: FloatColumn, averaged: Callable[[FloatColumn], FloatColumn]) -> FloatColumn:
    """The upward steps' share of all, 0 to 100, each side averaged; 0 while nothing has moved."""
    gain, loss = (averaged(np.maximum(side, 0.0)) for side in (steps, -steps))
    moved = gain + loss
    return np.divide(100 * gain, moved, out=0.0 * moved, where=moved > 0)
