"""`argus check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import TimeRemainingColumn

from argusnexus.cli.candles import (
    CandleChoice,
    DataSourceOption,
    EndOption,
    GranularityOption,
    StartOption,
    SymbolsOption,
)
from argusnexus.cli.check_text import StrategyCheck, SymbolCheck, check_blocks, check_values
from argusnexus.cli.options import DEFAULT_DATA, AsJson, DataDir, print_json
from argusnexus.cli.progress import progress_bar
from argusnexus.cli.strategy import ConfigOption, SetOption
from argusnexus.config import load_settings
from argusnexus.model.times import from_ns
from argusnexus.strategy import check_causality, check_continuity, signals_of
from argusnexus.strategy.sensitivity import warmup_sensitivity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from argusnexus.config import Settings
    from argusnexus.replay.market import ReplayMarket, SymbolMarket
    from argusnexus.replay.simulation import Progress
    from argusnexus.strategy import Strategy

_SINGLES = 2000  # candles that a strategy which carries on is asked about one by one


def check(
    strategy: Annotated[
        str | None,
        typer.Argument(
            help="donchian, file.py:Class or package.module:Class. Default: the one in the configuration.",
            metavar="[STRATEGY]",
            show_default=False,
        ),
    ] = None,
    symbols: SymbolsOption = None,
    start: StartOption = None,
    end: EndOption = None,
    granularity: GranularityOption = None,
    data_source: DataSourceOption = None,
    data_dir: DataDir = DEFAULT_DATA,
    config: ConfigOption = None,
    set_: SetOption = None,
    as_json: AsJson = False,
) -> None:
    """Check that a strategy knows nothing of the future, candle by candle.

    A replay makes the same check at some hundred candles; this one makes it at every candle, and also says how long
    the indicators depend on where the candles begin. Nothing is traded or written. Exit code 5: it looks ahead.
    """
    settings = load_settings(config, set_ or (), strategy=strategy)
    choice = CandleChoice(symbols, start, end, granularity, data_source, data_dir)
    plan = choice.plan(settings)
    market = choice.market(plan)
    with progress_bar("checking", TimeRemainingColumn()) as progress:
        found = StrategyCheck(
            settings, plan.granularity, market.integrity, tuple(_checks(settings, market, progress))
        )
    if as_json:
        print_json(check_values(found))
        return
    console = Console()
    for block in check_blocks(found, console):
        console.print(block, highlight=False)


def _checks(settings: Settings, market: ReplayMarket, progress: Progress) -> Iterator[SymbolCheck]:
    """One symbol after the other; the progress counts the candles of all."""
    total, done = sum(len(one.candles) for one in market.symbols), 0
    for one in market.symbols:
        yield _check(settings.strategy, one, _shifted(progress, one.candles.symbol, done, total))
        done += len(one.candles)


def _shifted(progress: Progress, symbol: str, before: int, total: int) -> Callable[[int, int], None]:
    return lambda done, _: progress(f"checking {symbol}", before + done, total)


def _check(strategy: Strategy, market: SymbolMarket, progress: Callable[[int, int], None]) -> SymbolCheck:
    candles = market.candles
    signals = signals_of(strategy, candles)
    check_continuity(strategy, candles, signals, singles=_SINGLES)
    ready = np.arange(len(candles)) >= signals.warmup
    return SymbolCheck(
        symbol=candles.symbol,
        source=market.source,
        candles=len(candles),
        first_open=from_ns(int(candles.times[0])),
        last_close=from_ns(int(candles.close_times[-1])),
        entries=int((signals.entry & ready).sum()),
        exits=int((signals.exit & ready).sum()),
        first_decision=from_ns(int(candles.close_times[signals.warmup])) if ready.any() else None,
        cuts=check_causality(strategy, candles, signals, exhaustive=True, progress=progress),
        sensitivity=warmup_sensitivity(strategy, candles),
    )
