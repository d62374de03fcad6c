"""`argus walk-forward`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from argusnexus.cli.candles import (
    DEFAULT_CAPITAL,
    CandleChoice,
    DataSourceOption,
    EndOption,
    GranularityOption,
    StartOption,
    SymbolsOption,
)
from argusnexus.cli.options import DEFAULT_DATA, DEFAULT_DB, AsJson, DataDir, DbPath, print_json
from argusnexus.cli.progress import progress_bar
from argusnexus.cli.strategy import ConfigOption, StrategyOption
from argusnexus.cli.sweep_text import value_text
from argusnexus.cli.trials import (
    BackendName,
    BackendOption,
    JobsOption,
    RandomOption,
    SchedulerOption,
    SeedOption,
    SweptSetOption,
    backend_of,
    base_settings,
)
from argusnexus.market.sample import SAMPLE_SYMBOLS
from argusnexus.model.runs import CapitalMode
from argusnexus.model.times import from_ns
from argusnexus.replay.sweep import Metric, make_grid, parse_overrides
from argusnexus.replay.sweep.backends import end_local_workers
from argusnexus.replay.walk_forward import Rule, WalkForwardPlan, WindowPlan
from argusnexus.replay.walk_forward import walk_forward as walk
from argusnexus.report.texts import FAINT, NOTE, figure, glyphs_of, plural, signed

if TYPE_CHECKING:
    from argusnexus.replay.walk_forward.outcome import WalkForward, WindowOutcome
    from argusnexus.report.texts import Glyphs


def walk_forward(
    train: Annotated[
        int, typer.Option("--train", help="Days on which parameters are chosen.", metavar="DAYS")
    ],
    test: Annotated[
        int, typer.Option("--test", help="Days after them on which they are traded.", metavar="DAYS")
    ],
    step: Annotated[
        int | None,
        typer.Option(
            "--step", help="Days from one test to the next. Default: the length of a test.", metavar="DAYS"
        ),
    ] = None,
    anchored: Annotated[
        bool, typer.Option("--anchored/--rolling", help="Trainings that all begin with the first candle.")
    ] = False,
    embargo: Annotated[
        int,
        typer.Option(
            "--embargo",
            help="Leave out training trades that are open in the last days before the test.",
            metavar="DAYS",
        ),
    ] = 0,
    choose_by: Annotated[
        Metric, typer.Option("--choose-by", help="What is best in a training.")
    ] = Metric.EXPECTANCY_R,
    min_trades: Annotated[
        int, typer.Option("--min-trades", help="Closed training trades that are needed.", metavar="N")
    ] = 20,
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
    compiled: Annotated[
        bool | None,
        typer.Option(
            "--compiled/--interpreted", help="How the step runs; the results are the same. Default: by size."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Choose parameters on the past, trade them on what follows, window by window: one run in the ledger.

    For example: argus walk-forward --train 180 --test 60 --set strategy.entry_period=20,40,55
    """
    asked = parse_overrides(set_ or ())
    settings = base_settings(config, asked, strategy)
    choice = CandleChoice(symbols, start, end, granularity, data_source, data_dir)
    replay = choice.plan(settings, capital, capital_mode=capital_mode)
    plan = WalkForwardPlan(
        replay,
        make_grid(asked.axes, random, seed),
        WindowPlan(train, test, step, anchored, embargo),
        Rule(choose_by, min_trades, embargo),
    )
    place = backend_of(backend, jobs, scheduler)
    market = choice.market(replay)
    with progress_bar("windows", TimeRemainingColumn()) as progress:
        done = walk(
            db_path,
            plan,
            market,
            backend=place,
            created_by="argus walk-forward",
            native=compiled,
            progress=progress,
        )
    end_local_workers()
    if as_json:
        print_json(done.to_dict())
    else:
        _show(done, Console(), synthetic=not set(replay.symbols).isdisjoint(SAMPLE_SYMBOLS))


def _show(done: WalkForward, console: Console, *, synthetic: bool) -> None:
    glyphs = glyphs_of(console)
    if synthetic:
        console.print(Text("SYNTHETIC DATA: nothing here says what a strategy would earn.", NOTE))
    console.print(_table(done, glyphs))
    outside = done.out_of_sample
    line = Text(f"Out of sample: {plural(outside.closed, 'closed trade')}, net ")
    line.append_text(signed(outside.net_pnl, glyphs)).append(", ").append_text(
        signed(outside.total_r, glyphs, " R")
    )
    console.print(line.append(", efficiency ").append_text(figure(done.efficiency, glyphs)).append("."))
    console.print(
        Text(
            "Efficiency: R earned a day in the test over R earned a day in the training that chose its parameters; "
            "none where that lost.",
            FAINT,
        )
    )
    console.print(f"argus report {done.run_id}", style=FAINT, highlight=False)


def _table(done: WalkForward, glyphs: Glyphs) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("test from", no_wrap=True)
    names = tuple(dict.fromkeys(name for one in done.windows if one.choice for name in one.choice.parameters))
    for name in names:
        table.add_column(name.partition(".")[2].replace("_", " "), justify="right", overflow="fold")
    for name in ("trained trades", "R each", "tested trades", "R each", "net P&L", "effi- ciency"):
        table.add_column(name, justify="right", overflow="fold")
    for one in done.windows:
        table.add_row(f"{from_ns(one.window.test.start):%Y-%m-%d}", *_cells(one, names, glyphs))
    return table


def _cells(one: WindowOutcome, names: tuple[str, ...], glyphs: Glyphs) -> list[Text | str]:
    outside = one.out_of_sample
    tested: list[Text | str] = [
        f"{outside.closed:,}",
        signed(outside.expectancy_r, glyphs),
        signed(outside.net_pnl, glyphs),
        figure(one.efficiency, glyphs),
    ]
    if one.choice is None:
        nothing = Text(glyphs.none, FAINT)
        return [*(nothing for _ in names), nothing, nothing, *tested]
    trained: list[Text | str] = [
        f"{one.choice.figures.trades_closed:,}",
        signed(one.choice.figures.expectancy_r, glyphs),
    ]
    return [*(value_text(one.choice.parameters[name]) for name in names), *trained, *tested]
