"""The times and ids of a tape's lines as the ledger writes them, made for many lines at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.model.decisions import DecisionResult
from argusnexus.model.times import compact
from argusnexus.truth.episode_columns import row_ids
from argusnexus.truth.texts import iso_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argusnexus.truth.audit.episodes import Episode
    from argusnexus.truth.episode_columns import RowIds
    from argusnexus.truth.tape import TapeTable


class LineTimes(NamedTuple):
    """By line: when its candle opened and closed, and the ids of what follows from a decision at its close."""

    opened: Mapping[int, str]
    closed: Mapping[int, str]
    ids: Mapping[int, RowIds[str]]


def line_times(tape: TapeTable, episodes: Sequence[Episode], key: str) -> LineTimes:
    """Of every line that has a row of its own, or at which something happened to an entry.

    `key` is what stands in an id between its kind and the time.
    """
    acted = {one.left for one in episodes if one.left is not None}
    acted.update(np.flatnonzero(tape.result != DecisionResult.HOLD).tolist())
    happened = {line for one in episodes for line in (one.settled, one.closed) if line is not None}
    lines = sorted(acted | happened)
    opened, closed = (iso_texts(column[lines]) for column in (tape.open_time, tape.as_of))
    return LineTimes(
        dict(zip(lines, opened, strict=True)),
        dict(zip(lines, closed, strict=True)),
        {
            line: row_ids(key + compact(time))
            for line, time in zip(lines, closed, strict=True)
            if line in acted
        },
    )
