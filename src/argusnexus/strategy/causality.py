"""Whether a strategy looks ahead: its signals on truncated candles must be its signals on all of them.

That is evidence and no proof: a candle at which no cut was made may still look ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from argusnexus.errors import ArgusError, LookAheadError, StrategyError
from argusnexus.strategy.base import candle_named
from argusnexus.strategy.difference import agrees_at, first_difference, known
from argusnexus.strategy.evaluate import answer_of
from argusnexus.strategy.follow import following, is_incremental

if TYPE_CHECKING:
    from collections.abc import Callable

    from argusnexus.model.candles import Candles, IntColumn
    from argusnexus.strategy.base import Signals, Strategy
    from argusnexus.strategy.difference import Difference, Known
    from argusnexus.strategy.follow import Follower

    CutsDone = Callable[[int, int], None]

CUTS_AT_ENTRIES = 1000
CUTS_AT_EXITS = 100
CUTS_BETWEEN = 50
"""The most cuts directly after candles that signal an entry, that signal an exit, and that signal neither."""

CUTS_ACTED_ON = 1000
"""The most further cuts after candles with an order: a leak at one order in a hundred escapes with 0.99**1000 = 4e-5."""

SHORTEST = 100
"""Candles in the shortest history that is tried without a signal at its end; `exhaustive` tries every length."""

WARMUPS_IN_WINDOW = 4
SMALLEST_WINDOW = 1000
WINDOW_GROWTH = 8
"""A cut is first tried with a window of the newest candles; after one that can't tell the windows are longer."""

CANDLES_TO_READ_WHOLE = 5_000_000
"""What all cuts together may read before windows are tried: the whole history finds leaks that a window can't."""

CANDLES_TO_READ = 20_000_000
"""Some seconds: what all cuts together may read where every one needs the whole history. Then fewer are made."""


def check_causality(
    strategy: Strategy,
    candles: Candles,
    signals: Signals,
    *,
    exhaustive: bool = False,
    progress: CutsDone | None = None,
) -> int:
    """How often the signals were recomputed on truncated candles; they agreed each time.

    Cuts are made after candles that signal an entry (1000 at most, evenly spread), after 100 that signal an exit and 50
    between, and at a few places where every candle before the cut is compared.

    Args:
        strategy: the one that gave the signals.
        candles: all of one symbol.
        signals: what the strategy says on them.
        exhaustive: cut after every candle.
        progress: told how many cuts are made and how many there are.

    Raises:
        LookAheadError: naming the first candle that was found to differ.
        StrategyError: if the strategy fails on fewer candles, or says something else each time it is asked.
    """
    check = _Check(strategy, candles, known(signals))
    whole = _lengths_halved(len(candles), signals.warmup)
    groups = (_every_cut(len(candles)),) if exhaustive else _cuts_at_signals(signals)
    cuts = [group[~np.isin(group, whole)] for group in groups]
    told = _Told(progress, sum(map(len, cuts)))
    if exhaustive:
        made = sum(_make(check, group, signals.warmup, None, told) for group in cuts)
    else:
        made = sum(_sampled(check, group, signals.warmup, told) for group in cuts)
    for cut in whole:
        check.whole(cut)
    return made + len(whole)


def check_acted_on(strategy: Strategy, candles: Candles, signals: Signals, rows: IntColumn) -> int:
    """How many more cuts were made, directly after candles on which an entry or an exit was ordered; all agreed.

    `rows` are those candles, of which 1000 at most are tried, evenly spread; where `check_causality` has cut already, it
    isn't done again. Errors as there.
    """
    cuts = np.setdiff1d(rows + 1, np.concatenate(_cuts_at_signals(signals)))
    cuts = _spread(cuts[cuts < len(candles)], CUTS_ACTED_ON)
    check = _Check(strategy, candles, known(signals))
    return _sampled(check, cuts, signals.warmup, _Told(None, len(cuts)))


def _sampled(check: _Check, cuts: IntColumn, warmup: int, told: _Told) -> int:
    """The number of cuts made; a strategy that carries on makes all of them in one pass."""
    made = _carried(check, np.sort(cuts), told) if is_incremental(check.strategy) else 0
    return made + _make(check, np.sort(cuts)[made:], warmup, CANDLES_TO_READ, told)


def _carried(check: _Check, cuts: IntColumn, told: _Told) -> int:
    """How many cuts were made until one didn't agree, which has to be looked at by itself.

    The strategy is given the candles in parts that end at the cuts: what it has said by then knows no later candle.
    """
    follower = following(check.strategy)
    for made, cut in enumerate(cuts.tolist()):
        if not check.carries_on(follower, cut):
            return made
        told.one_more(len(cuts) - made - 1)
    return len(cuts)


def _make(check: _Check, cuts: IntColumn, warmup: int, most: int | None, told: _Told) -> int:
    """The number of cuts made."""
    window = _first_window(cuts, warmup)
    made, left = 0, _affordable(cuts, window, most)
    while len(left):
        cut, left = int(left[0]), left[1:]
        start = max(0, cut - window)
        if not check.agrees(start, cut):
            check.whole(cut)
            if start:
                window *= WINDOW_GROWTH
                left = _affordable(left, window, most)
        made += 1
        told.one_more(len(left))
    return made


