"""The console report's tables: figures of trades, costs, risk, reasons, symbols and candles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from argusnexus.report.texts import FAINT, Glyphs, figure, minute, money, plural, price, signed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from argusnexus.report.summary import (
        HaltReport,
        Holding,
        OpenPosition,
        Report,
        RiskSection,
        SymbolReport,
        TradeSection,
    )

_LABEL_WIDTH = 15
_NO_TRADES = "no closed trades"


def halts(halts: Sequence[HaltReport], glyphs: Glyphs) -> Table:
    """Which account was halted when, and what its equity was."""
    table = columns("Account of", "Halted (UTC)", "Equity", "Peak", "Refused since")
    for halt in halts:
        equity, peak = money(halt.equity), money(halt.peak)
        table.add_row(halt.symbol, minute(halt.when, glyphs), equity, peak, f"{halt.signals_refused:,}")
    return table


def costs(trades: TradeSection, glyphs: Glyphs) -> Table:
    """Gross, fees and net side by side."""
    table = columns("Gross P&L", "Fees", "Net P&L", "Return", "Fees of capital", gap=4)
    table.add_row(
        signed(trades.gross_pnl, glyphs),
        signed(-trades.fees, glyphs),
        _bold(signed(trades.net_pnl, glyphs)),
        signed(trades.return_percent, glyphs, " %"),
        figure(trades.fees_percent, glyphs, unit=" %"),
    )
    return table


def trade_figures(trades: TradeSection, glyphs: Glyphs) -> Table:
    no_trades = "" if trades.trades_closed else _NO_TRADES
    no_wins = no_trades or "no wins"
    no_losses = no_trades or "no losses"
    outcomes = f"{trades.wins:,} won, {trades.losses:,} lost"
    return pairs(
        {
            "Closed": f"{trades.trades_closed:,} of {trades.trades_opened:,} opened",
            "Outcome": outcomes + (f", {trades.breakeven:,} even" if trades.breakeven else ""),
            "Win rate": figure(trades.win_rate, glyphs, no_trades, " %"),
            "Average win": figure(trades.avg_win, glyphs, no_wins),
            "Average loss": figure(trades.avg_loss, glyphs, no_losses),
            "Payoff ratio": figure(trades.rr_actual, glyphs, no_losses if trades.wins else no_wins),
            "Profit factor": figure(trades.profit_factor, glyphs, no_losses),
            "Expectancy": _expectancy(trades, glyphs, no_trades),
            "Best, worst": _extremes(trades, glyphs),
        }
    )


def _expectancy(trades: TradeSection, glyphs: Glyphs, why_none: str) -> Text:
    if trades.expectancy is None:
        return figure(None, glyphs, why_none)
    multiple = signed(trades.expectancy_r, glyphs, " R")
    return Text.assemble(signed(trades.expectancy, glyphs), " (", multiple, ")")


def _extremes(trades: TradeSection, glyphs: Glyphs) -> Text:
    if trades.best_trade is None or trades.worst_trade is None:
        return figure(None, glyphs)
    best, worst = trades.best_trade.net_pnl, trades.worst_trade.net_pnl
    return Text.assemble(signed(best, glyphs), ", ", signed(worst, glyphs))


def risk_figures(risk: RiskSection, glyphs: Glyphs) -> Table:
    streak = plural(risk.max_consecutive_losses, "loss", "losses")
    return pairs(
        {
            "Start capital": figure(risk.start_capital, glyphs),
            "Peak equity": figure(risk.peak_equity, glyphs),
            "Final equity": figure(risk.final_equity, glyphs),
            "  with open": figure(risk.marked_final_equity, glyphs),
            "Max drawdown": figure(risk.max_drawdown_percent, glyphs, unit=" %"),
            "  in money": figure(risk.max_drawdown_dollars, glyphs),
            "  intratrade": figure(risk.marked_max_drawdown_percent, glyphs, "no tape", " %"),
            "Losing streak": streak,
            "  costliest": figure(risk.max_consecutive_loss_dollars, glyphs),
        }
    )


def reasons(title: str, counts: Mapping[str, int], nothing: str) -> Table:
    """Counts by reason, with each one's share."""
    if not counts:
        return _only(title, nothing)
    table = columns(title, "", "")
    total = sum(counts.values())
    for reason, count in counts.items():
        table.add_row(reason, f"{count:,}", Text(f"{100 * count / total:.0f} %", FAINT))
    return table


