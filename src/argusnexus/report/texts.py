"""How figures are written for people: money, per cents, times, and why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from argusnexus.money import Amount, amount, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rich.console import Console

GOOD, BAD, NOTE, FAINT = "green", "red", "yellow", "dim"

_CENT = amount("0.01")


class Glyphs(NamedTuple):
    """Characters that not every terminal can show.

    Attributes:
        none: stands for a figure that there is none of.
        dot: between items of a line.
        blocks: a sparkline's levels, lowest first.
    """

    none: str
    dot: str
    blocks: str


UNICODE = Glyphs("–", " · ", "▁▂▃▄▅▆▇█")  # noqa: RUF001 (an en dash is meant)
ASCII = Glyphs("-", ", ", "_.-=+*#@")


def glyphs_of(console: Console) -> Glyphs:
    """What the console's encoding can write."""
    return ASCII if console.options.ascii_only else UNICODE


def money(value: Amount) -> str:
    """Two decimals and thousands separators, more digits where two would show nothing; never minus nothing."""
    if value and abs(value) < _CENT:
        return f"{value:.8f}".rstrip("0").rstrip(".") or "0.00"
    return f"{value:,.2f}".replace("-0.00", "0.00")


def signed(value: Amount | None, glyphs: Glyphs, unit: str = "") -> Text:
    """A gain or a loss, coloured."""
    if value is None:
        return Text(glyphs.none, FAINT)
    text = money(value)
    gain = value > 0 and text != "0.00"
    style = GOOD if gain else BAD if text.startswith("-") else ""
    return Text(f"{'+' if gain else ''}{text}{unit}", style)


def figure(value: Amount | None, glyphs: Glyphs, why_none: str = "", unit: str = "") -> Text:
    """A figure without a sign of its own, or a dash and why there is none."""
    if value is None:
        return Text(f"{glyphs.none} ({why_none})" if why_none else glyphs.none, FAINT)
    return Text(money(value) + unit)


def price(value: Amount | None, glyphs: Glyphs) -> str:
    """All of its digits."""
    return glyphs.none if value is None else plain(value)


def minute(moment: datetime | None, glyphs: Glyphs) -> str:
    """A UTC time to the minute."""
    return glyphs.none if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def counted(counts: Mapping[str, int], glyphs: Glyphs) -> str:
    """Counts by name in one line."""
    return glyphs.dot.join(f"{name} {count:,}" for name, count in counts.items())


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def sparkline(values: Sequence[float], blocks: str) -> str:
    """One character per value, between the lowest and the highest of them."""
    lowest, highest = min(values), max(values)
    span = highest - lowest
    if span == 0:
        return blocks[0] * len(values)
    top = len(blocks) - 1
    return "".join(blocks[round((value - lowest) / span * top)] for value in values)
