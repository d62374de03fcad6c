"""What speaks against storing the candles of a file: they aren't the candles that they are said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argusnexus.errors import DataError
from argusnexus.market.importing import usual_step
from argusnexus.model.times import MINUTE

if TYPE_CHECKING:
    from pathlib import Path

    from argusnexus.market.importing import ImportedCandles
    from argusnexus.model.candles import Candles, Granularity

_FEWEST_DISTANCES = 10
_SURE = 0.9


def refuse_doubtful(path: Path, imported: ImportedCandles) -> None:
    """Nothing when a file's candles can be stored as what they are said to be.

    Raises:
        DataError: if some are marked as incomplete, or most are longer than the granularity says.
    """
    candles = imported.candles
    if imported.incomplete:
        raise DataError(
            f"{path}: {imported.incomplete:,} of {len(candles):,} candles are marked complete=false: they lack some of the "
            "shorter ones that they were made from. Nothing was stored. Leave these rows out of the file; `argus data "
            "resample` does so with --partial drop."
        )
    longer = _really(candles)
    if longer is not None:
        raise DataError(
            f"{path}: nearly all candles are {longer} apart, or a multiple of it, so they don't last {candles.granularity}: "
            f"taken for that, each would be known before it closed. Nothing was stored. Expected --granularity {longer}."
        )


def _really(candles: Candles) -> Granularity | None:
    """How long the candles last, where that is longer than they are said to and enough of them say so."""
    usual = usual_step(candles.times)
    distances = np.abs(np.diff(candles.times))
    distances = distances[distances > 0]
    if (
        usual is None
        or usual <= candles.granularity
        or usual.ns % MINUTE
        or len(distances) < _FEWEST_DISTANCES
    ):
        return None
    return usual if (distances % usual.ns == 0).mean() > _SURE else None
