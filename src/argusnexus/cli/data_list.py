"""Stored series as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from argusnexus.market.stored_series import SeriesState
from argusnexus.model.times import from_ns, iso

if TYPE_CHECKING:
    from argusnexus.market.manifest import Manifest, Source
    from argusnexus.market.stored_series import StoredSeries
    from argusnexus.model.spans import Span


def show_stored(stored: tuple[StoredSeries, ...]) -> None:
    """A line for each series, and below them what is damaged."""
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("symbol", "candles", "first (UTC)", "last (UTC)", "state, and where from"):
        table.add_column(name, overflow="fold", justify="right" if name == "candles" else "left")
    for one in stored:
        table.add_row(f"{one.symbol} {one.granularity}", *_cells(one))
    Console().print(table)
    for message in (message for one in stored for message in one.damages):
        typer.secho(f"damaged: {message}", fg=typer.colors.RED)


def as_json_value(stored: StoredSeries) -> dict[str, Any]:
    """One series; what only its manifest says is missing when that can't be read."""
    about = {
        "symbol": stored.symbol,
        "granularity": str(stored.granularity),
        "state": stored.state.value,
        "damages": list(stored.damages),
        "path": str(stored.path),
    }
    return about | (_manifest_value(stored.manifest, stored) if stored.manifest else {})


def _manifest_value(manifest: Manifest, stored: StoredSeries) -> dict[str, Any]:
    extent = manifest.extent(stored.granularity)
    return {
        "rows": manifest.rows,
        "first": iso(from_ns(extent.start)) if extent else None,
        "last": iso(from_ns(extent.stop - stored.granularity.ns)) if extent else None,
        "missing_parts": stored.missing_parts,
        "covered": [_span_value(span) for span in manifest.covered],
        "conflicts": manifest.conflicts.rows if manifest.conflicts else 0,
        "sources": [_source_value(source) for source in manifest.sources],
    }


def _source_value(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "first_at": iso(source.first_at),
        "last_at": iso(source.last_at),
        "rows": source.rows,
        "covered": [_span_value(span) for span in source.covered],
    }


def _span_value(span: Span) -> list[str]:
    """Its start, and its end, which is not part of it."""
    return [iso(from_ns(ns)) for ns in span]


def _cells(stored: StoredSeries) -> tuple[str, ...]:
    manifest = stored.manifest
    if manifest is None:
        return ("?", "?", "?", stored.state.value)
    extent = manifest.extent(stored.granularity)
    days = (f"{from_ns(ns):%Y-%m-%d}" for ns in (extent.start, extent.stop - 1)) if extent else ("-", "-")
    sources = (f"[dim]{escape(source.name)}[/dim]" for source in manifest.sources)
    return (f"{manifest.rows:,}", *days, "\n".join((_state_words(stored, manifest), *sources)))


def _state_words(stored: StoredSeries, manifest: Manifest) -> str:
    missing, conflicts = stored.missing_parts, manifest.conflicts
    words = [stored.state.value]
    if missing:
        parts = f"{missing} part{'' if missing == 1 else 's'} missing"
        words = [parts] if stored.state is SeriesState.PARTS_MISSING else [*words, parts]
    if conflicts:
        words.append(f"{conflicts.rows:,} conflict{'' if conflicts.rows == 1 else 's'}")
    return " · ".join(words)
