"""What an entry needs, measured at one candle: both sides, and by how much it was met or missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.model.conditions import CLOSE, Comparison, Condition
from argusnexus.money import NOISE
from argusnexus.report.why.story import Measured
from argusnexus.report.why.units import apart, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argusnexus.report.why.units import Units

_NEEDED = {
    Comparison.ABOVE: "above",
    Comparison.AT_LEAST: "at least",
    Comparison.BELOW: "below",
    Comparison.AT_MOST: "at most",
}


def measured(
    conditions: Sequence[Condition], values: Mapping[str, float | None], units: Units
) -> tuple[Measured, ...]:
    """Every condition at a candle whose indicators and close are `values`."""
    return tuple(_measured(condition, values, units) for condition in conditions)


def _measured(condition: Condition, values: Mapping[str, float | None], units: Units) -> Measured:
    left = values.get(condition.left)
    right = values.get(condition.right) if isinstance(condition.right, str) else condition.right
    sides = (condition.name, condition.left, left, condition.comparison, condition.right, right)
    if left is None or right is None:
        missing = [
            str(side) for side, value in ((condition.left, left), (condition.right, right)) if value is None
        ]
        return Measured(*sides, None, None, None, f"{' and '.join(missing)} had no value yet")
    share = left / right - 1 if right else None
    met = _met(left, condition.comparison, right)
    return Measured(*sides, left - right, share, met, _compared(condition, left, right, units))


def _met(left: float, comparison: Comparison, right: float) -> bool:
    """Differences that are float noise count as equal, as they do for the filters."""
    if abs(left - right) <= NOISE * abs(right):
        return comparison in (Comparison.AT_LEAST, Comparison.AT_MOST)
    return (left > right) is (comparison in (Comparison.ABOVE, Comparison.AT_LEAST))


def _compared(condition: Condition, left: float, right: float, units: Units) -> str:
    """A side that is a price is written as one: that of the close, and whatever is compared with it."""
    is_price = CLOSE in (condition.left, condition.right)
    one, other = apart(left, right, units.price_digits) if is_price else _numbers(left, right)
    if not isinstance(condition.right, str):
        return f"{condition.left} {one}, needed {_NEEDED[condition.comparison]} {other}"
    side = f"{condition.right} {other}"
    if abs(left - right) <= NOISE * abs(right):
        needed = (
            "" if _met(left, condition.comparison, right) else f", needed {_NEEDED[condition.comparison]} it"
        )
        return f"{condition.left} {one} equals {side}{needed}"
    direction = "above" if left > right else "below"
    share = percent(abs(left / right - 1)) if right else number(abs(left - right))
    return f"{condition.left} {one} is {share} {direction} {side}"


def _numbers(left: float, right: float) -> tuple[str, str]:
    """As `number` writes them, unless that makes two different figures look alike."""
    texts = number(left), number(right)
    return texts if texts[0] != texts[1] or left == right else apart(left, right)
