"""`Memory`: what a strategy keeps of the candles that went before, so that it need not read them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus.errors import StrategyError
from argusnexus.strategy import indicators, smoothing
from argusnexus.strategy.columns import moves, numbers, period_of, strength

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from argusnexus.model.candles import BoolColumn, FloatColumn
    from argusnexus.strategy.columns import Column
    from argusnexus.strategy.smoothing import Average

    Averaged = Callable[[Column, int, Average], tuple[FloatColumn, Average]]


class Slot(NamedTuple):
    """What one call of one pass leaves to the same call of the next pass.

    Attributes:
        asked: the indicator with its periods, as messages name it.
        kept: the newest values of each column, or where an average stands.
    """

    asked: str
    kept: Any


class Memory:
    """One pass of a strategy over the newest candles, carrying on from the passes before it.

    Its methods are the indicators of `argusnexus.strategy.indicators`, under the same names: they take columns of the new
    candles only, and give the new rows only, as the indicator would give them on the whole columns, to the last bit.
    Every pass must ask for the same in the same order: what is kept is found again by the number of the call. How much
    is kept depends on the periods, never on how many candles went before.

    Args:
        rows: how many candles are new.
        seen: how many went before them.
        slots: what the pass before left; None in the first one.

    Raises:
        StrategyError: from any method, if it isn't what the pass before asked for at this place, a column doesn't have
            one value for each new candle, or a period is no period.
    """

    def __init__(self, rows: int, seen: int = 0, slots: tuple[Slot, ...] | None = None) -> None:
        self._rows = rows
        self._seen = seen
        self._before = slots
        self._after: list[Slot] = []

    @property
    def seen(self) -> int:
        """How many candles went before the new ones."""
        return self._seen

    def left(self) -> tuple[Slot, ...]:
        """What the next pass carries on from.

        Raises:
            StrategyError: if this pass asked for less than the one before.
        """
        if self._before and len(self._after) < len(self._before):
            missing = self._before[len(self._after)].asked
            raise StrategyError(
                f"memory was asked {len(self._before)} times in the pass before and {len(self._after)} times in this "
                f"one: {missing} is missing. Ask for everything in every pass, whatever the candles are."
            )
        return tuple(self._after)

    def earlier(self, values: Column, count: int = 1) -> FloatColumn:
        return self._looking_back(indicators.earlier, values, count, 1)

    def highest(self, values: Column, period: int) -> FloatColumn:
        return self._looking_back(indicators.highest, values, period)

    def lowest(self, values: Column, period: int) -> FloatColumn:
        return self._looking_back(indicators.lowest, values, period)

    def highest_before(self, values: Column, period: int) -> FloatColumn:
        return self._looking_back(indicators.highest_before, values, period, 1)

    def lowest_before(self, values: Column, period: int) -> FloatColumn:
        return self._looking_back(indicators.lowest_before, values, period, 1)

    def sma(self, values: Column, period: int) -> FloatColumn:
        return self._looking_back(indicators.sma, values, period)

    def stddev(self, values: Column, period: int) -> FloatColumn:
        return self._looking_back(indicators.stddev, values, period)

    def volume_ratio(self, volume: Column, period: int) -> FloatColumn:
        return self._looking_back(indicators.volume_ratio, volume, period)

    def ema(self, values: Column, period: int) -> FloatColumn:
        return self._averaged(f"ema({period})", smoothing.ema, values, period)

    def wilder(self, values: Column, period: int) -> FloatColumn:
        return self._averaged(f"wilder({period})", smoothing.wilder, values, period)

    def true_range(self, high: Column, low: Column, close: Column) -> FloatColumn:
        return self._window("true_range", indicators.true_range, 1, high, low, close)

    def atr(self, high: Column, low: Column, close: Column, period: int) -> FloatColumn:
        asked = f"atr({period})"
        ranges = self._window(asked, indicators.true_range, 1, high, low, close)
        return self._averaged(asked, smoothing.wilder, ranges, period)

    def rsi(self, values: Column, period: int) -> FloatColumn:
        asked = f"rsi({period})"
        steps = self._window(asked, moves, 1, values)
        return strength(steps, lambda side: self._averaged(asked, smoothing.wilder, side, period))

    def crossed_above(self, values: Column, level: Column) -> BoolColumn:
        return self._window("crossed_above", indicators.crossed_above, 1, values, level)

    def crossed_below(self, values: Column, level: Column) -> BoolColumn:
        return self._window("crossed_below", indicators.crossed_below, 1, values, level)

    def windowed(
        self, function: Callable[..., npt.NDArray[Any]], reach: int, *columns: Column
    ) -> npt.NDArray[Any]:
        """The new rows of a column of one's own, of which each row depends on itself and `reach` rows before it.

        `function` gets the new values of `columns` with those before them, `reach` at most, and gives a column of the
        same length.
        """
        reach = period_of(reach)
        name = getattr(function, "__name__", type(function).__name__)
        return self._window(f"windowed({name}, {reach})", function, reach, *columns)

    def _looking_back(
        self, indicator: Callable[[Column, int], FloatColumn], values: Column, period: int, before: int = 0
    ) -> FloatColumn:
        """An indicator of the last `period` values, or of those up to `before` rows earlier."""
        whole = period_of(period)
        asked = f"{indicator.__name__}({whole})"
        return self._window(asked, lambda column: indicator(column, whole), whole - 1 + before, values)

    def _window(
        self, asked: str, function: Callable[..., npt.NDArray[Any]], reach: int, *columns: Column
    ) -> npt.NDArray[Any]:
        before = self._kept(asked)
        known = [self._column(asked, column) for column in columns]
        if before is not None:
            known = [np.concatenate(pair) for pair in zip(before, known, strict=True)]
        values = np.asarray(function(*known))
        if values.shape != known[0].shape:
            raise StrategyError(
                f"memory.{asked} gave {_measured(values)} for {len(known[0])}; expected one value for each."
            )
        self._after.append(Slot(asked, tuple(_newest(column, reach) for column in known)))
        return values[len(values) - self._rows :]

    def _averaged(self, asked: str, average: Averaged, values: Column, period: int) -> FloatColumn:
        before = self._kept(asked) or smoothing.NOT_BEGUN
        result, after = average(self._column(asked, values), period, before)
        self._after.append(Slot(asked, after))
        return result

    def _kept(self, asked: str) -> Any:
        """What this call left in the pass before; None in the first pass."""
        if self._before is None:
            return None
        place = len(self._after)
        was = self._before[place].asked if place < len(self._before) else "nothing"
        if was != asked:
            raise StrategyError(
                f"call {place + 1} of memory is {asked} and was {was} in the pass before. Ask for the same, in the "
                "same order, in every pass, whatever the candles are."
            )
        return self._before[place].kept

    def _column(self, asked: str, values: Column) -> FloatColumn:
        column = numbers(values)
        if column.ndim == 0:
            return np.full(self._rows, column)
        if column.shape != (self._rows,):
            raise StrategyError(
                f"memory.{asked} was given {_measured(column)} for {self._rows} new candles; expected one value for each."
            )
        return column


def _newest(column: FloatColumn, count: int) -> FloatColumn:
    """A copy of the last values: a view would keep the whole column alive."""
    return column[max(0, len(column) - count) :].copy()


def _measured(values: npt.NDArray[Any]) -> str:
    return f"{len(values)} values" if values.ndim == 1 else f"an array of shape {values.shape}"
