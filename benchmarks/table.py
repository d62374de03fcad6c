"""From compare.py's measurements to a Markdown table and a picture."""

from __future__ import annotations

import argparse
import json
import math
from itertools import groupby
from pathlib import Path

HEAD = "| engine | engine alone, candles/s | whole process, s | peak MB | trades | differing | |"
LINE = "| --- | ---: | ---: | ---: | ---: | ---: | --- |"


def table(measurements: list[dict]) -> str:
    """One table for each file of candles."""
    parts = []
    for candles, group in groupby(measurements, key=lambda one: one["candles"]):
        rows = list(group)
        parts += [f"### {rows[0]['rows']:,} candles (`{candles}`)", "", HEAD, LINE, *map(_row, rows), ""]
    return "\n".join(parts)


def _row(one: dict) -> str:
    speed = one["rows"] / one["engine_seconds"]
    own = one["differing_from_own"]
    differing = f"{one['differing']:,}" + ("" if own is None else f"; {own:,} from its own rules")
    cells = (
        one["engine"],
        f"{speed:,.0f}",
        f"{one['wall_seconds']:.2f}",
        f"{one['peak_mb']:,.0f}",
        f"{one['trades']:,}",
    )
    return f"| {' | '.join(cells)} | {differing} | {one['note']} |"


def slope(measurements: list[dict], script: str) -> float | None:
    """Least squares of log(wall seconds) on log(rows), from 100,000 rows on; 1 is a straight line."""
    points = [
        (math.log(one["rows"]), math.log(one["wall_seconds"]))
        for one in measurements
        if one["script"] == script and one["rows"] >= 100_000 and one["candles"].startswith("c")
    ]
    if len(points) < 2:
        return None
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)


def draw(measurements: list[dict], path: Path) -> None:
    """Whole-process seconds of every engine over the number of candles, both logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 5))
    by_engine = sorted(measurements, key=lambda one: (one["engine"], one["rows"]))
    for engine, group in groupby(by_engine, key=lambda one: one["engine"]):
        rows = [one for one in group if one["candles"].startswith("c")]
        width = 3 if engine == "ArgusNexus" else 1.2
        axes.plot(
            [one["rows"] for one in rows],
            [one["wall_seconds"] for one in rows],
            marker="o",
            linewidth=width,
            label=engine,
        )
    axes.set(xscale="log", yscale="log", xlabel="one-minute candles", ylabel="whole process, seconds")
    axes.grid(visible=True, which="both", alpha=0.2)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measurements", type=Path, help="what compare.py --out wrote")
    parser.add_argument("--picture", type=Path, help="an SVG; needs matplotlib")
    arguments = parser.parse_args()
    found = json.loads(arguments.measurements.read_text())
    print(found["machine"])
    print()
    print(table(found["measurements"]))
    for script in ("argus", "bare_python"):
        print(
            f"log-log slope of {script}, whole process, from 100,000 candles on: {slope(found['measurements'], script)}"
        )
    if arguments.picture:
        draw(found["measurements"], arguments.picture)


if __name__ == "__main__":
    main()
