"""`argus replay`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import TimeElapsedColumn

from argusnexus.cli.candles import (
    DEFAULT_CAPITAL,
    BaseUrlOption,
    CandleChoice,
    DataSourceOption,
    EndOption,
    GranularityOption,
    StartOption,
    SymbolsOption,
)
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
    prepare_report_dir,
    show_report,
)
from argusnexus.cli.progress import progress_bar
from argusnexus.cli.strategy import ConfigOption, SetOption, StrategyOption
from argusnexus.config import load_settings
from argusnexus.model.runs import CapitalMode
from argusnexus.replay import ReplayRunner, ReportGenerator


def replay(
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
    base_url: BaseUrlOption = None,
    data_dir: DataDir = DEFAULT_DATA,
    db_path: DbPath = DEFAULT_DB,
    report_format: Format = ReportFormat.CONSOLE,
    report_dir: ReportDir = DEFAULT_REPORTS,
    config: ConfigOption = None,
    set_: SetOption = None,
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
    settings = load_settings(config, set_ or (), strategy=strategy)
    choice = CandleChoice(symbols, start, end, granularity, data_source, data_dir, base_url)
    plan = choice.plan(settings, capital, capital_mode=capital_mode, skip_volume_filter=skip_volume_filter)
    market = choice.market(plan)
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
        with progress_bar("replaying", TimeElapsedColumn()) as progress:
            runner.run(progress)
        run_id = runner.run_id
    show_report(ReportGenerator(db_path, run_id), report_format, report_dir, as_json=as_json)
