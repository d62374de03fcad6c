"""The answers of a fetch, merged into the store in groups."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from argusnexus.market.fetch_pages import runs

if TYPE_CHECKING:
    from argusnexus.clock import Clock
    from argusnexus.market.fetch_pages import Answer
    from argusnexus.market.merging import Conflict
    from argusnexus.market.store import CandleStore

_ANSWERS = 20
_SECONDS = 5.0


class Harvest:
    """What has come: merged when there is enough of it, so that a kill loses little and few files are rewritten.

    Answers without a candle are held until one comes, so that a series of which there is nothing isn't made.

    Attributes:
        kept: candles added to the store.
        conflicts: candles that came with other values than those stored.
    """

    def __init__(self, store: CandleStore, source: str, clock: Clock, now: int) -> None:
        self.kept = 0
        self.conflicts: tuple[Conflict, ...] = ()
        self._store = store
        self._source = source
        self._clock = clock
        self._now = now
        self._held: list[Answer] = []
        self._has_candles = False
        self._merged_at = monotonic()

    def add(self, answer: Answer) -> None:
        """Take an answer, and merge all that are held when it is time.

        Raises:
            DataError: if the store can't take them.
        """
        self._held.append(answer)
        self._has_candles |= len(answer.candles) > 0
        if len(self._held) >= _ANSWERS or monotonic() - self._merged_at > _SECONDS:
            self.merge()

    def merge(self) -> None:
        """Merge all that are held, if there is a series or a candle to make one of; what fails is still held then.

        Raises:
            DataError: if the store can't take them.
        """
        if not self._may_merge():
            return
        for run in runs(self._held, self._now):
            if run.told.start < run.told.stop:
                merge = self._store.merge(run.candles, self._source, self._clock.now(), asked=run.told)
                self.kept += merge.added
                self.conflicts += merge.conflicts
        self._held.clear()
        self._merged_at = monotonic()

    def _may_merge(self) -> bool:
        if self._has_candles or not self._held:
            return self._has_candles
        candles = self._held[0].candles
        return self._store.has(candles.symbol, candles.granularity)
