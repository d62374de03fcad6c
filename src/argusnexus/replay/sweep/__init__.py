"""Sweeps: the same replay with many parameters, every one of them kept in the registry of trials."""

from __future__ import annotations

from argusnexus.model.trials import Axis
from argusnexus.replay.sweep.backends import dask_cluster, local_backend
from argusnexus.replay.sweep.grid import Grid, axes_of, make_grid, parse_overrides
from argusnexus.replay.sweep.result import Metric, SweepResult, read_result
from argusnexus.replay.sweep.runner import SweepRunner

__all__ = [
    "Axis",
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
