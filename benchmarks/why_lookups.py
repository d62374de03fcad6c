"""How long `argus why` takes: every trade and 1,000 random candles of a replay of hourly candles."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

from argusnexus.clock import stopwatch
from argusnexus.market.importing import read_candles
from argusnexus.model.candles import Granularity
from argusnexus.model.times import from_ns
from argusnexus.replay import ReplayRunner
from argusnexus.replay.market import ReplayMarket, SymbolMarket
from argusnexus.report.glass_box import lookup_times
from argusnexus.report.why import explain_candle, explain_trade
from argusnexus.truth.queries import LedgerReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CANDLES = 1000
HOUR = Granularity.parse("1h")


def main() -> None:
    """Replay, look up, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", metavar="SYMBOL=FILE", help="for example BTC-USD=btc_1h.parquet")
    files = dict(word.split("=", 1) for word in parser.parse_args().files)
    with TemporaryDirectory() as folder:
        ledger = Path(folder) / "argus.db"
        run_id = replayed(ledger, files)
        with LedgerReader(ledger) as reader:
            Console().print(measured(reader, run_id))


def replayed(ledger: Path, files: dict[str, str]) -> str:
    """A run of all symbols with the default settings."""
    candles = [read_candles(Path(file), symbol, HOUR).candles for symbol, file in files.items()]
    market = ReplayMarket(tuple(SymbolMarket(one, "a file", None) for one in candles), ())
    with ReplayRunner(ledger, list(files), None, None, 500, granularity="1h", market=market) as runner:
        runner.run()
        return runner.run_id


def measured(reader: LedgerReader, run_id: str) -> Table:
    """The times of all lookups, by kind."""
    random = np.random.default_rng(7)
    lines = [
        (symbol, from_ns(int(as_of)))
        for symbol, curve in reader.equity(run_id).items()
        for as_of in curve.as_of
    ]
    chosen = [lines[place] for place in random.choice(len(lines), CANDLES, replace=False)]
    trades = timed(lambda trade: explain_trade(reader, trade.trade_id), reader.trades(run_id))
    candles = timed(lambda line: explain_candle(reader, run_id, *line), chosen)
    table = Table("lookups of", "count", "avg ms", "p95 ms", "max ms", title=f"{len(lines):,} candles")
    for name, seconds in (("trades", trades), ("candles", candles), ("both", trades + candles)):
        times = lookup_times(seconds)
        figures = (f"{figure:.1f}" for figure in (times.avg, times.p95, times.max) if figure is not None)
        table.add_row(name, f"{times.lookups:,}", *figures)
    return table


def timed(lookup: Callable[[Any], object], items: Iterable[Any]) -> list[float]:
    """Seconds that each lookup takes."""
    seconds = []
    for item in items:
        start = stopwatch()
        lookup(item)
        seconds.append(stopwatch() - start)
    return seconds


if __name__ == "__main__":
    main()
