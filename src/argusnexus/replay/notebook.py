"""What a terminal would show, for a notebook: HTML that can be read on a light and on a dark page."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.terminal_theme import TerminalTheme

if TYPE_CHECKING:
    from collections.abc import Callable

    Printer = Callable[[Console], None]

_WIDTH = 100
_GREY, _RED, _GREEN, _OCHRE = (123, 123, 123), (224, 69, 59), (47, 143, 63), (168, 117, 0)
_BLUE, _VIOLET, _CYAN = (58, 122, 214), (176, 84, 176), (15, 138, 148)
_COLOURS = [_GREY, _RED, _GREEN, _OCHRE, _BLUE, _VIOLET, _CYAN, _GREY]
_THEME = TerminalTheme(_GREY, _GREY, _COLOURS, _COLOURS)
"""Colours half-way between black and white; text without a colour takes the page's own."""

_FRAME = (
    '<pre style="font-family: monospace; line-height: 1.3; overflow-x: auto; white-space: pre">{code}</pre>'
)


def as_html(show: Printer) -> str:
    """What `show` prints to a console, as HTML; text in it stays text, whatever it holds."""
    console = Console(
        file=StringIO(),
        record=True,
        width=_WIDTH,
        force_terminal=True,
        force_jupyter=False,
        legacy_windows=False,
    )
    show(console)
    return console.export_html(theme=_THEME, code_format=_FRAME, inline_styles=True)


def as_text(show: Printer) -> str:
    """What `show` prints to a console, without colours."""
    file = StringIO()
    console = Console(file=file, width=_WIDTH, color_system=None, force_jupyter=False, legacy_windows=False)
    show(console)
    return file.getvalue().rstrip("\n")
