"""From a run in the ledger to its summary."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from argusnexus.metrics import buy_and_hold
from argusnexus.model.decisions import Reason
from argusnexus.model.runs import Run, RunMode
from argusnexus.model.settings import ExecutionConfig
from argusnexus.model.trades import ExitReason
from argusnexus.money import Amount, amount
from argusnexus.report.answerable import answerable
from argusnexus.report.facts import Facts, read_facts
from argusnexus.report.figures import NO_RISK, open_positions, risk_section, trade_section
from argusnexus.report.glass_box import NO_GLASS_BOX, glass_box
from argusnexus.report.marked import equity_line
from argusnexus.report.summary import (
    CandleSpan,
    DataQualitySection,
    Holding,
    Report,
    RunInfo,
    StrategyInfo,
    SymbolReport,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from argusnexus.model.runs import RunSymbol
    from argusnexus.truth.explained import Explanation
    from argusnexus.truth.queries import LedgerReader

REQUIRED_TRADES = 100
"""Closed trades that Gate A asks for."""

_NOTHING = amount(0)
_EXITS = [reason.label for reason in ExitReason]
_REASONS = [reason.label for reason in Reason]


def build_report(reader: LedgerReader, run_id: str, generated_at: datetime) -> Report:
    """The summary of a run, as far as the ledger has it now.

    Raises:
        UnknownRunError: if the ledger has no such run.
        LedgerError: if it can't be read.
    """
    with answerable(f"Run {run_id} can't be reported"):
        return _report(reader, run_id, generated_at)


def _report(reader: LedgerReader, run_id: str, generated_at: datetime) -> Report:
    facts = read_facts(reader, run_id)
    if not facts.names:
        raise ValueError("the run has no symbols")
    return Report(
        run_id=run_id,
        generated_at=generated_at,
        run_info=_run_info(facts),
        notices=facts.notices,
        trades=trade_section(facts.trades, facts.closed, facts.start_capital),
        risk=risk_section(facts),
        data_quality=_data_quality(facts.candles, facts.run.data_integrity),
        symbols=tuple(_symbol_report(facts, name) for name in facts.names),
        exits=_exits(facts),
        refused=_counted(facts.refusals.values(), _REASONS),
        expired_entries=sum(facts.expired.values()),
        hold_reasons=_counted(facts.holds.values(), ()),
        open_positions=open_positions(facts),
        buy_and_hold=_holding_of_all(facts),
        equity=equity_line(facts),
        verdict=_verdict(facts.explanations),
        glass_box=glass_box(reader, facts),
    )


def empty_report(run_id: str, generated_at: datetime) -> Report:
    """The summary of a run that the ledger doesn't have: no trades, nothing known."""
    return Report(
        run_id=run_id,
        generated_at=generated_at,
        run_info=None,
        notices=(f"There is no run {run_id}.",),
        trades=trade_section((), (), _NOTHING),
        risk=NO_RISK,
        data_quality=_data_quality((), None),
        symbols=(),
        exits={},
        refused={},
        expired_entries=0,
        hold_reasons={},
        open_positions=(),
        buy_and_hold=None,
        equity=None,
        verdict=_verdict(()),
        glass_box=NO_GLASS_BOX,
    )


def _run_info(facts: Facts) -> RunInfo:
    run = facts.run
    ended = run.completed_at
    return RunInfo(
        run_mode=run.run_mode,
        capital_mode=run.capital_mode,
        status=run.status,
        data_integrity=run.data_integrity,
        symbols=run.symbols,
        granularity=run.granularity,
        capital=run.capital,
        start_date=run.start_date,
        end_date=run.end_date,
        start_used=min((row.first_open_time for row in facts.candles), default=None),
        end_used=max((row.last_close_time for row in facts.candles), default=None),
        git_sha=run.git_sha,
        package_version=run.package_version,
        config_hash=run.config_hash,
        data_hash=run.data_hash,
        strategy=_strategy(run),
        created_by=run.created_by,
        started_at=run.started_at,
        completed_at=ended,
        duration_seconds=None if ended is None else (ended - run.started_at).total_seconds(),
        simulated_fills=run.run_mode is not RunMode.LIVE,
        notes=run.notes,
    )


def _strategy(run: Run) -> StrategyInfo:
    parameters = dict(run.config.get("strategy", {}))
    return StrategyInfo(parameters.pop("name", None), parameters)


