"""What state a stored series is in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from argusnexus.errors import DataError
from argusnexus.model.faults import data_errors
from argusnexus.model.spans import subtract

if TYPE_CHECKING:
    from pathlib import Path

    from argusnexus.market.manifest import Manifest
    from argusnexus.market.series import Series
    from argusnexus.model.candles import Granularity


class SeriesState(Enum):
    """The worst that is to be said of a series; the value is its label."""

    COMPLETE = "complete"  # from its first candle to its last, everything was fetched or imported
    PARTS_MISSING = "parts missing"  # there are times between them that nobody asked for
    RAW = "data errors"  # kept as it was imported; a replay is refused
    DAMAGED = "damaged"  # a file of it is lost or changed


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """What is known of a stored series.

    Attributes:
        path: its folder, or its one file where it has the old layout.
        manifest: None when it can't be read.
        damages: what can't be used, each as a message; empty when every part's content hash holds.
    """

    symbol: str
    granularity: Granularity
    path: Path
    state: SeriesState
    manifest: Manifest | None
    damages: tuple[str, ...]

    @property
    def missing_parts(self) -> int:
        """How many spans between the first candle and the last were neither fetched nor imported."""
        return _missing_parts(self.manifest, self.granularity) if self.manifest else 0


def describe(series: Series) -> StoredSeries:
    """The series, whatever state it is in; every candle is read."""
    path = series.folder if series.folder.exists() else series.old_file
    name = (series.symbol, series.granularity, path)
    try:
        manifest, reading = series.manifest(), series.read()
    except DataError as error:
        return StoredSeries(*name, SeriesState.DAMAGED, None, (str(error),))
    damages = tuple(str(series.explained(damage)) for damage in reading.damages)
    state = _state(
        manifest, series.granularity, is_damaged=bool(damages), is_raw=bool(data_errors(reading.candles))
    )
    return StoredSeries(*name, state, manifest, damages)


def _missing_parts(manifest: Manifest, granularity: Granularity) -> int:
    extent = manifest.extent(granularity)
    return len(subtract([extent], manifest.covered)) if extent else 0


def _state(
    manifest: Manifest | None, granularity: Granularity, *, is_damaged: bool, is_raw: bool
) -> SeriesState:
    if manifest is None or is_damaged:
        return SeriesState.DAMAGED
    if is_raw:
        return SeriesState.RAW
    return SeriesState.PARTS_MISSING if _missing_parts(manifest, granularity) else SeriesState.COMPLETE
