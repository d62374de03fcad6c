"""The ledger's readers: typed answers, never a change."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from argusnexus.errors import LedgerError, UnknownRunError, did_you_mean
from argusnexus.model.decisions import Decision, DecisionResult
from argusnexus.model.runs import RunMode
from argusnexus.model.times import iso, to_ns
from argusnexus.model.trades import Trade, TradeStatus
from argusnexus.truth.connection import open_for_reading
from argusnexus.truth.explained import explanations
from argusnexus.truth.files import tape_path
from argusnexus.truth.migrations import refuse_unless_current
from argusnexus.truth.stream import decisions_of, in_time_order, merged
from argusnexus.truth.tables import DECISIONS, FILLS, HALTS, ORDERS, RUN_SYMBOLS, RUNS, TRADES
from argusnexus.truth.tape import labels_of, numbers_of, read_tape, tape_batches, tape_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from types import TracebackType

    from argusnexus.model.candles import FloatColumn, IntColumn
    from argusnexus.model.orders import Fill, Order
    from argusnexus.model.runs import Halt, Run, RunSymbol
    from argusnexus.truth.explained import Explanation

_SOME_RUNS = 5
_AFTER_ANY_TIME = "~"  # sorts behind every text that begins with the same second


class EquityCurve(NamedTuple):
    """Equity of a symbol's account (of the one account in portfolio mode) at each decision.

    Attributes:
        as_of: int64 nanoseconds since the epoch.
        equity: quote currency.
    """

    as_of: IntColumn
    equity: FloatColumn


class TradeWalk(NamedTuple):
    """A trade and all that led to it, each oldest first."""

    trade: Trade
    orders: list[Order]
    fills: list[Fill]
    decisions: list[Decision]


def _answers_to(run_id: str, text: str) -> bool:
    return run_id.startswith(text) or run_id.endswith(text) or run_id.rpartition("_")[2].startswith(text)


class LedgerReader:
    """Reads one ledger, also while it is being written.

    Methods that take a run_id raise UnknownRunError if the ledger has no such run; those that need its tape raise
    LedgerError if it is missing or damaged.
    """

    def __init__(self, db_path: str | Path) -> None:
        """Open it.

        Raises:
            LedgerError: if there is no such file, it is no ledger, or it is from an older ArgusNexus and not upgraded.
            LedgerVersionError: if a newer ArgusNexus wrote it.
        """
        self._name = os.fspath(db_path)
        self._path = Path(db_path).resolve()
        self._connection = open_for_reading(db_path)
        try:
            refuse_unless_current(self._connection)
        except LedgerError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        return self._connection.rows(RUNS, "ORDER BY started_at DESC, rowid DESC")

    def run(self, run_id: str) -> Run:
        found = self._connection.rows(RUNS, "WHERE run_id = ?", (run_id,))
        if not found:
            known = self._run_ids()
            hint = did_you_mean(run_id, known) or f" It has {len(known)} run(s)."
            raise UnknownRunError(f"Ledger {self._name} has no run {run_id!r}.{hint}")
        return found[0]

    def resolve_run_id(self, text: str) -> str:
        """The run_id that `text` stands for: itself, or a beginning or end of its hex that no other run shares.

        Raises:
            UnknownRunError: if none or several runs answer to it.
        """
        known = self._run_ids()
        if text in known:
            return text
        matches = [run_id for run_id in known if text and _answers_to(run_id, text)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            rest = len(matches) - _SOME_RUNS
            some = ", ".join(sorted(matches)[:_SOME_RUNS]) + (f" and {rest} more" if rest > 0 else "")
            raise UnknownRunError(
                f"{text!r} stands for {len(matches)} runs in ledger {self._name}: {some}. Give more of the id."
            )
        raise UnknownRunError(f"Ledger {self._name} has no run {text!r}.{did_you_mean(text, known)}")

    def run_symbols(self, run_id: str) -> list[RunSymbol]:
        """In the order in which the symbols were given."""
        self.run(run_id)
        return self._connection.rows(RUN_SYMBOLS, "WHERE run_id = ? ORDER BY position", (run_id,))

    def halts(self, run_id: str) -> list[Halt]:
        """Oldest first."""
        self.run(run_id)
        return self._connection.rows(HALTS, "WHERE run_id = ? ORDER BY timestamp, rowid", (run_id,))

    def trades(self, run_id: str, status: TradeStatus | None = None) -> list[Trade]:
        """By exit time, then the symbols' given order, then entry time, then as logged; open trades last."""
        given = {symbol: position for position, symbol in enumerate(self.run(run_id).symbols)}
        found = self._connection.rows(TRADES, "WHERE run_id = ? ORDER BY rowid", (run_id,))

        def order(trade: Trade) -> tuple[bool, datetime, int, datetime]:
            ended = trade.exit_timestamp or trade.entry_timestamp
            position = given.get(trade.symbol, len(given))
            return trade.status is TradeStatus.OPEN, ended, position, trade.entry_timestamp

        return sorted((trade for trade in found if status in (None, trade.status)), key=order)

    def decisions(
        self,
        run_id: str,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[Decision]:
        """Rows and tape as one stream with `start <= as_of <= end`, by time and then the symbols' given order.

        A row takes the place of the tape's line of the same candle.

        Raises:
            LedgerError: if the run has no such symbol.
        """
        symbols = self._symbols(run_id) if symbol is None else (self._known_symbol(run_id, symbol),)
        tape = self._has_tape(run_id)
        bounds = (None if start is None else to_ns(start), None if end is None else to_ns(end))
        return in_time_order(
            {
                name: merged(
                    run_id,
                    self._decision_rows(run_id, name, start, end),
                    tape_batches(self._path, run_id, name, *bounds) if tape else (),
                )
                for name in symbols
            }
        )

    def decision_at(self, run_id: str, symbol: str, as_of: datetime) -> Decision:
        """The decision at one candle's close.

        Raises:
            LedgerError: if there is none, or the run has no such symbol.
        """
        moment = to_ns(as_of)
        tape = self._has_tape(run_id)
        rows = self._decision_rows(run_id, self._known_symbol(run_id, symbol), as_of, as_of)
        if not rows and tape:
            rows = list(decisions_of(run_id, read_tape(self._path, run_id, symbol, moment, moment)))
        if rows:
            return rows[-1]
        raise LedgerError(
            f"Run {run_id} made no decision on {symbol} at {iso(as_of)}: expected the close of one of its candles."
        )

    def refusals(self, run_id: str) -> dict[str, Counter[str]]:
        """How often each reason refused a signal, by symbol."""
        counts: dict[str, Counter[str]] = {symbol: Counter() for symbol in self._symbols(run_id)}
        for symbol, reason, count in self._connection.query(
            "SELECT symbol, result_reason, count(*) FROM decisions"
            " WHERE run_id = ? AND result = 'REFUSED' GROUP BY symbol, result_reason",
            (run_id,),
        ):
            counts.setdefault(symbol, Counter())[reason] = count
        return counts

    def hold_reasons(self, run_id: str) -> dict[str, Counter[str]]:
        """How often each reason said HOLD, by symbol; from the tape."""
        return {symbol: self._holds(run_id, symbol) for symbol in self._taped_symbols(run_id)}

    def expired_entries(self, run_id: str) -> dict[str, int]:
        """How many entry orders were cancelled because their time ran out, by symbol."""
        counts = dict.fromkeys(self._symbols(run_id), 0)
        counts.update(
            self._connection.query(
                "SELECT symbol, count(*) FROM orders"
                " WHERE run_id = ? AND role = 'entry' AND order_state = 'expired' GROUP BY symbol",
                (run_id,),
            )
        )
        return counts

    def equity(self, run_id: str) -> dict[str, EquityCurve]:
        """The equity curve of each symbol's account, from the tape."""
        curves = {}
        for symbol in self._taped_symbols(run_id):
            lines = tape_columns(self._path, run_id, symbol, ("as_of", "equity"))
            curves[symbol] = EquityCurve(numbers_of(lines["as_of"]), numbers_of(lines["equity"]))
        return curves

    def explanations(self, run_id: str) -> list[Explanation]:
        """For each closed trade, what its walk lacks; from a few bulk reads."""
        self.run(run_id)
        return explanations(self._connection, run_id)

    def walk(self, trade_id: str) -> TradeWalk:
        """A trade back to its orders, fills and decisions.

        Raises:
            LedgerError: if there is no such trade.
        """
        found = self._connection.rows(TRADES, "WHERE trade_id = ?", (trade_id,))
        if not found:
            known = [known for (known,) in self._connection.query("SELECT trade_id FROM trades")]
            raise LedgerError(
                f"Ledger {self._name} has no trade {trade_id!r}.{did_you_mean(trade_id, known)}"
            )
        trade = found[0]
        orders = self._orders_of(trade)
        fills = [fill for order in orders for fill in self._fills_of(order)]
        return TradeWalk(trade, orders, fills, self._decisions_of(trade, orders))

    def _orders_of(self, trade: Trade) -> list[Order]:
        ids = (
            trade.entry_order_id,
            trade.bracket_tp_order_id,
            trade.bracket_sl_order_id,
            trade.exit_order_id,
        )
        return self._connection.rows(
            ORDERS, "WHERE order_id IN (?, ?, ?, ?) ORDER BY submitted_at, rowid", ids
        )

    def _fills_of(self, order: Order) -> list[Fill]:
        return self._connection.rows(FILLS, "WHERE order_id = ? ORDER BY timestamp, rowid", (order.order_id,))

    def _decisions_of(self, trade: Trade, orders: list[Order]) -> list[Decision]:
        ids = {trade.entry_decision_id, trade.exit_decision_id, *(order.decision_id for order in orders)}
        found = [
            decision
            for decision_id in ids
            for decision in self._connection.rows(DECISIONS, "WHERE decision_id = ?", (decision_id,))
        ]
        return sorted(found, key=lambda decision: decision.timestamp)

    def _decision_rows(
        self, run_id: str, symbol: str, start: datetime | None, end: datetime | None
    ) -> list[Decision]:
        """Rows in the order of time; the index finds the seconds, and what lies between seconds is compared here."""
        first = "" if start is None else iso(start)[:19]
        last = _AFTER_ANY_TIME if end is None else iso(end)[:19] + _AFTER_ANY_TIME
        found = self._connection.rows(
            DECISIONS,
            "WHERE run_id = ? AND symbol = ? AND timestamp BETWEEN ? AND ? ORDER BY rowid",
            (run_id, symbol, first, last),
        )
        chosen = [
            row
            for row in found
            if (start is None or start <= row.timestamp) and (end is None or row.timestamp <= end)
        ]
        return sorted(chosen, key=lambda row: row.timestamp)

    def _holds(self, run_id: str, symbol: str) -> Counter[str]:
        lines = tape_columns(self._path, run_id, symbol, ("result", "reason"))
        results, names = labels_of(lines["result"])
        reasons, labels = labels_of(lines["reason"])
        hold = names.index(DecisionResult.HOLD.name) if DecisionResult.HOLD.name in names else -1
        counts = np.bincount(reasons[results == hold], minlength=len(labels))
        return Counter({label: int(count) for label, count in zip(labels, counts, strict=True) if count})

    def _run_ids(self) -> list[str]:
        return [run_id for (run_id,) in self._connection.query("SELECT run_id FROM runs")]

    def _symbols(self, run_id: str) -> tuple[str, ...]:
        return self.run(run_id).symbols

    def _known_symbol(self, run_id: str, symbol: str) -> str:
        known = self._symbols(run_id)
        if symbol not in known:
            raise LedgerError(
                f"Run {run_id} has no symbol {symbol!r}, it has {', '.join(known)}.{did_you_mean(symbol, known)}"
            )
        return symbol

    def _taped_symbols(self, run_id: str) -> tuple[str, ...]:
        """The run's symbols if it has a tape, none otherwise."""
        symbols = self._symbols(run_id)
        return symbols if self._has_tape(run_id) else ()

    def _has_tape(self, run_id: str) -> bool:
        """Whether the run's HOLDs are on a tape.

        Raises:
            LedgerError: if they were, but the tape is gone.
        """
        run = self.run(run_id)
        path = tape_path(self._path, run_id)
        if path.is_file():
            return True
        if run.run_mode is RunMode.REPLAY and self.run_symbols(run_id):
            raise LedgerError(
                f"The tape of run {run_id} is missing: expected {path}. Move a ledger together with its tapes folder; "
                "what the run ordered, filled and earned is in the ledger itself."
            )
        return False
