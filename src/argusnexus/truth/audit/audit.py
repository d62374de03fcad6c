"""`audit_run`: a run recomputed instead of believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.model.runs import RunMode, RunStatus
from argusnexus.truth.audit.accounts import AccountHistory, account_history
from argusnexus.truth.audit.decided import DecisionAudit
from argusnexus.truth.audit.entries import EntryAudit
from argusnexus.truth.audit.episodes import episodes_of
from argusnexus.truth.audit.evidence import Evidence, evidence_of
from argusnexus.truth.audit.findings import TAPE, UNUSABLE, Audit, Findings
from argusnexus.truth.audit.rules import Rules, rules_of
from argusnexus.truth.audit.run_rows import check_outcome, check_run
from argusnexus.truth.audit.stories import said, symbol_rules
from argusnexus.truth.audit.symbol_rows import check_halts, check_symbol
from argusnexus.truth.audit.tapes import check_equity, check_grid, check_phases
from argusnexus.truth.audit.untaped import check_untaped
from argusnexus.truth.collector import without_collector
from argusnexus.truth.tables import DECISIONS, FILLS, ORDERS, RUN_SYMBOLS, RUNS, TRADES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.queries import LedgerReader

_COUNTED = tuple(table.name for table in (RUNS, DECISIONS, ORDERS, FILLS, TRADES))


@without_collector()
def audit_run(reader: LedgerReader, run_id: str) -> Audit:
    """Recompute a run from its ledger and its tape; no candles are needed.

    Whatever is wrong is a finding; a row that can't be read never stops the audit.

    Raises:
        UnknownRunError: if the ledger has no such run.
        LedgerError: if the ledger itself can't be read.
    """
    findings = Findings()
    evidence = evidence_of(reader.opened, run_id, findings)
    check_run(evidence.run, findings)
    findings.covered(RUNS.name, evidence.run.row_id)
    rules = _rules(evidence.run, run_id, findings)
    if rules is None or not _is_taped(evidence, rules, findings):
        findings.notices.append(
            "Without its tape and its configuration only the rows' links and sums could be recomputed."
        )
        check_untaped(evidence.shelves, findings)
    else:
        _check_taped(evidence, rules, findings)
    _check_end(evidence, findings)
    return findings.audit(run_id, _COUNTED)


def _check_end(evidence: Evidence, findings: Findings) -> None:
    """A completed run's counts are right; a replay that never completed has left nothing."""
    run = evidence.run
    if run.read("status") is RunStatus.COMPLETED:
        sources = [str(row.cell("source")) for row in evidence.symbols]
        check_outcome(run, evidence.shelves.trades.rows(), sources, findings)
    elif run.read("run_mode") is RunMode.REPLAY:
        status, left = run.cell("status"), bool(evidence.symbols or evidence.tapes)
        words = "completed: a replay that is not leaves no rows"
        findings.require(RUNS.name, run.row_id, "status", status, words, holds=not left)


def _rules(run: StoredRow, run_id: str, findings: Findings) -> Rules | None:
    """None, with a finding, for a replay whose configuration is none; a session needn't have one."""
    config = run.read("config")
    if run.read("run_mode") is not RunMode.REPLAY and "replay" not in (config or ()):
        return None
    try:
        return rules_of(run_id, config)
    except UNUSABLE as error:
        findings.add(RUNS.name, run.row_id, "config", "the configuration of a run", error, "unreadable")
        return None


def _is_taped(evidence: Evidence, rules: Rules, findings: Findings) -> bool:
    """Whether every symbol has lines on the tape; a run that was given candles must have them."""
    if not evidence.symbols and not evidence.tapes:
        return False
    for symbol in rules.symbols:
        if symbol not in evidence.tapes:
            findings.missing(TAPE, f"{rules.run_id} {symbol}", "one line for each of its candles")
    return evidence.tapes.keys() >= set(rules.symbols)


def _check_taped(evidence: Evidence, rules: Rules, findings: Findings) -> None:
    for tape in evidence.tapes.values():
        findings.there_are_lines(tape)
        check_grid(tape, rules.granularity.ns, findings)
    histories = [_check_account(symbols, evidence, rules, findings) for symbols in rules.accounts]
    check_halts(evidence.halts, rules, histories, findings)
    _check_symbols(evidence, rules, findings)
    for shelf in evidence.shelves:
        for row in shelf.rest():
            words = "neither the tape nor another row knows of it"
            findings.add(shelf.table.name, row.row_id, "row", None, "a row", words)


def _check_account(
    symbols: tuple[str, ...], evidence: Evidence, rules: Rules, findings: Findings
) -> AccountHistory:
    tapes = [evidence.tapes[symbol] for symbol in symbols]
    episodes = [episodes_of(tape) for tape in tapes]
    own = [symbol_rules(tape, rules, found) for tape, found in zip(tapes, episodes, strict=True)]
    parts = zip(symbols, own, episodes, strict=True)
    stories = [
        EntryAudit(symbol, rules.params(name), evidence.shelves, findings).stories(found)
        for name, symbol, found in parts
    ]
    history = account_history(rules, symbols, tapes, stories)
    for place, (symbol, told) in enumerate(zip(own, stories, strict=True)):
        check_equity(symbol.tape, history.equity_at(symbol.tape), findings)
        check_phases(symbol.tape, rules, told, findings)
        DecisionAudit(symbol, history, place, told, findings).check(evidence.shelves.decisions)
    return history


def _check_symbols(evidence: Evidence, rules: Rules, findings: Findings) -> None:
    stored = {str(row.cell("symbol")): row for row in evidence.symbols}
    for symbol in rules.symbols:
        if symbol not in stored:
            findings.missing(RUN_SYMBOLS.name, f"{rules.run_id} {symbol}", "its symbol is on the tape")
            continue
        ambiguous = _ambiguous(evidence.shelves.trades.rows(), symbol)
        with findings.guarded(RUN_SYMBOLS.name, stored[symbol].row_id, "row"):
            check_symbol(stored[symbol], rules, evidence.tapes[symbol], ambiguous, findings)


def _ambiguous(trades: Sequence[StoredRow], symbol: str) -> int:
    return sum(said(row, "symbol") == symbol and bool(said(row, "ambiguous")) for row in trades)
