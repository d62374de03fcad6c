"""Sweeps: the same replay with many parameters, every one of them kept in the registry of trials.

Names are imported when they are first used: worker processes need few of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus._lazy import imported_on_use

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

__getattr__ = imported_on_use(
    __name__,
    {
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
    },
)
