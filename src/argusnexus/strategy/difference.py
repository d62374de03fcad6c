"""Where the signals on a part of the candles differ from those on all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus.strategy.base import FLAGS, PRICES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from argusnexus.model.candles import BoolColumn, FloatColumn, IntColumn
    from argusnexus.strategy.base import Signals

PRICE_TOLERANCE = 1e-12
INDICATOR_TOLERANCE = 1e-9
"""Relative: the same numbers summed in another order may differ in their last digits. Flags have no tolerance."""

_ACTED_ON = (*PRICES, "trailing_distance")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was said differently.

    Attributes:
        name: of the column or indicator, or of what is said once for all candles.
        row: of all candles; None for what is said once.
        whole, part: what was said with all candles, and with a part of them.
    """

    name: str
    row: int | None
    whole: str
    part: str


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The signals on all candles, to compare others with.

    Attributes:
        numbers: its columns of numbers.
        sizes: the median size of each of them.
        once: what is said once for all candles, in words.
    """

    signals: Signals
    numbers: Mapping[str, FloatColumn]
    sizes: Mapping[str, float]
    once: Mapping[str, str]


class _Compared(NamedTuple):
    """Some rows of a column, as both said them, and where that matters and differs."""

    name: str
    whole: npt.NDArray[Any]
    part: npt.NDArray[Any]
    differing: BoolColumn
    words: tuple[str, ...] = ()  # what the values stand for, where they are numbers of words


def known(signals: Signals) -> Known:
    numbers = _numbers(signals)
    sizes = {name: median_size(column) for name, column in numbers.items()}
    return Known(signals, numbers, sizes, _said_once(signals))


def median_size(column: FloatColumn) -> float:
    """The median of the finite values without their signs; 0 where there are none."""
    finite = np.abs(column[np.isfinite(column)])
    return float(np.median(finite)) if len(finite) else 0.0


def relative_difference(one: FloatColumn, other: FloatColumn, size: FloatColumn | float) -> FloatColumn:
    """How far apart two columns are, relative to the larger value, or to `size` where both are smaller.

    Without `size` noise would be a large difference wherever a value crosses zero. Two NaN are equal; a NaN is
    infinitely far from a number.
    """
    apart = np.zeros(len(one))
    rows = np.flatnonzero((one != other) & ~(np.isnan(one) & np.isnan(other)))
    if len(rows):
        left, right, least = one[rows], other[rows], np.broadcast_to(size, len(one))[rows]
        with np.errstate(all="ignore"):
            distance = np.abs(left - right) / np.maximum(np.maximum(np.abs(left), np.abs(right)), least)
        apart[rows] = np.where(np.isnan(distance), np.inf, distance)
    return apart


def agrees_at(whole: Known, part: Signals, row: int, seen: int = 0) -> bool:
    """Whether the part's newest row says of `row` what the whole says, as `first_difference` would find.

    A thousand cuts are looked at for one row each: what is the same number is passed over, the rest is compared in one
    go. `seen` candles of the warm-up went before those from which the part counts it.
    """
    said = whole.signals
    if {**whole.once, "warmup": str(max(0, said.warmup - seen))} != _said_once(part):
        return False
    warm = row >= said.warmup
    entry = warm and bool(said.entry[row])
    if warm and any(getattr(said, name)[row] != getattr(part, name)[-1] for name in FLAGS):
        return False
    if warm and not entry and _reason_at(said, row) != _reason_at(part, -1):
        return False
    theirs = _numbers(part)
    names = [
        name
        for name, column in whole.numbers.items()
        if column[row] != theirs[name][-1] and (entry or name not in PRICES)
    ]
    if not names:
        return True
    one, other = (
        np.array([columns[name][at] for name in names])
        for columns, at in ((whole.numbers, row), (theirs, -1))
    )
    apart = relative_difference(one, other, np.array([whole.sizes[name] for name in names]))
    return bool((apart <= [_tolerance(name) for name in names]).all())


def _reason_at(signals: Signals, row: int) -> str:
    word: str = signals.hold_reasons[signals.hold_reason[row]]
    return word


def _tolerance(name: str) -> float:
    return PRICE_TOLERANCE if name in _ACTED_ON else INDICATOR_TOLERANCE


def first_difference(whole: Known, part: Signals, start: int, first: int) -> Difference | None:
    """What differs at the earliest candle; None where the two agree.

    `part` are the signals on the candles from row `start` of all candles to any later row. They are compared from row
    `first` of all candles on, which is `start` or later.
    """
    once = _said_once_differently(whole, part)
    if once:
        return once
    rows, own = slice(first, start + len(part.entry)), slice(first - start, None)
    differing = [one for one in _compared(whole, part, rows, own) if one.differing.any()]
    if not differing:
        return None
    earliest = min(differing, key=lambda one: int(one.differing.argmax()))
    return _difference(earliest, first)


def _said_once_differently(whole: Known, part: Signals) -> Difference | None:
    facts, others = whole.once, _said_once(part)
    differences = (
        Difference(name, None, fact, others[name]) for name, fact in facts.items() if fact != others[name]
    )
    return next(differences, None)


def _said_once(signals: Signals) -> dict[str, str]:
    """What is said once for all candles, in words."""
    return {
        "warmup": str(signals.warmup),
        "exit_reason": signals.exit_reason.name,
        "conditions": ", ".join(f"{one.name} ({one})" for one in signals.conditions) or "none",
        "indicators": ", ".join(sorted(signals.indicators)) or "none",
    }


def _compared(whole: Known, part: Signals, rows: slice, own: slice) -> Iterator[_Compared]:
    """Every column, signals first: `rows` of all candles beside the part's `own`."""
    said = whole.signals
    warm = np.arange(rows.start, rows.stop) >= said.warmup
    entry = said.entry[rows] & warm
    for name in FLAGS:
        one, other = getattr(said, name)[rows], getattr(part, name)[own]
        yield _Compared(name, one, other, (one != other) & warm)
    numbers = _numbers(part)
    for name, column in whole.numbers.items():
        one, other = column[rows], numbers[name][own]
        apart = relative_difference(one, other, whole.sizes[name]) > _tolerance(name)
        yield _Compared(name, one, other, apart & entry if name in PRICES else apart)
    words = (*said.hold_reasons, *part.hold_reasons)
    one, other = _reasons(said, rows, words), _reasons(part, own, words)
    yield _Compared("hold_reason", one, other, (one != other) & warm & ~entry, words)


def _numbers(signals: Signals) -> dict[str, FloatColumn]:
    """Prices, distance and indicators; an indicator may have the name of a price."""
    acted_on = {name: getattr(signals, name) for name in _ACTED_ON}
    return acted_on | {f"indicator {name}": column for name, column in signals.indicators.items()}


def _reasons(signals: Signals, rows: slice, words: tuple[str, ...]) -> IntColumn:
    """Hold reasons as row numbers into `words`: they may be numbered differently as long as they are the same."""
    numbers = np.array([words.index(word) for word in signals.hold_reasons], dtype=np.int64)
    return numbers[signals.hold_reason[rows]]


def _difference(one: _Compared, first: int) -> Difference:
    at = int(one.differing.argmax())
    values = (one.words[value] if one.words else str(value) for value in (one.whole[at], one.part[at]))
    return Difference(one.name, first + at, *values)
