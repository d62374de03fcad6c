"""Asks a strategy for its signals: on candles that it can't change by accident, with errors that name its own line."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

from argusnexus.errors import ArgusError, StrategyError
from argusnexus.strategy.base import Signals

if TYPE_CHECKING:
    from argusnexus.model.candles import Candles
    from argusnexus.strategy.base import Strategy


def signals_of(strategy: Strategy, candles: Candles) -> Signals:
    """The strategy's signals on these candles, checked.

    Raises:
        StrategyError: if it fails, or its signals don't fit the candles.
    """
    return answer_of(strategy, candles).checked(candles, strategy.name)


def answer_of(strategy: Strategy, candles: Candles) -> Signals:
    """The strategy's signals on these candles: of the right length, their prices unchecked.

    Raises:
        StrategyError: if it fails, or has another number of rows.
    """
    try:
        signals = strategy.signals(candles.read_only())
    except StrategyError as error:
        raise StrategyError(f"{strategy.name}: {error}") from error
    except ArgusError:
        raise
    except (Exception, SystemExit) as error:
        raise StrategyError(
            f"{strategy.name}: signals() failed on {len(candles)} candles of {candles.symbol}: {failure(strategy, error)}"
        ) from error
    if not isinstance(signals, Signals):
        raise StrategyError(
            f"{strategy.name}: signals() returned {type(signals).__name__}; expected argusnexus.strategy.Signals."
        )
    return signals.fitted(candles, strategy.name)


def failure(strategy: Strategy, error: BaseException) -> str:
    """An exception in one line, with the newest line of the strategy's own file that it passed through."""
    words = f"{type(error).__name__}: {error}"
    file = getattr(sys.modules.get(type(strategy).__module__), "__file__", None)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"{words} ({own[-1].filename}, line {own[-1].lineno}: {own[-1].line})" if own else words
