"""The console report: what a reader must know first, then figures, then what they rest on, then the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from argusnexus.model.runs import CapitalMode, IntegrityTag, RunStatus
from argusnexus.report import tables
from argusnexus.report.summary import EquityBasis
from argusnexus.report.texts import (
    BAD,
    FAINT,
    GOOD,
    NOTE,
    Glyphs,
    counted,
    glyphs_of,
    minute,
    money,
    plural,
    sparkline,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, RenderableType

    from argusnexus.report.summary import EquityLine, GlassBox, HaltReport, Report, RunInfo

_SYNTHETIC = (
    "these candles were made by the sample market, not by a market. "
    "The run shows how ArgusNexus works; it says nothing about what the strategy would earn."
)
_DEGRADED = "the strategy's volume filter was switched off for this run."
_EXAMPLES = 3  # unexplained trades that are named


def render(report: Report, console: Console) -> None:
    """Print the report, no wider than the console; it looks right from 80 columns on."""
    glyphs = glyphs_of(console)
    for block in _blocks(report, glyphs):
        console.print(block, highlight=False)


def _blocks(report: Report, glyphs: Glyphs) -> Iterator[RenderableType]:
    info = report.run_info
    if info is not None:
        yield from _warnings(info)
    if report.risk.halt:
        yield from _halts(report.risk.halt, glyphs)
    yield from (Text(notice, NOTE) for notice in report.notices)
    if info is None:
        return
    yield from _heading(report, info, glyphs)
    yield from _equity(report.equity, glyphs)
    yield from _results(report, glyphs)
    yield from _reasons(report, glyphs)
    yield from _comparison(report, glyphs)
    yield from _open(report, glyphs)
    yield from _data(report, glyphs)
    yield from _glass_box(report.glass_box, glyphs)
    yield from _verdict(report)


def _warnings(info: RunInfo) -> Iterator[Text]:
    tags = info.data_integrity.split("+")
    if IntegrityTag.SYNTHETIC.value in tags:
        yield _banner("SYNTHETIC DATA", NOTE, _SYNTHETIC)
    if IntegrityTag.DEGRADED_SKIP_VOLUME.value in tags:
        yield _banner("DEGRADED", NOTE, _DEGRADED)
    if info.status is not RunStatus.COMPLETED:
        yield _banner(info.status.value.upper(), NOTE, "this report shows what the ledger has of the run.")


def _halts(halts: tuple[HaltReport, ...], glyphs: Glyphs) -> Iterator[RenderableType]:
    first, signals = halts[0], sum(halt.signals_refused for halt in halts)
    stopped = f"trading stopped at {minute(first.when, glyphs)} UTC on {first.symbol}: {first.why}."
    others = (
        f" {plural(len(halts), 'account')} halted in all, each at its own time." if len(halts) > 1 else ""
    )
    refused = f" {plural(signals, 'signal was', 'signals were')} refused for it."
    yield _banner("HALTED", BAD, stopped + others + refused)
    if others:
        yield tables.halts(halts, glyphs)


def _banner(word: str, style: str, text: str) -> Text:
    return Text.assemble((word, f"bold {style}"), (f"  {text}", style))


def _heading(report: Report, info: RunInfo, glyphs: Glyphs) -> Iterator[Text]:
    strategy = info.strategy.name or "unnamed strategy"
    each = " each" if info.capital_mode is CapitalMode.INDEPENDENT and len(info.symbols) > 1 else ""
    quotes = "/".join(dict.fromkeys(symbol.rpartition("-")[2] for symbol in info.symbols))
    capital = f"{info.capital_mode.value} capital {money(info.capital)}{each}"
    span = f"{minute(info.start_used, glyphs)} to {minute(info.end_used, glyphs)} UTC"
    took = "" if info.duration_seconds is None else f"took {info.duration_seconds:,.1f} s"
    fills = "fills are simulated" if info.simulated_fills else "fills are the venue's"
    yield _title(report.run_id, f"  {info.run_mode.value}, {info.status.value}")
    yield _line(glyphs, strategy, info.granularity, ", ".join(info.symbols))
    yield _line(glyphs, span, took)
    yield _line(glyphs, capital, f"amounts in {quotes}", fills)
    if info.notes:
        yield Text(info.notes, NOTE)


def _line(glyphs: Glyphs, *parts: str) -> Text:
    return Text(glyphs.dot.join(part for part in parts if part))


def _title(text: str, rest: str = "") -> Text:
    return Text.assemble("\n", (text, "bold cyan"), (rest, FAINT))


def _equity(line: EquityLine | None, glyphs: Glyphs) -> Iterator[Text]:
    if line is None or len(line.values) < 2:  # noqa: PLR2004 (one value has no course)
        return
    marked = "open positions marked" if line.basis is EquityBasis.MARKED else "after each closed trade"
    rising = line.values[-1] >= line.values[0]
    yield _title("Equity", f"  {marked}, lowest {money(line.lowest)}, highest {money(line.highest)}")
    yield Text(sparkline(line.values, glyphs.blocks), GOOD if rising else BAD)


def _results(report: Report, glyphs: Glyphs) -> Iterator[RenderableType]:
    yield _title("Result", "  of closed trades; what fees took is part of it")
    yield tables.costs(report.trades, glyphs)
    yield Text()
    yield tables.side_by_side(
        tables.trade_figures(report.trades, glyphs), tables.risk_figures(report.risk, glyphs)
    )


def _reasons(report: Report, glyphs: Glyphs) -> Iterator[RenderableType]:
    yield Text()
    yield tables.side_by_side(
        tables.reasons("Exits by reason", report.exits, "no closed trades"),
        tables.reasons("Signals refused by", report.refused, "no signal was refused"),
    )
    yield Text(f"Entries that expired unfilled: {report.expired_entries:,}")
    if report.hold_reasons:
        yield Text(f"Decisions to hold: {counted(report.hold_reasons, glyphs)}", FAINT)


def _comparison(report: Report, glyphs: Glyphs) -> Iterator[RenderableType]:
    if len(report.symbols) > 1:
        yield _title("By symbol", "  Max DD of closed trades, Hold: return of buy and hold")
        yield tables.by_symbol(report.symbols, glyphs)
    holding = report.buy_and_hold
    if holding is not None:
        parts = ", equal parts" if len(report.symbols) > 1 else ""
        fee = f"{money(100 * holding.taker_fee)} % taker fee paid once"
        yield _title("Beside buy and hold", f"  same candles{parts}, {fee}")
        yield tables.against_holding(report, holding, glyphs)


def _open(report: Report, glyphs: Glyphs) -> Iterator[RenderableType]:
    if report.open_positions:
        yield _title("Open at the end", "  not closed trades; marked to the last close, entry fee taken off")
        yield tables.open_positions(report.open_positions, glyphs)


def _data(report: Report, glyphs: Glyphs) -> Iterator[RenderableType]:
    quality = report.data_quality
    yield _title("Data quality", f"  data_integrity {quality.data_integrity}")
    yield tables.candles(report.symbols, glyphs)
    gaps = plural(quality.gaps_detected, "gap")
    holes = f"{gaps} ({quality.missing_candles:,} candles missing, longest {quality.longest_gap:,})"
    ambiguous = f"{quality.ambiguous_candles:,} ambiguous (reached stop and take profit: stop taken)"
    yield _line(glyphs, plural(quality.candles_processed, "candle"), holes)
    yield _line(glyphs, f"{quality.volume_anomalies:,} without volume", ambiguous)
    sources = dict.fromkeys(quality.sources.values())
    if sources:
        yield Text(f"From: {', '.join(sources)}", FAINT)
    yield Text(f"Look-ahead: {_causality(quality.causality_cuts)}", FAINT)
    for words in quality.clipped:
        yield _banner("CLIPPED", NOTE, words)
    for words in quality.warnings:
        yield _banner("WARNING", NOTE, words)


def _causality(cuts: int | None) -> str:
    if cuts is None:
        return "not checked"
    return f"none found, checked at {plural(cuts, 'cut')} of the candles (evidence, not proof)"


def _glass_box(box: GlassBox, glyphs: Glyphs) -> Iterator[Text]:
    times, audit = box.why_lookup_ms, box.audit
    if times.avg is None or times.p95 is None or times.max is None:
        return
    yield _title("Glass box", "  what this ledger can answer")
    lookups = plural(times.lookups, "lookup")
    yield _line(
        glyphs,
        f"argus why: {lookups}, {times.avg:.1f} ms each",
        f"p95 {times.p95:.1f} ms",
        f"max {times.max:.1f} ms",
    )
    if audit.coverage_percent is None:
        yield _line(glyphs, "audit: not made for so many trades", "`argus audit` makes it")
    else:
        covered = f"audit: {audit.coverage_percent:.2f} % of the rows recomputed and found right"
        yield _line(glyphs, covered, plural(audit.findings, "finding"))
    if audit.findings:
        yield Text("`argus audit` names each row that isn't what the rest of the run makes it.", BAD)


def _verdict(report: Report) -> Iterator[Text]:
    verdict = report.verdict
    word, style = ("PASSED", GOOD) if verdict.passed else ("NOT PASSED", BAD)
    yield _title("Gate A, first half", "  100+ closed trades, all explained")
    yield _banner(word, style, f"{verdict.words}.")
    if verdict.passed:
        synthetic = report.run_info and IntegrityTag.SYNTHETIC.value in report.run_info.data_integrity
        kind = "large and explained, but synthetic" if synthetic else "large and explained"
        yield Text(f"The sample is {kind}. Whether the strategy has an edge is another question.", FAINT)
    for trade in verdict.unexplained[:_EXAMPLES]:
        yield Text(f"  {trade.trade_id} lacks: {', '.join(trade.missing)}", BAD)
