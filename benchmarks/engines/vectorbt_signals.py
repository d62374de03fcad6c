"""The rule in vectorbt's own stops (`from_signals`): what most of its users write, and not exact."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq
import vectorbt as vbt
from common import CAPITAL, CASH_PART, STOP_ATR, TARGET_ATR, Stopwatch, Trade, arguments, finish
from indicators import columns


def closed_trades(frame):
    upper, lower, atr = columns(*(frame[name].to_numpy() for name in ("high", "low", "close")))
    distance = pd.Series(atr / frame["close"].to_numpy(), index=frame.index).shift(1)
    done = vbt.Portfolio.from_signals(
        frame["close"],
        entries=(frame["close"] > upper).shift(1, fill_value=False),
        exits=(frame["close"] < lower).shift(1, fill_value=False),
        price=frame["open"],
        open=frame["open"],
        high=frame["high"],
        low=frame["low"],
        sl_stop=STOP_ATR * distance,
        tp_stop=TARGET_ATR * distance,
        stop_entry_price="FillPrice",
        size=CASH_PART,
        size_type="percent",
        init_cash=CAPITAL,
        freq="1min",
    )
    return done.trades.closed.values


def main() -> None:
    path, out = arguments()
    table = pq.read_table(path)
    index = pd.to_datetime(table["timestamp"].to_numpy(), unit="ms")
    frame = pd.DataFrame(
        {name: table[name].to_numpy() for name in ("open", "high", "low", "close")}, index=index
    )
    closed_trades(frame[:1000])  # compiled before the watch
    watch = Stopwatch()
    with watch.running():
        records = closed_trades(frame)
    trades = [
        Trade(int(row["entry_idx"]), int(row["exit_idx"]), row["entry_price"], row["exit_price"], row["size"])
        for row in records
    ]
    finish(out, len(frame), watch, trades)


if __name__ == "__main__":
    main()
