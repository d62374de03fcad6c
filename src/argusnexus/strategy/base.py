"""All that the author of a strategy must know: one method, `signals(candles) -> Signals`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from argusnexus.errors import StrategyError
from argusnexus.model.times import from_ns, iso
from argusnexus.model.trades import ExitReason
from argusnexus.money import LARGEST_PRICE
from argusnexus.strategy.words import wrong_conditions, wrong_names, wrong_reasons

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from argusnexus.model.candles import BoolColumn, Candles, FloatColumn, IntColumn
    from argusnexus.model.conditions import Condition


EXIT_SIGNALS = (ExitReason.SIGNAL, ExitReason.CHANNEL, ExitReason.CHANDELIER)
"""Reasons that a strategy may give for leaving; the others belong to the venue."""

FLAGS = ("entry", "exit")
PRICES = ("entry_price", "stop", "take_profit")
COLUMNS = (*FLAGS, *PRICES, "trailing_distance", "hold_reason")

_NUMBERS = "biuf"  # numpy's kinds of real numbers
_NO_NUMBERS = (str, bytes, date, timedelta, np.datetime64, np.timedelta64)

_ABSENT: Any = None  # a column that is left out; it is filled in before anybody reads it
_ABSENT_VALUES = {"exit": False, "trailing_distance": np.nan, "hold_reason": 0}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Signals:
    """What a strategy says at the close of each candle, as columns of one length (arrays, lists or pandas Series).

    Row i may depend on candles 0 to i only.

    Attributes:
        entry: go long (while flat).
        entry_price, stop, take_profit: raw prices of the plan, read where `entry` is set.
        exit: leave at the next open (while in a position), with `exit_reason`; left out: never.
        trailing_distance: how far below the highest price since the fill the trailing stop lies; NaN (or left out)
            for none.
        hold_reason: row numbers into `hold_reasons`, read where neither `entry` nor a position says more.
        hold_reasons: the strategy's own words for doing nothing; none that the engine gives as a reason itself.
        warmup: the first row that may be anything but HOLD("warmup").
        indicators: what the strategy looked at, by name; logged with every decision. A name isn't that of a column which every
            decision has, such as close or equity.
        conditions: what an entry needs, so that `argus why` can say by how much a candle missed it.

    Raises:
        StrategyError: if a column isn't made of what it should be.
    """

    entry: BoolColumn
    entry_price: FloatColumn
    stop: FloatColumn
    take_profit: FloatColumn
    exit: BoolColumn = _ABSENT
    exit_reason: ExitReason = ExitReason.SIGNAL
    trailing_distance: FloatColumn = _ABSENT
    hold_reason: IntColumn = _ABSENT
    hold_reasons: tuple[str, ...] = ("no_signal",)
    warmup: int = 0
    indicators: Mapping[str, FloatColumn] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "entry", _flags("entry", self.entry))
        for name, absent in _ABSENT_VALUES.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, np.full(self.entry.shape, absent))
        object.__setattr__(self, "exit", _flags("exit", self.exit))
        for name in (*PRICES, "trailing_distance"):
            object.__setattr__(self, name, _floats(name, getattr(self, name)))
        object.__setattr__(self, "hold_reason", _whole_numbers("hold_reason", self.hold_reason))
        object.__setattr__(self, "indicators", _named_floats(self.indicators))

    def checked(self, candles: Candles, strategy: str) -> Signals:
        """The same signals, once their columns are known to fit the candles.

        Raises:
            StrategyError: if they don't; it names the column, and the candle where one is to blame.
        """
        return self.fitted(candles, strategy).priced(candles, strategy)

    def fitted(self, candles: Candles, strategy: str) -> Signals:
        """The same signals, once they are known to have a row for every candle and words that mean something.

        Raises:
            StrategyError: if they haven't.
        """
        _refuse(strategy, self._misfits(candles))
        return self

    def priced(self, candles: Candles, strategy: str) -> Signals:
        """The same signals, which fit the candles, once their prices are known to be some that an order can have.

        Raises:
            StrategyError: if they aren't.
        """
        _refuse(strategy, self._wrong_prices(candles))
        return self

    def rows(self, chosen: slice) -> Signals:
        """The chosen rows, everything else as it is."""
        columns = {name: getattr(self, name)[chosen] for name in COLUMNS}
        indicators = {name: column[chosen] for name, column in self.indicators.items()}
        return replace(self, **columns, indicators=indicators)

    def warm_after(self, seen: int) -> Signals:
        """The same rows, the warm-up counted from the candle that has `seen` others before it."""
        return replace(self, warmup=max(0, self.warmup - seen))

    def _misfits(self, candles: Candles) -> Iterator[str]:
        yield from self._wrong_lengths(candles)
        yield from self._wrong_words(candles)

    def _wrong_prices(self, candles: Candles) -> Iterator[str]:
        entries = np.flatnonzero(self.entry[self.warmup :]) + self.warmup
        yield from self._unusable_prices(candles, entries)
        for row in entries[self.stop[entries] > self.entry_price[entries]][:1]:
            yield (
                f"the stop of the entry signal at {candle_named(candles, row)} is {self.stop[row]}, above the entry "
                f"price {self.entry_price[row]}; a long position's stop lies below its entry."
            )
        for row in np.flatnonzero(self.trailing_distance < 0)[:1]:
            yield (
                f"trailing_distance at {candle_named(candles, row)} is {self.trailing_distance[row]}; expected a "
                "distance of 0 or more, or NaN for no trailing stop."
            )

    def _wrong_lengths(self, candles: Candles) -> Iterator[str]:
        columns = ((name, getattr(self, name)) for name in COLUMNS)
        for name, column in (*columns, *self.indicators.items()):
            if len(column) != len(candles):
                yield (
                    f"column {name!r} has {len(column)} rows for {len(candles)} candles of {candles.symbol}; every "
                    "column needs one row a candle."
                )

    def _wrong_words(self, candles: Candles) -> Iterator[str]:
        reason: Any = self.exit_reason
        if not isinstance(reason, ExitReason) or reason not in EXIT_SIGNALS:
            allowed = ", ".join(reason.name for reason in EXIT_SIGNALS)
            yield f"exit_reason is one of {allowed}, was {reason!r}."
        warmup: Any = self.warmup
        if not isinstance(warmup, int | np.integer) or isinstance(warmup, bool) or warmup < 0:
            yield f"warmup is a whole number of candles, 0 or more, was {warmup!r}."
        yield from wrong_reasons(self.hold_reasons)
        unknown = (self.hold_reason < 0) | (self.hold_reason >= len(self.hold_reasons))
        for row in np.flatnonzero(unknown)[:1]:
            yield (
                f"hold_reason at {candle_named(candles, row)} is {self.hold_reason[row]}; expected a row number into "
                f"the {len(self.hold_reasons)} hold_reasons, counted from 0."
            )
        yield from wrong_names(self.indicators)
        yield from wrong_conditions(self.conditions, self.indicators)

    def _unusable_prices(self, candles: Candles, entries: IntColumn) -> Iterator[str]:
        for name in PRICES:
            prices = getattr(self, name)[entries]
            for at in np.flatnonzero(~(np.abs(prices) < LARGEST_PRICE))[:1]:
                finite = np.isfinite(prices[at])
                expected = (
                    f"expected a price below {LARGEST_PRICE:g}"
                    if finite
                    else "an entry needs a finite entry price, stop and take profit"
                )
                where = candle_named(candles, int(entries[at]))
                yield f"{name} of the entry signal at {where} is {prices[at]}; {expected}."


class Strategy(ABC):
    """A trading idea: subclasses are frozen dataclasses whose fields are the parameters.

    Attributes:
        name: what the ledger calls it; the class's name unless it says otherwise.
    """

    name: ClassVar[str] = ""

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if "name" not in cls.__dict__:
            cls.name = cls.__name__

    @abstractmethod
    def signals(self, candles: Candles) -> Signals:
        """The signals at each candle's close, causal and of the candles' length."""


def candle_named(candles: Candles, row: int) -> str:
    """A candle as a message names it: its open time, its row and its symbol."""
    opened = iso(from_ns(int(candles.times[row])))
    return f"candle {opened} (row {row}, the first is 0) of {candles.symbol}"


def _refuse(strategy: str, faults: Iterator[str]) -> None:
    for fault in faults:
        raise StrategyError(f"{strategy}: {fault}")


def _flags(name: str, column: Any) -> BoolColumn:
    flags = _array(column)
    if flags.dtype != np.bool_ or flags.ndim != 1:
        raise StrategyError(
            f"column {name!r}: expected one True or False a candle, was {_described(flags)}; a comparison such as "
            "candles.close > average makes such a column."
        )
    return flags


def _named_floats(columns: Any) -> dict[str, FloatColumn]:
    if not callable(getattr(columns, "items", None)):
        raise StrategyError(
            f'indicators: expected columns by name, for example {{"average": average}}, was {columns!r}.'
        )
    return {name: _floats(name, column) for name, column in columns.items()}


def _floats(name: str, column: Any) -> FloatColumn:
    numbers = _array(column)
    if numbers.dtype != np.float64 and _may_be_numbers(numbers):
        with suppress(TypeError, ValueError):
            numbers = np.asarray(column, dtype=np.float64)
    if numbers.dtype != np.float64 or numbers.ndim != 1:
        raise StrategyError(f"column {name!r}: expected one number a candle, was {_described(numbers)}.")
    return numbers


def _whole_numbers(name: str, column: Any) -> IntColumn:
    numbers = _array(column)
    if not np.issubdtype(numbers.dtype, np.integer) or numbers.ndim != 1:
        raise StrategyError(
            f"column {name!r}: expected one whole number a candle, was {_described(numbers)}."
        )
    return numbers.astype(np.int64, copy=False)


def _array(column: Any) -> npt.NDArray[Any]:
    try:
        return np.asarray(column)
    except ValueError:  # rows of different lengths
        return np.asarray(column, dtype=np.object_)


def _may_be_numbers(values: npt.NDArray[Any]) -> bool:
    """False for what becomes a number only by guessing: texts, times, complex numbers."""
    if values.dtype != np.object_:
        return values.dtype.kind in _NUMBERS
    return not any(isinstance(value, _NO_NUMBERS) for value in values.flat)


def _described(values: npt.NDArray[Any]) -> str:
    if values.ndim == 0:
        return f"the single value {values[()]!r}"
    return f"{values.dtype} with {values.ndim} dimension{'' if values.ndim == 1 else 's'}"
