"""What every engine of the comparison shares: the rule's figures, the candles from disk, the statistics, the result.

The rule, on candles of one symbol, long only, without fees:

- At the close of candle i, flat: enter when C[i] > max(H[i-20 .. i-1]) and ATR(14) (Wilder) has a value. The stop is
  C[i] - 2 ATR, the target C[i] + 4 ATR, the quantity min(1 % of cash / (C[i] - stop), 95 % of cash / C[i]), rounded down
  to 1e-8. The entry fills at O[i+1].
- In a candle in which a position is open at the open: O <= stop leaves at O; else O >= target leaves at O; else
  L <= stop leaves at the stop; else H >= target leaves at the target.
- At the close of candle j, in a position: C[j] < min(L[j-10 .. j-1]) leaves at O[j+1], before anything else.
- After an exit in candle j, its close may enter again. What is open at the end is no trade.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

ENTRY_PERIOD = 20
EXIT_PERIOD = 10
ATR_PERIOD = 14
STOP_ATR = 2.0
TARGET_ATR = 4.0
RISK = 0.01
CASH_PART = 0.95
LOT = 1e-8
CAPITAL = 500.0
FIRST_ROW = max(ENTRY_PERIOD, EXIT_PERIOD, ATR_PERIOD)


class Trade(NamedTuple):
    """A closed trade: rows of the candles in which it was entered and left."""

    entry_row: int
    exit_row: int
    entry_price: float
    exit_price: float
    quantity: float


class Stopwatch:
    """Seconds of the engine alone."""

    seconds = 0.0

    def median(self, work: Callable[[], Result]) -> Result:
        """The middle one of five runs, for engines that take less than the machine's hiccups do; the last result."""
        seconds = []
        for _ in range(5):
            with self.running():
                result = work()
            seconds.append(self.seconds)
        self.seconds = sorted(seconds)[2]
        return result

    @contextmanager
    def running(self):
        begun = time.perf_counter()
        yield
        self.seconds = time.perf_counter() - begun


def arguments() -> tuple[Path, Path]:
    """The candles' file and the folder for the result."""
    candles, out = map(Path, sys.argv[1:3])
    out.mkdir(parents=True, exist_ok=True)
    return candles, out


def finish(out: Path, rows: int, watch: Stopwatch, trades: list[Trade], **notes: object) -> None:
    """Statistics of the closed trades, and both files of the result."""
    pnls = [(trade.exit_price - trade.entry_price) * trade.quantity for trade in trades]
    equity = peak = CAPITAL
    drawdown = 0.0
    for pnl in pnls:
        equity += pnl
        peak = max(peak, equity)
        drawdown = max(drawdown, (peak - equity) / peak)
    result = {
        "rows": rows,
        "engine_seconds": watch.seconds,
        "trades": len(trades),
        "net_pnl": sum(pnls),
        "win_rate": sum(pnl > 0 for pnl in pnls) / len(pnls) if pnls else None,
        "max_drawdown": drawdown,
        **notes,
    }
    (out / "result.json").write_text(json.dumps(result))
    with (out / "trades.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Trade._fields)
        writer.writerows(trades)
