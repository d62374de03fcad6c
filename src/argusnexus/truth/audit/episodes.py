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


_HELD = (Phase.POSITION_OPEN, Phase.EXIT_PENDING)


def episodes_of(tape: TapeTable) -> tuple[Episode, ...]:
    """Every entry of a symbol, oldest first."""
    return tuple(_episodes(tape))


def _episodes(tape: TapeTable) -> Iterator[Episode]:
    phase, result = tape.phase, tape.result
    settled = np.flatnonzero(~((phase == Phase.ENTRY_PENDING) & (result == DecisionResult.HOLD)))
    not_open = np.flatnonzero(phase != Phase.POSITION_OPEN)
    not_leaving = np.flatnonzero(phase != Phase.EXIT_PENDING)
    for entry in np.flatnonzero(result == DecisionResult.ENTRY).tolist():
        line = _first(settled, entry + 1)
        if line is None or phase[line] not in _HELD:
            yield Episode(entry, line, False, None, False, line)
            continue
        ended = _first(not_open, line)
        if ended is None or phase[ended] != Phase.EXIT_PENDING:
            yield Episode(entry, line, True, None, False, ended)
        else:
            emergency = bool(result[ended] != DecisionResult.EXIT)
            yield Episode(entry, line, True, ended, emergency, _first(not_leaving, ended + 1))


def _first(lines: IntColumn, start: int) -> int | None:
    """The first of some ordered lines from `start` on."""
    place = int(np.searchsorted(lines, start))
    return int(lines[place]) if place < len(lines) else None


def phases_of(episodes: tuple[Episode, ...], count: int) -> IntColumn:
    """Where the engine stood after each of `count` lines, had it done nothing else."""
    phases = np.full(count, Phase.IDLE, np.int64)
    for one in episodes:
        settled = count if one.settled is None else one.settled
        phases[one.entry : settled] = Phase.ENTRY_PENDING
        if one.held:
            closed = count if one.closed is None else one.closed
            left = closed if one.left is None else one.left
            phases[settled:left] = Phase.POSITION_OPEN
            phases[left:closed] = Phase.EXIT_PENDING
    return phases
