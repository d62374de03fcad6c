"""Which shift between two series is the likeliest, and from when to when.

A hidden Markov model over blocks of 24 candles: in each, the returns of the reference at some shift go with those of the
series as two normal variables of correlation 0.2, 0.4 or 0.65 do, or they have nothing to do with each other; a change
costs 12 in log-likelihood. The likeliest sequence is Viterbi's (1967); its changes are then placed on the candle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argusnexus.model.candles import Candles, FloatColumn, IntColumn

_BLOCK = 24
_CORRELATIONS = (0.2, 0.4, 0.65)
_MIDDLE = 1
_CHANGE = 12.0
_SCALED = 48
_LARGEST = 3.0
_MAD_TO_SIGMA = 1.4826
_SEARCHED_BEFORE, _SEARCHED_AFTER = 2, 4


class Stretch(NamedTuple):
    """Rows of the compared candles in `first <= row < stop`, and the shift (ns) that fits them; None: none does."""

    first: int
    stop: int
    shift: int | None


class Pair(NamedTuple):
    """Scaled returns of both series.

    Attributes:
        own: of the compared candles.
        theirs: of the reference, at every step of a grid that reaches the farthest shifts.
        places: where on the grid the compared candles are, without a shift.
        step: nanoseconds from one place to the next.
    """

    own: FloatColumn
    theirs: FloatColumn
    places: IntColumn
    step: int

    def shifted(self, shift: int, rows: slice = slice(None)) -> FloatColumn:
        """The reference's returns, so many nanoseconds after those of these candles."""
        return self.theirs[self.places[rows] + shift // self.step]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What speaks for each shift.

    Attributes:
        first: the row of the series with which the compared part begins.
        shifts: those that were tried, in nanoseconds; a last state, that none fits, is not among them.
        blocks: log-likelihood ratio against "unrelated", one row per state, one column per block of 24 candles.
        common, correlation: returns that both have at no shift, and how they go together.
    """

    first: int
    shifts: tuple[int, ...]
    pair: Pair
    blocks: FloatColumn
    common: int
    correlation: float


def evidence_of(candles: Candles, reference: Candles, shifts: tuple[int, ...]) -> Evidence:
    """The likelihood of each shift, over the part of the candles that the reference covers."""
    first, stop = np.searchsorted(candles.times, [reference.times[0], reference.times[-1] + 1])
    pair = _pair(candles.rows(slice(int(first), int(stop))), reference, shifts)
    products = pair.own * pair.shifted(0)
    together = np.isfinite(products)
    states = [_block_evidence(pair.own, pair.shifted(shift)) for shift in shifts]
    return Evidence(
        first=int(first),
        shifts=shifts,
        pair=pair,
        blocks=np.vstack([*states, np.zeros(len(states[0]))]),
        common=int(np.count_nonzero(together)),
        correlation=float(products[together].mean()) if together.any() else 0.0,
    )


def _pair(candles: Candles, reference: Candles, shifts: tuple[int, ...]) -> Pair:
    step = candles.granularity.ns
    closes = candles.close_times
    if not len(closes):
        nothing = np.zeros(0)
        return Pair(nothing, nothing, np.zeros(0, dtype=np.int64), step)
    grid = np.arange(closes[0] + min(shifts), closes[-1] + max(shifts) + step, step)
    own, theirs = _returns(candles, closes, step), _returns(reference, grid, step)
    return Pair(_scaled(own), _scaled(theirs), (closes - grid[0]) // step, step)


def _returns(candles: Candles, closes: IntColumn, step: int) -> FloatColumn:
    """Log returns over one step up to each of these moments, NaN where a close is missing."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.log(_closes_at(candles, closes)) - np.log(_closes_at(candles, closes - step)))


def _closes_at(candles: Candles, moments: IntColumn) -> FloatColumn:
    known = candles.close_times
    place = np.minimum(np.searchsorted(known, moments), len(known) - 1)
    return np.where(known[place] == moments, candles.close[place], np.nan)


def _scaled(returns: FloatColumn) -> FloatColumn:
    """Each over the typical size of the 48 around it, bounded, with unit variance; NaN stays."""
    blocks = -(-len(returns) // _SCALED)
    padded = np.full(blocks * _SCALED, np.nan)
    padded[: len(returns)] = np.abs(returns)
    ordered = np.sort(padded.reshape(blocks, _SCALED), axis=1)  # NaN last
    known = np.count_nonzero(np.isfinite(ordered), axis=1)
    medians = ordered[np.arange(blocks), np.maximum(known - 1, 0) // 2]
    sizes = np.repeat(np.where(medians > 0.0, medians, np.nan), _SCALED)[: len(returns)] * _MAD_TO_SIGMA
    bounded = np.clip(returns / sizes, -_LARGEST, _LARGEST)
    finite = bounded[np.isfinite(bounded)]
    spread = float(finite.std()) if len(finite) else 0.0
    return np.asarray(bounded / spread) if spread > 0.0 else np.full(len(returns), np.nan)


def _likelihood(own: FloatColumn, other: FloatColumn, correlation: float) -> FloatColumn:
    """Log-likelihood ratio of two standard normal variables with a correlation against none; 0 where one is missing."""
    square = correlation * correlation
    joint = correlation * own * other - square * (own * own + other * other) / 2
    return np.asarray(np.nan_to_num(joint / (1 - square) - 0.5 * np.log(1 - square)))


def _block_evidence(own: FloatColumn, other: FloatColumn) -> FloatColumn:
    """Per block, the mean likelihood over the correlations that there may be."""
    blocks = len(own) // _BLOCK
    sums = [
        _likelihood(own, other, correlation)[: blocks * _BLOCK].reshape(blocks, _BLOCK).sum(axis=1)
        for correlation in _CORRELATIONS
    ]
    return np.asarray(np.logaddexp.reduce(sums, axis=0) - np.log(len(sums)))


def likeliest(evidence: Evidence) -> list[Stretch]:
    """The stretches of the likeliest sequence of shifts, in order, all rows covered."""
    path = _path(evidence.blocks)
    changes = np.flatnonzero(np.diff(path))
    states = [int(path[0]), *path[changes + 1].tolist()]
    borders = [
        _border(evidence, int(block), before, after)
        for block, before, after in zip(changes, states[:-1], states[1:], strict=True)
    ]
    edges = [0, *borders, len(evidence.pair.own)]
    return [
        Stretch(first, stop, _shift(evidence, state))
        for first, stop, state in zip(edges[:-1], edges[1:], states, strict=True)
        if first < stop
    ]


def _shift(evidence: Evidence, state: int) -> int | None:
    return evidence.shifts[state] if state < len(evidence.shifts) else None


def _path(blocks: FloatColumn) -> IntColumn:
    """The state of each block."""
    best = blocks[:, 0]
    came_from = []
    for column in blocks.T[1:]:
        top = int(best.argmax())
        stays = best >= best[top] - _CHANGE
        came_from.append(np.where(stays, np.arange(len(best)), top))
        best = np.maximum(best, best[top] - _CHANGE) + column
    return np.fromiter(_backwards(came_from, int(best.argmax())), dtype=np.int64)[::-1]


def _backwards(came_from: list[IntColumn], last: int) -> Iterator[int]:
    yield last
    for sources in reversed(came_from):
        last = int(sources[last])
        yield last


def _border(evidence: Evidence, block: int, before: int, after: int) -> int:
    """The row from which the later state is the likelier one, near the end of a block."""
    first = max(0, (block - _SEARCHED_BEFORE) * _BLOCK)
    rows = slice(first, (block + _SEARCHED_AFTER) * _BLOCK)
    gained = _by_candle(evidence, before, rows) - _by_candle(evidence, after, rows)
    return first + int(np.concatenate(([0.0], np.cumsum(gained))).argmax())


def _by_candle(evidence: Evidence, state: int, rows: slice) -> FloatColumn:
    """The likelihood of a state per candle, at the middle correlation."""
    own = evidence.pair.own[rows]
    shift = _shift(evidence, state)
    if shift is None:
        return np.zeros(len(own))
    return _likelihood(own, evidence.pair.shifted(shift, rows), _CORRELATIONS[_MIDDLE])
