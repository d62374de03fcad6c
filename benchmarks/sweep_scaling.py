"""Times `argus sweep` of 500 parameter sets as a whole command with one process and with two; all trials must be the same.

Nothing else should run meanwhile: two processes on two cores show any other work as lost speed. The command's own
imports and its workers' start are in the time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

ARGUS = (sys.executable, "-m", "argusnexus")
AXES = ("--set", "strategy.entry_period=10:59:1", "--set", "strategy.stop_atr=1.0:2.8:0.2")


def argus(folder: Path, *words: str) -> str:
    """What a command prints.

    Raises:
        SystemExit: if it failed.
    """
    done = subprocess.run([*ARGUS, *words], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"argus {' '.join(words)} failed: {done.stderr}")
    return done.stdout


def swept(folder: Path, symbols: str, jobs: int) -> tuple[list[dict[str, Any]], float]:
    """The trials and the seconds that the command took."""
    words = ("sweep", "--symbols", symbols, "--granularity", "1h", *AXES, "--compiled", "--json")
    begun = time.perf_counter()
    told = argus(folder, *words, "--jobs", str(jobs), "--db-path", f"{jobs}-{begun}.db")
    return json.loads(told)["trials"], time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", metavar="SYMBOL=FILE", help="for example BTC-USD=btc_1h.parquet")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    pairs = [text.split("=", 1) for text in arguments.files]
    symbols = ",".join(symbol for symbol, _ in pairs)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for symbol, file in pairs:
            argus(
                folder, "data", "import", str(Path(file).resolve()), "--symbol", symbol, "--granularity", "1h"
            )
        argus(
            folder,
            "sweep",
            "--symbols",
            symbols,
            "--granularity",
            "1h",
            "--compiled",
            "--jobs",
            "1",
            "--set",
            "strategy.entry_period=20,30",
        )
        alone, together = [], []
        for _ in range(arguments.repeats):
            one, seconds = swept(folder, symbols, 1)
            alone.append(seconds)
            two, seconds = swept(folder, symbols, 2)
            together.append(seconds)
            if one != two:
                raise SystemExit("two processes gave other results than one")
            print(
                f"{len(one)} sets: {alone[-1]:.2f} s in one process, {together[-1]:.2f} s in two", flush=True
            )
    ratio = median(alone) / median(together)
    print(f"medians: {median(alone):.2f} s and {median(together):.2f} s, {ratio:.2f} x")


if __name__ == "__main__":
    main()
