"""The batch driver: the step over whole arrays, compiled or interpreted, with identical results."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus._jit import compiled, remember_compiled, was_compiled
from argusnexus.engine.journal import (
    DECISIONS_PER_ENTRY,
    EVENTS_PER_CANDLE,
    EVENTS_PER_ENTRY,
    Journal,
    new_journal,
)
from argusnexus.engine.loops import Halfway, run_all, run_one
from argusnexus.engine.state import flat_state
from argusnexus.engine.table import Market

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    from argusnexus.engine.columns import SignalColumns
    from argusnexus.engine.state import Account, Params
    from argusnexus.model.candles import Candles, IntColumn


NATIVE_FROM = 1_000_000
"""Candles from which compiling the step pays: twelve seconds, once for each version of its sources.

The interpreted step takes 10 microseconds a candle, and about one where the account rests (measured on one core of
an AMD EPYC, Python 3.11).
"""

LOADED_FROM = 100_000
"""Candles from which loading the step pays where it was compiled before: 0.3 to 0.6 s, the import of numba included."""


class BatchRun(NamedTuple):
    """A batch or a part of it: what happened, the account at its end, and which symbol and candle each row is.

    The tape and the halt in the journal are those of the run so far, its other records those of this part alone.
    """

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
    # An entry signal leads to at most an entry and an exit decision, a fill, a stop left resting and an exit.
    entries = sum(int(np.count_nonzero(one.entry)) for one in signals)
    room = max(EVENTS_PER_ENTRY, DECISIONS_PER_ENTRY) * entries
    (whole,) = run_parts(candles, signals, params, groups, account, native=native, room=room)
    return whole


def run_parts(
    candles: Sequence[Candles],
    signals: Sequence[SignalColumns],
    params: Sequence[Params],
    groups: Sequence[int],
    account: Account,
    *,
    native: bool | None,
    room: int,
) -> Iterator[BatchRun]:
    """`run_batch` in parts of about `room` records, so that memory doesn't grow with them.

    All parts share one journal: what it says of a part must be read before the next part is asked for. `native` None
    chooses what is sooner done.
    """
    columns, symbol, index = _table(candles, signals)
    at_once = len(candles)
    journal = new_journal(len(index), room + EVENTS_PER_CANDLE * at_once, room + at_once)
    if native is None:
        native = len(index) >= (LOADED_FROM if is_compiled(at_once, account) else NATIVE_FROM)
    drive, market = _native(columns, at_once) if native else _interpreted(columns)
    at = Halfway(0, [flat_state() for _ in candles], account)
    while True:
        journal.counts[:] = 0
        at = drive(market, at.row, tuple(at.states), at.account, tuple(params), tuple(groups), journal)
        yield BatchRun(journal, at.account, symbol, index)
        if at.row == len(index):
            break
    if native:
        remember_compiled(_signature(at_once, account))


def is_compiled(symbols: int, account: Account) -> bool:
    """Whether the step for so many symbols need only be loaded."""
    return was_compiled(_signature(symbols, account))


def _signature(symbols: int, account: Account) -> str:
    """What the compiler makes code of its own for."""
    return f"{(run_one if symbols == 1 else run_all).__name__}-{symbols}-{len(account.submissions)}"


def _native(columns: Market, symbols: int) -> tuple[Any, Market]:
    """The compiled loop, and the table as it reads it."""
    table = Market(*map(_read_only, columns))
    if symbols == 1:
        return compiled(run_one), table
    return partial(compiled(run_all), _quiet_until(columns)), table


def _read_only(column: Any) -> npt.NDArray[Any]:
    """The compiler makes code of its own for each mixture of columns that may be written and those that may not."""
    view: npt.NDArray[Any] = column.view()
    view.flags.writeable = False
    return view


def _interpreted(columns: Market) -> tuple[Any, Market]:
    return partial(run_all, _quiet_until(columns).tolist()), Market(
        *(np.asarray(column).tolist() for column in columns)
    )


def _table(
    candles: Sequence[Candles], signals: Sequence[SignalColumns]
) -> tuple[Market, IntColumn, IntColumn]:
    """All rows in their order, and each row's symbol and candle; of one symbol they are its own columns."""
    if len(candles) == 1:
        number = np.arange(len(candles[0]))
        symbol = np.broadcast_to(np.int64(0), len(number))
        return _market(symbol, number, candles[0], signals[0]), symbol, number
    symbol = np.concatenate([np.full(len(one), place) for place, one in enumerate(candles)])
    number = np.concatenate([np.arange(len(one)) for one in candles])
    order = np.lexsort((symbol, np.concatenate([one.times for one in candles])))
    parts = [_market(symbol, number, *pair) for pair in zip(candles, signals, strict=True)]
    merged = (_ordered(columns, order) for columns in zip(*(part[2:] for part in parts), strict=True))
    return Market(symbol[order], number[order], *merged), symbol[order], number[order]


def _quiet_until(market: Market) -> npt.NDArray[np.int64]:
    """For each row, the first row of the next time at which a symbol signals an entry; its own time counts."""
    entries = np.flatnonzero(market.entry)
    ends = np.append(np.searchsorted(market.close_time, market.close_time[entries]), len(market.entry))
    return np.repeat(ends, np.diff(entries, prepend=-1, append=len(market.entry) - 1))


def _ordered(columns: Iterable[npt.NDArray[Any]], order: IntColumn) -> npt.NDArray[Any]:
    return np.concatenate(list(columns))[order]


def _market(symbol: IntColumn, number: IntColumn, candles: Candles, signals: SignalColumns) -> Market:
    return Market(
        symbol=symbol,
        number=number,
        time=candles.times,
        close_time=candles.close_times,
        open=candles.open,
        high=candles.high,
        low=candles.low,
        close=candles.close,
        volume=candles.volume,
        **signals._asdict(),
    )
