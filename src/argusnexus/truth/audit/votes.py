"""What several rows say of one fact: most of them are right."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


def agreed(said: Iterable[T | None]) -> T | None:
    """What is said most often, the first of those said equally often; None if nobody says anything.

    A row that says something else is then the one that a finding names.
    """
    values = [value for value in said if value is not None]
    if all(value == values[0] for value in values):
        return values[0] if values else None
    return Counter(values).most_common(1)[0][0]
