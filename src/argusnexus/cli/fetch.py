"""`argus data fetch`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import TimeRemainingColumn

from argusnexus.cli.options import DEFAULT_DATA, AsJson, DataDir, cache_of, print_json
from argusnexus.cli.progress import progress_bar
from argusnexus.clock import SystemClock
from argusnexus.coinbase.source import VenueSource, open_venue
from argusnexus.errors import ConfigError
from argusnexus.market.days import Days
from argusnexus.market.fetch import FetchOutcome, FetchProgress, fetch_missing, telling_untried
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.model.times import from_ns, iso, to_ns
from argusnexus.replay.market import as_date

if TYPE_CHECKING:
    from collections.abc import Callable

    from argusnexus.coinbase.venue import Venue
    from argusnexus.model.spans import Span

    Progress = Callable[[str, int, int], None]


def fetch(
    symbols: Annotated[str, typer.Option(help="Comma-separated, for example BTC-USD,ETH-USD.")],
    granularity: Annotated[
        str,
        typer.Option(help="1m, 5m, 15m, 1h, 4h, 6h, 1d; what the source lacks is made from shorter candles."),
    ],
    start: Annotated[str, typer.Option(help="First day (UTC), inclusive.", metavar="DATE")],
    end: Annotated[
        str | None, typer.Option(help="Last day (UTC), inclusive. Default: up to now.", metavar="DATE")
    ] = None,
    source: Annotated[
        VenueSource,
        typer.Option(
            help="Coinbase's Exchange endpoint, or Advanced Trade's public one. Neither needs a key."
        ),
    ] = VenueSource.EXCHANGE,
    base_url: Annotated[
        str | None, typer.Option(help="Where the source is, if elsewhere.", metavar="URL")
    ] = None,
    requests_per_second: Annotated[
        float | None, typer.Option(help="At most. Default: 8 for exchange, 4 for advanced.", metavar="RATE")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Fetch the candles that are not stored yet; nothing that is stored changes.

    Interrupted, it keeps what has come; the same command goes on from there.
    """
    named = _named(symbols)
    length = _granularity(granularity, source)
    wanted = _span(start, end, length)
    venue = open_venue(
        source, base_url, requests_per_second=_rate(requests_per_second), on_trouble=_Troubles().tell
    )
    store = CandleStore(cache_of(data_dir))
    outcomes = []
    with progress_bar("fetching", TimeRemainingColumn()) as progress:
        for number, symbol in enumerate(named, 1):
            with telling_untried(named[number:]):
                outcomes.append(_fetched(store, venue, symbol, length, wanted, progress))
            if not as_json:
                _tell(outcomes[-1], length, source, is_end_named=end is not None)
    if as_json:
        print_json([_summary(outcome, source) for outcome in outcomes])


class _Troubles:
    """Tells of each kind of trouble once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, trouble: str) -> None:
        if trouble not in self._told:
            self._told.add(trouble)
            typer.echo(f"  trouble: {trouble}; asking again", err=True)


def _named(symbols: str) -> tuple[str, ...]:
    """The symbols, each once.

    Raises:
        ConfigError: if there are none.
    """
    named = tuple(dict.fromkeys(symbol.strip() for symbol in symbols.split(",") if symbol.strip()))
    if not named:
        raise ConfigError(f"--symbols: expected at least one, for example BTC-USD; was {symbols!r}.")
    return named


def _span(start: str, end: str | None, granularity: Granularity) -> Span:
    """The whole days; up to the present without an end."""
    days = Days(as_date("--start", start), as_date("--end", end))
    return days.to_fetch(to_ns(SystemClock().now()), granularity)


def _granularity(text: str, source: VenueSource) -> Granularity:
    try:
        return Granularity.parse(text)
    except ConfigError as error:
        served = ", ".join(map(str, open_venue(source).endpoint.granularities))
        raise ConfigError(
            f"{error} Source {source.value} serves {served}; multiples of these are made from them."
        ) from None


def _rate(requests_per_second: float | None) -> float | None:
    if requests_per_second is not None and not 0 < requests_per_second < float("inf"):
        raise ConfigError(f"--requests-per-second: expected more than 0, was {requests_per_second:g}.")
    return requests_per_second


def _fetched(
    store: CandleStore, venue: Venue, symbol: str, granularity: Granularity, wanted: Span, progress: Progress
) -> FetchOutcome:
    kept = 0

    def show(now: FetchProgress) -> None:
        nonlocal kept
        kept = now.kept
        progress(f"{symbol} {now.granularity}: {now.came:,} candles", now.asked, now.total)

    try:
        return fetch_missing(store, venue, symbol, granularity, wanted, progress=show)
    except KeyboardInterrupt:
        typer.echo(
            f"{symbol}: {kept:,} candles came and are kept; the same command goes on from there.", err=True
        )
        raise


def _tell(outcome: FetchOutcome, asked: Granularity, source: VenueSource, *, is_end_named: bool) -> None:
    start, stop = (f"{from_ns(ns):%Y-%m-%d %H:%M}" for ns in outcome.wanted)
    asked_of = f"{source.value}, {_count(outcome.requests, 'request')}"
    typer.echo(f"{outcome.symbol} {outcome.granularity}, {start} to {stop} ({asked_of})")
    typer.echo(
        f"  {outcome.added:,} candles added, {outcome.already_there:,} already there, "
        f"{outcome.empty:,} intervals without one"
    )
    if outcome.is_clipped and is_end_named:
        typer.echo(f"  note: cut at {stop}, the close of the newest candle that has closed")
    if outcome.granularity != asked:
        typer.echo(
            f"  note: {source.value} doesn't serve {asked}: stored as {outcome.granularity}, from which a replay makes it"
        )
    if not outcome.added + outcome.already_there:
        typer.echo("  note: there is no candle at all in this range; was the product traded then?")
    if outcome.conflicts:
        first = iso(from_ns(outcome.conflicts[0].time))
        typer.secho(
            f"  warning: {_count(len(outcome.conflicts), 'candle')} came with other values than those stored, which "
            f"were kept (the first: {first})",
            fg=typer.colors.YELLOW,
        )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _summary(outcome: FetchOutcome, source: VenueSource) -> dict[str, Any]:
    return {
        "symbol": outcome.symbol,
        "granularity": str(outcome.granularity),
        "source": source.value,
        "start": iso(from_ns(outcome.wanted.start)),
        "stop": iso(from_ns(outcome.wanted.stop)),
        "is_clipped": outcome.is_clipped,
        "added": outcome.added,
        "already_there": outcome.already_there,
        "empty_intervals": outcome.empty,
        "conflicts": [iso(from_ns(conflict.time)) for conflict in outcome.conflicts],
        "requests": outcome.requests,
    }
