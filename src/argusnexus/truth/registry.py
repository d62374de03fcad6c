"""The registry of trials: what was ever tried on which candles, read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from argusnexus.errors import LedgerError
from argusnexus.model.times import SECOND, iso
from argusnexus.model.trials import TrialCount, TrialTrade
from argusnexus.money import amount, plain
from argusnexus.truth.ids import answers_to_run, resolved
from argusnexus.truth.tables import SWEEPS, TRIALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from argusnexus.model.trials import Sweep, Trial
    from argusnexus.truth.queries import LedgerReader

_WITHOUT_TRADES = replace(
    TRIALS, columns={name: codec for name, codec in TRIALS.columns.items() if name != "trades"}
)

_SAME_CANDLES = """
SELECT count(DISTINCT config_hash) FROM (
    SELECT config_hash FROM trials WHERE data_hash = :data_hash
    UNION ALL SELECT config_hash FROM runs WHERE data_hash = :data_hash AND run_mode = 'replay_backtest'
)
"""

_OVERLAPPING = """
SELECT count(DISTINCT config_hash) FROM (
    SELECT config_hash FROM trials WHERE sweep_id IN (
        SELECT sweep_id FROM sweeps, json_each(sweeps.symbols) AS symbol
        WHERE symbol.value IN (SELECT value FROM json_each(:symbols))
        AND first_open_time < :last AND last_close_time > :first
    )
    UNION ALL SELECT config_hash FROM runs JOIN run_symbols USING (run_id)
    WHERE run_mode = 'replay_backtest' AND symbol IN (SELECT value FROM json_each(:symbols))
    AND first_open_time < :last AND last_close_time > :first
)
"""


def sweeps(reader: LedgerReader) -> list[Sweep]:
    """All sweeps, newest first."""
    return reader.opened.connection.rows(SWEEPS, "ORDER BY created_at DESC, rowid DESC")


def sweep_named(reader: LedgerReader, text: str) -> Sweep:
    """The sweep that `text` stands for: its id, or a beginning or end of its hex that no other sweep shares.

    Raises:
        LedgerError: if none or several answer to it.
    """
    known = {sweep.sweep_id: sweep for sweep in sweeps(reader)}
    name = reader.opened.connection.name
    return known[resolved(text, list(known), answers_to_run, noun="sweep", ledger=name)]


def trials(reader: LedgerReader, sweep_id: str, *, with_trades: bool = False) -> list[Trial]:
    """Those of a sweep that are done, by number; their closed trades, most of what is kept, only when asked for."""
    table = TRIALS if with_trades else _WITHOUT_TRADES
    return reader.opened.connection.rows(table, "WHERE sweep_id = ? ORDER BY number", (sweep_id,))


def trials_done(reader: LedgerReader, sweep_id: str) -> set[int]:
    """Their numbers."""
    found = reader.opened.connection.query("SELECT number FROM trials WHERE sweep_id = ?", (sweep_id,))
    return {number for (number,) in found}


def unfinished_sweep(reader: LedgerReader) -> Sweep:
    """The newest one, of no walk-forward, with trials left to do.

    Raises:
        LedgerError: if there is none.
    """
    for sweep in sweeps(reader):
        if sweep.walk_forward is None and len(trials_done(reader, sweep.sweep_id)) < sweep.planned:
            return sweep
    raise LedgerError(f"Ledger {reader.opened.connection.name} has no sweep that isn't finished.")


def count_tried(
    reader: LedgerReader, data_hash: str, symbols: Sequence[str], first: datetime, last: datetime
) -> TrialCount:
    """How many configurations were ever tried on these candles.

    `data_hash` is of exactly these candles, `first` and `last` are the first one's open and the last one's close.
    """
    bounds = {"symbols": json.dumps(list(symbols)), "first": iso(first), "last": iso(last)}
    connection = reader.opened.connection
    ((same,),) = connection.query(_SAME_CANDLES, {"data_hash": data_hash})
    ((overlapping,),) = connection.query(_OVERLAPPING, bounds)
    return TrialCount(same, max(same, overlapping))


def encoded(trades: Iterable[TrialTrade]) -> str:
    """Closed trades as the text of the `trades` column."""
    rows = [
        [
            trade.symbol,
            trade.entry_time // SECOND,
            trade.exit_time // SECOND,
            trade.exit_reason,
            plain(trade.fees),
            plain(trade.net_pnl),
            plain(trade.r_multiple),
        ]
        for trade in trades
    ]
    return json.dumps(rows, separators=(",", ":"))


def decoded(text: str) -> list[TrialTrade]:
    """The closed trades of a `trades` column."""
    return [
        TrialTrade(symbol, entry * SECOND, leaving * SECOND, reason, *map(amount, amounts))
        for symbol, entry, leaving, reason, *amounts in json.loads(text)
    ]
