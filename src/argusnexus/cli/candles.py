"""Which candles a command is about: the options that name them, and where they come from when little is said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import TimeRemainingColumn

from argusnexus.cli.options import cache_of
from argusnexus.cli.progress import progress_bar
from argusnexus.coinbase.source import VenueSource, open_venue
from argusnexus.errors import ConfigError, DataError
from argusnexus.market.days import Days
from argusnexus.market.sample import SAMPLE_GRANULARITY, SAMPLE_SYMBOLS
from argusnexus.market.source import CandleSource, SampleSource, StoredSource
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.model.runs import CapitalMode
from argusnexus.replay.fetching import fetch_days
from argusnexus.replay.market import as_date, load_market, source_of
from argusnexus.replay.plan import make_plan

if TYPE_CHECKING:
    from argusnexus.config import Settings
    from argusnexus.market.fetch import FetchOutcome, FetchProgress
    from argusnexus.replay.market import ReplayMarket
    from argusnexus.replay.plan import ReplayPlan

STORED_GRANULARITY = "4h"
DEFAULT_CAPITAL = "500"


class DataSource(Enum):
    """Where candles come from."""

    SAMPLE = "sample"  # the seeded sample market: synthetic
    CACHE = "cache"  # what was fetched or imported
    API = "api"  # the same, once what it lacks was fetched from the venue


SymbolsOption = Annotated[
    str | None,
    typer.Option("--symbols", help="Comma-separated, in order of precedence. Default: all there are."),
]
StartOption = Annotated[
    str | None, typer.Option("--start", help="First day (UTC), inclusive. Default: all there is.")
]
EndOption = Annotated[
    str | None, typer.Option("--end", help="Last day (UTC), inclusive. Default: all there is.")
]
GranularityOption = Annotated[
    str | None,
    typer.Option(
        "--granularity", help="Candle length: 15m, 1h, 4h, 1d ... Default: 4h; the sample market 1h."
    ),
]
DataSourceOption = Annotated[
    DataSource | None,
    typer.Option(
        "--data-source",
        help="Default: the sample market when no symbol, date or source is named, or only its own symbols; "
        "else the cache. api fetches what the cache lacks.",
    ),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option("--base-url", help="Where api fetches from, if elsewhere.", metavar="URL"),
]


@dataclass(frozen=True, slots=True)
class CandleChoice:
    """What the options say about the candles; None where they say nothing."""

    symbols: str | None
    start: str | None
    end: str | None
    granularity: str | None
    source: DataSource | None
    data_dir: Path
    base_url: str | None = None

    def plan(
        self,
        settings: Settings,
        capital: str = DEFAULT_CAPITAL,
        *,
        capital_mode: CapitalMode = CapitalMode.INDEPENDENT,
        skip_volume_filter: bool = False,
    ) -> ReplayPlan:
        """The plan of a replay of these candles.

        Raises:
            ConfigError: naming the option that can't be used.
            DataError: if no candles are stored.
        """
        days = Days(as_date("--start", self.start), as_date("--end", self.end))
        days.refuse_backwards()
        chosen = self.source or self._default_source()
        length = Granularity.parse(
            _default_granularity(chosen) if self.granularity is None else self.granularity
        )
        if chosen is DataSource.API and not (self.symbols and self.start):
            raise ConfigError("--data-source api: name what to fetch with --symbols and --start.")
        return make_plan(
            self._all_symbols(chosen) if self.symbols is None else self.symbols,
            days.start,
            days.end,
            capital,
            capital_mode=capital_mode,
            granularity=length,
            skip_volume_filter=skip_volume_filter,
            settings=settings,
        )

    def market(self, plan: ReplayPlan) -> ReplayMarket:
        """The plan's candles.

        Raises:
            ConfigError: if the symbols are of the sample market and of another one.
            DataError: if there are no such candles, or they can't be believed or fetched.
        """
        source = self._fetched(plan) if self.source is DataSource.API else self._source(plan.symbols)
        return load_market(source, plan.symbols, plan.granularity, plan.start, plan.end)

    def _fetched(self, plan: ReplayPlan) -> CandleSource:
        """The store, with all that the venue has of the plan's candles."""
        venue = open_venue(VenueSource.EXCHANGE, self.base_url)
        with progress_bar("fetching", TimeRemainingColumn()) as bar:

            def show(now: FetchProgress) -> None:
                bar(f"{now.symbol} {now.granularity}: {now.kept:,} candles", now.asked, now.total)

            outcomes = fetch_days(
                self._store, venue, plan.symbols, plan.granularity, plan.start, plan.end, progress=show
            )
        for outcome in outcomes:
            _tell(outcome)
        return StoredSource(self._store, outcomes[0].granularity)

    def _default_source(self) -> DataSource:
        """The sample market when nothing is named, or when only its symbols are."""
        if self.symbols is None:
            return DataSource.CACHE if self.start or self.end else DataSource.SAMPLE
        named = [symbol.strip() for symbol in self.symbols.split(",")]
        return DataSource.SAMPLE if any(symbol in SAMPLE_SYMBOLS for symbol in named) else DataSource.CACHE

    def _source(self, symbols: tuple[str, ...]) -> CandleSource:
        if self.source is None:
            return source_of(symbols, self._store)
        return SampleSource() if self.source is DataSource.SAMPLE else StoredSource(self._store)

    def _all_symbols(self, source: DataSource) -> tuple[str, ...]:
        if source is DataSource.SAMPLE:
            return SAMPLE_SYMBOLS
        stored = tuple(self._store.granularities())
        if not stored:
            raise DataError(
                f"No candles are stored in {self._store.root}. `argus data fetch` or `argus data import` adds some; "
                " `argus replay` without options replays the sample market."
            )
        return stored

    @property
    def _store(self) -> CandleStore:
        return CandleStore(cache_of(self.data_dir))


def _tell(outcome: FetchOutcome) -> None:
    """What came, on stderr, so that a report stays clean."""
    conflicts = f", {len(outcome.conflicts):,} with other values than those stored, which were kept"
    typer.echo(
        f"{outcome.symbol} {outcome.granularity}: {outcome.added:,} candles fetched"
        f"{conflicts if outcome.conflicts else ''}",
        err=True,
    )


def _default_granularity(source: DataSource) -> str:
    return str(SAMPLE_GRANULARITY) if source is DataSource.SAMPLE else STORED_GRANULARITY
