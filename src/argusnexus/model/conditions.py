"""What a strategy's entry needs, so that the ledger can say by how much a candle missed it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

CLOSE = "close"
"""The candle's own close, as a side of a condition."""


class Comparison(Enum):
    """How the left side must stand to the right one."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that an entry needs, for example close > upper.

    It explains and decides nothing: the signal itself is the strategy's.

    Attributes:
        name: what it is called where it isn't met, for example trend_filter.
        left: the name of a logged indicator, or "close".
        right: the same, or a number.
    """

    name: str
    left: str
    comparison: Comparison
    right: str | float

    def __str__(self) -> str:
        return f"{self.left} {self.comparison.value} {self.right}"
