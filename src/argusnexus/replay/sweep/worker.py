"""What runs in a worker process: it keeps the candles and the sweep's plan from one task to the next."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from filelock import FileLock

from argusnexus.model.candles import Candles, Granularity
from argusnexus.replay.sweep.trial import Workshop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.replay.sweep.recipe import Recipe
    from argusnexus.replay.sweep.trial import TrialOutcome, TrialTask

_COLUMNS = ("times", "open", "high", "low", "close", "volume")


class _Bench(NamedTuple):
    """What a process has at hand."""

    key: str
    workshop: Workshop


_at_hand: list[_Bench] = []


def run_chunk(
    recipe: Recipe, candles: Sequence[Candles] | Path, tasks: Sequence[TrialTask]
) -> list[TrialOutcome]:
    """The outcomes of some trials; a path is of candles that `store_candles` wrote.

    Raises:
        ConfigError, StrategyError: if this process can't do any trial of this sweep.
    """
    workshop = _workshop(recipe, candles)
    return [workshop.done(task) for task in tasks]


def _workshop(recipe: Recipe, candles: Sequence[Candles] | Path) -> Workshop:
    """That of the sweep: the candles are read, and the strategy is loaded, once a process."""
    for bench in _at_hand:
        if bench.key == recipe.key:
            return bench.workshop
    loaded = load_candles(candles) if isinstance(candles, Path) else candles
    workshop = Workshop(recipe.opened(), loaded, native=recipe.native)
    if recipe.native:
        _compile(workshop)
    _at_hand[:] = [_Bench(recipe.key, workshop)]
    return workshop


def _compile(workshop: Workshop) -> None:
    """Have the step compiled: of several processes on a machine one does it, the others then find it on the disk."""
    if workshop.is_compiled:
        workshop.compile()
        return
    with FileLock(Path(tempfile.gettempdir()) / f"argusnexus-compile-{os.getuid()}.lock"):
        workshop.compile()


def store_candles(candles: Sequence[Candles], path: Path) -> None:
    """Write candles so that `load_candles` gives exactly them."""
    columns = {
        f"{place}.{name}": getattr(one, name) for place, one in enumerate(candles) for name in _COLUMNS
    }
    names = np.array([(one.symbol, str(one.granularity)) for one in candles])
    with path.open("wb") as file:
        np.savez(file, names=names, **columns)


def load_candles(path: Path) -> tuple[Candles, ...]:
    """What `store_candles` wrote."""
    with np.load(path) as stored:
        return tuple(
            Candles(
                str(symbol),
                Granularity.parse(str(granularity)),
                *(stored[f"{place}.{name}"] for name in _COLUMNS),
            )
            for place, (symbol, granularity) in enumerate(stored["names"])
        )
