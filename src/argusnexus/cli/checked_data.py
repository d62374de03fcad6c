"""What the checks of candles found, as text for people and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from argusnexus.market.checks import Severity
from argusnexus.model.times import from_ns, iso
from argusnexus.report.texts import BAD, FAINT, GOOD, NOTE, plural

if TYPE_CHECKING:
    from rich.console import Console

    from argusnexus.market.checks import Comparison, Finding, Place
    from argusnexus.model.candles import Granularity

STYLES = {Severity.ERROR: BAD, Severity.WARNING: NOTE, Severity.INFO: ""}


@dataclass(frozen=True, slots=True)
class CheckedData:
    """One series and what was found in it.

    Attributes:
        source: the file's name, or where it is stored.
        first, last: earliest and latest open time, nanoseconds since the epoch; None without candles.
        findings: those of the comparison included.
        comparison: with the second series; None without one.
    """

    source: str
    symbol: str
    granularity: Granularity
    candles: int
    first: int | None
    last: int | None
    findings: tuple[Finding, ...]
    comparison: Comparison | None

    @property
    def counts(self) -> Counter[Severity]:
        """How many findings there are of each severity."""
        return Counter(finding.severity for finding in self.findings)


def summary_of(checked: CheckedData) -> dict[str, Any]:
    """JSON values; rows are counted from 0, times are open times."""
    comparison = checked.comparison
    return {
        "source": checked.source,
        "symbol": checked.symbol,
        "granularity": str(checked.granularity),
        "candles": checked.candles,
        "first": _time(checked.first),
        "last": _time(checked.last),
        "errors": checked.counts[Severity.ERROR],
        "warnings": checked.counts[Severity.WARNING],
        "compared": None
        if comparison is None
        else {"common_returns": comparison.common, "correlation": comparison.correlation},
        "findings": [finding_summary(finding) for finding in checked.findings],
    }


def finding_summary(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code.value,
        "severity": finding.severity.value,
        "count": finding.count,
        "message": finding.message,
        "effect": finding.effect,
        "places": [_place_summary(place) for place in finding.places],
    }


def _place_summary(place: Place) -> dict[str, Any]:
    return {
        "row": place.first_row,
        "first": iso(from_ns(place.first_time)),
        "last": iso(from_ns(place.last_time)),
        "candles": place.candles,
    }


def _time(ns: int | None) -> str | None:
    return None if ns is None else iso(from_ns(ns))


def print_checked(console: Console, checked: CheckedData) -> None:
    """Each finding with what it does, the gravest first, and a verdict."""
    span = f", {_time(checked.first)} to {_time(checked.last)}" if checked.candles else ""
    console.print(
        Text(f"{checked.symbol} {checked.granularity}", "bold"),
        Text(f"{plural(checked.candles, 'candle')}{span} ({checked.source})"),
    )
    console.print(_findings_table(checked.findings))
    if checked.comparison:
        console.print(Text(_compared(checked.comparison), FAINT))
    console.print(_verdict(checked))


def _findings_table(findings: tuple[Finding, ...]) -> Table:
    """What several in a row do to a replay is said once, with the last of them."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    following = [finding.effect for finding in findings[1:]]
    for finding, next_effect in zip_longest(findings, following):
        label = Text(f"  {finding.severity.value}", STYLES[finding.severity])
        text = Text.assemble((f"{finding.code.value}: ", "bold"), finding.message)
        if finding.effect != next_effect:
            text.append(f"\n{finding.effect}", FAINT)
        table.add_row(label, text)
    return table


def _compared(comparison: Comparison) -> str:
    if comparison.correlation is None:
        return f"  The clocks can't be compared: only {comparison.common:,} returns in common."
    return f"  Compared: {comparison.common:,} returns in common, correlation {comparison.correlation:.2f}."


def _verdict(checked: CheckedData) -> Text:
    counts = checked.counts
    said = [
        plural(counts[severity], name)
        for severity, name in (
            (Severity.ERROR, "error"),
            (Severity.WARNING, "warning"),
            (Severity.INFO, "note"),
        )
        if counts[severity]
    ]
    if counts[Severity.ERROR]:
        return Text(f"  {', '.join(said)}: a replay refuses these candles.", BAD)
    if not said:
        return Text("  Nothing was found.", GOOD)
    return Text(f"  No errors; {', '.join(said)}.", NOTE if counts[Severity.WARNING] else GOOD)
