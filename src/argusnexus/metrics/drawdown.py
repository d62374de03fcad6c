"""How far equity fell, and for how long it kept losing."""

from __future__ import annotations

from itertools import accumulate, groupby
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.money import Amount, amount

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NOTHING = amount(0)


class Drawdown(NamedTuple):
    """The largest falls from a running peak; the two may come from different falls.

    Attributes:
        dollars: in quote currency, 0 where equity never fell.
        percent: in per cent of the peak it fell from; None where no peak was above 0.
    """

    dollars: Amount
    percent: Amount | None


class LosingStreaks(NamedTuple):
    """The worst of all runs of losing trades; the two may come from different streaks.

    Attributes:
        longest: number of trades.
        largest_sum: what a streak lost, quote currency, as a positive amount.
    """

    longest: int
    largest_sum: Amount


def equity_curve(start_capital: Amount, net_pnls: Iterable[Amount]) -> tuple[Amount, ...]:
    """Equity before the first trade and after each one, in quote currency."""
    return tuple(accumulate(net_pnls, initial=start_capital))


def peak_equity(curve: Sequence[Amount]) -> Amount:
    """The highest equity of a curve, the start capital included."""
    return max(curve)


def final_equity(curve: Sequence[Amount]) -> Amount:
    """Equity after the last trade; the start capital where there was none."""
    return curve[-1]


def max_drawdown(curve: Sequence[Amount]) -> Drawdown:
    """The largest fall of a curve in money and, independently, in per cent, each from the running peak."""
    falls = [(peak, peak - equity) for peak, equity in zip(accumulate(curve, max), curve, strict=True)]
    return Drawdown(
        dollars=max((fall for _, fall in falls), default=_NOTHING),
        percent=max((100 * fall / peak for peak, fall in falls if peak > 0), default=None),
    )


def losing_streaks(net_pnls: Iterable[Amount]) -> LosingStreaks:
    """The longest and, independently, the costliest streak; a win or a break-even trade ends one."""
    streaks = [list(trades) for losing, trades in groupby(net_pnls, lambda pnl: pnl < 0) if losing]
    return LosingStreaks(
        longest=max((len(streak) for streak in streaks), default=0),
        largest_sum=max((-sum(streak, _NOTHING) for streak in streaks), default=_NOTHING),
    )
