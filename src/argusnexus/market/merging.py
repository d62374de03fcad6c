"""Candles joined with those that are stored: the first to come is kept, and every other value is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.model.candles import Candles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from argusnexus.model.candles import BoolColumn, Granularity


class Values(NamedTuple):
    """A candle without its time."""

    open: float
    high: float
    low: float
    close: float
    volume: float


class Conflict(NamedTuple):
    """A candle that came with other values than those stored for its time.

    Attributes:
        time: its open time, nanoseconds since the epoch.
        kept: what is stored, and stays.
        refused: what came; `source` and `at` say from where and when.
    """

    time: int
    kept: Values
    refused: Values
    source: str
    at: datetime


class Combined(NamedTuple):
    """Stored and incoming candles as one.

    Attributes:
        candles: all of them in order, the stored ones where both have a time.
        added, identical: incoming candles that are new, and that are stored with the same values.
        kept, refused: of the others, what is stored and what came, row by row.
    """

    candles: Candles
    added: int
    identical: int
    kept: Candles
    refused: Candles


def combine(stored: Candles, incoming: Candles) -> Combined:
    """Both as one; both must be free of data errors."""
    rows = np.searchsorted(stored.times, incoming.times)
    is_there = rows < len(stored)
    is_there[is_there] = stored.times[rows[is_there]] == incoming.times[is_there]
    kept, same_time = stored.rows(rows[is_there]), incoming.rows(is_there)
    differs = _differs(kept, same_time)
    added = incoming.rows(~is_there)
    return Combined(
        _in_order(stored.followed_by(added)) if len(added) else stored,
        len(added),
        len(same_time) - int(differs.sum()),
        kept.rows(differs),
        same_time.rows(differs),
    )


def conflicts_of(combined: Combined, source: str, at: datetime) -> tuple[Conflict, ...]:
    pairs = zip(_values(combined.kept), _values(combined.refused), strict=True)
    times = combined.kept.times.tolist()
    return tuple(Conflict(time, *pair, source, at) for time, pair in zip(times, pairs, strict=True))


def joined(symbol: str, granularity: Granularity, pieces: Sequence[Candles]) -> Candles:
    """Pieces that follow each other as one, which may be empty; its columns may be written to."""
    if len(pieces) == 1:
        return pieces[0]
    times = np.concatenate([np.empty(0, dtype=np.int64), *(piece.times for piece in pieces)])
    values = (
        np.concatenate([np.empty(0), *(getattr(piece, name) for piece in pieces)]) for name in Values._fields
    )
    return Candles(symbol, granularity, times, *values)


def _differs(one: Candles, other: Candles) -> BoolColumn:
    unlike = [getattr(one, name) != getattr(other, name) for name in Values._fields]
    return np.asarray(np.logical_or.reduce(unlike))


def _in_order(candles: Candles) -> Candles:
    return candles.rows(np.argsort(candles.times, kind="stable"))


def _values(candles: Candles) -> Iterator[Values]:
    columns = (getattr(candles, name).tolist() for name in Values._fields)
    return map(Values, *columns)
