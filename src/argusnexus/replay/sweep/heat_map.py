"""One figure over two parameters, as a page that needs nothing else."""

from __future__ import annotations

from collections import defaultdict
from importlib import import_module
from statistics import median
from typing import TYPE_CHECKING, Any

from argusnexus.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from argusnexus.model.trials import Axis
    from argusnexus.replay.sweep.result import Metric, SweepResult


def refuse_unless_drawable(path: Path) -> None:
    """A ConfigError unless a heat map can be written there.

    Raises:
        ConfigError: if plotly isn't installed, or the path is none of a page.
    """
    _plotly()
    if path.suffix != ".html":
        raise ConfigError(f"--heat-map {path}: expected a file that ends in .html.")


def write_heat_map(result: SweepResult, metric: Metric, path: Path) -> Path:
    """Draw a metric over the first two axes with several values; a cell is the median over all others.

    Raises:
        ConfigError: if there are no two such axes, plotly isn't installed, or the file can't be written.
    """
    refuse_unless_drawable(path)
    axes = [axis for axis in result.sweep.axes if len(axis.values) > 1]
    if len(axes) <= 1:
        raise ConfigError("--heat-map needs two parameters with several values each.")
    down, across = axes[:2]
    graph = _plotly()
    figure = graph.Figure(
        graph.Heatmap(
            z=cells(result, metric, down, across),
            x=[str(value) for value in across.values],
            y=[str(value) for value in down.values],
            colorscale="RdYlGn_r" if metric.low_is_good else "RdYlGn",
            colorbar={"title": metric.value},
            texttemplate="%{z:.4g}",
            hovertemplate=f"{across.name} %{{x}}<br>{down.name} %{{y}}<br>{metric.value} %{{z}}<extra></extra>",
        )
    )
    others = [axis.name for axis in axes[2:]]
    title = f"{result.sweep_id}: {metric.value}" + (f", median over {', '.join(others)}" if others else "")
    figure.update_layout(
        title=title,
        xaxis={"title": across.name, "type": "category"},
        yaxis={"title": down.name, "type": "category"},
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.write_html(path, include_plotlyjs=True)
    except OSError as error:
        raise ConfigError(f"--heat-map {path} can't be written: {error.strerror or error}.") from None
    return path


def cells(result: SweepResult, metric: Metric, down: Axis, across: Axis) -> list[list[float | None]]:
    """The median of the completed trials of each pair of values; None where none has the figure."""
    found: dict[tuple[Any, Any], list[float]] = defaultdict(list)
    for trial in result.completed:
        value = metric.of(trial)
        if value is not None:
            found[trial.parameters[down.name], trial.parameters[across.name]].append(float(value))
    return [[median(found[y, x]) if (y, x) in found else None for x in across.values] for y in down.values]


def _plotly() -> Any:
    try:
        return import_module("plotly.graph_objects")
    except ImportError as error:
        raise ConfigError(
            f"--heat-map needs plotly, which isn't installed ({error}): pip install 'argusnexus[charts]'"
        ) from None
