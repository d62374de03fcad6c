"""Asks a strategy about candles as they come in: each time only the new rows are answered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeGuard

from argusnexus.errors import StrategyError
from argusnexus.strategy.evaluate import next_signals_of, signals_of
from argusnexus.strategy.incremental import IncrementalStrategy
from argusnexus.strategy.memory import Memory

if TYPE_CHECKING:
    from argusnexus.model.candles import Candles
    from argusnexus.strategy.base import Signals, Strategy
    from argusnexus.strategy.memory import Slot


class Follower(ABC):
    """One strategy on one symbol's candles, as they come in.

    Attributes:
        seen: how many candles it was asked about.
    """

    seen: int = 0

    @abstractmethod
    def signals(self, candles: Candles) -> Signals:
        """The signals on the candles that follow those seen, checked; the warm-up is counted from the first of these.

        Raises:
            StrategyError: if the strategy fails, or its signals don't fit; then these candles were not seen.
        """


def following(strategy: Strategy) -> Follower:
    """A follower that has seen nothing yet.

    An incremental strategy carries on, which costs the same however much it has seen. Any other is asked about all
    candles again, which are kept for it: that costs more with each of them.
    """
    return _Remembering(strategy) if is_incremental(strategy) else _Recomputing(strategy)


def is_incremental(strategy: Strategy) -> TypeGuard[IncrementalStrategy]:
    """Whether `next_signals` is all that it says: not where a class puts `signals` of its own over an inherited rule."""
    return isinstance(strategy, IncrementalStrategy) and type(strategy).signals is IncrementalStrategy.signals


class _Remembering(Follower):
    """Keeps what the strategy keeps."""

    def __init__(self, strategy: IncrementalStrategy) -> None:
        self._strategy = strategy
        self._slots: tuple[Slot, ...] | None = None

    def signals(self, candles: Candles) -> Signals:
        memory = Memory(len(candles), self.seen, self._slots)
        try:
            signals, self._slots = next_signals_of(self._strategy, candles, memory)
        except StrategyError as error:
            if not self.seen:
                raise
            raise StrategyError(
                f"{error} That was with {len(candles)} candles that follow {self.seen} others; rows are counted from "
                "the first of these."
            ) from error
        self.seen += len(candles)
        return signals


class _Recomputing(Follower):
    """Keeps the candles."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self._history: Candles | None = None

    def signals(self, candles: Candles) -> Signals:
        history = self._history.followed_by(candles) if self._history else candles
        signals = signals_of(self._strategy, history).rows(slice(self.seen, None)).warm_after(self.seen)
        self._history, self.seen = history, len(history)
        return signals
