"""Tells a batch's journal to the ledger in bulk, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from argusnexus.engine.journal import DecisionRecord, EventRecord
from argusnexus.engine.state import EventKind
from argusnexus.model.decisions import DecisionResult
from argusnexus.replay.bulk.episodes import Episode, EpisodeWriter, Fact, Leaving
from argusnexus.truth.collector import without_collector
from argusnexus.truth.decision_cells import Decisions, decision_cells
from argusnexus.truth.tables import DECISIONS, FILLS, ORDERS, TRADES
from argusnexus.truth.texts import iso_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from argusnexus.model.orders import EntryType
    from argusnexus.model.runs import Halt
    from argusnexus.replay.batch import BatchRun
    from argusnexus.replay.story import Scene, Teller
    from argusnexus.truth.logger import TruthLogger


class BulkTeller:
    """The rows of one symbol, written as soon as they can't change any more.

    The same cells as `Storyteller` leaves through the ledger's tables: a test holds the two together, and so does
    every `argus verify`.
    """

    def __init__(self, scene: Scene, logger: TruthLogger, entry_type: EntryType) -> None:
        self._scene = scene
        self._logger = logger
        self._writer = EpisodeWriter(scene.rows, entry_type)
        self._episode: Episode | None = None
        self.trades_opened = 0
        self.trades_closed = 0

    @without_collector()
    def tell(self, batch: BatchRun) -> None:
        """Write this part's decisions, and all rows of the entries that have come to their end."""
        scene = self._scene
        journal = batch.journal
        own = scene.own(batch, journal.decisions[: journal.counts[1]])
        records: Any = DecisionRecord(*journal.decisions[own].T)
        index = batch.row_index[records.row.astype(np.int64)]
        decisions = Decisions(records, journal.layer_values[own], journal.layer_limits[own], index)
        cells = decision_cells(scene.rows, scene.candles, scene.signals.indicators, decisions)
        self._logger.log_cells(DECISIONS, cells)
        self._log(list(self._ended(batch, decisions)))

    def finish(self) -> None:
        """Write what has not come to its end."""
        if self._episode is not None:
            self._log([self._episode])
            self._episode = None

    def _log(self, episodes: Sequence[Episode]) -> None:
        made = self._writer.write(episodes)
        self._logger.log_cells(ORDERS, made.orders)
        self._logger.log_cells(FILLS, made.fills)
        self._logger.log_cells(TRADES, made.trades)
        self.trades_opened += len(made.trades)
        self.trades_closed += sum(episode.left is not None for episode in episodes)

    def _ended(self, batch: BatchRun, decisions: Decisions) -> Iterator[Episode]:
        """Happenings in their order; within one candle the venue's reports come before the decision."""
        facts = self._facts(batch)
        for time, decision in self._orders_of(decisions):
            while facts and facts[-1].event.row <= decision.row:
                yield from self._happened(facts.pop())
            if decision.result == DecisionResult.ENTRY:
                self._episode = Episode(time, decision)
            elif self._episode is not None:
                self._episode.leaving = Leaving(time, decided=True)
        while facts:
            yield from self._happened(facts.pop())

    def _happened(self, fact: Fact) -> Iterator[Episode]:
        """What an event makes of the episode; the episode, when it has ended."""
        episode, kind = self._episode, fact.event.kind
        if episode is None:
            raise ValueError("expected an entry before the event that moves it")
        if kind == EventKind.ENTRY_FILLED:
            episode.entered = fact
        elif kind == EventKind.ENTRY_EXPIRED:
            episode.expired = fact.time
        elif kind == EventKind.EXIT_FILLED:
            episode.left = fact
        else:
            episode.leaving = Leaving(fact.time, decided=False)
        if episode.ended:
            self._episode = None
            yield episode

    def _facts(self, batch: BatchRun) -> list[Fact]:
        """This part's events, newest first."""
        journal, candles = batch.journal, self._scene.candles
        events = journal.events[self._scene.own(batch, journal.events[: journal.counts[0]])]
        records: Any = EventRecord(*events.T)
        opened = candles.times[batch.row_index[records.row.astype(np.int64)]]
        times = iso_texts(np.where(records.at_open != 0.0, opened, opened + candles.granularity.ns))
        told = zip(times, map(EventRecord._make, events.tolist()), strict=True)
        return [Fact(time, event) for time, event in told][::-1]

    def _orders_of(self, decisions: Decisions) -> Iterator[tuple[str, DecisionRecord]]:
        """The decisions that led to an order, with their times."""
        acted = decisions.records.result != DecisionResult.REFUSED
        candles, index = self._scene.candles, decisions.candles[acted]
        times = iso_texts(candles.times[index] + candles.granularity.ns)
        rows = np.array(decisions.records).T[acted].tolist()
        return zip(times, map(DecisionRecord._make, rows), strict=True)


class BulkBook:
    """A replay's rows, written to the ledger inside its open transaction."""

    def __init__(self, logger: TruthLogger, entry_type: EntryType) -> None:
        self._logger = logger
        self._entry_type = entry_type
        self._tellers: list[BulkTeller] = []

    def teller(self, scene: Scene) -> Teller:
        teller = BulkTeller(scene, self._logger, self._entry_type)
        self._tellers.append(teller)
        return teller

    def log_halt(self, halt: Halt) -> None:
        self._logger.log_halt(halt)

    @property
    def trades_opened(self) -> int:
        return sum(teller.trades_opened for teller in self._tellers)

    @property
    def trades_closed(self) -> int:
        return sum(teller.trades_closed for teller in self._tellers)
