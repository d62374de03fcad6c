"""A sweep for people: the best trials in a table, and what must be known before believing them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from argusnexus.market.sample import SAMPLE_SYMBOLS
from argusnexus.report.texts import FAINT, NOTE, figure, glyphs_of, plural, signed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from argusnexus.model.trials import Trial
    from argusnexus.replay.sweep import Metric, SweepResult
    from argusnexus.report.texts import Glyphs

_FIGURES = ("trades", "net P&L", "a trade", "R", "won %", "PF", "fall %")
_LISTED_ERRORS = 3


def show_sweep(
    result: SweepResult, console: Console, metric: Metric, *, top: int, min_trades: int = 0
) -> None:
    """Print the best trials, how many there were, and those that failed."""
    ranked = result.ranked(metric, min_trades)
    glyphs = glyphs_of(console)
    if not set(result.sweep.symbols).isdisjoint(SAMPLE_SYMBOLS):
        console.print(Text("SYNTHETIC DATA: nothing here says what a strategy would earn.", NOTE))
    if ranked:
        console.print(_table(result, ranked[:top], glyphs))
    for line in _lines(result, len(ranked), min(top, len(ranked)), metric, min_trades):
        console.print(line, soft_wrap=False)


def _table(result: SweepResult, ranked: list[Trial], glyphs: Glyphs) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("trial", justify="right", no_wrap=True)
    for axis in result.sweep.axes:
        table.add_column(axis.name.partition(".")[2].replace("_", " "), justify="right", overflow="fold")
    for name in _FIGURES:
        table.add_column(name, justify="right", no_wrap=True)
    for trial in ranked:
        table.add_row(
            str(trial.number),
            *(value_text(trial.parameters[axis.name]) for axis in result.sweep.axes),
            f"{trial.trades_closed:,}",
            signed(trial.net_pnl, glyphs),
            signed(trial.expectancy, glyphs),
            signed(trial.expectancy_r, glyphs),
            figure(trial.win_rate, glyphs),
            figure(trial.profit_factor, glyphs),
            figure(trial.max_drawdown_percent, glyphs),
        )
    return table


def value_text(value: Any) -> str:
    """A parameter's value, as `--set` would take it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _lines(result: SweepResult, ranked: int, shown: int, metric: Metric, min_trades: int) -> Iterator[Text]:
    done = f"{shown} of {plural(result.sweep.planned, 'trial')} shown, best {metric.value} first"
    if min_trades:
        done += f"; {plural(ranked, 'trial')} with at least {plural(min_trades, 'closed trade')}"
    yield Text(f"{result.sweep_id}: {done}.")
    if result.missing:
        yield Text(
            f"{plural(result.missing, 'trial')} left to do: argus sweep --resume {result.sweep_id}", NOTE
        )
    tried = result.tried
    yield Text(
        f"{plural(tried.same_candles, 'configuration')} tried on these candles so far, {tried.overlapping:,} on any that "
        "overlap. The best of many looks good by luck alone: judge it by trades it wasn't chosen on "
        "(argus walk-forward).",
        FAINT,
    )
    yield from _errors(result)


def _errors(result: SweepResult) -> Iterator[Text]:
    if not result.failed:
        return
    yield Text(f"{plural(len(result.failed), 'trial')} failed:", NOTE)
    counted = Counter(trial.error or "" for trial in result.failed)
    for error, count in counted.most_common(_LISTED_ERRORS):
        yield Text(f"  {count:,} x {error}")
    if len(counted) > _LISTED_ERRORS:
        yield Text(f"  and {len(counted) - _LISTED_ERRORS:,} other errors; --json lists all.", FAINT)
