"""The steps in which prices move: what is seen, and what the product has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.market.checks.findings import (
    Code,
    Finding,
    Place,
    Severity,
    by_share,
    many,
    places_of,
    time_text,
    times_listed,
)

if TYPE_CHECKING:
    from argusnexus.market.checks.usable import Usable
    from argusnexus.model.candles import BoolColumn, Candles, FloatColumn, IntColumn

_PER_UNIT = 100_000_000
_LARGEST_PRICE = 2.0**53 / _PER_UNIT
_BLOCK = 500
_NAMED_STEPS = 5
_COARSE = 0.01
_SNAP = 1e-6


class _Step(NamedTuple):
    """From a block of candles on, or up to its end, every price is a multiple of `size` hundred-millionths."""

    block: int
    size: int


def find_steps(series: Usable, given: Candles) -> tuple[Finding, ...]:
    """Where the common step of all prices becomes coarser or finer for good, to the candle.

    A step is the greatest common divisor of prices in hundred-millionths; prices of 90 million and more aren't looked at.
    """
    if not len(series) or max(price.max() for price in _prices(series.candles)) >= _LARGEST_PRICE:
        return ()
    units = _units(series.candles)
    firsts = np.arange(0, max(len(units) - _BLOCK, 0) + 1, _BLOCK)
    steps = np.gcd.reduceat(units, firsts)
    limit = int(_COARSE * float(np.median(series.candles.low)) * _PER_UNIT)
    coarser = _changes(np.gcd.accumulate(steps[::-1]), limit)[::-1]
    last = len(steps) - 1
    found = [
        *(_coarser(series, given, units, last - step.block, step.size, firsts) for step in coarser),
        *(_finer(series, given, units, step, firsts) for step in _changes(np.gcd.accumulate(steps), limit)),
    ]
    if not found:
        return ()
    places = tuple(place for place, _ in found)
    rows = np.array([place.first_row for place in places], dtype=np.int64)
    named = "; ".join(words for _, words in found[:_NAMED_STEPS])
    message = f"the step of the prices changes: {named}"
    return (Finding(Code.PRICE_STEP, Severity.INFO, len(found), rows, places, message),)


def _prices(candles: Candles) -> tuple[FloatColumn, ...]:
    return candles.open, candles.high, candles.low, candles.close


def _units(candles: Candles) -> IntColumn:
    """Per candle, the greatest common divisor of its four prices."""
    units = np.zeros(len(candles), dtype=np.int64)
    for price in _prices(candles):
        units = np.gcd(units, np.rint(price * _PER_UNIT).astype(np.int64))
    return units


def _changes(steps: IntColumn, limit: int) -> list[_Step]:
    """The last block of each step but the final one, of those that are no accident of a few prices."""
    ends = np.flatnonzero(np.diff(steps))
    return [_Step(int(end), int(steps[end])) for end in ends if 0 < steps[end] <= limit]


def _coarser(
    series: Usable, given: Candles, units: IntColumn, block: int, size: int, firsts: IntColumn
) -> tuple[Place, str]:
    """Every price from here on is a multiple of the size."""
    stop = int(firsts[block])
    since = int(np.flatnonzero(units[:stop] % size)[-1]) + 1
    return _place(series, given, since, len(units)), f"{_text(size)} from {_time(series, since)} on"


def _finer(
    series: Usable, given: Candles, units: IntColumn, step: _Step, firsts: IntColumn
) -> tuple[Place, str]:
    """Every price before here is a multiple of the size."""
    start = int(firsts[step.block + 1])
    until = start + int(np.flatnonzero(units[start:] % step.size)[0])
    return _place(series, given, until, len(units)), f"{_text(step.size)} before {_time(series, until)}"


def _place(series: Usable, given: Candles, first: int, stop: int) -> Place:
    row = int(series.rows[first])
    return Place(row, int(given.times[row]), int(series.candles.times[stop - 1]), stop - first)


def _time(series: Usable, index: int) -> str:
    return time_text(int(series.candles.times[index]))


def _text(size: int) -> str:
    return f"{size / _PER_UNIT:.8f}".rstrip("0").rstrip(".")


def find_off_increment(series: Usable, given: Candles, increment: float | None) -> tuple[Finding, ...]:
    """Candles with a price that is no multiple of the product's increment."""
    if increment is None:
        return ()
    off = np.zeros(len(series), dtype=np.bool_)
    for price in _prices(series.candles):
        off |= _off(price, increment)
    found = np.flatnonzero(off)
    if not len(found):
        return ()
    rows = np.sort(series.rows[found])
    message = (
        f"{many(len(found), 'candle has', 'candles have')} a price that is no multiple of the increment {increment:g}: "
        f"{times_listed(series.candles.times[found])}"
    )
    severity = by_share(len(found), 0, len(series))
    return (Finding(Code.OFF_INCREMENT, severity, len(found), rows, places_of(given, rows), message),)


def _off(price: FloatColumn, increment: float) -> BoolColumn:
    multiples = price / increment
    return np.asarray(np.abs(multiples - np.rint(multiples)) > np.maximum(_SNAP, multiples * 1e-15))
