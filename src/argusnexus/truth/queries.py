"""The ledger's readers: typed answers, never a change."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from argusnexus.errors import LedgerError, UnknownRunError, did_you_mean
from argusnexus.model.decisions import Phase, phase_after
from argusnexus.model.runs import RunMode
from argusnexus.model.times import from_ns, iso, to_ns
from argusnexus.model.trades import Trade, TradeStatus
from argusnexus.truth.connection import Connection, open_for_reading
from argusnexus.truth.explained import explanations
from argusnexus.truth.ids import answers_to_part, answers_to_run, resolved
from argusnexus.truth.lookups import (
    decision_row_span,
    decision_rows,
    entry_orders_before,
    expired_counts,
    newest_decision_row,
    refusal_counts,
    trades_before,
)
from argusnexus.truth.migrations import refuse_unless_current
from argusnexus.truth.stream import decisions_of, in_time_order, merged
from argusnexus.truth.tables import HALTS, ORDERS, RUN_SYMBOLS, RUNS, TRADES
from argusnexus.truth.tape_file import numbers_of
from argusnexus.truth.tapes import FolderTapes, Tapes
from argusnexus.truth.walks import TradeWalk, trade_of, walk_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from types import TracebackType

    from argusnexus.model.candles import FloatColumn, IntColumn
    from argusnexus.model.conditions import Condition
    from argusnexus.model.decisions import Decision
    from argusnexus.model.orders import Order
    from argusnexus.model.runs import Halt, Run, RunSymbol
    from argusnexus.truth.codecs import SqlValue
    from argusnexus.truth.explained import Explanation
    from argusnexus.truth.tables import Table
    from argusnexus.truth.tape import TapeTable


__all__ = ["EquityCurve", "LedgerReader", "OpenLedger", "TradeWalk"]


class OpenLedger(NamedTuple):
    """A ledger that somebody has open: its connection and its tapes."""

    connection: Connection
    tapes: Tapes


class EquityCurve(NamedTuple):
    """Equity of a symbol's account (of the one account in portfolio mode) at each decision.

    Attributes:
        as_of: int64 nanoseconds since the epoch.
        equity: quote currency.
    """

    as_of: IntColumn
    equity: FloatColumn


class LedgerReader:
    """Reads one ledger, also while it is being written.

    Methods that take a run_id raise UnknownRunError if the ledger has no such run; those that need its tape raise
    LedgerError if it is missing or damaged.

    Attributes:
        opened: what it reads from.
        tapes: where the ledger's tapes are kept.
    """

    def __init__(self, ledger: str | Path | OpenLedger) -> None:
        """Open the ledger of a path, or read one that is open.

        Raises:
            LedgerError: if there is no such file, it is no ledger, or it is from an older ArgusNexus and not upgraded.
            LedgerVersionError: if a newer ArgusNexus wrote it.
        """
        self.opened = ledger if isinstance(ledger, OpenLedger) else _opened(ledger)
        self._connection, self.tapes = self.opened
        self._name = self._connection.name
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

    def cells(self, table: Table[Any], run_id: str) -> list[dict[str, SqlValue]]:
        """A run's rows of one table as they are in the file, in the order logged; nothing is decoded or refused."""
        found = self._connection.query(f"{table.select} WHERE run_id = ? ORDER BY rowid", (run_id,))
        return [dict(zip(table.columns, values, strict=True)) for values in found]

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
        return resolved(text, known, answers_to_run, noun="run", ledger=self._name, error=UnknownRunError)

    def resolve_trade_id(self, text: str, run_id: str | None = None) -> str:
        """The trade_id that `text` stands for: itself, or a part of it that no other trade (of the run) shares.

        Raises:
            LedgerError: if none or several trades answer to it.
        """
        if run_id is None:
            found = self._connection.query("SELECT trade_id FROM trades")
        else:
            self.run(run_id)
            found = self._connection.query("SELECT trade_id FROM trades WHERE run_id = ?", (run_id,))
        known = [trade_id for (trade_id,) in found]
        return resolved(text, known, answers_to_part, noun="trade", ledger=self._name)

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
                    decision_rows(self._connection, run_id, name, start, end),
                    self._tape_batches(run_id, name, *bounds) if tape else (),
                )
                for name in symbols
            }
        )

    def decision_at(self, run_id: str, symbol: str, as_of: datetime) -> Decision:
        """The decision at one candle's close.

        Raises:
            LedgerError: if there is none, or the run has no such symbol.
        """
        found = self._decision_at(run_id, self._known_symbol(run_id, symbol), as_of)
        if found is None:
            raise LedgerError(
                f"Run {run_id} made no decision on {symbol} at {iso(as_of)}: "
                "expected the close of one of its candles."
            )
        return found

    def decision_before(self, run_id: str, symbol: str, moment: datetime) -> Decision:
        """The newest decision at or before a moment.

        Raises:
            LedgerError: if the first one is later, or the run has no such symbol.
        """
        self._known_symbol(run_id, symbol)
        found = newest_decision_row(self._connection, run_id, symbol, moment)
        if self._has_tape(run_id):
            with self.tapes.opened(run_id) as tape:
                lines = tape.newest(symbol, to_ns(moment))
            if len(lines) and (found is None or lines.as_of[0] > to_ns(found.timestamp)):
                (found,) = decisions_of(run_id, lines)
        if found is None:
            span = _words(self.decision_span(run_id, symbol))
            raise LedgerError(f"Run {run_id} made no decision on {symbol} by {iso(moment)}{span}")
        return found

    def conditions(self, run_id: str, symbol: str) -> tuple[Condition, ...]:
        """What an entry needs, as the strategy said; none where it said nothing or the run has no tape.

        Raises:
            LedgerError: if the run has no such symbol.
        """
        self._known_symbol(run_id, symbol)
        if not self._has_tape(run_id):
            return ()
        with self.tapes.opened(run_id) as tape:
            return tape.conditions(symbol)

    def pending_entry(self, run_id: str, symbol: str, moment: datetime) -> Order | None:
        """The entry order that rests after the decision at, or the newest before, a moment.

        Raises:
            LedgerError: if the run has no such symbol.
        """
        self._known_symbol(run_id, symbol)
        ids = entry_orders_before(self._connection, run_id, symbol, moment)
        if not ids:
            return None
        (order,) = self._connection.rows(ORDERS, "WHERE order_id = ?", (ids[-1],))
        if order.completed_at == moment:  # by the decision, or by the open that follows it
            return order if self._phase_at(run_id, symbol, moment) is Phase.ENTRY_PENDING else None
        return order if order.completed_at is None or order.completed_at > moment else None

    def trade_open_at(self, run_id: str, symbol: str, moment: datetime) -> Trade | None:
        """The trade whose position is held after the decision at, or the newest before, a moment.

        Raises:
            LedgerError: if the run has no such symbol.
        """
        self._known_symbol(run_id, symbol)
        ids = trades_before(self._connection, run_id, symbol, moment)
        for trade_id in reversed(ids[-2:]):
            (trade,) = self._connection.rows(TRADES, "WHERE trade_id = ?", (trade_id,))
            if moment in (trade.entry_timestamp, trade.exit_timestamp):  # as above
                held = self._phase_at(run_id, symbol, moment) in (Phase.POSITION_OPEN, Phase.EXIT_PENDING)
            else:
                held = trade.exit_timestamp is None or trade.exit_timestamp > moment
            if held:
                return trade
        return None

    def trade_of(self, entry: Order) -> Trade | None:
        """The trade that an entry order opened; None where it was never filled."""
        return trade_of(self._connection, entry)

    def refusals(self, run_id: str) -> dict[str, Counter[str]]:
        """How often each reason refused a signal, by symbol."""
        counts: dict[str, Counter[str]] = {symbol: Counter() for symbol in self._symbols(run_id)}
        for symbol, reason, count in refusal_counts(self._connection, run_id):
            counts.setdefault(symbol, Counter())[reason] = count
        return counts

    def hold_reasons(self, run_id: str) -> dict[str, Counter[str]]:
        """How often each reason said HOLD, by symbol; from the tape."""
        counts = {}
        for symbol in self._taped_symbols(run_id):
            with self.tapes.opened(run_id) as tape:
                counts[symbol] = tape.hold_reasons(symbol)
        return counts

    def expired_entries(self, run_id: str) -> dict[str, int]:
        """How many entry orders were cancelled because their time ran out, by symbol."""
        return dict.fromkeys(self._symbols(run_id), 0) | expired_counts(self._connection, run_id)

    def equity(self, run_id: str) -> dict[str, EquityCurve]:
        """The equity curve of each symbol's account, from the tape."""
        curves = {}
        for symbol in self._taped_symbols(run_id):
            with self.tapes.opened(run_id) as tape:
                lines = tape.columns(symbol, ("as_of", "equity"))
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
        found = walk_of(self._connection, trade_id)
        if found is None:
            known = [known for (known,) in self._connection.query("SELECT trade_id FROM trades")]
            raise LedgerError(
                f"Ledger {self._name} has no trade {trade_id!r}.{did_you_mean(trade_id, known)}"
            )
        return found

    def _decision_at(self, run_id: str, symbol: str, as_of: datetime) -> Decision | None:
        rows = decision_rows(self._connection, run_id, symbol, as_of, as_of)
        if not rows and self._has_tape(run_id):
            moment = to_ns(as_of)
            with self.tapes.opened(run_id) as tape:
                rows = list(decisions_of(run_id, tape.lines(symbol, moment, moment)))
        return rows[-1] if rows else None

    def _phase_at(self, run_id: str, symbol: str, as_of: datetime) -> Phase | None:
        """Where the decision at a candle's close left the engine; None if no candle closed then."""
        decision = self._decision_at(run_id, symbol, as_of)
        return phase_after(decision.result, decision.result_reason) if decision else None

    def decision_span(self, run_id: str, symbol: str) -> tuple[datetime, datetime] | None:
        """When the first and the last decision on a symbol were made."""
        spans = [decision_row_span(self._connection, run_id, symbol)]
        if self._has_tape(run_id):
            with self.tapes.opened(run_id) as tape:
                taped = tape.span(symbol)
            spans.append(taped and (from_ns(taped[0]), from_ns(taped[1])))
        known = [moment for span in spans if span for moment in span]
        return (min(known), max(known)) if known else None

    def _tape_batches(
        self, run_id: str, symbol: str, start: int | None, end: int | None
    ) -> Iterator[TapeTable]:
        with self.tapes.opened(run_id) as tape:
            yield from tape.batches(symbol, start, end)

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
        if self.tapes.has(run_id):
            return True
        if run.run_mode is RunMode.REPLAY and self.run_symbols(run_id):
            raise LedgerError(
                f"The tape of run {run_id} is missing: expected {self.tapes.place(run_id)}. Move a ledger together with its tapes folder; "
                "what the run ordered, filled and earned is in the ledger itself."
            )
        return False


def _opened(db_path: str | Path) -> OpenLedger:
    return OpenLedger(open_for_reading(db_path), FolderTapes(Path(db_path).resolve()))


def _words(span: tuple[datetime, datetime] | None) -> str:
    """The end of a sentence: from when to when decisions were made."""
    return f": its first is of {iso(span[0])}, its last of {iso(span[1])}." if span else ", nor later."
