"""Candles in which nothing, or next to nothing, happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argusnexus.market.checks.findings import Code, Finding, by_share, many, places_of, runs_of, time_text

if TYPE_CHECKING:
    from argusnexus.model.candles import BoolColumn, Candles

_FROZEN = 5


def find_inactivity(candles: Candles) -> tuple[Finding, ...]:
    """Candles without volume, with a single price, and stretches in which the price stood still."""
    idle = candles.volume == 0.0
    one_price = (
        (candles.high == candles.low) & (candles.open == candles.close) & (candles.open == candles.low)
    )
    frozen = _frozen(candles)
    return (
        *_finding(candles, Code.ZERO_VOLUME, idle, "no volume"),
        *_finding(candles, Code.ONE_PRICE, one_price & (candles.volume > 0.0), "volume but a single price"),
        *_finding(
            candles, Code.FROZEN_PRICE, frozen, f"a price that stood still for {_FROZEN} candles or more"
        ),
    )


def _frozen(candles: Candles) -> BoolColumn:
    """Candles in stretches of five and more whose high, low and close are one and the same."""
    still = np.zeros(len(candles), dtype=np.bool_)
    flat = candles.high == candles.low
    still[1:] = flat[1:] & flat[:-1] & (candles.close[1:] == candles.close[:-1])
    firsts, lengths = runs_of(still)
    long = lengths >= _FROZEN - 1
    edges = np.zeros(len(candles) + 1, dtype=np.int8)
    edges[firsts[long] - 1] += 1
    edges[firsts[long] + lengths[long]] -= 1
    return np.asarray(np.cumsum(edges[:-1]) > 0)


def _finding(candles: Candles, code: Code, marked: BoolColumn, what: str) -> tuple[Finding, ...]:
    rows = np.flatnonzero(marked)
    if not len(rows):
        return ()
    firsts, lengths = runs_of(marked)
    longest = int(lengths.argmax())
    length = int(lengths[longest])
    where = time_text(int(candles.times[firsts[longest]]))
    stretch = (
        f"the longest stretch is {length:,} candles from {where}" if length > 1 else f"the first at {where}"
    )
    message = f"{many(len(rows), 'candle has', 'candles have')} {what}; {stretch}"
    severity = by_share(len(rows), length, len(candles))
    return (Finding(code, severity, len(rows), rows, places_of(candles, rows), message),)
