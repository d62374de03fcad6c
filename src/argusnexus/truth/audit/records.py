"""Records made by the column, in half the time that their own constructors take."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Record = TypeVar("Record", bound=tuple[Any, ...])


def records(kind: type[Record], *columns: Iterable[Any]) -> Iterator[Record]:
    """NamedTuples of a kind, whose fields the columns are."""
    make = partial(tuple.__new__, kind)
    return cast("Iterator[Record]", map(make, zip(*columns, strict=True)))
