"""The account: cash moved by fills, equity watched at every decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from argusnexus._jit import rule
from argusnexus.engine.state import Account, Realised, Watch
from argusnexus.model.times import DAY, HOUR
from argusnexus.risk.layers import reaches_drawdown

if TYPE_CHECKING:
    from argusnexus.engine.state import Event, State


class Exposure(NamedTuple):
    """The account around one decision, quote currency.

    Attributes:
        held_cash: what pending entries hold, fees included.
        group_value: open and pending positions of the symbol's correlation group.
        total_value: open and pending positions of the account.
    """

    held_cash: float
    group_value: float
    total_value: float


@rule
def pay_entry(account: Account, state: State, event: Event) -> Account:
    """Cash after an entry's fill and its fee."""
    cost = state.plan.quantity * event.price * (1.0 + event.fee_rate)
    return Account(account.cash - cost, account.realised, account.watch, account.submissions)


@rule
def take_proceeds(account: Account, proceeds: float, net_pnl: float, known_at: int) -> Account:
    """Cash after an exit's fill; its net P&L belongs to the UTC day on which the fill was known."""
    realised = account.realised
    day = known_at // DAY
    if day > realised.day:
        realised = Realised(day, net_pnl)
    elif day == realised.day:
        realised = Realised(day, realised.net_pnl + net_pnl)
    return Account(account.cash + proceeds, realised, account.watch, account.submissions)


@rule
def watched(account: Account, equity: float, as_of: int) -> Account:
    """The account as a decision at `as_of` sees it: a new peak, a new day's base."""
    before = account.watch
    day = as_of // DAY
    day_base = before.day_base if day == before.day else before.equity
    watch = Watch(
        peak=max(before.peak, equity),
        equity=equity,
        day=day,
        day_base=day_base,
        halted=before.halted,
    )
    return Account(account.cash, account.realised, watch, account.submissions)


@rule
def decided(account: Account, drawdown_limit: float) -> Account:
    """The account for the decisions after this one: halted once the drawdown limit was reached."""
    watch = account.watch
    if watch.halted or not reaches_drawdown(drawdown_of(watch), drawdown_limit):
        return account
    halted = Watch(watch.peak, watch.equity, watch.day, watch.day_base, True)
    return Account(account.cash, account.realised, halted, account.submissions)


@rule
def submitted(account: Account, as_of: int) -> Account:
    """The account after an entry was submitted; the oldest remembered submission is forgotten."""
    submissions = account.submissions[1:] + (as_of,)  # noqa: RUF005 (numba knows no unpacking)
    return Account(account.cash, account.realised, account.watch, submissions)


@rule
def drawdown_of(watch: Watch) -> float:
    """Loss from the peak at the newest decision, as a fraction of the peak."""
    return (watch.peak - watch.equity) / watch.peak


@rule
def realised_today(account: Account) -> float:
    """Net P&L of the exits since 00:00 UTC of the newest decision's day."""
    return account.realised.net_pnl if account.realised.day == account.watch.day else 0.0


@rule
def recent_submissions(account: Account, as_of: int) -> int:
    """Entries submitted after `as_of` - 60 minutes."""
    submissions = account.submissions
    remembered = len(submissions)
    first = remembered
    while first > 0 and submissions[first - 1] > as_of - HOUR:  # from the newest back
        first -= 1
    return remembered - first
