"""Sweeps: the same replay with many parameters, every one of them kept in the registry of trials.

Names are imported when they are first used: worker processes need few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argusnexus.replay.sweep.backends import dask_cluster, local_backend
    from argusnexus.replay.sweep.grid import Grid, axes_of, make_grid, parse_overrides
    from argusnexus.replay.sweep.result import Metric, SweepResult, read_result
    from argusnexus.replay.sweep.runner import SweepRunner

__all__ = [
    "Grid",
    "Metric",
    "SweepResult",
    "SweepRunner",
    "axes_of",
    "dask_cluster",
    "local_backend",
    "make_grid",
    "parse_overrides",
    "read_result",
]

_HOMES = {
    "Grid": "grid",
    "Metric": "result",
    "SweepResult": "result",
    "SweepRunner": "runner",
    "axes_of": "grid",
    "dask_cluster": "backends",
    "local_backend": "backends",
    "make_grid": "grid",
    "parse_overrides": "grid",
    "read_result": "result",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
