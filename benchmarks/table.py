"""From compare.py's measurements to a page with tables, and a picture."""

from __future__ import annotations

import argparse
import json
import math
from itertools import groupby
from pathlib import Path

HEAD = "| engine | alone, candles/s | whole process, s | a candle, µs | peak MB | trades | differing | |"
LINE = "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
FROM_ROWS = 100_000

PAGE = """# Benchmark: results

Written by `table.py` from one run of `compare.py` on {date}; [README.md](README.md) says what is measured and how to
repeat it.

Machine: {machine}.

{tables}
## Does it grow in a straight line?

Slope of the whole process' time over the number of made candles, both logarithmic, by least squares from 100,000
candles on. 1 is a straight line, above 1 each candle costs more the more there are; what a process costs once makes it
smaller. *Bytes a candle* are what the peak memory grows by, from the size before the largest to the largest.

| engine | slope | bytes a candle | made candles |
| --- | ---: | ---: | --- |
{slopes}
"""


def page(told: dict) -> str:
    measurements = told["measurements"]
    by_size = groupby(measurements, key=lambda one: one["candles"])
    tables = "\n".join(_table(candles, list(group)) for candles, group in by_size)
    return PAGE.format(**told, tables=tables, slopes="\n".join(_slopes(measurements)))


def _table(candles: str, rows: list[dict]) -> str:
    kind = "made" if is_made(candles) else "real"
    head = f"## {rows[0]['rows']:,} {kind} one-minute candles (`{candles}`)"
    return "\n".join([head, "", HEAD, LINE, *map(_row, rows), ""])


def is_made(candles: str) -> bool:
    """By the name that README.md gives the files."""
    return candles.startswith("made")


def _row(one: dict) -> str:
    own = one["differing_from_own"]
    cells = (
        f"{one['engine']} {one['version']}".strip(),
        f"{one['rows'] / one['engine_seconds']:,.0f}",
        f"{one['wall_seconds']:.2f}",
        f"{one['wall_seconds'] / one['rows'] * 1e6:.2f}",
        f"{one['peak_mb']:,.0f}",
        f"{one['trades']:,}",
        f"{one['differing']:,}" + ("" if own is None else f"; {own:,} from its own rules"),
        one["note"],
    )
    return f"| {' | '.join(cells)} |"


def _slopes(measurements: list[dict]) -> list[str]:
    lines = []
    for engine in dict.fromkeys(one["engine"] for one in measurements):
        own = [one for one in measurements if one["engine"] == engine and is_made(one["candles"])]
        points = {one["rows"]: one["wall_seconds"] for one in own if one["rows"] >= FROM_ROWS}
        if len(points) > 1:
            sizes = ", ".join(f"{rows:,}" for rows in points)
            lines.append(f"| {engine} | {slope(points):.2f} | {_bytes_a_candle(own):,.0f} | {sizes} |")
    return lines


def _bytes_a_candle(own: list[dict]) -> float:
    before, largest = sorted(own, key=lambda one: one["rows"])[-2:]
    return (largest["peak_mb"] - before["peak_mb"]) * 2**20 / (largest["rows"] - before["rows"])


def slope(points: dict[int, float]) -> float:
    """Least squares of log(seconds) on log(rows)."""
    x, y = [math.log(rows) for rows in points], [math.log(seconds) for seconds in points.values()]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    products = sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True))
    return products / sum((a - middle_x) ** 2 for a in x)


def draw(told: dict, path: Path) -> None:
    """Whole-process seconds of every engine over the number of candles, both logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "benchmark"
    figure, axes = plt.subplots(figsize=(8, 5))
    made = [one for one in told["measurements"] if is_made(one["candles"])]
    for engine in dict.fromkeys(one["engine"] for one in made):
        rows = [one for one in made if one["engine"] == engine]
        own = engine == "ArgusNexus"
        bare = engine.startswith("bare")
        axes.plot(
            [one["rows"] for one in rows],
            [one["wall_seconds"] for one in rows],
            marker="o",
            color="black" if own else "#999999" if bare else None,
            linestyle=":" if engine == "bare numba loop" else "--" if bare else "-",
            linewidth=3 if own else 1.3,
            label=f"{engine} (everything logged)" if own else engine,
        )
    axes.set(xscale="log", yscale="log", xlabel="one-minute candles", ylabel="whole process, seconds")
    axes.set_title(f"Same rule, same candles, one run on {told['date']}", fontsize=10)
    axes.grid(visible=True, which="both", alpha=0.2)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measurements", type=Path, help="what compare.py --out wrote")
    parser.add_argument("page", type=Path, help="the Markdown page")
    parser.add_argument("--picture", type=Path, help="an SVG; needs requirements/plot.txt")
    arguments = parser.parse_args()
    told = json.loads(arguments.measurements.read_text())
    arguments.page.write_text(page(told))
    if arguments.picture:
        draw(told, arguments.picture)


if __name__ == "__main__":
    main()