def _first_window(cuts: IntColumn, warmup: int) -> int:
    """All candles before a cut where that is affordable, else some warm-ups of them."""
    if cuts.sum() <= CANDLES_TO_READ_WHOLE:
        return int(cuts.max(initial=0))
    return max(WARMUPS_IN_WINDOW * warmup, SMALLEST_WINDOW)


def _affordable(cuts: IntColumn, window: int, most: int | None) -> IntColumn:
    """Every one, every second, every third ... of the cuts, so that about `most` candles are read."""
    needed = int(np.minimum(cuts, window).sum())
    return cuts[:: max(1, ceil(needed / most))] if most else cuts


def _cuts_at_signals(signals: Signals) -> tuple[IntColumn, IntColumn]:
    """Lengths of truncated candles: those that end with an entry signal, and others."""
    rows = np.arange(len(signals.entry))
    tried = (rows >= signals.warmup) & (rows < len(rows) - 1)
    entries = signals.entry & tried
    exits = signals.exit & tried & ~entries
    others = tried & ~entries & ~exits & (rows >= SHORTEST)
    at_entries, at_exits, between = (
        1 + _spread(np.flatnonzero(mask), count)
        for mask, count in ((entries, CUTS_AT_ENTRIES), (exits, CUTS_AT_EXITS), (others, CUTS_BETWEEN))
    )
    return at_entries, np.concatenate((at_exits, between))


def _every_cut(candles: int) -> IntColumn:
    return np.arange(1, candles)


def _spread(rows: IntColumn, count: int) -> IntColumn:
    """At most `count` of them, evenly spread."""
    if len(rows) <= count:
        return rows
    return rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)]


def _lengths_halved(candles: int, warmup: int) -> list[int]:
    """All candles but the newest, and half of them, a quarter ... as long as enough are left; shortest first."""
    lengths = [candles - 1] if candles - 1 > warmup else []
    half = candles // 2
    while half > max(warmup, SHORTEST):
        lengths.append(half)
        half //= 2
    return lengths[::-1]


class _Told:
    """Somebody, or nobody, who is told how many cuts are made and how many there are."""

    def __init__(self, progress: CutsDone | None, planned: int) -> None:
        self._progress = progress
        self._planned = planned
        self._made = 0

    def one_more(self, left: int) -> None:
        """Another cut was made; `left` of its group are still to be made."""
        self._made += 1
        if self._progress:
            self._progress(self._made, max(self._planned, self._made + left))


@dataclass(frozen=True, slots=True)
class _Check:
    """One strategy on its candles."""

    strategy: Strategy
    candles: Candles
    known: Known

    def agrees(self, start: int, cut: int) -> bool:
        """Whether the newest candle before the cut is the same when only candles from `start` on are seen.

        Then no later candle was needed for it. Where it isn't and `start` isn't 0, nothing is known: a value may rightly
        depend on where the history began, and a strategy may fail on candles that begin elsewhere. A window of the
        newest candles is blind to one thing, a strategy that counts rows from the first candle.
        """
        try:
            said = answer_of(self.strategy, self.candles.rows(slice(start, cut)))
        except ArgusError:
            return False
        return agrees_at(self.known, said, cut - 1)

    def carries_on(self, follower: Follower, cut: int) -> bool:
        """Whether the newest candle before the cut is the same when the candles since the cut before it are added."""
        start = follower.seen
        try:
            said = follower.signals(self.candles.rows(slice(start, cut)))
        except ArgusError:
            return False
        return agrees_at(self.known, said, cut - 1, start)

    def whole(self, cut: int) -> None:
        """Compare every one of the candles before the cut.

        Raises:
            LookAheadError, StrategyError: if one differs.
        """
        said = self._answer(cut)
        found = first_difference(self.known, said, 0, 0)
        if found:
            self._refuse_if_never_the_same(cut, said)
            raise LookAheadError(self._looks_ahead(found, cut))

    def _answer(self, cut: int) -> Signals:
        try:
            return answer_of(self.strategy, self.candles.rows(slice(0, cut)))
        except ArgusError as error:
            raise StrategyError(
                f"{error} That was with only the first {cut} of {len(self.candles)} candles; with all of them it works. A "
                "strategy is asked again as candles come in: it must work with any number of them, saying NaN "
                "and False where there are too few."
            ) from error

    def _refuse_if_never_the_same(self, cut: int, said: Signals) -> None:
        """What differs by itself proves nothing about later candles."""
        for signals, length in ((said, cut), (self.known.signals, len(self.candles))):
            found = first_difference(known(signals), self._answer(length), 0, 0)
            if found:
                raise StrategyError(
                    f"{self.strategy.name}: asked twice about the same {length} candles of {self.candles.symbol}, it said "
                    f"{self._named(found)} is {found.whole} and then {found.part}. Signals must follow from the "
                    "candles and the strategy's fields alone: seed what is random, and keep nothing between two calls."
                )

    def _looks_ahead(self, found: Difference, cut: int) -> str:
        return (
            f"{self.strategy.name} looks ahead: {self._named(found)} is {found.whole} with all {len(self.candles)} "
            f"candles and {found.part} with only the first {cut}. What it says about row i may depend on candles 0 to i "
            "only: look for shift(-1), centred windows, filling backwards, and for means, ranks or scales over the "
            "whole series."
        )

    def _named(self, found: Difference) -> str:
        if found.row is None:
            return f"{found.name} of {self.candles.symbol}"
        return f"{found.name} at {candle_named(self.candles, found.row)}"
