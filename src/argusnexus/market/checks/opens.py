"""Opens that were never traded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argusnexus.market.checks.findings import Code, Finding, Severity, places_of

if TYPE_CHECKING:
    from argusnexus.market.checks.usable import Usable
    from argusnexus.model.candles import Candles

_ALWAYS = 0.99
_FEWEST = 100


def find_synthetic_opens(series: Usable, given: Candles) -> tuple[Finding, ...]:
    """Opens that equal the close before in 99 % of the candles that follow one directly (in a hundred, at least)."""
    candles = series.candles
    follows = np.diff(candles.times) == candles.granularity.ns
    same = follows & (candles.open[1:] == candles.close[:-1])
    count, possible = int(np.count_nonzero(same)), int(np.count_nonzero(follows))
    if possible < _FEWEST or count < _ALWAYS * possible:
        return ()
    rows = np.sort(series.rows[1:][same])
    message = f"the open is the close before in {count / possible:.1%} of the candles ({count:,})"
    return (Finding(Code.SYNTHETIC_OPEN, Severity.WARNING, count, rows, places_of(given, rows), message),)