def _symbol_report(facts: Facts, name: str) -> SymbolReport:
    own = facts.of(name)
    row = own.candles[0] if own.candles else None
    return SymbolReport(
        symbol=name,
        candles=_span(row) if row else None,
        trades=trade_section(own.trades, own.closed, own.start_capital),
        risk=risk_section(own),
        data_quality=_data_quality(own.candles, facts.run.data_integrity),
        exits=_exits(own),
        refused=_counted(own.refusals.values(), _REASONS),
        expired_entries=sum(own.expired.values()),
        hold_reasons=_counted(own.holds.values(), ()),
        buy_and_hold=_holding(facts, row) if row else None,
    )


def _span(row: RunSymbol) -> CandleSpan:
    return CandleSpan(
        row.first_open_time, row.last_close_time, row.first_open, row.last_close, row.tradable_from
    )


def _data_quality(candles: Sequence[RunSymbol], data_integrity: str | None) -> DataQualitySection:
    return DataQualitySection(
        candles_processed=sum(row.candles_processed for row in candles),
        gaps_detected=sum(row.gaps_detected for row in candles),
        missing_candles=sum(row.missing_candles for row in candles),
        longest_gap=max((row.longest_gap for row in candles), default=0),
        volume_anomalies=sum(row.volume_anomalies for row in candles),
        ambiguous_candles=sum(row.ambiguous_candles for row in candles),
        clipped=tuple(f"{row.symbol}: {row.clipped}" for row in candles if row.clipped),
        warnings=tuple(f"{row.symbol}: {words}" for row in candles for words in row.data_warnings),
        data_integrity=data_integrity,
        sources={row.symbol: row.source for row in candles},
        causality_cuts=_cuts(candles),
    )


def _cuts(candles: Sequence[RunSymbol]) -> int | None:
    """Of all symbols together; None unless each of them was checked."""
    known = [row.causality_cuts for row in candles if row.causality_cuts is not None]
    return sum(known) if known and len(known) == len(candles) else None


def _exits(facts: Facts) -> dict[str, int]:
    return _counted([Counter(trade.exit_reason or "" for trade in facts.closed)], _EXITS)


def _counted(counters: Iterable[Counter[str]], known: Sequence[str]) -> dict[str, int]:
    """Counts added up: known reasons in their order, the others behind them, the most frequent first."""
    total: Counter[str] = sum(counters, Counter())
    order = {reason: place for place, reason in enumerate(known)}
    ranked = sorted(total.items(), key=lambda item: (order.get(item[0], len(order)), -item[1], item[0]))
    return dict(ranked)


def _holding(facts: Facts, row: RunSymbol) -> Holding:
    """An equal part of the start capital, held in one symbol."""
    capital, taker_fee = facts.start_capital / len(facts.names), _taker_fee(facts.run.config)
    held = buy_and_hold(capital, row.first_open, row.last_close, taker_fee)
    return Holding(capital, held.net_pnl, held.return_percent, taker_fee)


def _holding_of_all(facts: Facts) -> Holding | None:
    """Equal parts held in every symbol; None unless the candles of all of them are known."""
    parts = [_holding(facts, row) for row in facts.candles]
    if not parts or len(parts) < len(facts.names):
        return None
    net_pnl = sum((part.net_pnl for part in parts), _NOTHING)
    percent = 100 * net_pnl / facts.start_capital if facts.start_capital > 0 else None
    return Holding(facts.start_capital, net_pnl, percent, parts[0].taker_fee)


def _taker_fee(config: Mapping[str, object]) -> Amount:
    """The run's own, or what a configuration that doesn't name it stands for."""
    execution = config.get("execution")
    named = execution.get("taker_fee") if isinstance(execution, dict) else None
    return amount(ExecutionConfig().taker_fee if named is None else named)


def _verdict(explanations: Sequence[Explanation]) -> Verdict:
    unexplained = tuple(explanation for explanation in explanations if explanation.missing)
    closed = len(explanations)
    explained = closed - len(unexplained)
    enough = closed >= REQUIRED_TRADES
    return Verdict(
        closed_trades=closed,
        required_trades=REQUIRED_TRADES,
        explained=explained,
        passed=enough and not unexplained,
        words=_verdict_words(closed, explained),
        unexplained=unexplained,
    )


def _verdict_words(closed: int, explained: int) -> str:
    asked = f"{closed:,} closed trades ({REQUIRED_TRADES}+ are asked for)"
    if not closed:
        return asked
    if explained == closed:
        return f"{asked}, all fully explained"
    return f"{asked}, {explained:,} of them fully explained"
