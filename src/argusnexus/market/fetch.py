"""Candles from the venue into the store: only those that it lacks."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.errors import ConfigError, DataError
from argusnexus.market.fetch_answers import answers
from argusnexus.market.fetch_harvest import Harvest
from argusnexus.market.fetch_pages import closed_by, pages
from argusnexus.market.stored_series import SeriesState
from argusnexus.model.spans import Span, on_grid
from argusnexus.model.times import from_ns, iso, to_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from argusnexus.coinbase.venue import Venue
    from argusnexus.market.merging import Conflict
    from argusnexus.market.store import CandleStore
    from argusnexus.model.candles import Granularity


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """What a fetch came to.

    Attributes:
        granularity: what was fetched and is stored; a shorter one where the venue doesn't serve what was wanted.
        wanted: the span that was asked for, without candles that haven't closed.
        is_clipped: whether it was cut at the newest closed candle.
        added: candles that the store has now and hadn't before.
        already_there: those of the span that it had before.
        empty: intervals of the span in which the venue has no candle.
        conflicts: candles that came with other values than those stored, which were kept.
        requests: how many were sent, those that failed included.
    """

    symbol: str
    granularity: Granularity
    wanted: Span
    is_clipped: bool
    added: int
    already_there: int
    empty: int
    conflicts: tuple[Conflict, ...]
    requests: int


class FetchProgress(NamedTuple):
    """How far a fetch is: intervals asked for, of all there are to ask for; candles that came, and those stored."""

    symbol: str
    granularity: Granularity
    asked: int
    total: int
    came: int
    kept: int


class _Job(NamedTuple):
    """What is to be fetched.

    Attributes:
        wanted: the span, cut at the newest candle that had closed by `now`; `is_clipped` when that shortened it.
        missing: what of it the store lacks.
        now: the time, nanoseconds since the epoch.
    """

    symbol: str
    granularity: Granularity
    wanted: Span
    is_clipped: bool
    missing: tuple[Span, ...]
    now: int


def _unwatched(_progress: FetchProgress) -> None:
    pass


def fetch_missing(
    store: CandleStore,
    venue: Venue,
    symbol: str,
    granularity: Granularity,
    wanted: Span,
    *,
    progress: Callable[[FetchProgress], None] = _unwatched,
) -> FetchOutcome:
    """Fetch the candles that open in `wanted` and that the store lacks; the one still forming is never among them.

    What the venue doesn't serve is fetched as the longest granularity that it can be made from. An interruption or an
    error keeps what had come, and the same call goes on from there.

    Raises:
        ConfigError: if the symbol or the granularity can't be used, or nothing that is wanted has closed yet.
        DataError: if the store can't be written, or the venue can't be reached, doesn't know the symbol, refuses, or
            answers with candles that can't be.
    """
    _refuse_unwritable(store.root)
    sent_before = venue.requests
    job = _planned(store, venue, symbol, granularity, wanted)
    harvest = Harvest(store, venue.endpoint.name, venue.clock, job.now)
    try:
        _fetch(venue, job, harvest, progress)
    except DataError as error:
        if not harvest.kept:
            raise
        kept = f"{harvest.kept:,} candles of {symbol} came before that and are kept: the same command goes on from there."
        raise type(error)(f"{error}\n{kept}") from error
    present = _present(store, job)
    return FetchOutcome(
        symbol=symbol,
        granularity=job.granularity,
        wanted=job.wanted,
        is_clipped=job.is_clipped,
        added=harvest.kept,
        already_there=present - harvest.kept,
        empty=_intervals(job.wanted, job.granularity) - present,
        conflicts=harvest.conflicts,
        requests=venue.requests - sent_before,
    )


@contextmanager
def telling_untried(symbols: Sequence[str]) -> Iterator[None]:
    """A DataError of the fetch inside says that these symbols, whose turn it would be next, were not tried."""
    try:
        yield
    except DataError as error:
        if not symbols:
            raise
        raise type(error)(f"{error}\nNot tried: {', '.join(symbols)}.") from error


def _refuse_unwritable(root: Path) -> None:
    """Nothing when files can be made in the store's directory, which is made if need be."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=root):
            pass
    except OSError as error:
        raise DataError(
            f"{root} can't be written: {error.strerror}. Nothing was fetched; --data-dir names another directory."
        ) from error


def _planned(store: CandleStore, venue: Venue, symbol: str, granularity: Granularity, wanted: Span) -> _Job:
    """The job; the venue is asked only if there may be something to do."""
    sources = venue.sources_of(granularity)
    grid = on_grid(wanted, granularity.ns)
    job = _job(store, symbol, sources[0], grid, to_ns(venue.clock.now()))
    if not job.missing:
        return job
    _refuse_raw(store, job)
    now = venue.now()
    return _job(store, symbol, _served(venue, symbol, sources, job.missing[0].start), grid, now)


def _refuse_raw(store: CandleStore, job: _Job) -> None:
    """Nothing when what is stored can be added to."""
    symbol, granularity = job.symbol, job.granularity
    if store.has(symbol, granularity) and store.describe(symbol, granularity).state is SeriesState.RAW:
        raise DataError(
            f"{symbol} {granularity}: what is stored has data errors, so nothing can be added to it, and nothing was "
            f"fetched. `argus data check --symbols {symbol} --granularity {granularity}` says what is wrong; "
            "`argus data import --replace` replaces it."
        )


def _job(store: CandleStore, symbol: str, granularity: Granularity, grid: Span, now: int) -> _Job:
    stop = min(grid.stop, closed_by(now, granularity))
    if grid.start >= stop:
        raise ConfigError(
            f"There is nothing to fetch: no {granularity} candle that opens from {iso(from_ns(grid.start))} on and "
            f"before {iso(from_ns(grid.stop))} has closed yet. It is {iso(from_ns(now))}."
        )
    wanted = Span(grid.start, stop)
    return _Job(
        symbol, granularity, wanted, stop < grid.stop, store.missing(symbol, granularity, wanted), now
    )


def _served(venue: Venue, symbol: str, sources: tuple[Granularity, ...], time: int) -> Granularity:
    """The longest that the venue really serves; those that it may refuse are tried with one candle first."""
    for source in sources[:-1]:
        if source not in venue.endpoint.uncertain or venue.serves(symbol, source, time):
            return source
    return sources[-1]


def _fetch(venue: Venue, job: _Job, harvest: Harvest, progress: Callable[[FetchProgress], None]) -> None:
    todo = pages(job.missing, job.granularity)
    total = sum(_intervals(page, job.granularity) for page in todo)
    asked = came = 0

    def tell() -> None:
        progress(FetchProgress(job.symbol, job.granularity, asked, total, came, harvest.kept))

    try:
        with closing(answers(venue, job.symbol, job.granularity, todo)) as arriving:
            for answer in arriving:
                harvest.add(answer)
                asked += _intervals(answer.page, job.granularity)
                came += len(answer.candles)
                tell()
    finally:
        harvest.merge()
        tell()


def _present(store: CandleStore, job: _Job) -> int:
    """How many candles of the span are stored."""
    if not store.has(job.symbol, job.granularity):
        return 0
    times = store.load(job.symbol, job.granularity, job.wanted).times
    return int(((times >= job.wanted.start) & (times < job.wanted.stop)).sum())


def _intervals(span: Span, granularity: Granularity) -> int:
    return (span.stop - span.start) // granularity.ns
