"""What happened to entry orders, by the column, and the ids of their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from argusnexus.model.orders import OrderRole
from argusnexus.money import Amount, plain_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.truth.codecs import SqlValue

    Cells = tuple[SqlValue, ...]

Text = TypeVar("Text")

ENTRY, BRACKET, EXIT = (role.value for role in OrderRole)


class RowIds(NamedTuple, Generic[Text]):
    """Ids of the rows that follow from a decision, or columns of them."""

    decision: Text
    entry: Text
    bracket: Text
    exit: Text
    trade: Text


def row_ids(key: str) -> RowIds[str]:
    """`key` is what stands in an id between its kind and its role: run, symbol and time."""
    order = f"ord{key}_"
    return RowIds(f"dec{key}", order + ENTRY, order + BRACKET, order + EXIT, f"trd{key}")


def columns_of_ids(ids: Sequence[RowIds[str]]) -> RowIds[Sequence[str]]:
    """At least one's, as columns."""
    return RowIds(*zip(*ids, strict=True))


class Amounts(NamedTuple):
    """Exact numbers, and the same as the ledger writes them."""

    exact: Sequence[Amount]
    texts: Sequence[str]


def amounts(exact: Sequence[Amount]) -> Amounts:
    return Amounts(exact, plain_texts(exact))


class Plans(NamedTuple):
    """Plans as they were submitted."""

    entry: Amounts
    stop: Amounts
    take_profit: Amounts
    quantity: Amounts


class Entries(NamedTuple):
    """Entry orders; times as the ledger writes them."""

    ids: Sequence[RowIds[str]]
    client_ids: Sequence[str]
    times: Sequence[str]
    plans: Plans


class Executions(NamedTuple):
    """Executions of whole orders."""

    times: Sequence[str]
    prices: Amounts
    takers: Sequence[bool]


class MarketExits(NamedTuple):
    """Market sells in place of the bracket.

    Attributes:
        decided: by a decision to leave; else a jumped stop made it necessary.
    """

    ids: Sequence[RowIds[str]]
    client_ids: Sequence[str]
    times: Sequence[str]
    decided: Sequence[bool]


class Endings(NamedTuple):
    """What a closed trade's row says beyond its fills."""

    reasons: Sequence[str]
    mae: Amounts
    mfe: Amounts
    ambiguous: Sequence[bool]


class Alike(NamedTuple):
    """Entries to which the same happened, an item each in every column; None is what didn't happen.

    Attributes:
        expired: when their time was up.
    """

    entries: Entries
    expired: Sequence[str] | None = None
    bought: Executions | None = None
    leaving: MarketExits | None = None
    sold: Executions | None = None
    endings: Endings | None = None


class EpisodeRows(NamedTuple):
    """An item each entry, in the order of its table's columns; nothing of what didn't happen."""

    entry: Sequence[Cells]
    bracket: Sequence[Cells] = ()
    exit: Sequence[Cells] = ()
    bought: Sequence[Cells] = ()
    sold: Sequence[Cells] = ()
    trade: Sequence[Cells] = ()
