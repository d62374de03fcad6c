"""Exact numbers, rounding to increments, and the tolerances of the specification."""

import math
from decimal import Context, Decimal
from fractions import Fraction

NOISE = 1e-12
SNAP = Fraction(1, 10**6)
LAYER_TOLERANCE = Fraction(1, 10**9)
_WIDE = Context(prec=60)


def exact(value: Fraction | Decimal | float | str) -> Fraction:
    """The exact number meant by a value; a float means the decimal of its shortest repr."""
    if isinstance(value, float):
        return Fraction(Decimal(repr(float(value))))
    return Fraction(value)


def to_decimal(value: Fraction) -> Decimal:
    """The decimal of a fraction: exact when it terminates within 60 digits."""
    return _WIDE.divide(Decimal(value.numerator), Decimal(value.denominator))


def floor_to(value: Fraction, increment: Fraction) -> Fraction:
    return math.floor(value / increment) * increment


def ceil_to(value: Fraction, increment: Fraction) -> Fraction:
    return math.ceil(value / increment) * increment


def snap(value: Fraction, tick: Fraction) -> Fraction:
    """The nearest multiple of the tick when it is within 1e-6 of a tick, else the value."""
    nearest = round(value / tick) * tick
    return nearest if abs(value - nearest) <= SNAP * tick else value


def about_equal(left: float, right: float) -> bool:
    return abs(left - right) <= NOISE * abs(right)


def clearly_above(left: float, right: float) -> bool:
    return left > right and not about_equal(left, right)


def clearly_below(left: float, right: float) -> bool:
    return left < right and not about_equal(left, right)


def at_least(left: float, right: float) -> bool:
    return left >= right or about_equal(left, right)
