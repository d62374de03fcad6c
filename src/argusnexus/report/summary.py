"""The one typed summary of a run that every renderer reads.

Money is in quote currency and exact; per cents are per cent (25 is a quarter); a ratio without a denominator is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from argusnexus.report.as_json import to_dict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from argusnexus.model.runs import CapitalMode, RunMode, RunStatus
    from argusnexus.money import Amount
    from argusnexus.truth.explained import Explanation


@dataclass(frozen=True, slots=True)
class StrategyInfo:
    """The strategy as the run's configuration names it."""

    name: str | None
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What was asked for, and by which code and configuration it was answered.

    Attributes:
        capital: start capital of each account.
        start_date, end_date: as asked for; None means all there is.
        start_used, end_used: first open and last close of the candles used; None before they are known.
        duration_seconds: None unless the run was completed.
        simulated_fills: no real venue filled these orders.
    """

    run_mode: RunMode
    capital_mode: CapitalMode
    status: RunStatus
    data_integrity: str
    symbols: tuple[str, ...]
    granularity: str
    capital: Amount
    start_date: str | None
    end_date: str | None
    start_used: datetime | None
    end_used: datetime | None
    git_sha: str | None
    package_version: str
    config_hash: str
    data_hash: str | None
    strategy: StrategyInfo
    created_by: str
    started_at: datetime
    completed_at: datetime | None
    duration_seconds: float | None
    simulated_fills: bool
    notes: str | None


@dataclass(frozen=True, slots=True)
class NotableTrade:
    """The best or the worst trade."""

    trade_id: str
    symbol: str
    net_pnl: Amount
    exit_timestamp: datetime | None


@dataclass(frozen=True, slots=True)
class TradeSection:
    """Closed trades, counted and averaged.

    Attributes:
        trades_opened: closed and still open.
        win_rate: per cent of the closed trades.
        avg_loss: as a positive amount.
        rr_actual: avg_win / avg_loss.
        expectancy, expectancy_r: mean net P&L and mean r_multiple of a closed trade.
        fees: of the closed trades, entry and exit.
        return_percent, fees_percent: net P&L and fees in per cent of the start capital.
    """

    trades_opened: int
    trades_closed: int
    wins: int
    losses: int
    breakeven: int
    win_rate: Amount | None
    avg_win: Amount | None
    avg_loss: Amount | None
    rr_actual: Amount | None
    expectancy: Amount | None
    expectancy_r: Amount | None
    profit_factor: Amount | None
    gross_pnl: Amount
    net_pnl: Amount
    fees: Amount
    return_percent: Amount | None
    fees_percent: Amount | None
    best_trade: NotableTrade | None
    worst_trade: NotableTrade | None


@dataclass(frozen=True, slots=True)
class HaltReport:
    """One account's halt.

    Attributes:
        symbol: whose decision reached the limit.
        why: in words.
        limit: per cent of the peak that may be lost.
        signals_refused: how many for the reason trading_halted, since.
    """

    symbol: str
    when: datetime
    reason: str
    why: str
    equity: Amount
    peak: Amount
    limit: Amount
    signals_refused: int


@dataclass(frozen=True, slots=True)
class RiskSection:
    """Equity of closed trades from the start capital on, and what it went through.

    One symbol of a portfolio is shown as if its trades alone had moved the shared capital.

    Attributes:
        start_capital: of all accounts together; None for an unknown run, and so are peak and final equity.
        marked_final_equity: with open positions marked to the last close; None if that isn't known.
        marked_max_drawdown_percent: of the equity at every decision, open positions marked; None without a tape, and
            for one symbol of a portfolio.
        halt: None if trading was never halted.
    """

    start_capital: Amount | None
    max_drawdown_dollars: Amount
    max_drawdown_percent: Amount | None
    marked_max_drawdown_percent: Amount | None
    peak_equity: Amount | None
    final_equity: Amount | None
    marked_final_equity: Amount | None
    max_consecutive_losses: int
    max_consecutive_loss_dollars: Amount
    halt: tuple[HaltReport, ...] | None


@dataclass(frozen=True, slots=True)
class DataQualitySection:
    """What the candles were like.

    Attributes:
        longest_gap: missing candles in the longest hole.
        volume_anomalies: candles with no volume.
        ambiguous_candles: reached stop and take profit both (the stop was taken).
        clipped: what asked-for ranges were cut to, in words, with the symbol.
        warnings: what is odd about the candles and what it does to a replay, in words, with the symbol.
        data_integrity: "ok", or tags joined by "+"; None for an unknown run.
        sources: where the candles came from, in words, by symbol.
        causality_cuts: how often signals were recomputed on truncated candles, and agreed; None unless every symbol's
            were.
    """

    candles_processed: int
    gaps_detected: int
    missing_candles: int
    longest_gap: int
    volume_anomalies: int
    ambiguous_candles: int
    clipped: tuple[str, ...]
    warnings: tuple[str, ...]
    data_integrity: str | None
    sources: Mapping[str, str]
    causality_cuts: int | None


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """A position that the end of the data left open: not a closed trade.

    Attributes:
        mark: the last close; None if it isn't known, and so is the P&L.
        unrealised_pnl: at the mark, after the entry's fee.
    """

    trade_id: str
    symbol: str
    entry_timestamp: datetime
    entry_price: Amount
    quantity: Amount
    entry_fee: Amount
    mark: Amount | None
    unrealised_pnl: Amount | None


@dataclass(frozen=True, slots=True)
class Holding:
    """What buying at the first open and holding to the last close would have earned.

    Attributes:
        start_capital: put in; equal parts of it in each symbol.
        taker_fee: the fraction paid for buying.
    """

    start_capital: Amount
    net_pnl: Amount
    return_percent: Amount | None
    taker_fee: Amount


class EquityBasis(Enum):
    MARKED = "marked"  # open positions at the newest close, at every decision
    CLOSED_TRADES = "closed_trades"  # after each closed trade: there is no tape


@dataclass(frozen=True, slots=True)
class EquityLine:
    """The course of equity, to be drawn.

    Attributes:
        lowest, highest: of all equity, the start capital included, not only of the values kept.
        values: from the first to the last, evenly picked.
    """

    basis: EquityBasis
    lowest: Amount
    highest: Amount
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CandleSpan:
    """The candles of one symbol, from their first open to their last close.

    Attributes:
        tradable_from: close of the first candle after the warm-up; None if there is none.
    """

    first_open_time: datetime
    last_close_time: datetime
    first_open: Amount
    last_close: Amount
    tradable_from: datetime | None


@dataclass(frozen=True, slots=True)
class SymbolReport:
    """The sections for one symbol.

    Attributes:
        candles: None where nothing is known of them.
        exits, refused, hold_reasons: counts by reason.
        expired_entries: entries that expired unfilled.
    """

    symbol: str
    candles: CandleSpan | None
    trades: TradeSection
    risk: RiskSection
    data_quality: DataQualitySection
    exits: Mapping[str, int]
    refused: Mapping[str, int]
    expired_entries: int
    hold_reasons: Mapping[str, int]
    buy_and_hold: Holding | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Gate A's first half: enough closed trades, and every one of them explained.

    Attributes:
        explained: how many of the closed trades can be walked back whole.
        unexplained: the others, with what each lacks.
    """

    closed_trades: int
    required_trades: int
    explained: int
    passed: bool
    words: str
    unexplained: tuple[Explanation, ...]


