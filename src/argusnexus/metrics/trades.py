"""What closed trades were worth, counted and averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from argusnexus.errors import DataError
from argusnexus.money import Amount, amount

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOTHING = amount(0)


@dataclass(frozen=True, slots=True)
class TradeFigures:
    """Figures of closed trades in quote currency; a ratio without a denominator is None.

    A break-even trade (net P&L of exactly 0) is neither win nor loss, and counts in `trades_closed`.

    Attributes:
        win_rate: per cent of all closed trades.
        avg_loss, total_losses: as positive amounts.
        rr_actual: the payoff ratio, avg_win / avg_loss.
        expectancy: net P&L per trade: win% * avg_win - loss% * avg_loss, which is the mean.
        profit_factor: total_wins / total_losses.
        return_percent: net_pnl in per cent of the start capital.
    """

    trades_closed: int
    wins: int
    losses: int
    breakeven: int
    win_rate: Amount | None
    avg_win: Amount | None
    avg_loss: Amount | None
    rr_actual: Amount | None
    expectancy: Amount | None
    profit_factor: Amount | None
    gross_pnl: Amount
    net_pnl: Amount
    fees: Amount
    total_wins: Amount
    total_losses: Amount
    return_percent: Amount | None


def trade_figures(
    net_pnls: Sequence[Amount], fees: Sequence[Amount], gross_pnls: Sequence[Amount], start_capital: Amount
) -> TradeFigures:
    """The figures of closed trades, one entry per trade in each sequence, in closing order.

    Raises:
        DataError: if the sequences differ in length.
    """
    closed = len(net_pnls)
    if not closed == len(fees) == len(gross_pnls):
        raise DataError(
            "Trade figures: expected one net P&L, fee and gross P&L per closed trade, "
            f"were {closed}, {len(fees)} and {len(gross_pnls)}."
        )
    won = [pnl for pnl in net_pnls if pnl > 0]
    lost = [-pnl for pnl in net_pnls if pnl < 0]
    total_wins, total_losses = sum(won, _NOTHING), sum(lost, _NOTHING)
    net_pnl = sum(net_pnls, _NOTHING)
    avg_win, avg_loss = _ratio(total_wins, len(won)), _ratio(total_losses, len(lost))
    return TradeFigures(
        trades_closed=closed,
        wins=len(won),
        losses=len(lost),
        breakeven=closed - len(won) - len(lost),
        win_rate=_ratio(amount(100 * len(won)), closed),
        avg_win=avg_win,
        avg_loss=avg_loss,
        rr_actual=_ratio(avg_win, avg_loss),
        expectancy=_ratio(net_pnl, closed),
        profit_factor=_ratio(total_wins, total_losses),
        gross_pnl=sum(gross_pnls, _NOTHING),
        net_pnl=net_pnl,
        fees=sum(fees, _NOTHING),
        total_wins=total_wins,
        total_losses=total_losses,
        return_percent=_ratio(100 * net_pnl, start_capital),
    )


def expectancy(win_rate: Amount | float, avg_win: Amount | float, avg_loss: Amount | float) -> Amount:
    """Expected net P&L per trade: win% * avg_win - loss% * avg_loss.

    `win_rate` is in per cent, and all other trades count as losses: with break-even trades among them, take the
    figure from `trade_figures`. `avg_loss` is a magnitude; its sign does not matter.
    """
    won = amount(win_rate) / 100
    return won * amount(avg_win) - (1 - won) * abs(amount(avg_loss))


def _ratio(numerator: Amount | None, denominator: Amount | int | None) -> Amount | None:
    """None where either side is missing, or the denominator is not above 0."""
    if numerator is None or denominator is None or denominator <= 0:
        return None
    return numerator / denominator
