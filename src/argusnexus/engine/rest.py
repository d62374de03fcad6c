"""A flat account up to the next entry signal: nothing can happen, and what the step would do comes to little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus._jit import rule
from argusnexus.engine.account import watched
from argusnexus.engine.apply import price_move, tripped
from argusnexus.engine.codes import HOLD, IDLE
from argusnexus.risk.layers import trips_breaker

if TYPE_CHECKING:
    from argusnexus.engine.journal import Tape
    from argusnexus.engine.state import Account, Params, State
    from argusnexus.engine.table import Market


@rule
def all_flat(states: list[State]) -> bool:
    """Whether nothing is held or pending."""
    for state in states:  # noqa: SIM110 (numba knows no generators)
        if state.phase != IDLE:
            return False
    return True


@rule
def rested(
    market: Market,
    first: int,
    stop: int,
    states: list[State],
    account: Account,
    params: tuple[Params, ...],
    tape: Tape,
) -> Account:
    """The account after the rows `first` to `stop` - 1, which a step on an earlier row goes before.

    No venue reports anything, every decision is to hold, and the equity stays what that step saw, so that neither its
    peak nor a halt can change. Left to do are the tape, the day, and in `states` the moves that trip the breaker; the
    marks aren't moved, which nothing reads while a symbol is flat.
    """
    equity = account.watch.equity
    tape.phase[first:stop] = IDLE
    tape.result[first:stop] = HOLD
    tape.reason[first:stop] = market.hold[first:stop]
    tape.equity[first:stop] = equity
    symbols, opens, closes = market.symbol, market.open, market.close
    for row in range(first, stop):
        symbol = symbols[row]
        if trips_breaker(price_move(opens[row], closes[row]), params[symbol].limits.circuit_breaker):
            states[symbol] = tripped(states[symbol], market.close_time[row])
    return watched(account, equity, market.close_time[stop - 1])