@dataclass(frozen=True, slots=True)
class LookupTimes:
    """How long `argus why` takes on this very ledger, milliseconds; None where nothing was looked up.

    Attributes:
        p95: the time that at least 95 % of the lookups stayed within.
        lookups: trades and candles, evenly picked, that were explained to measure it.
    """

    avg: float | None
    p95: float | None
    max: float | None
    lookups: int


@dataclass(frozen=True, slots=True)
class AuditSummary:
    """What the audit recomputed of the run.

    Attributes:
        coverage_percent: of the run's rows, those that could be recomputed and agreed; None where no audit was made: of
            an unknown run, and of one with more trades than a report has audited.
        checks, findings: how many were made, and how many of them failed.
    """

    coverage_percent: float | None
    checks: int
    findings: int


@dataclass(frozen=True, slots=True)
class GlassBox:
    """How well the ledger answers for the run."""

    why_lookup_ms: LookupTimes
    audit: AuditSummary


@dataclass(frozen=True, slots=True)
class Report:
    """All that is reported of a run.

    Attributes:
        run_info: None for a run that the ledger doesn't have.
        notices: what a reader must know about the report itself.
        exits, refused, hold_reasons: counts by reason.
        expired_entries: entries that expired unfilled.
    """

    run_id: str
    generated_at: datetime
    run_info: RunInfo | None
    notices: tuple[str, ...]
    trades: TradeSection
    risk: RiskSection
    data_quality: DataQualitySection
    symbols: tuple[SymbolReport, ...]
    exits: Mapping[str, int]
    refused: Mapping[str, int]
    expired_entries: int
    hold_reasons: Mapping[str, int]
    open_positions: tuple[OpenPosition, ...]
    buy_and_hold: Holding | None
    equity: EquityLine | None
    verdict: Verdict
    glass_box: GlassBox

    def to_dict(self) -> dict[str, Any]:
        """The summary in sections, as JSON values."""
        return to_dict(self)
