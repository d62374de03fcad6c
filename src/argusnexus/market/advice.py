"""Commands that a message names when candles are missing or damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.model.times import from_ns, iso

if TYPE_CHECKING:
    from datetime import date

    from argusnexus.model.candles import Granularity
    from argusnexus.model.spans import Span


def fetch_command(symbol: str, granularity: Granularity, span: Span) -> str:
    """The command that fetches a span, in whole UTC days."""
    return fetch_command_for(symbol, granularity, from_ns(span.start).date(), from_ns(span.stop - 1).date())


def fetch_command_for(symbol: str, granularity: Granularity, start: date | None, end: date | None) -> str:
    """The command that fetches the days from `start` to `end`; what isn't known is left for the reader to say."""
    last = f" --end {end}" if end else ""
    return f"`argus data fetch --symbols {symbol} --granularity {granularity} --start {start or 'DAY'}{last}`"


def span_words(span: Span) -> str:
    return f"{iso(from_ns(span.start))} to {iso(from_ns(span.stop))}"
