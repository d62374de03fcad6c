"""What a page shows, in the order in which a reader meets it: commands with what they print, scripts, files."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

FENCE = re.compile(r"^```(\w+)\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """One fenced block."""

    language: str
    text: str


class Command(NamedTuple):
    """A command of a console block.

    Attributes:
        shown: the lines of its output that the page shows; "..." stands for any others.
    """

    words: list[str]
    shown: list[str]


def blocks(page):
    """The page's fenced blocks, first to last."""
    return [Block(*found) for found in FENCE.findall(page)]


def commands(text):
    """The commands of a console block."""
    found = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append(Command(shlex.split(line[2:]), []))
        elif line.strip() != "...":
            found[-1].shown.append(line)
    return found


def squeezed(text):
    """The text with every stretch of blanks and line ends as one blank."""
    return " ".join(text.split())
