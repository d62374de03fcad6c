"""Times what is done with candles before a run: checking them, and making longer ones of them.

    python benchmarks/market_checks.py [FILE ...]

Without files the sample market's hours are taken. CPU time, the best of five.
"""

from __future__ import annotations

import argparse
import time
import timeit
from pathlib import Path

from argusnexus.market.checks import check
from argusnexus.market.importing import read_candles
from argusnexus.market.resample import resample
from argusnexus.market.sample import sample_candles
from argusnexus.model.candles import Granularity

MULTIPLE = 4


def best(work) -> float:
    return min(timeit.repeat(work, timer=time.process_time, number=1, repeat=5))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="*")
    files = parser.parse_args().files
    series = {str(path.name): read_candles(path, "BTC-USD", None).candles for path in files}
    for name, candles in (series or {"sample market": sample_candles("SIM-BTC-USD")}).items():
        longer = Granularity(MULTIPLE * candles.granularity.ns)
        checked = 1000 * best(lambda candles=candles: check(candles))
        resampled = 1000 * best(lambda candles=candles, longer=longer: resample(candles, longer))
        print(
            f"{name}: {len(candles):,} candles checked in {checked:.1f} ms, made {longer} in {resampled:.2f} ms"
        )


if __name__ == "__main__":
    main()
