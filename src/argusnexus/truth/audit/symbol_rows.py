"""What the ledger keeps of each symbol of a run, and the moments at which trading was halted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argusnexus.model.decisions import Reason
from argusnexus.model.runs import Halt, RunSymbol
from argusnexus.model.times import from_ns
from argusnexus.money import amount
from argusnexus.truth.audit.run_rows import check_readable
from argusnexus.truth.audit.tapes import warmup_of
from argusnexus.truth.tables import HALTS, RUN_SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.truth.audit.accounts import AccountHistory
    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.findings import Findings
    from argusnexus.truth.audit.rules import Rules
    from argusnexus.truth.tape import TapeTable

_RECORDED = ("source", "first_open", "volume_anomalies", "clipped", "causality_cuts", "data_warnings")
"""What only the candles or whoever made the run could tell."""


def check_symbol(row: StoredRow, rules: Rules, tape: TapeTable, ambiguous: int, findings: Findings) -> None:
    """A symbol's row against its tape; `ambiguous` is how many of its trades ended in an ambiguous candle."""
    check_readable(row, findings)
    missing = np.diff(tape.open_time) // rules.granularity.ns - 1
    warmup = warmup_of(tape)
    recorded = {name: row.read(name) for name in _RECORDED}
    expected = RunSymbol(
        run_id=rules.run_id,
        symbol=tape.symbol,
        position=rules.symbols.index(tape.symbol),
        candles_processed=len(tape),
        first_open_time=from_ns(int(tape.open_time[0])),
        last_close_time=from_ns(int(tape.as_of[-1])),
        last_close=amount(tape.close[-1]),
        tradable_from=from_ns(int(tape.as_of[warmup])) if warmup < len(tape) else None,
        gaps_detected=int(np.count_nonzero(missing)),
        missing_candles=int(missing.sum()),
        longest_gap=int(missing.max(initial=0)),
        ambiguous_candles=ambiguous,
        **recorded,
    )
    row.compare(RUN_SYMBOLS.values(expected), findings, "counted on its tape")


def check_halts(
    rows: Sequence[StoredRow], rules: Rules, histories: Sequence[AccountHistory], findings: Findings
) -> None:
    """One halt for each account that reached its drawdown limit, at the first decision that did."""
    expected = {}
    for history in histories:
        halted = history.halted
        if halted is not None:
            halt = Halt(
                rules.run_id,
                history.symbols[halted.place],
                from_ns(halted.moment),
                Reason.DRAWDOWN.label,
                halted.equity,
                halted.peak,
                rules.risk.config.max_drawdown,
            )
            values = HALTS.values(halt)
            expected[" ".join(str(values[name]) for name in HALTS.key)] = values
    stored = {row.row_id: row for row in rows}
    for row_id, values in expected.items():
        if row_id in stored:
            stored[row_id].compare(values, findings, "the account's equity")
        else:
            findings.missing(HALTS.name, row_id, "the account's equity reached the drawdown limit")
    for row_id in stored.keys() - expected.keys():
        findings.add(HALTS.name, row_id, "row", None, "a halt", "no account reached its limit then")
