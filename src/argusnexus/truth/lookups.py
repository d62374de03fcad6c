"""Rows found and counted through the indexes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from argusnexus.model.times import from_iso, iso
from argusnexus.truth.tables import DECISIONS

if TYPE_CHECKING:
    from datetime import datetime

    from argusnexus.model.decisions import Decision
    from argusnexus.truth.connection import Connection

_WITHIN_A_SECOND = timedelta(microseconds=999_999)
_NEWEST = 2
_AFTER_ANY_TIME = "~"  # sorts behind every text that begins with the same second


def decision_rows(
    connection: Connection, run_id: str, symbol: str, start: datetime | None, end: datetime | None
) -> list[Decision]:
    """Rows in the order of time; the index finds the seconds, and what lies between seconds is compared here."""
    first = "" if start is None else _second(start)
    last = _AFTER_ANY_TIME if end is None else _second(end) + _AFTER_ANY_TIME
    found = connection.rows(
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


def newest_decision_row(
    connection: Connection, run_id: str, symbol: str, moment: datetime
) -> Decision | None:
    """The last row at or before a moment."""
    within = decision_rows(connection, run_id, symbol, moment.replace(microsecond=0), moment)
    if within:
        return within[-1]
    ((newest,),) = connection.query(
        "SELECT max(timestamp) FROM decisions WHERE run_id = ? AND symbol = ? AND timestamp < ?",
        (run_id, symbol, _second(moment)),
    )
    if newest is None:
        return None
    start = from_iso(newest).replace(microsecond=0)  # texts within one second don't sort as their times do
    return decision_rows(connection, run_id, symbol, start, start + _WITHIN_A_SECOND)[-1]


def decision_row_span(connection: Connection, run_id: str, symbol: str) -> tuple[datetime, datetime] | None:
    """When the first and the last row of a symbol were decided."""
    ((first, last),) = connection.query(
        "SELECT min(timestamp), max(timestamp) FROM decisions WHERE run_id = ? AND symbol = ?",
        (run_id, symbol),
    )
    return None if first is None else (from_iso(first), from_iso(last))


def refusal_counts(connection: Connection, run_id: str) -> list[tuple[str, str, int]]:
    """Symbol, reason and how often it refused a signal."""
    found: list[tuple[str, str, int]] = connection.query(
        "SELECT symbol, result_reason, count(*) FROM decisions"
        " WHERE run_id = ? AND result = 'REFUSED' GROUP BY symbol, result_reason",
        (run_id,),
    )
    return found


def expired_counts(connection: Connection, run_id: str) -> dict[str, int]:
    """How many entry orders were cancelled because their time ran out, by symbol; none is left out."""
    return dict(
        connection.query(
            "SELECT symbol, count(*) FROM orders"
            " WHERE run_id = ? AND role = 'entry' AND order_state = 'expired' GROUP BY symbol",
            (run_id,),
        )
    )


def entry_orders_before(connection: Connection, run_id: str, symbol: str, moment: datetime) -> list[str]:
    """Ids of the newest two entry orders submitted at or before a moment, oldest first."""
    asked = "SELECT submitted_at, order_id FROM orders WHERE run_id = ? AND symbol = ? AND role = 'entry'"
    return _newest(connection, asked, "submitted_at", (run_id, symbol), moment)


def trades_before(connection: Connection, run_id: str, symbol: str, moment: datetime) -> list[str]:
    """Ids of the newest two trades entered at or before a moment, oldest first."""
    asked = "SELECT entry_timestamp, trade_id FROM trades WHERE run_id = ? AND symbol = ?"
    return _newest(connection, asked, "entry_timestamp", (run_id, symbol), moment)


def _newest(
    connection: Connection, asked: str, column: str, of: tuple[str, str], moment: datetime
) -> list[str]:
    """Texts of one form sort as their times do; those within one second are compared as times."""
    second = _second(moment)
    earlier = connection.query(
        f"{asked} AND {column} < ? ORDER BY 1 DESC, 2 DESC LIMIT {_NEWEST}", (*of, second)
    )
    close = connection.query(f"{asked} AND {column} BETWEEN ? AND ?", (*of, second, second + _AFTER_ANY_TIME))
    within = [(text, key) for text, key in close if from_iso(text) <= moment]
    return [key for _, key in sorted(earlier + within)][-_NEWEST:]


def _second(moment: datetime) -> str:
    return iso(moment)[: len("2024-05-03T22:00:00")]
