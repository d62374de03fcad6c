"""`IncrementalStrategy`: a strategy that carries on from candle to candle without reading the history again."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from argusnexus.strategy.base import Strategy
from argusnexus.strategy.memory import Memory

if TYPE_CHECKING:
    from argusnexus.model.candles import Candles
    from argusnexus.strategy.base import Signals


class IncrementalStrategy(Strategy):
    """A strategy whose rule is written once, for the candles that are new: all of them in a replay, one at a tick.

    What a row needs of earlier candles comes out of the memory, and from nowhere else.
    """

    @abstractmethod
    def next_signals(self, candles: Candles, memory: Memory) -> Signals:
        """The signals at the close of each new candle; everything that is no column is the same in every pass.

        `warmup` counts from the first candle of all, as if there were one pass only: it doesn't depend on `memory.seen`.
        """

    def signals(self, candles: Candles) -> Signals:
        return self.next_signals(candles, Memory(len(candles)))
