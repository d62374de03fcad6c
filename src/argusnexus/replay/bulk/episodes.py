"""From an entry's decision to its end: what one order, its bracket and its exit came to, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.execution.client_order_id import client_order_ids
from argusnexus.model.orders import OrderRole
from argusnexus.model.times import compact
from argusnexus.model.trades import ExitReason
from argusnexus.money import amount, multiples_of, plain
from argusnexus.truth.episode_cells import (
    Ending,
    Entry,
    EpisodeCells,
    Filled,
    MarketExit,
    PlanFacts,
    plan_texts,
    row_ids,
)

if TYPE_CHECKING:
    from argusnexus.engine.journal import DecisionRecord, EventRecord
    from argusnexus.engine.rows import RowMaker
    from argusnexus.model.orders import EntryType
    from argusnexus.truth.codecs import SqlValue

    Cells = tuple[SqlValue, ...]

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


class EpisodeRows(NamedTuple):
    """Tuples in the order of their tables' columns; `trade` is None while nothing is held."""

    orders: list[Cells]
    fills: list[Cells]
    trade: Cells | None


class EpisodeWriter:
    """Makes the rows of one symbol's episodes, each in its final state."""

    def __init__(self, rows: RowMaker, entry_type: EntryType) -> None:
        self._cells = EpisodeCells(rows, entry_type)
        self._price = multiples_of(rows.product.quote_increment)
        self._quantity = multiples_of(rows.product.base_increment)
        self._key, _ = rows.id_parts("")
        self._entry_client_id = client_order_ids(rows.run_id, rows.symbol, OrderRole.ENTRY)
        self._exit_client_id = client_order_ids(rows.run_id, rows.symbol, OrderRole.EXIT)

    def write(self, episode: Episode) -> EpisodeRows:
        """All rows of an episode, whether it has ended or not."""
        cells, entry = self._cells, self._entry(episode)
        if episode.entered is None:
            return EpisodeRows([cells.entry_order(entry, None, episode.expired)], [], None)
        event = episode.entered.event
        bought = cells.bought(entry, episode.entered.time, self._price(event.price), taker=event.taker != 0.0)
        leaving = self._market_exit(episode.leaving) if episode.leaving else None
        sold = self._sold(entry, leaving, episode.left) if episode.left else None
        orders = [
            cells.entry_order(entry, bought, None),
            cells.bracket_order(entry, bought, leaving, sold),
        ]
        if leaving is not None:
            orders.append(cells.exit_order(entry, leaving, sold))
        if sold is None or episode.left is None:
            return EpisodeRows(orders, [bought.cells], cells.open_trade(entry, bought))
        ending = _ending(episode.left.event, bought)
        trade = cells.closed_trade(entry, bought, leaving, sold, ending)
        return EpisodeRows(orders, [bought.cells, sold.cells], trade)

    def _entry(self, episode: Episode) -> Entry:
        record = episode.plan
        plan = PlanFacts(
            self._price(record.entry),
            self._price(record.stop),
            self._price(record.take_profit),
            self._quantity(record.quantity),
        )
        ids = row_ids(self._key + compact(episode.time))
        return Entry(ids, self._entry_client_id(episode.time), episode.time, plan, plan_texts(plan))

    def _market_exit(self, leaving: Leaving) -> MarketExit:
        ids = row_ids(self._key + compact(leaving.time))
        decision_id = ids.decision if leaving.decided else None
        return MarketExit(ids.exit, self._exit_client_id(leaving.time), leaving.time, decision_id)

    def _sold(self, entry: Entry, leaving: MarketExit | None, left: Fact) -> Filled:
        order_id = entry.ids.bracket if leaving is None else leaving.order_id
        price = self._price(left.event.price)
        return self._cells.sold(entry, order_id, left.time, price, taker=left.event.taker != 0.0)


def _ending(event: EventRecord, bought: Filled) -> Ending:
    return Ending(
        _EXIT_REASONS[int(event.reason)],
        plain(amount(event.lowest) - bought.price),
        plain(amount(event.highest) - bought.price),
        event.ambiguous != 0.0,
    )
