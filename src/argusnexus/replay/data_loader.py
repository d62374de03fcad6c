"""`DataLoader`: stored candles (or the sample market's) as a pandas frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from argusnexus.errors import DataError
from argusnexus.market.sample import SAMPLE_SYMBOLS
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.model.frames import to_frame
from argusnexus.replay.market import as_date, load_market, source_of

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd


class DataLoader:
    """Loads candles from the store in `cache_dir`."""

    def __init__(self, cache_dir: str | Path = "data/cache") -> None:
        self.cache_dir = Path(cache_dir)

    def load(
        self,
        symbol: str,
        start: date | str | None,
        end: date | str | None,
        granularity: str = "4h",
        use_cache: bool = True,  # noqa: FBT001, FBT002 (a fixed signature)
    ) -> pd.DataFrame:
        """The candles that opened on the days from `start` to `end`, both inclusive, oldest first.

        Columns: timestamp (open time, datetime64[ns, UTC]), open, high, low, close, volume (float64). A granularity
        that isn't stored is made from complete buckets of one that divides it.

        Raises:
            ConfigError: if a date, the range or the granularity can't be used.
            DataError: if there are no such candles, they can't be believed, or the cache may not be used.
        """
        if not use_cache and symbol not in SAMPLE_SYMBOLS:
            raise DataError(
                f"{symbol}: candles come from the store in {self.cache_dir}, so use_cache=False leaves nothing to load "
                "from. Import a file with `argus data import` and load with use_cache=True."
            )
        days = as_date("start", start), as_date("end", end)
        market = load_market(
            source_of([symbol], CandleStore(self.cache_dir)), [symbol], Granularity.parse(granularity), *days
        )
        return to_frame(market.symbols[0].candles)
