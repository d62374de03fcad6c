"""`argus sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import TimeRemainingColumn

from argusnexus.cli.candles import (
    DEFAULT_CAPITAL,
    CandleChoice,
    DataSourceOption,
    EndOption,
    GranularityOption,
    StartOption,
    SymbolsOption,
)
from argusnexus.cli.exit_codes import ExitCode
from argusnexus.cli.options import DEFAULT_DATA, DEFAULT_DB, AsJson, DataDir, DbPath, cache_of, print_json
from argusnexus.cli.progress import progress_bar
from argusnexus.cli.strategy import ConfigOption, StrategyOption
from argusnexus.cli.sweep_text import show_sweep
from argusnexus.cli.trials import (
    BackendName,
    BackendOption,
    JobsOption,
    MetricOption,
    MinTradesOption,
    RandomOption,
    SchedulerOption,
    SeedOption,
    SweptSetOption,
    backend_of,
    base_settings,
)
from argusnexus.errors import ConfigError, WorkerError
from argusnexus.market.store import CandleStore
from argusnexus.model.runs import CapitalMode
from argusnexus.replay.market import load_market, source_of
from argusnexus.replay.sweep import Metric, SweepRunner, make_grid, parse_overrides
from argusnexus.replay.sweep.backends import end_local_workers
from argusnexus.replay.sweep.heat_map import refuse_unless_drawable, write_heat_map
from argusnexus.replay.sweep.result import refuse_unless_writable
from argusnexus.replay.sweep.runner import refuse_other_candles, resumed_grid, resumed_plan
from argusnexus.truth.queries import LedgerReader
from argusnexus.truth.registry import sweep_named, unfinished_sweep

if TYPE_CHECKING:
    from argusnexus.replay.sweep.backends import Backend

NEWEST = "last"

_BEGUN_WITH = (
    *(
        "strategy",
        "symbols",
        "start",
        "end",
        "granularity",
        "capital",
        "capital_mode",
        "data_source",
        "config",
    ),
    *("set_", "random", "seed"),
)
"""Options whose values a sweep keeps for good."""


def sweep(
    context: typer.Context,
    strategy: StrategyOption = None,
    symbols: SymbolsOption = None,
    start: StartOption = None,
    end: EndOption = None,
    granularity: GranularityOption = None,
    capital: Annotated[
        str, typer.Option("--capital", "--starting-capital", help="Start capital of each account.")
    ] = DEFAULT_CAPITAL,
    capital_mode: Annotated[
        CapitalMode, typer.Option(help="An account for each symbol, or one for all.")
    ] = CapitalMode.INDEPENDENT,
    data_source: DataSourceOption = None,
    data_dir: DataDir = DEFAULT_DATA,
    db_path: DbPath = DEFAULT_DB,
    config: ConfigOption = None,
    set_: SweptSetOption = None,
    random: RandomOption = None,
    seed: SeedOption = 0,
    jobs: JobsOption = None,
    backend: BackendOption = BackendName.LOCAL,
    scheduler: SchedulerOption = None,
    resume: Annotated[
        str | None,
        typer.Option(
            "--resume",
            help=f"Go on with a sweep that was stopped: its id, or {NEWEST!r} for the newest unfinished one.",
            metavar="SWEEP_ID",
        ),
    ] = None,
    sort: MetricOption = Metric.NET_PNL,
    min_trades: MinTradesOption = 0,
    top: Annotated[int, typer.Option("--top", help="Trials in the table.", metavar="N")] = 20,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write all trials: .parquet, .csv or .json.", metavar="FILE")
    ] = None,
    heat_map: Annotated[
        Path | None,
        typer.Option("--heat-map", help="Draw --sort over the first two parameters.", metavar="FILE.html"),
    ] = None,
    compiled: Annotated[
        bool | None,
        typer.Option(
            "--compiled/--interpreted", help="How the step runs; the results are the same. Default: by size."
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Replay many parameters on the same candles; every trial is kept in the ledger.

    For example: argus sweep --set strategy.entry_period=20,40,55 --set risk.risk_per_trade=0.005:0.02:0.005
    """
    if out is not None:
        refuse_unless_writable(out)
    if heat_map is not None:
        refuse_unless_drawable(heat_map)
    place = backend_of(backend, jobs, scheduler)
    if resume is None:
        asked = parse_overrides(set_ or ())
        settings = base_settings(config, asked, strategy)
        grid = make_grid(asked.axes, random, seed)
        choice = CandleChoice(symbols, start, end, granularity, data_source, data_dir)
        plan = choice.plan(settings, capital, capital_mode=capital_mode)
        market = choice.market(plan)
        runner = SweepRunner(
            db_path, plan, market, grid, backend=place, created_by="argus sweep", native=compiled
        )
    else:
        _refuse_begun_with(context)
        runner = _resumed(db_path, resume, data_dir, place, native=compiled)
    with runner:
        interrupted = _run(runner)
        result = runner.result()
    end_local_workers()
    if out is not None:
        result.save(out)
    if heat_map is not None:
        write_heat_map(result, sort, heat_map)
    if as_json:
        print_json(result.to_dict(sort))
    else:
        show_sweep(result, Console(), sort, top=top, min_trades=min_trades)
    return ExitCode.INTERRUPTED if interrupted else ExitCode.OK


def _refuse_begun_with(context: typer.Context) -> None:
    """A sweep that goes on can't be asked for something else."""
    told = {name: context.get_parameter_source(name) for name in _BEGUN_WITH}
    given = [name for name, source in told.items() if source is not None and source.name != "DEFAULT"]
    if given:
        options = ", ".join(f"--{name.strip('_').replace('_', '-')}" for name in given)
        raise ConfigError(f"--resume goes on with what the sweep was begun with; leave out {options}.")


def _run(runner: SweepRunner) -> bool:
    """Whether it was interrupted."""
    try:
        with progress_bar("trials", TimeRemainingColumn()) as progress:
            runner.run(progress)
    except KeyboardInterrupt:
        typer.echo(f"Stopped: {_kept(runner)}", err=True)
        return True
    except WorkerError as error:
        raise WorkerError(f"{error} {_kept(runner)}") from error
    return False


def _kept(runner: SweepRunner) -> str:
    result = runner.result()
    return (
        f"{len(result.trials):,} of {result.sweep.planned:,} trials are done and kept. "
        f"argus sweep --resume {result.sweep_id} goes on."
    )


def _resumed(
    db_path: Path, text: str, data_dir: Path, backend: Backend, *, native: bool | None
) -> SweepRunner:
    with LedgerReader(db_path) as reader:
        sweep = unfinished_sweep(reader) if text == NEWEST else sweep_named(reader, text)
    plan = resumed_plan(sweep)
    source = source_of(plan.symbols, CandleStore(cache_of(data_dir)))
    market = load_market(source, plan.symbols, plan.granularity, plan.start, plan.end)
    refuse_other_candles(sweep, market)
    return SweepRunner(
        db_path, plan, market, resumed_grid(sweep), sweep=sweep, backend=backend, native=native
    )
