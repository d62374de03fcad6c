"""Runs every engine of the comparison on the same candles, one process at a time, and tells what it took.

Each engine has an environment of its own (made under --work on the first run). An engine's trades are compared with
the plain Python loop's before its time is shown; where they differ, the table says in how many.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
REFERENCE = "bare_python"
LONG_SECONDS = 60.0
PRICE_DIFFERENCE = 1e-6  # relative: engines round prices to ticks or whole units


@dataclass(frozen=True)
class Engine:
    """One row of the table.

    Attributes:
        script: in engines/.
        environment: name of a file in requirements/, or "argus" for this checkout.
        package: whose version the table names; none for what is Python alone.
        alone: script that times the engine alone, where the whole process does more.
        reference: script whose trades its own must be, beside the common rule's.
        largest: rows beyond which it isn't run.
    """

    name: str
    script: str
    environment: str
    package: str
    note: str = ""
    alone: str = ""
    reference: str = ""
    largest: int = 1_000_000


ENGINES = (
    Engine("bare Python loop", REFERENCE, "bare", "", "logs nothing; the reference", largest=10_000_000),
    Engine("bare numba loop", "bare_numba", "bare", "numba", "logs nothing; the limit", largest=10_000_000),
    Engine(
        "ArgusNexus",
        "argus",
        "argus",
        "argusnexus",
        "every decision, order, fill and trade in a ledger",
        alone="argus_engine",
        reference="argus_rules",
        largest=10_000_000,
    ),
    Engine("vectorbt, order function", "vectorbt_exact", "vectorbt", "vectorbt"),
    Engine("vectorbt, from_signals", "vectorbt_signals", "vectorbt", "vectorbt", "its own stops"),
    Engine("backtesting.py", "backtesting_py", "backtesting", "backtesting"),
    Engine("NautilusTrader", "nautilus", "nautilus", "nautilus_trader", "market orders fill at the close"),
    Engine("backtrader", "backtrader_peer", "backtrader", "backtrader"),
)


class Timing(NamedTuple):
    """One process, from its start to its end."""

    wall_seconds: float
    peak_mb: float


class Measurement(NamedTuple):
    """An engine on one file of candles."""

    engine: Engine
    rows: int
    engine_seconds: float
    wall_seconds: float
    peak_mb: float
    trades: int
    differing: int
    differing_from_own: int | None


def environment(name: str, work: Path) -> Path:
    """The Python of an engine's environment, made where it isn't there yet."""
    python = work / "environments" / name / "bin" / "python"
    marker = python.with_name("installed")
    if not marker.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
        wanted = [str(ROOT)] if name == "argus" else ["-r", str(HERE / "requirements" / f"{name}.txt")]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
        marker.touch()
    return python


def timed(command: list[str]) -> Timing:
    """Run a command to its end; its own wall time and its own peak memory.

    Raises:
        SystemExit: if it failed.
    """
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed with {process.returncode}")
    return Timing(wall, usage.ru_maxrss / 1024)


def measured(engine: Engine, candles: Path, work: Path, repeats: int) -> Measurement:
    """The medians of an engine's runs; it runs once before them, unmeasured, so that caches are as for a user."""
    folder = work / "results" / candles.stem
    timings, results = [], []
    for _ in range(repeats + 1):
        timings.append(_run(engine.script, engine.environment, candles, work))
        results.append(_result(folder, engine.script))
        if timings[0].wall_seconds > LONG_SECONDS:
            break
    if len(timings) > 1:
        del timings[0], results[0]
    middle = sorted(range(len(timings)), key=lambda place: timings[place].wall_seconds)[len(timings) // 2]
    return Measurement(
        engine,
        results[middle]["rows"],
        _alone(engine, candles, work, repeats) or results[middle]["engine_seconds"],
        *timings[middle],
        results[middle]["trades"],
        differing(folder / engine.script, folder / REFERENCE),
        _unlike_own(engine, candles, work),
    )


def _run(script: str, environment_name: str, candles: Path, work: Path) -> Timing:
    python = environment(environment_name, work)
    out = work / "results" / candles.stem / script
    return timed([str(python), str(HERE / "engines" / f"{script}.py"), str(candles), str(out)])


def _result(folder: Path, script: str) -> dict[str, float]:
    return json.loads((folder / script / "result.json").read_text())


def _alone(engine: Engine, candles: Path, work: Path, repeats: int) -> float | None:
    """The median of the engine alone; None where the whole process times it."""
    if not engine.alone:
        return None
    seconds = []
    for _ in range(repeats):
        _run(engine.alone, engine.environment, candles, work)
        seconds.append(_result(work / "results" / candles.stem, engine.alone)["engine_seconds"])
    return sorted(seconds)[len(seconds) // 2]


def _unlike_own(engine: Engine, candles: Path, work: Path) -> int | None:
    if not engine.reference:
        return None
    _run(engine.reference, "bare", candles, work)
    folder = work / "results" / candles.stem
    return differing(folder / engine.script, folder / engine.reference)


def differing(one: Path, other: Path) -> int:
    """Trades, by the candle of their entry, that only one has or whose prices differ."""
    own, others = _trades(one), _trades(other)
    return len(own.keys() ^ others.keys()) + sum(
        any(abs(a - b) > PRICE_DIFFERENCE * abs(b) for a, b in zip(own[key], others[key], strict=True))
        for key in own.keys() & others.keys()
    )


def _trades(out: Path) -> dict[str, tuple[float, float]]:
    with (out / "trades.csv").open() as file:
        return {
            row["entry_row"]: (float(row["entry_price"]), float(row["exit_price"]))
            for row in csv.DictReader(file)
        }


def version(engine: Engine, work: Path) -> str:
    """Of the package that the engine is, as its environment has it."""
    if not engine.package:
        return ""
    asked = f"from importlib.metadata import version; print(version({engine.package!r}))"
    command = [environment(engine.environment, work), "-c", asked]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def machine() -> str:
    """What the figures were measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} x {model or platform.processor()}, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("candles", type=Path, nargs="+", help="Parquet files; see make_candles.py")
    parser.add_argument("--work", type=Path, required=True, help="where environments and results are kept")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="names of scripts in engines/")
    parser.add_argument("--out", type=Path, help="measurements as JSON")
    arguments = parser.parse_args()
    found = []
    for candles in arguments.candles:
        for engine in ENGINES:
            if arguments.only and engine.script not in arguments.only:
                continue
            if rows_of(candles) > engine.largest:
                continue
            one = measured(engine, candles, arguments.work, arguments.repeats)
            named = {"engine": engine.name, "script": engine.script, "note": engine.note}
            named |= {"candles": candles.stem, "version": version(engine, arguments.work)}
            found.append(one._asdict() | named)
            print(found[-1], flush=True)
            if arguments.out:
                told = {"machine": machine(), "date": time.strftime("%Y-%m-%d"), "measurements": found}
                arguments.out.write_text(json.dumps(told, indent=1))


def rows_of(candles: Path) -> int:
    return pq.read_metadata(candles).num_rows


if __name__ == "__main__":
    main()
