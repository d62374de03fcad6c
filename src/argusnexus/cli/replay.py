"""`argus replay`."""

from __future__ import annotations

from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from argusnexus.cli.options import (
    DEFAULT_DATA,
    DEFAULT_DB,
    DEFAULT_REPORTS,
    AsJson,
    DataDir,
    DbPath,
    Format,
    ReportDir,
    ReportFormat,
    cache_of,
    prepare_report_dir,
    show_report,
)
from argusnexus.config import load_settings
from argusnexus.errors import DataError
from argusnexus.market.sample import SAMPLE_GRANULARITY, SAMPLE_SYMBOLS
from argusnexus.market.source import CandleSource, SampleSource, StoredSource
from argusnexus.market.store import CandleStore
from argusnexus.model.runs import CapitalMode
from argusnexus.replay import ReplayRunner, ReportGenerator
from argusnexus.replay.market import load_market, source_of
from argusnexus.replay.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argusnexus.replay.simulation import Progress as ProgressCallback

STORED_GRANULARITY = "4h"


class DataSource(Enum):
    """Where candles come from."""

    SAMPLE = "sample"  # the seeded sample market: synthetic
    CACHE = "cache"  # what `argus data import` stored


def replay(
    symbols: Annotated[
        str | None, typer.Option(help="Comma-separated, in order of precedence. Default: all there are.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="First day (UTC), inclusive. Default: all there is.")
    ] = None,
    end: Annotated[str | None, typer.Option(help="Last day (UTC), inclusive. Default: all there is.")] = None,
    granularity: Annotated[
        str | None, typer.Option(help="Candle length: 15m, 1h, 4h, 1d ... Default: 4h; the sample market 1h.")
    ] = None,
    capital: Annotated[
        str, typer.Option("--capital", "--starting-capital", help="Start capital of each account.")
    ] = "500",
    capital_mode: Annotated[
        CapitalMode, typer.Option(help="An account for each symbol, or one for all.")
    ] = CapitalMode.INDEPENDENT,
    data_source: Annotated[
        DataSource | None,
        typer.Option(
            help="Default: the sample market when no symbol, date or source is named, or only its own symbols; "
            "else the cache."
        ),
    ] = None,
    data_dir: DataDir = DEFAULT_DATA,
    db_path: DbPath = DEFAULT_DB,
    report_format: Format = ReportFormat.CONSOLE,
    report_dir: ReportDir = DEFAULT_REPORTS,
    config: Annotated[Path | None, typer.Option(help="Settings as TOML.", metavar="FILE")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="One setting, on top of the file's; repeatable.", metavar="TABLE.KEY=VALUE"
        ),
    ] = None,
    skip_volume_filter: Annotated[
        bool, typer.Option("--skip-volume-filter", help="Switch the volume filter off; the run is marked.")
    ] = False,
    compiled: Annotated[
        bool | None,
        typer.Option(
            "--compiled/--interpreted", help="How the step runs; the results are the same. Default: by size."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay candles into the truth ledger, and report what happened.

    Without any option: the sample market, two years of synthetic hours of three symbols.
    """
    settings = load_settings(config, set_ or ())
    chosen = data_source or _default_source(symbols, start, end)
    store = CandleStore(cache_of(data_dir))
    plan = make_plan(
        _all_symbols(chosen, store) if symbols is None else symbols,
        start,
        end,
        capital,
        capital_mode=capital_mode,
        granularity=_default_granularity(chosen) if granularity is None else granularity,
        skip_volume_filter=skip_volume_filter,
        settings=settings,
    )
    source = _source(data_source, plan.symbols, store)
    market = load_market(source, plan.symbols, plan.granularity, plan.start, plan.end)
    prepare_report_dir(report_format, report_dir)
    with ReplayRunner(
        db_path,
        plan.symbols,
        plan.start,
        plan.end,
        plan.capital,
        plan.capital_mode,
        plan.granularity,
        skip_volume_filter,
        settings=settings,
        market=market,
        created_by="argus replay",
        native=compiled,
    ) as runner:
        with _progress() as progress:
            runner.run(progress)
        run_id = runner.run_id
    show_report(ReportGenerator(db_path, run_id), report_format, report_dir, as_json=as_json)


def _default_source(symbols: str | None, start: str | None, end: str | None) -> DataSource:
    """The sample market when nothing is named, or when only its symbols are."""
    if symbols is None:
        return DataSource.CACHE if start or end else DataSource.SAMPLE
    named = [symbol.strip() for symbol in symbols.split(",")]
    return DataSource.SAMPLE if any(symbol in SAMPLE_SYMBOLS for symbol in named) else DataSource.CACHE


def _source(named: DataSource | None, symbols: tuple[str, ...], store: CandleStore) -> CandleSource:
    if named is None:
        return source_of(symbols, store)
    return SampleSource() if named is DataSource.SAMPLE else StoredSource(store)


def _default_granularity(source: DataSource) -> str:
    return str(SAMPLE_GRANULARITY) if source is DataSource.SAMPLE else STORED_GRANULARITY


def _all_symbols(source: DataSource, store: CandleStore) -> tuple[str, ...]:
    if source is DataSource.SAMPLE:
        return SAMPLE_SYMBOLS
    stored = tuple(store.granularities())
    if not stored:
        raise DataError(
            f"No candles are stored in {store.root}. `argus data import FILE --symbol BTC-USD --granularity 1h` adds "
            "some; `argus replay` without options replays the sample market."
        )
    return stored


@contextmanager
def _progress() -> Iterator[ProgressCallback]:
    """A bar on a terminal, nothing in a pipe; on stderr, so that output stays clean."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("replaying", total=None)

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield show
