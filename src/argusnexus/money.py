"""The only bridge between Decimal, float64 and increments.

Venue facts and the ledger hold exact decimals; the step holds float64. A float stands for the decimal of its shortest
`repr`, and every float that the step calls a price or a quantity is the float nearest to a whole number of increments,
so that comparing two of them is the same as comparing the decimals.
"""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from argusnexus._jit import rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Amount = Decimal
"""Annotation for exact money, prices and quantities."""

FLOAT_NOISE = 1e-15
"""Relative error that a handful of float64 operations on exact decimals can leave (a few units in the last place)."""

NOISE = 1e-12
"""Relative difference below which two derived values count as equal, so that float noise never decides a trade."""

SNAP = 1e-6
"""Part of an increment within which a raw strategy price counts as the multiple it was meant to be."""


_FIXED = "f"

LARGEST_PRICE = 1e12
"""Below it a price has its 28 digits, whatever the increment (of at most 15 decimals)."""


class Increment(NamedTuple):
    """A step of price or quantity as a fraction of two whole floats: 0.01 is 1/100.

    Multiples are then `units * numerator / denominator`, exact but for one correctly rounded division.
    """

    numerator: float
    denominator: float


def amount(value: Decimal | float | str) -> Decimal:
    """The exact decimal of a value.

    Raises:
        ValueError: if it is no finite number.
    """
    try:
        exact = value if isinstance(value, Decimal) else Decimal(_text(value))
    except InvalidOperation:
        raise ValueError(f"expected a decimal number, was {value!r}") from None
    if not exact.is_finite():
        raise ValueError(f"expected a finite number, was {value!r}")
    return exact


def _text(value: float | str) -> str:
    """Shortest decimal text of a number; numpy's floats first shed their type, whose repr is not a number."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) else repr(float(value))


def plain(value: Decimal) -> str:
    """Decimal text without an exponent, digits kept as they are."""
    return format(value, _FIXED)


def plain_texts(values: Iterable[Decimal]) -> list[str]:
    """`plain` of many."""
    return list(map(format, values, repeat(_FIXED)))


def floor_to(value: Decimal, increment: Decimal) -> Decimal:
    """The largest multiple of `increment` that is not above `value`, with the increment's digits."""
    units, rest = _divided(value, increment)
    return _multiple(units - 1 if rest < 0 else units, increment)


def ceil_to(value: Decimal, increment: Decimal) -> Decimal:
    """The smallest multiple of `increment` that is not below `value`, with the increment's digits."""
    units, rest = _divided(value, increment)
    return _multiple(units + 1 if rest > 0 else units, increment)


def _divided(value: Decimal, increment: Decimal) -> tuple[Decimal, Decimal]:
    """Whole increments towards zero and what is left: exact, where a division would round its last digit."""
    try:
        return divmod(value, increment)
    except InvalidOperation:
        raise ValueError(
            f"expected a number that {increment} can divide within 28 digits, was {value}"
        ) from None


def _multiple(units: Decimal, increment: Decimal) -> Decimal:
    return (units * increment).quantize(increment)


def on_increment(value: float, increment: Decimal) -> Decimal:
    """The exact multiple of `increment` that the step's float stands for."""
    return _multiple((amount(value) / increment).to_integral_value(), increment)


def multiples_of(increment: Decimal) -> Callable[[Sequence[float]], list[Decimal]]:
    """`on_increment` of many values: fixed digits are sooner read than divided, where a float64 holds them all."""
    digits = max(0, -int(increment.as_tuple().exponent))
    spec, most = f".{digits}f", 10.0 ** (15 - digits)
    whole = increment == increment.to_integral_value()

    def multiples(values: Sequence[float]) -> list[Decimal]:
        if whole or not all(0.0 <= value < most for value in values):
            return [on_increment(value, increment) for value in values]
        return list(map(Decimal, map(format, values, repeat(spec))))

    return multiples


def as_increment(value: Decimal) -> Increment:
    """An increment in the step's own terms.

    Raises:
        ValueError: if it is not positive, or has more digits than a float64 fraction holds exactly.
    """
    numerator, denominator = value.as_integer_ratio() if value > 0 else (0, 1)
    if not 0 < numerator < 2**53 or denominator >= 2**53:
        raise ValueError(f"expected an increment above 0 with at most 15 digits, was {value}")
    return Increment(float(numerator), float(denominator))


@rule
def rounded_down(value: float, increment: Increment) -> float:
    """`value` rounded down to the increment, as exact decimals would be (units in the last place are noise)."""
    units = value * increment.denominator / increment.numerator
    return _from_units(_floor(units, FLOAT_NOISE * abs(units)), increment)


@rule
def rounded_up(value: float, increment: Increment) -> float:
    """`value` rounded up to the increment, as exact decimals would be (units in the last place are noise)."""
    units = value * increment.denominator / increment.numerator
    return _from_units(_ceil(units, FLOAT_NOISE * abs(units)), increment)


@rule
def snapped_down(price: float, tick: Increment) -> float:
    """A raw strategy price rounded down to the tick; within `SNAP` ticks of a multiple it is that multiple."""
    return _from_units(_floor(price * tick.denominator / tick.numerator, SNAP), tick)


@rule
def snapped_up(price: float, tick: Increment) -> float:
    """A raw strategy price rounded up to the tick; within `SNAP` ticks of a multiple it is that multiple."""
    return _from_units(_ceil(price * tick.denominator / tick.numerator, SNAP), tick)


@rule
def _floor(units: float, slack: float) -> float:
    nearest = math.floor(units + 0.5)
    return float(nearest) if abs(units - nearest) <= slack else float(math.floor(units))


@rule
def _ceil(units: float, slack: float) -> float:
    nearest = math.floor(units + 0.5)
    return float(nearest) if abs(units - nearest) <= slack else float(math.ceil(units))


@rule
def _from_units(units: float, increment: Increment) -> float:
    return units * increment.numerator / increment.denominator
