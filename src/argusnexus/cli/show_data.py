"""`argus data show`."""

from __future__ import annotations

from string import ascii_letters
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from argusnexus.cli.checked_data import STYLES, finding_summary
from argusnexus.cli.options import DEFAULT_DATA, AsJson, DataDir, cache_of, print_json
from argusnexus.errors import ConfigError, DataError
from argusnexus.market.checks import Finding, check, find_disputed, gravest_first
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.times import from_iso, from_ns, iso, to_ns
from argusnexus.report.texts import FAINT, NOTE

if TYPE_CHECKING:
    from argusnexus.model.candles import IntColumn

_MOST_ROWS = 1_000


class _Line(NamedTuple):
    """One row around the time.

    Attributes:
        row: its number in the stored candles, counted from 0.
        missing: candles missing before it.
        marks: which of the shown findings it is part of.
    """

    row: int
    missing: int
    marks: tuple[int, ...]


class _Window(NamedTuple):
    """The rows around a time, and the findings that touch them."""

    candles: Candles
    at: int
    lines: tuple[_Line, ...]
    findings: tuple[Finding, ...]


def show_command(
    symbol: Annotated[str, typer.Argument(help="For example BTC-USD.", metavar="SYMBOL")],
    granularity: Annotated[str, typer.Option(help="Length of the candles, for example 1h.")],
    at: Annotated[
        str, typer.Option(help="A time in ISO 8601, UTC unless it says otherwise.", metavar="TIME")
    ],
    rows: Annotated[int, typer.Option(min=1, max=_MOST_ROWS, help="How many candles.")] = 10,
    data_dir: DataDir = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Print the stored candles around a time, with what the checks say of them."""
    store, length = CandleStore(cache_of(data_dir)), Granularity.parse(granularity)
    candles = store.load(symbol, length)
    if not len(candles):
        raise DataError(f"No {length} candle of {symbol} is stored: what was asked for had none.")
    disputed = find_disputed(candles, (conflict.time for conflict in store.conflicts(symbol, length)))
    window = _window(candles, gravest_first((*check(candles), *disputed)), _time(at), rows)
    if as_json:
        print_json(_summary(window))
    else:
        _print(Console(), window)


def _time(text: str) -> int:
    try:
        return to_ns(from_iso(text))
    except ValueError:
        raise ConfigError(f"--at: expected a time like 2024-05-03T22:00, was {text!r}.") from None


def _window(candles: Candles, found: tuple[Finding, ...], at: int, count: int) -> _Window:
    order = np.argsort(candles.times, kind="stable")
    times = candles.times[order]
    if not times[0] <= at < times[-1] + candles.granularity.ns:
        span = f"{iso(from_ns(times[0]))} to {iso(from_ns(times[-1] + candles.granularity.ns))}"
        raise DataError(
            f"--at {iso(from_ns(at))} is outside {candles.symbol} {candles.granularity}: it spans {span}."
        )
    place = int(np.searchsorted(times, at, side="right")) - 1
    first = max(0, min(place - count // 2, len(order) - count))
    chosen = order[first : first + count]
    findings = tuple(finding for finding in found if np.isin(chosen, finding.rows).any())
    marked = [np.isin(chosen, finding.rows) for finding in findings]
    missing = np.diff(times, prepend=times[:1])[first : first + count] // candles.granularity.ns - 1
    lines = tuple(
        _Line(
            int(row),
            max(0, int(missing[line])),
            tuple(mark for mark, rows in enumerate(marked) if rows[line]),
        )
        for line, row in enumerate(chosen)
    )
    return _Window(candles, _row_at(candles, chosen, at), lines, findings)


def _row_at(candles: Candles, chosen: IntColumn, at: int) -> int:
    """The row of the candle that was open at the time; -1 when it is missing."""
    open_then = (candles.times[chosen] <= at) & (at < candles.close_times[chosen])
    return int(chosen[open_then][-1]) if open_then.any() else -1


def _summary(window: _Window) -> dict[str, Any]:
    candles = window.candles
    return {
        "symbol": candles.symbol,
        "granularity": str(candles.granularity),
        "candles": [_line_summary(window, line) for line in window.lines],
        "findings": [finding_summary(finding) for finding in window.findings],
    }


def _line_summary(window: _Window, line: _Line) -> dict[str, Any]:
    candle = window.candles.candle(line.row)
    values = {name: getattr(candle, name) for name in ("open", "high", "low", "close", "volume")}
    return {
        "row": line.row,
        "timestamp": iso(from_ns(candle.time)),
        **{name: value if np.isfinite(value) else None for name, value in values.items()},
        "missing_before": line.missing,
        "findings": [window.findings[mark].code.value for mark in line.marks],
    }


def _print(console: Console, window: _Window) -> None:
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("")
    table.add_column("open time (UTC)", no_wrap=True)
    for name in ("open", "high", "low", "close", "volume"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("see")
    for line in window.lines:
        if line.missing:
            table.add_row("", Text(f"... {line.missing:,} missing", NOTE))
        table.add_row(*_cells(window, line))
    console.print(Text(f"{window.candles.symbol} {window.candles.granularity}", "bold"))
    console.print(table)
    for mark, finding in enumerate(window.findings):
        label = Text(f"{ascii_letters[mark]} {finding.severity.value} ", STYLES[finding.severity])
        console.print(label, Text.assemble((f"{finding.code.value}: ", "bold"), finding.message), sep="")
    if window.at < 0:
        console.print(Text("The candle of that time is missing.", FAINT))


def _cells(window: _Window, line: _Line) -> list[Text | str]:
    candle = window.candles.candle(line.row)
    time = iso(from_ns(candle.time)).removesuffix("Z").replace("T", " ").removesuffix(":00")
    prices = (f"{price:.9g}" for price in (candle.open, candle.high, candle.low, candle.close))
    marks = Text(" ").join(
        Text(ascii_letters[mark], STYLES[window.findings[mark].severity]) for mark in line.marks
    )
    return [">" if line.row == window.at else "", time, *prices, f"{candle.volume:.6g}", marks]
