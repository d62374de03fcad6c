"""The lives of a symbol's entries, as its tape tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.model.decisions import DecisionResult, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argusnexus.model.candles import IntColumn
    from argusnexus.truth.tape import TapeTable


class Episode(NamedTuple):
    """One entry, in lines of its symbol's tape; None is not before the tape's end.

    Attributes:
        entry: its close decided the entry.
        settled: the first at whose close the entry no longer waits: it was filled, or it expired.
        held: whether a position was held then; if not, it was closed in the same candle, or there was none.
        left: its close began a market exit.
        emergency: nobody decided that exit: the stop was jumped by a gap.
        closed: the first at whose close nothing was held any more.
    """

    entry: int
    settled: int | None
    held: bool
    left: int | None
    emergency: bool
    closed: int | None


_PENDING, _OPEN, _LEAVING = (
    phase.value for phase in (Phase.ENTRY_PENDING, Phase.POSITION_OPEN, Phase.EXIT_PENDING)
)
_HELD = (_OPEN, _LEAVING)


def episodes_of(tape: TapeTable) -> tuple[Episode, ...]:
    """Every entry of a symbol, oldest first."""
    return tuple(_episodes(tape))


def _episodes(tape: TapeTable) -> Iterator[Episode]:
    phase, result = tape.phase, tape.result
    entries = np.flatnonzero(result == DecisionResult.ENTRY)
    waits = (phase == Phase.ENTRY_PENDING) & (result == DecisionResult.HOLD)
    settled = _first(np.flatnonzero(~waits), entries + 1)
    ended = _first(np.flatnonzero(phase != Phase.POSITION_OPEN), settled)
    closed = _first(np.flatnonzero(phase != Phase.EXIT_PENDING), ended + 1)
    lines = zip(*(column.tolist() for column in (entries, settled, ended, closed)), strict=True)
    last = len(tape)
    phases = np.append(phase, -1)  # of the line behind the last one
    held = np.isin(phases[np.minimum(settled, last)], _HELD).tolist()
    leaving = (phases[np.minimum(ended, last)] == Phase.EXIT_PENDING).tolist()
    decided = (np.append(result, -1)[np.minimum(ended, last)] == DecisionResult.EXIT).tolist()
    for place, (entry, settled_at, ended_at, closed_at) in enumerate(lines):
        if not held[place]:
            yield Episode(entry, _within(settled_at, last), False, None, False, _within(settled_at, last))
        elif not leaving[place]:
            yield Episode(entry, settled_at, True, None, False, _within(ended_at, last))
        else:
            yield Episode(entry, settled_at, True, ended_at, not decided[place], _within(closed_at, last))


def _first(lines: IntColumn, starts: IntColumn) -> IntColumn:
    """For each start the first of some ordered lines from there on; a line that no tape has where there is none."""
    behind = np.append(lines, np.iinfo(np.int64).max // 2)
    return behind[np.searchsorted(lines, starts)]


def _within(line: int, count: int) -> int | None:
    return line if line < count else None


def phases_of(episodes: tuple[Episode, ...], count: int) -> IntColumn:
    """Where the engine stood after each of `count` lines, had it done nothing else."""
    phases = np.full(count, Phase.IDLE.value, np.int64)
    for one in episodes:
        settled = count if one.settled is None else one.settled
        phases[one.entry : settled] = _PENDING
        if one.held:
            closed = count if one.closed is None else one.closed
            left = closed if one.left is None else one.left
            phases[settled:left] = _OPEN
            phases[left:closed] = _LEAVING
    return phases
