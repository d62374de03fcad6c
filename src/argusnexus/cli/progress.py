"""Progress on a terminal; nothing in a pipe."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argusnexus.replay.simulation import Progress as ProgressCallback


@contextmanager
def progress_bar(what: str, time: ProgressColumn) -> Iterator[ProgressCallback]:
    """A bar on stderr, so that output stays clean; `time` is the column at its end."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), time)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield show
