"""What `argus check` found, as text for people and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from argusnexus.config import Settings
from argusnexus.model.candles import Granularity
from argusnexus.model.runs import IntegrityTag
from argusnexus.model.times import iso
from argusnexus.report.texts import FAINT, GOOD, NOTE, glyphs_of, minute, plural
from argusnexus.strategy.difference import INDICATOR_TOLERANCE
from argusnexus.strategy.follow import is_incremental
from argusnexus.strategy.sensitivity import IndicatorSensitivity, WarmupSensitivity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console, RenderableType

LABEL_WIDTH = 12
HASH_SHOWN = 16  # of its 64 characters
NOTABLE = 0.001
"""A relative difference at the end of the warm-up that a reader is told about."""

_PER_CENT = 100
_LEAST_SHOWN = 1e-6

_SYNTHETIC = "made-up candles of the sample market: good for this check, and for nothing about profit"


@dataclass(frozen=True, slots=True)
class SymbolCheck:
    """One symbol's candles, and what the strategy said on them.

    Attributes:
        source: where the candles came from, in words.
        entries, exits: candles that signal one, after the warm-up.
        first_decision: close of the first candle that may be anything but HOLD("warmup"); None if there is none.
        cuts: how often the signals were computed again from fewer candles, and were the same.
    """

    symbol: str
    source: str
    candles: int
    first_open: datetime
    last_close: datetime
    entries: int
    exits: int
    first_decision: datetime | None
    cuts: int
    sensitivity: WarmupSensitivity


@dataclass(frozen=True, slots=True)
class StrategyCheck:
    """A strategy that was not seen to look ahead on any of the symbols."""

    settings: Settings
    granularity: Granularity
    integrity: tuple[IntegrityTag, ...]
    symbols: tuple[SymbolCheck, ...]


def check_values(found: StrategyCheck) -> dict[str, Any]:
    """The check as JSON values; a difference that is infinite (a value against none) is null."""
    source = found.settings.strategy_source
    return {
        "strategy": {
            "name": source.name,
            "ledger_name": found.settings.strategy.name,
            "source_sha256": source.sha256,
            "parameters": _parameters(found),
            "incremental": is_incremental(found.settings.strategy),
        },
        "granularity": str(found.granularity),
        "data_integrity": [tag.value for tag in found.integrity],
        "look_ahead_found": False,
        "symbols": [_symbol_values(one) for one in found.symbols],
    }


def _symbol_values(one: SymbolCheck) -> dict[str, Any]:
    sensitivity = one.sensitivity
    return {
        "symbol": one.symbol,
        "source": one.source,
        "candles": one.candles,
        "first_open": iso(one.first_open),
        "last_close": iso(one.last_close),
        "entry_signals": one.entries,
        "exit_signals": one.exits,
        "first_decision": iso(one.first_decision) if one.first_decision else None,
        "cuts": one.cuts,
        "warmup": sensitivity.warmup,
        "histories_begin_at_row": list(sensitivity.starts),
        "indicators": [_indicator_values(indicator, sensitivity) for indicator in sensitivity.indicators],
    }


def _indicator_values(indicator: IndicatorSensitivity, sensitivity: WarmupSensitivity) -> dict[str, Any]:
    differences = zip(sensitivity.distances, indicator.differences, strict=True)
    return {
        "name": indicator.name,
        "largest_difference_after": {
            str(after): value if isfinite(value) else None for after, value in differences
        },
        "settled_after": indicator.settled_after,
    }


def _parameters(found: StrategyCheck) -> Mapping[str, Any]:
    table = found.settings.as_config()["strategy"]
    return {name: value for name, value in table.items() if name != "name"}


def check_blocks(found: StrategyCheck, console: Console) -> Iterator[RenderableType]:
    """The verdict and what it means, then what was checked, then how much history the indicators need."""
    yield _verdict(found)
    yield Text()
    yield _strategy(found)
    yield Text()
    yield _symbols(found, console)
    yield from _silences(found)
    yield Text()
    yield from _history(found)


def _verdict(found: StrategyCheck) -> Text:
    cuts = sum(one.cuts for one in found.symbols)
    return Text.assemble(
        ("NO LOOK-AHEAD FOUND", f"bold {GOOD}"),
        f"  Everything the strategy says about a candle was computed again without the candles after it, {cuts:,} "
        "times, and was the same each time. So what a replay of these candles reports, it could have known then. "
        "That is evidence and no proof: it holds for these candles and these parameters, and says nothing about "
        "whether the strategy earns.",
    )


def _strategy(found: StrategyCheck) -> Table:
    source = found.settings.strategy_source
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(width=LABEL_WIDTH, style=FAINT)
    table.add_column(overflow="fold")
    table.add_row("Strategy", source.name)
    table.add_row("Source", f"sha256 {source.sha256[:HASH_SHOWN]}" if source.sha256 else "no file")
    table.add_row(
        "Parameters", ", ".join(f"{name} {value}" for name, value in _parameters(found).items()) or "none"
    )
    table.add_row(
        "Candles", f"{found.granularity}, {', '.join(dict.fromkeys(one.source for one in found.symbols))}"
    )
    if IntegrityTag.SYNTHETIC in found.integrity:
        table.add_row("", Text(_SYNTHETIC, NOTE))
    if is_incremental(found.settings.strategy):
        table.add_row("At a tick", "carries on from the candle before; asked in parts it said the same")
    return table


def _symbols(found: StrategyCheck, console: Console) -> Table:
    table = _table("Symbol", "Candles", "Entries", "Exits", "First decision (UTC)", "Checked at")
    for one in found.symbols:
        first = minute(one.first_decision, glyphs_of(console))
        counts = (f"{count:,}" for count in (one.candles, one.entries, one.exits))
        table.add_row(one.symbol, *counts, first, plural(one.cuts, "cut"))
    return table


def _silences(found: StrategyCheck) -> Iterator[Text]:
    """A check of a strategy that says nothing is worth little."""
    for one in found.symbols:
        warmup = one.sensitivity.warmup
        if one.first_decision is None:
            words = f"the warm-up of {plural(warmup, 'candle')} is longer than the {plural(one.candles, 'candle')} there are."
        elif not one.entries:
            words = "no candle signals an entry, so that little could be checked."
        else:
            continue
        yield Text(f"{one.symbol}: {words}", NOTE)


def _history(found: StrategyCheck) -> Iterator[RenderableType]:
    merged = _of_all_symbols(found)
    if not merged.indicators:
        yield Text(
            "The strategy logs no indicators, so that nothing can be said about the history they need."
        )
        return
    yield Text.assemble(
        ("HISTORY", "bold"),
        "  How much an indicator differs when the candles begin later, at most, so many candles after they began. An "
        "indicator that is still different when the warm-up ends makes signals depend on the day the history "
        "happens to begin.",
    )
    yield Text()
    distances = [distance for distance in merged.distances if distance]
    table = _table("Indicator", *(f"after {distance:,}" for distance in distances), "same after")
    for one in merged.indicators:
        shown = one.differences[len(one.differences) - len(distances) :]
        settled = "not in these candles" if one.settled_after is None else plural(one.settled_after, "candle")
        table.add_row(one.name, *map(_difference, shown), settled)
    yield table
    yield from _early(merged)


def _early(merged: WarmupSensitivity) -> Iterator[Text]:
    """Which indicators are not settled when the strategy may first trade."""
    if not merged.warmup or merged.warmup not in merged.distances:
        return
    place = merged.distances.index(merged.warmup)
    early = [one.name for one in merged.indicators if one.differences[place] > NOTABLE]
    if early:
        yield Text(
            f"At the end of the warm-up ({plural(merged.warmup, 'candle')}) {', '.join(early)} may differ by more than "
            f"{_PER_CENT * NOTABLE:g} %; a longer warmup makes the first trades depend less on where the candles begin.",
            NOTE,
        )


def _of_all_symbols(found: StrategyCheck) -> WarmupSensitivity:
    """The largest differences that any symbol has, at the distances that all have."""
    each = [one.sensitivity for one in found.symbols]
    distances = min((one.distances for one in each), key=len)
    by_name: dict[str, list[IndicatorSensitivity]] = {}
    for indicator in (indicator for one in each for indicator in one.indicators):
        by_name.setdefault(indicator.name, []).append(indicator)
    merged = tuple(_largest(name, ones, len(distances)) for name, ones in by_name.items())
    return WarmupSensitivity(each[0].warmup, (), distances, merged)


def _largest(name: str, ones: list[IndicatorSensitivity], distances: int) -> IndicatorSensitivity:
    settled = [one.settled_after for one in ones]
    return IndicatorSensitivity(
        name=name,
        differences=tuple(max(one.differences[place] for one in ones) for place in range(distances)),
        settled_after=None if None in settled else max(after for after in settled if after is not None),
    )


def _difference(value: float) -> str:
    if value <= INDICATOR_TOLERANCE:
        return "same"
    if not isfinite(value):
        return "no value yet"
    return f"{_PER_CENT * value:,.4f} %" if value >= _LEAST_SHOWN else f"< {_PER_CENT * _LEAST_SHOWN:g} %"


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
