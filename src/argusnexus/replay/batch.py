"""The batch driver: the step over whole arrays, compiled or interpreted, with identical results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus._jit import compiled, rule
from argusnexus.engine.journal import Journal, new_journal
from argusnexus.engine.state import Account, Params, Signal, flat_state
from argusnexus.engine.step import Slot, step_all
from argusnexus.model.candles import Candle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from argusnexus.engine.columns import SignalColumns
    from argusnexus.model.candles import BoolColumn, Candles, FloatColumn, IntColumn

    Ints = IntColumn | list[int]
    Floats = FloatColumn | list[float]
    Flags = BoolColumn | list[bool]


class Market(NamedTuple):
    """Candles and signals of all symbols in one table, ordered by time and then by the symbols' order.

    Columns are arrays for the compiled step and lists for the interpreter, which reads those faster.
    """

    symbol: Ints
    number: Ints
    time: Ints
    close_time: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    entry: Flags
    entry_price: Floats
    stop: Floats
    take_profit: Floats
    exit_reason: Ints
    trailing_distance: Floats
    hold: Ints


class BatchRun(NamedTuple):
    """A finished batch: what happened, the account at its end, and which symbol and candle each row is."""

    journal: Journal
    account: Account
    row_symbol: IntColumn
    row_index: IntColumn


def run_batch(
    candles: Sequence[Candles],
    signals: Sequence[SignalColumns],
    params: Sequence[Params],
    groups: Sequence[int],
    account: Account,
    *,
    native: bool,
) -> BatchRun:
    """Run the symbols of one account over all their candles.

    `candles`, `signals`, `params` and `groups` have one entry per symbol, in the run's order, and all candles one
    granularity; `account` is as it is before the first of them. `native` is compiled instead of interpreted: the
    results are the same.
    """
    columns, symbol, index = _merged(candles, signals)
    journal = new_journal(len(symbol), int(np.count_nonzero(columns.entry)))
    if native:
        end = compiled(run_rows)(columns, account, tuple(params), tuple(groups), journal)
    else:
        listed = Market(*(np.asarray(column).tolist() for column in columns))
        end = run_rows(listed, account, tuple(params), tuple(groups), journal)
    return BatchRun(journal, end, symbol, index)


def _merged(
    candles: Sequence[Candles], signals: Sequence[SignalColumns]
) -> tuple[Market, IntColumn, IntColumn]:
    """One table, ordered by time and then by the symbols' order, and each row's symbol and candle."""
    symbol = np.concatenate([np.full(len(one), place) for place, one in enumerate(candles)])
    index = np.concatenate([np.arange(len(one)) for one in candles])
    times = np.concatenate([one.times for one in candles])
    order = np.lexsort((symbol, times))

    def column(parts: Iterable[npt.NDArray[Any]]) -> Any:
        return np.concatenate(list(parts))[order]

    table = Market(
        symbol=symbol[order],
        number=index[order],
        time=times[order],
        close_time=column(one.close_times for one in candles),
        open=column(one.open for one in candles),
        high=column(one.high for one in candles),
        low=column(one.low for one in candles),
        close=column(one.close for one in candles),
        volume=column(one.volume for one in candles),
        entry=column(one.entry for one in signals),
        entry_price=column(one.entry_price for one in signals),
        stop=column(one.stop for one in signals),
        take_profit=column(one.take_profit for one in signals),
        exit_reason=column(one.exit_reason for one in signals),
        trailing_distance=column(one.trailing_distance for one in signals),
        hold=column(one.hold for one in signals),
    )
    return table, symbol[order], index[order]


@rule
def run_rows(
    market: Market, account: Account, params: tuple[Params, ...], groups: tuple[int, ...], journal: Journal
) -> Account:
    """Step through all times of the table; the journal takes what happens."""
    states = [flat_state() for _ in params]
    count = len(market.close_time)
    first = 0
    while first < count:
        last = first + 1
        while last < count and market.close_time[last] == market.close_time[first]:
            last += 1
        slots = [_slot(market, row) for row in range(first, last)]
        account = step_all(slots, states, account, params, groups, journal)
        first = last
    return account


@rule
def _slot(market: Market, row: int) -> Slot:
    candle = Candle(
        market.number[row],
        market.time[row],
        market.close_time[row],
        market.open[row],
        market.high[row],
        market.low[row],
        market.close[row],
        market.volume[row],
    )
    signal = Signal(
        market.entry[row],
        market.entry_price[row],
        market.stop[row],
        market.take_profit[row],
        market.exit_reason[row],
        market.trailing_distance[row],
        market.hold[row],
    )
    return Slot(row, market.symbol[row], candle, signal)
