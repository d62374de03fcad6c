"""`DataLoader`: candles from the store, the venue or the sample market as a pandas frame."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from argusnexus.coinbase.source import VenueSource, open_venue
from argusnexus.market.sample import SAMPLE_SYMBOLS
from argusnexus.market.source import StoredSource
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.model.frames import to_frame
from argusnexus.replay.fetching import fetch_days
from argusnexus.replay.market import as_date, load_market, source_of

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from argusnexus.market.source import CandleSource


class DataLoader:
    """Loads candles from the store in `cache_dir`, or from the venue.

    Args:
        cache_dir: of the store.
        base_url: of the venue, if it is elsewhere.
    """

    def __init__(self, cache_dir: str | Path = "data/cache", *, base_url: str | None = None) -> None:
        self.cache_dir = Path(cache_dir)
        self._base_url = base_url

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
        that isn't there is made from complete buckets of one that divides it.

        Args:
            symbol: for example BTC-USD.
            start: first day; None is as far as the candles go, but must be named where they are fetched.
            end: last day; None is as far as the candles go.
            granularity: of the candles.
            use_cache: False fetches all of it from the venue; nothing stored is used, and nothing is stored.

        Raises:
            ConfigError: if a date, the range or the granularity can't be used.
            DataError: if there are no such candles, or they can't be believed or fetched.
        """
        days, length = (as_date("start", start), as_date("end", end)), Granularity.parse(granularity)
        if use_cache or symbol in SAMPLE_SYMBOLS:
            return _frame(source_of([symbol], CandleStore(self.cache_dir)), symbol, length, *days)
        with TemporaryDirectory() as folder:
            store = CandleStore(Path(folder))
            venue = open_venue(VenueSource.EXCHANGE, self._base_url)
            (outcome,) = fetch_days(store, venue, [symbol], length, *days)
            return _frame(StoredSource(store, outcome.granularity), symbol, length, *days)


def _frame(
    source: CandleSource, symbol: str, granularity: Granularity, start: date | None, end: date | None
) -> pd.DataFrame:
    return to_frame(load_market(source, [symbol], granularity, start, end).symbols[0].candles)
