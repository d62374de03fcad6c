"""Options of the commands that replay many trials, and where those trials are replayed."""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from argusnexus.config import load_settings
from argusnexus.errors import ConfigError
from argusnexus.replay.sweep import Metric, dask_cluster, local_backend

if TYPE_CHECKING:
    from pathlib import Path

    from argusnexus.config import Settings
    from argusnexus.replay.sweep.backends import Backend
    from argusnexus.replay.sweep.grid import Asked


class BackendName(Enum):
    """Where trials are replayed."""

    LOCAL = "local"  # processes of this machine
    DASK = "dask"  # the workers of a Dask scheduler


SweptSetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="One setting, or several values to try: 20,40,55 or start:stop:step; repeatable.",
        metavar="TABLE.KEY=VALUES",
    ),
]
RandomOption = Annotated[
    int | None, typer.Option("--random", help="Try so many combinations, chosen by --seed.", metavar="N")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Of --random.")]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", help="Processes on this machine. Default: one a core.", metavar="N")
]
BackendOption = Annotated[
    BackendName, typer.Option("--backend", help="Processes on this machine, or a Dask cluster.")
]
SchedulerOption = Annotated[
    str | None,
    typer.Option("--scheduler", help="Of the Dask cluster, for example tcp://10.0.0.5:8786.", metavar="URL"),
]
MinTradesOption = Annotated[
    int, typer.Option("--min-trades", help="Leave out trials with fewer closed trades.", metavar="N")
]
MetricOption = Annotated[Metric, typer.Option("--sort", help="What is best, first.")]


def base_settings(config: Path | None, asked: Asked, strategy: str | None) -> Settings:
    """What all trials share; a parameter of the strategy that has no default is the first to be tried, meanwhile.

    Raises:
        ConfigError, StrategyError: as for a replay.
    """
    firsts = [
        f"{axis.name}={json.dumps(axis.values[0])}"
        for axis in asked.axes
        if axis.name.startswith("strategy.")
    ]
    try:
        return load_settings(config, (*asked.fixed, *firsts), strategy=strategy)
    except ConfigError:  # the first combination may be one that fails; the others shall be tried all the same
        return load_settings(config, asked.fixed, strategy=strategy)


def backend_of(name: BackendName, jobs: int | None, scheduler: str | None) -> Backend:
    """What the options name.

    Raises:
        ConfigError: if they don't go together, or nobody answers at the scheduler's address.
    """
    if name is BackendName.LOCAL:
        if scheduler is not None:
            raise ConfigError("--scheduler belongs to --backend dask.")
        return local_backend(jobs)
    if scheduler is None:
        raise ConfigError("--backend dask: say where, with --scheduler tcp://HOST:8786.")
    if jobs is not None:
        raise ConfigError("--jobs is for processes on this machine; a Dask cluster has its own workers.")
    return dask_cluster(scheduler)
