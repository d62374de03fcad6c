"""Times whole `argus` commands: the help, the sample market's replay, and a portfolio's of one's own hourly candles."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ARGUS = (sys.executable, "-m", "argusnexus")


def seconds_of(words: list[str], folder: Path) -> float:
    """From the start of Python to its end.

    Raises:
        SystemExit: if the command failed.
    """
    begun = time.perf_counter()
    done = subprocess.run([*ARGUS, *words], cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise SystemExit(f"argus {' '.join(words)} failed: {done.stderr}")
    return seconds


def show(label: str, words: list[str], folder: Path, repeats: int) -> None:
    seconds_of(words, folder)  # the first start writes caches
    timed = [seconds_of(words, folder) for _ in range(repeats)]
    print(f"{label}: {median(timed):.2f} s (from {min(timed):.2f} to {max(timed):.2f})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", metavar="SYMBOL=FILE", help="for example BTC-USD=btc_1h.parquet")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    pairs = [text.split("=", 1) for text in arguments.files]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        show("argus --help", ["--help"], folder, arguments.repeats)
        show("sample market", ["replay", "--data-source", "sample"], folder, arguments.repeats)
        for symbol, file in pairs:
            words = [str(Path(file).resolve()), "--symbol", symbol, "--granularity", "1h"]
            seconds_of(["data", "import", *words], folder)
        if pairs:
            symbols = ",".join(symbol for symbol, _ in pairs)
            words = ["replay", "--symbols", symbols, "--granularity", "1h", "--capital-mode", "portfolio"]
            show(f"{symbols}, one account, 1h", words, folder, arguments.repeats)


if __name__ == "__main__":
    main()