def _only(title: str, words: str) -> Table:
    table = columns(title)
    table.add_row(Text(words, FAINT))
    return table


def by_symbol(symbols: Sequence[SymbolReport], glyphs: Glyphs) -> Table:
    table = columns("Symbol", "Closed", "Win %", "Gross", "Fees", "Net", "Max DD %", "Hold %", gap=1)
    for symbol in symbols:
        trades, holding = symbol.trades, symbol.buy_and_hold
        table.add_row(
            symbol.symbol,
            f"{trades.trades_closed:,}",
            figure(trades.win_rate, glyphs),
            signed(trades.gross_pnl, glyphs),
            signed(-trades.fees, glyphs),
            signed(trades.net_pnl, glyphs),
            figure(symbol.risk.max_drawdown_percent, glyphs),
            signed(holding.return_percent if holding else None, glyphs),
        )
    return table


def against_holding(report: Report, holding: Holding, glyphs: Glyphs) -> Table:
    """The strategy beside the same capital simply held."""
    trades, risk = report.trades, report.risk
    table = columns("", "Net P&L", "Return", "Final equity")
    net, equity, start = trades.net_pnl, risk.final_equity, risk.start_capital
    table.add_row(
        "Strategy, closed trades",
        signed(net, glyphs),
        signed(trades.return_percent, glyphs, " %"),
        figure(equity, glyphs),
    )
    if report.open_positions and risk.marked_final_equity is not None and start:
        gain = risk.marked_final_equity - start
        row = ("  and open positions, marked", signed(gain, glyphs), signed(100 * gain / start, glyphs, " %"))
        table.add_row(*row, money(risk.marked_final_equity))
    table.add_row(
        "Buy and hold, marked",
        signed(holding.net_pnl, glyphs),
        signed(holding.return_percent, glyphs, " %"),
        money(holding.start_capital + holding.net_pnl),
    )
    return table


def open_positions(positions: Sequence[OpenPosition], glyphs: Glyphs) -> Table:
    table = columns("Symbol", "Entered (UTC)", "Quantity", "Price", "Last close", "Unrealised", gap=1)
    for position in positions:
        table.add_row(
            position.symbol,
            minute(position.entry_timestamp, glyphs),
            price(position.quantity, glyphs),
            price(position.entry_price, glyphs),
            price(position.mark, glyphs),
            signed(position.unrealised_pnl, glyphs),
        )
    return table


def candles(symbols: Sequence[SymbolReport], glyphs: Glyphs) -> Table:
    table = columns("Symbol", "Candles", "First open (UTC)", "Last close", "Tradable from")
    for symbol in symbols:
        count, span = f"{symbol.data_quality.candles_processed:,}", symbol.candles
        times = (span.first_open_time, span.last_close_time, span.tradable_from) if span else (None,) * 3
        table.add_row(symbol.symbol, count, *(minute(time, glyphs) for time in times))
    return table


def side_by_side(left: RenderableType, right: RenderableType) -> Table:
    grid = Table.grid(padding=(0, 4))
    grid.add_row(left, right)
    return grid


def pairs(rows: Mapping[str, RenderableType]) -> Table:
    """Names and their figures; names that are indented belong to the one above."""
    table = Table.grid(padding=(0, 1))
    table.add_column(style=FAINT, min_width=_LABEL_WIDTH)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def columns(first: str, *others: str, gap: int = 2) -> Table:
    """A plain table: the first column is text, the others are figures."""
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", overflow="fold")
    return table


def _bold(text: Text) -> Text:
    text.stylize("bold")
    return text
