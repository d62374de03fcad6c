"""From entries' decisions to their ends: what orders, their brackets and their exits came to, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.execution.client_order_id import client_order_ids
from argusnexus.model.orders import OrderRole
from argusnexus.model.times import compact
from argusnexus.model.trades import ExitReason
from argusnexus.money import amount, multiples_of
from argusnexus.truth.episode_cells import EpisodeCells
from argusnexus.truth.episode_columns import (
    Alike,
    Endings,
    Entries,
    Executions,
    MarketExits,
    Plans,
    amounts,
    row_ids,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from argusnexus.engine.journal import DecisionRecord, EventRecord
    from argusnexus.engine.rows import RowMaker
    from argusnexus.model.orders import EntryType
    from argusnexus.money import Amount
    from argusnexus.truth.codecs import SqlValue
    from argusnexus.truth.episode_columns import RowIds

    Cells = tuple[SqlValue, ...]

_AT_ONCE = 256  # episodes whose rows a processor's cache holds while they are made
_EXIT_REASONS = {reason.value: reason.label for reason in ExitReason}


class Fact(NamedTuple):
    """An event and when it was known, as the ledger writes times."""

    time: str
    event: EventRecord


class Leaving(NamedTuple):
    """A market exit: when it was decided, and by which decision; a jumped stop is none of its own."""

    time: str
    decided: bool


@dataclass(slots=True)
class Episode:
    """One entry order from its decision on.

    Attributes:
        time: of the decision.
        ended: nothing more can come of it.
    """

    time: str
    plan: DecisionRecord
    entered: Fact | None = None
    expired: str | None = None
    leaving: Leaving | None = None
    left: Fact | None = None

    @property
    def ended(self) -> bool:
        return self.expired is not None or self.left is not None

    @property
    def happened(self) -> tuple[bool, ...]:
        """What of it there is."""
        return (
            self.expired is not None,
            self.entered is not None,
            self.leaving is not None,
            self.left is not None,
        )


class EpisodeRows(NamedTuple):
    """Tuples in the order of their tables' columns."""

    orders: list[Cells]
    fills: list[Cells]
    trades: list[Cells]


class EpisodeWriter:
    """Makes the rows of one symbol's episodes, each in its final state."""

    def __init__(self, rows: RowMaker, entry_type: EntryType) -> None:
        self._cells = EpisodeCells(rows, entry_type)
        self._price = multiples_of(rows.product.quote_increment)
        self._quantity = multiples_of(rows.product.base_increment)
        self._key, _ = rows.id_parts("")
        self._entry_client_id = client_order_ids(rows.run_id, rows.symbol, OrderRole.ENTRY)
        self._exit_client_id = client_order_ids(rows.run_id, rows.symbol, OrderRole.EXIT)

    def write(self, episodes: Sequence[Episode]) -> EpisodeRows:
        """All rows of the episodes, one episode's after the other's."""
        rows = EpisodeRows([], [], [])
        for first in range(0, len(episodes), _AT_ONCE):
            self._add(rows, episodes[first : first + _AT_ONCE])
        return rows

    def _add(self, rows: EpisodeRows, episodes: Sequence[Episode]) -> None:
        alike: dict[tuple[bool, ...], list[int]] = {}
        for place, episode in enumerate(episodes):
            alike.setdefault(episode.happened, []).append(place)
        tables: tuple[list[tuple[Cells, ...]], ...] = tuple([()] * len(episodes) for _ in rows)
        for places in alike.values():
            made = self._cells.rows(self._alike([episodes[place] for place in places]))
            parts = (made.entry, made.bracket, made.exit), (made.bought, made.sold), (made.trade,)
            for table, columns in zip(tables, parts, strict=True):
                for place, own in zip(places, _of_each(columns, len(places)), strict=True):
                    table[place] = own
        for written, table in zip(rows, tables, strict=True):
            written.extend(chain.from_iterable(table))

    def _alike(self, episodes: Sequence[Episode]) -> Alike:
        """Of episodes in which the same happened."""
        entered = [one.entered for one in episodes if one.entered]
        leaving = [one.leaving for one in episodes if one.leaving]
        left = [one.left for one in episodes if one.left]
        bought = self._executions(entered) if entered else None
        return Alike(
            self._entries(episodes),
            [one.expired for one in episodes if one.expired] or None,
            bought,
            self._market_exits(leaving) if leaving else None,
            self._executions(left) if left else None,
            _endings(left, bought.prices.exact) if left and bought else None,
        )

    def _entries(self, episodes: Sequence[Episode]) -> Entries:
        times, records = [one.time for one in episodes], [one.plan for one in episodes]
        plans = Plans(
            amounts(self._price([record.entry for record in records])),
            amounts(self._price([record.stop for record in records])),
            amounts(self._price([record.take_profit for record in records])),
            amounts(self._quantity([record.quantity for record in records])),
        )
        return Entries(self._ids(times), list(map(self._entry_client_id, times)), times, plans)

    def _executions(self, facts: Sequence[Fact]) -> Executions:
        return Executions(
            [fact.time for fact in facts],
            amounts(self._price([fact.event.price for fact in facts])),
            [fact.event.taker != 0.0 for fact in facts],
        )

    def _market_exits(self, leaving: Sequence[Leaving]) -> MarketExits:
        times = [one.time for one in leaving]
        client_ids = list(map(self._exit_client_id, times))
        return MarketExits(self._ids(times), client_ids, times, [one.decided for one in leaving])

    def _ids(self, times: Sequence[str]) -> list[RowIds[str]]:
        return [row_ids(self._key + compact(time)) for time in times]


def _endings(left: Sequence[Fact], bought: Sequence[Amount]) -> Endings:
    events = [fact.event for fact in left]
    return Endings(
        [_EXIT_REASONS[int(event.reason)] for event in events],
        amounts([amount(event.lowest) - price for event, price in zip(events, bought, strict=True)]),
        amounts([amount(event.highest) - price for event, price in zip(events, bought, strict=True)]),
        [event.ambiguous != 0.0 for event in events],
    )


def _of_each(columns: Iterable[Sequence[Cells]], count: int) -> list[tuple[Cells, ...]]:
    """The rows of each of so many entries, as far as there are any."""
    existing = [column for column in columns if column]
    return list(zip(*existing, strict=True)) if existing else [()] * count
