"""Times a sweep of 500 parameter sets with one process and with two; the results must be the same.

Nothing else should run meanwhile: two processes on two cores show any other work as lost speed. The time is that of
the trials: the workers' start is in it, this process' imports are not.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from argusnexus.clock import stopwatch
from argusnexus.config import Settings
from argusnexus.market.importing import read_candles
from argusnexus.model.candles import Granularity
from argusnexus.replay.market import ReplayMarket, SymbolMarket
from argusnexus.replay.plan import make_plan
from argusnexus.replay.sweep import SweepRunner, axes_of, local_backend, make_grid

if TYPE_CHECKING:
    from argusnexus.model.candles import Candles
    from argusnexus.model.trials import Trial

SETS = {
    "strategy.entry_period": list(range(10, 60)),
    "strategy.stop_atr": [round(1 + step / 5, 1) for step in range(10)],
}
HOUR = Granularity.parse("1h")


def swept(candles: list[Candles], jobs: int) -> tuple[list[Trial], float]:
    """The trials and the seconds that they took."""
    plan = make_plan([one.symbol for one in candles], None, None, 500, granularity=HOUR, settings=Settings())
    market = ReplayMarket(tuple(SymbolMarket(one, "a file", None) for one in candles), ())
    with (
        tempfile.TemporaryDirectory() as folder,
        SweepRunner(
            Path(folder) / "argus.db",
            plan,
            market,
            make_grid(axes_of(SETS.items())),
            backend=local_backend(jobs),
            native=True,
            checked=True,
        ) as runner,
    ):
        begun = stopwatch()
        runner.run()
        return [comparable(trial) for trial in runner.trials()], stopwatch() - begun


def comparable(trial: Trial) -> Trial:
    """Without the sweep's name and the time of day."""
    return replace(trial, sweep_id="", finished_at=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", metavar="SYMBOL=FILE", help="for example BTC-USD=btc_1h.parquet")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    pairs = (text.split("=", 1) for text in arguments.files)
    candles = [read_candles(Path(file), symbol, HOUR).candles for symbol, file in pairs]
    swept([one.rows(slice(0, 1000)) for one in candles], 1)  # compiled, or read from the cache
    alone, together = [], []
    for _ in range(arguments.repeats):
        one, seconds = swept(candles, 1)
        alone.append(seconds)
        two, seconds = swept(candles, 2)
        together.append(seconds)
        if one != two:
            raise SystemExit("two processes gave other results than one")
        print(f"{len(one)} sets: {alone[-1]:.2f} s in one process, {together[-1]:.2f} s in two", flush=True)
    print(
        f"medians: {median(alone):.2f} s and {median(together):.2f} s, {median(alone) / median(together):.2f} x"
    )


if __name__ == "__main__":
    main()
