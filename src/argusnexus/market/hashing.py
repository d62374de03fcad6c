"""One hash for the content of candles, the same on every machine."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argusnexus.model.candles import Candles


def data_hash(candles_by_symbol: Mapping[str, Candles]) -> str:
    """SHA-256 (hex) over symbols, granularities and all columns; the order of the symbols doesn't count."""
    digest = hashlib.sha256()
    for symbol in sorted(candles_by_symbol):
        candles = candles_by_symbol[symbol]
        digest.update(f"{symbol}\n{candles.granularity}\n{len(candles)}\n".encode())
        digest.update(np.ascontiguousarray(candles.times, dtype="<i8").data)
        for column in (candles.open, candles.high, candles.low, candles.close, candles.volume):
            digest.update(np.ascontiguousarray(column, dtype="<f8").data)
    return digest.hexdigest()
