"""The times of a tape's lines as the ledger writes them, made for many lines at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.model.decisions import DecisionResult
from argusnexus.model.times import compact
from argusnexus.truth.texts import iso_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argusnexus.truth.audit.episodes import Episode
    from argusnexus.truth.tape import TapeTable


class LineTimes(NamedTuple):
    """By line: when its candle opened and closed, and the close as ids have it."""

    opened: Mapping[int, str]
    closed: Mapping[int, str]
    stamps: Mapping[int, str]


def line_times(tape: TapeTable, episodes: Sequence[Episode]) -> LineTimes:
    """Of every line that has a row of its own, or at which something happened to an entry."""
    happened = {line for one in episodes for line in (one.settled, one.left, one.closed) if line is not None}
    happened.update(np.flatnonzero(tape.result != DecisionResult.HOLD).tolist())
    lines = sorted(happened)
    opened, closed = (iso_texts(column[lines]) for column in (tape.open_time, tape.as_of))
    return LineTimes(
        dict(zip(lines, opened, strict=True)),
        dict(zip(lines, closed, strict=True)),
        dict(zip(lines, map(compact, closed), strict=True)),
    )
