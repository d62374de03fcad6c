"""Trade and risk figures of a run, or of one symbol of it, from its ledger rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.metrics import (
    equity_curve,
    final_equity,
    losing_streaks,
    max_drawdown,
    peak_equity,
    trade_figures,
)
from argusnexus.model.decisions import Reason
from argusnexus.money import Amount, amount
from argusnexus.report.marked import marked_drawdown
from argusnexus.report.summary import HaltReport, NotableTrade, OpenPosition, RiskSection, TradeSection
from argusnexus.report.texts import money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.model.runs import Halt
    from argusnexus.model.trades import Trade
    from argusnexus.report.facts import Facts

_NOTHING = amount(0)

NO_RISK = RiskSection(
    start_capital=None,
    max_drawdown_dollars=_NOTHING,
    max_drawdown_percent=None,
    marked_max_drawdown_percent=None,
    peak_equity=None,
    final_equity=None,
    marked_final_equity=None,
    max_consecutive_losses=0,
    max_consecutive_loss_dollars=_NOTHING,
    halt=None,
)
"""Of a run that the ledger doesn't have."""


def trade_section(trades: Sequence[Trade], closed: Sequence[Trade], start_capital: Amount) -> TradeSection:
    """Figures of the closed ones among the trades."""
    nets = [trade.net_pnl for trade in closed if trade.net_pnl is not None]
    fees = [trade.fees for trade in closed]
    figures = trade_figures(nets, fees, [_gross_pnl(trade) for trade in closed], start_capital)
    multiples = [trade.r_multiple for trade in closed if trade.r_multiple is not None]
    in_order = sorted(closed, key=lambda trade: trade.net_pnl or _NOTHING)
    return TradeSection(
        trades_opened=len(trades),
        trades_closed=figures.trades_closed,
        wins=figures.wins,
        losses=figures.losses,
        breakeven=figures.breakeven,
        win_rate=figures.win_rate,
        avg_win=figures.avg_win,
        avg_loss=figures.avg_loss,
        rr_actual=figures.rr_actual,
        expectancy=figures.expectancy,
        expectancy_r=sum(multiples, _NOTHING) / len(multiples) if multiples else None,
        profit_factor=figures.profit_factor,
        gross_pnl=figures.gross_pnl,
        net_pnl=figures.net_pnl,
        fees=figures.fees,
        return_percent=figures.return_percent,
        fees_percent=100 * figures.fees / start_capital if start_capital > 0 else None,
        best_trade=_notable(in_order[-1]) if in_order else None,
        worst_trade=_notable(in_order[0]) if in_order else None,
    )


def _gross_pnl(trade: Trade) -> Amount:
    """Rows from elsewhere may have the net P&L alone."""
    if trade.gross_pnl is not None:
        return trade.gross_pnl
    return (trade.net_pnl or _NOTHING) + trade.fees


def _notable(trade: Trade) -> NotableTrade:
    return NotableTrade(trade.trade_id, trade.symbol, trade.net_pnl or _NOTHING, trade.exit_timestamp)


def risk_section(facts: Facts) -> RiskSection:
    """What equity went through: of closed trades, and marked."""
    curve = equity_curve(facts.start_capital, facts.net_pnls)
    fall, streaks = max_drawdown(curve), losing_streaks(facts.net_pnls)
    return RiskSection(
        start_capital=facts.start_capital,
        max_drawdown_dollars=fall.dollars,
        max_drawdown_percent=fall.percent,
        marked_max_drawdown_percent=marked_drawdown(facts),
        peak_equity=peak_equity(curve),
        final_equity=final_equity(curve),
        marked_final_equity=_with_open(final_equity(curve), open_positions(facts)),
        max_consecutive_losses=streaks.longest,
        max_consecutive_loss_dollars=streaks.largest_sum,
        halt=tuple(_halt(facts, halt) for halt in facts.halts) or None,
    )


def _with_open(equity: Amount, positions: Sequence[OpenPosition]) -> Amount | None:
    known = [position.unrealised_pnl for position in positions if position.unrealised_pnl is not None]
    return equity + sum(known, _NOTHING) if len(known) == len(positions) else None


def why_halted(halt: Halt) -> str:
    """The equity that halted trading, its peak and the limit, in words."""
    equity, peak = amount(halt.equity), amount(halt.peak_equity)
    fallen = 100 * (peak - equity) / peak if peak > 0 else _NOTHING
    limit = float(100 * amount(halt.limit))
    return (
        f"equity {money(equity)} was {fallen:.2f} % below its peak of {money(peak)}; the limit is {limit:g} %"
    )


def _halt(facts: Facts, halt: Halt) -> HaltReport:
    account = facts.names if facts.shared else (halt.symbol,)
    refused = (
        facts.refusals[name][Reason.TRADING_HALTED.label] for name in account if name in facts.refusals
    )
    return HaltReport(
        symbol=halt.symbol,
        when=halt.timestamp,
        reason=halt.reason,
        why=why_halted(halt),
        equity=amount(halt.equity),
        peak=amount(halt.peak_equity),
        limit=100 * amount(halt.limit),
        signals_refused=sum(refused),
    )


def open_positions(facts: Facts) -> tuple[OpenPosition, ...]:
    """What is still held, in the order of entry."""
    marks = {row.symbol: row.last_close for row in facts.candles}
    return tuple(_open_position(trade, marks.get(trade.symbol)) for trade in facts.open)


def _open_position(trade: Trade, mark: Amount | None) -> OpenPosition:
    unrealised = None if mark is None else (mark - trade.entry_price) * trade.quantity - trade.fees
    return OpenPosition(
        trade_id=trade.trade_id,
        symbol=trade.symbol,
        entry_timestamp=trade.entry_timestamp,
        entry_price=trade.entry_price,
        quantity=trade.quantity,
        entry_fee=trade.fees,
        mark=mark,
        unrealised_pnl=unrealised,
    )
