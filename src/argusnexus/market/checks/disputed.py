"""Stored candles that came again with other values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argusnexus.market.checks.findings import Code, Finding, by_share, many, places_of, times_listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argusnexus.model.candles import Candles


def find_disputed(candles: Candles, refused: Iterable[int]) -> tuple[Finding, ...]:
    """The candles whose open times (ns since the epoch) are among those for which other values were refused."""
    rows = np.flatnonzero(np.isin(candles.times, list(refused)))
    if not len(rows):
        return ()
    message = (
        f"{many(len(rows), 'candle', 'candles')} came again with other values, and the first ones were kept: "
        f"{times_listed(candles.times[rows])}"
    )
    severity = by_share(len(rows), 0, len(candles))
    return (Finding(Code.DISPUTED, severity, len(rows), rows, places_of(candles, rows), message),)
