"""How long `argus why` and `argus audit` take: trades and random candles of a run looked up, and the run audited.

Of a ledger that is given, or of a replay of hourly candles made for it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
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
from argusnexus.truth.audit import audit_run
from argusnexus.truth.queries import LedgerReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CANDLES = 1000
TRADES = 1000
HOUR = Granularity.parse("1h")


def main() -> None:
    """Replay unless there is a ledger, look up, audit, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", metavar="SYMBOL=FILE", help="for example BTC-USD=btc_1h.parquet")
    parser.add_argument("--ledger", type=Path, help="look into this one instead of replaying files")
    parser.add_argument("--run", help="which of its runs; the newest unless given")
    asked = parser.parse_args()
    if bool(asked.files) == bool(asked.ledger):
        parser.error("expected either SYMBOL=FILE pairs or --ledger")
    with TemporaryDirectory() as folder:
        ledger = asked.ledger or Path(folder) / "argus.db"
        run_id = (
            replayed(ledger, dict(word.split("=", 1) for word in asked.files)) if asked.files else asked.run
        )
        with LedgerReader(ledger) as reader:
            run_id = run_id or reader.runs()[0].run_id
            for table in (measured(reader, run_id), audited(reader, run_id)):
                Console().print(table)


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
    lines = [(symbol, as_of) for symbol, curve in reader.equity(run_id).items() for as_of in curve.as_of]
    chosen = [lines[place] for place in random.choice(len(lines), min(CANDLES, len(lines)), replace=False)]
    closed = reader.trades(run_id)
    picked = [closed[place] for place in random.choice(len(closed), min(TRADES, len(closed)), replace=False)]
    trades = timed(lambda trade: explain_trade(reader, trade.trade_id), picked)
    candles = timed(lambda line: explain_candle(reader, run_id, line[0], from_ns(int(line[1]))), chosen)
    table = Table("lookups of", "count", "avg ms", "p95 ms", "max ms", title=f"{len(lines):,} candles")
    for name, seconds in (("trades", trades), ("candles", candles), ("both", trades + candles)):
        times = lookup_times(seconds)
        figures = (f"{figure:.1f}" for figure in (times.avg, times.p95, times.max) if figure is not None)
        table.add_row(name, f"{times.lookups:,}", *figures)
    return table


def audited(reader: LedgerReader, run_id: str) -> Table:
    """What an audit takes, and what it covers."""
    start, busy = stopwatch(), process_time()
    audit = audit_run(reader, run_id)
    seconds, cpu = stopwatch() - start, process_time() - busy
    table = Table("audit of", "rows", "seconds", "of them CPU", title=f"{audit.checks:,} checks")
    for count in audit.tables:
        table.add_row(count.table, f"{count.rows:,}")
    table.add_row("all", f"{sum(count.rows for count in audit.tables):,}", f"{seconds:.2f}", f"{cpu:.2f}")
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
