"""Asks a strategy for its signals: on candles that it can't change by accident, with errors that name its own line."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

from argusnexus.errors import ArgusError, StrategyError
from argusnexus.strategy.base import Signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from argusnexus.model.candles import Candles
    from argusnexus.strategy.base import Strategy
    from argusnexus.strategy.incremental import IncrementalStrategy
    from argusnexus.strategy.memory import Memory, Slot


def signals_of(strategy: Strategy, candles: Candles) -> Signals:
    """The strategy's signals on these candles, checked.

    Raises:
        StrategyError: if it fails, or its signals don't fit the candles.
    """
    return answer_of(strategy, candles).priced(candles, strategy.name)


def next_signals_of(
    strategy: IncrementalStrategy, candles: Candles, memory: Memory
) -> tuple[Signals, tuple[Slot, ...]]:
    """The strategy's signals on candles that follow others, checked, and what is left in its memory.

    Their warm-up is counted from the first of these candles.

    Raises:
        StrategyError: if it fails, its signals don't fit the candles, or it asks its memory for something else each time.
    """
    left: tuple[Slot, ...] = ()

    def ask(given: Candles) -> Signals:
        nonlocal left
        signals = strategy.next_signals(given, memory)
        left = memory.left()
        return signals

    signals = _asked(strategy, candles, "next_signals", ask).warm_after(memory.seen)
    return signals.priced(candles, strategy.name), left


def answer_of(strategy: Strategy, candles: Candles) -> Signals:
    """The strategy's signals on these candles: of the right length, their prices unchecked.

    Raises:
        StrategyError: if it fails, or has another number of rows.
    """
    return _asked(strategy, candles, "signals", strategy.signals)


def _asked(strategy: Strategy, candles: Candles, method: str, ask: Callable[[Candles], Signals]) -> Signals:
    try:
        signals = ask(candles.read_only())
    except StrategyError as error:
        raise StrategyError(f"{strategy.name}: {error}") from error
    except ArgusError:
        raise
    except (Exception, SystemExit) as error:
        raise StrategyError(
            f"{strategy.name}: {method}() failed on {len(candles)} candles of {candles.symbol}: "
            f"{failure(strategy, error)}"
        ) from error
    if not isinstance(signals, Signals):
        raise StrategyError(
            f"{strategy.name}: {method}() returned {type(signals).__name__}; expected argusnexus.strategy.Signals."
        )
    return signals.fitted(candles, strategy.name)


def failure(strategy: Strategy, error: BaseException) -> str:
    """An exception in one line, with the newest line of the strategy's own file that it passed through."""
    words = f"{type(error).__name__}: {error}"
    file = getattr(sys.modules.get(type(strategy).__module__), "__file__", None)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"{words} ({own[-1].filename}, line {own[-1].lineno}: {own[-1].line})" if own else words
