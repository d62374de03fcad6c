"""Whether a strategy that carries on says in parts what it says at once."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from argusnexus.errors import StrategyError
from argusnexus.strategy.base import candle_named
from argusnexus.strategy.difference import Difference, first_difference, known
from argusnexus.strategy.follow import following, is_incremental

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argusnexus.model.candles import Candles, IntColumn
    from argusnexus.strategy.base import Signals, Strategy
    from argusnexus.strategy.difference import Known

CANDLES_READ = 100_000
"""The most. What is carried on wrongly differs soon, and the check of a run must not cost what its signals cost."""

SINGLES = 20
"""Candles that are asked about one by one in the check of a run: together some hundredths of a second."""


def check_continuity(
    strategy: Strategy, candles: Candles, signals: Signals, *, singles: int = SINGLES
) -> None:
    """Compare an incremental strategy's signals in parts with those on all candles.

    Parts of one candle are where a wrong memory shows: half of them are candles that signal an entry, a quarter signal
    an exit, the rest are spread over the others. Between them lie parts of uneven length. A strategy of another kind
    carries nothing on.

    Args:
        strategy: the one that gave the signals.
        candles: all of one symbol; the first 100,000 are read.
        signals: what the strategy says on them at once.
        singles: about how many parts of one candle there are; never more than a quarter of the candles.

    Raises:
        StrategyError: naming the first candle that was found to differ; or if the strategy fails on a part.
    """
    if not is_incremental(strategy):
        return
    read = slice(0, CANDLES_READ)
    candles, whole = candles.rows(read), known(signals.rows(read))
    follower = following(strategy)
    for start, stop in _parts(whole.signals, singles):
        found = _difference(whole, follower.signals(candles.rows(slice(start, stop))), start)
        if found:
            raise StrategyError(_carried_wrongly(strategy, candles, found, start))


def _parts(signals: Signals, singles: int) -> Iterator[tuple[int, int]]:
    count, warmup = len(signals.entry), signals.warmup
    singles = min(singles, count // 4)
    entries, exits = (np.flatnonzero(flags[warmup:]) + warmup for flags in (signals.entry, signals.exit))
    rows = (
        _some(entries, singles // 2),
        _some(exits, singles // 4),
        _some(np.arange(count), singles // 4),
        np.array([1, warmup, warmup + 1, max(0, count - 1)]),
    )
    starts = np.unique(np.concatenate(rows))
    bounds = np.unique(np.concatenate(([0, count], starts, starts + 1)))
    return pairwise(bounds[bounds <= count].tolist())


def _some(rows: IntColumn, count: int) -> IntColumn:
    """Every row, every second, every third ... so that there are about `count`."""
    return rows[:: max(1, -(-len(rows) // max(1, count)))]


def _difference(whole: Known, part: Signals, start: int) -> Difference | None:
    warmup = whole.signals.warmup
    if part.warmup != max(0, warmup - start):
        return Difference("warmup", None, str(max(0, warmup - start)), str(part.warmup))
    return first_difference(whole, replace(part, warmup=warmup), start, start)


def _carried_wrongly(strategy: Strategy, candles: Candles, found: Difference, start: int) -> str:
    where = f"at {candle_named(candles, found.row)}" if found.row is not None else f"of {candles.symbol}"
    return (
        f"{strategy.name} carries on wrongly: {found.name} {where} is {found.whole} when all candles are read at once, "
        f"and {found.part} when those from row {start} on follow the others. What a row needs of earlier candles comes "
        "from memory: look for shifts, sums, diffs and comparisons with the candle before that don't go through it, for "
        "what is kept between two calls, and for a warmup that depends on memory.seen."
    )
