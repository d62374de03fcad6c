"""A run without a tape: what its rows say of one another, without the candles between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.money import Amount, amount
from argusnexus.truth.audit.run_rows import check_readable
from argusnexus.truth.tables import DECISIONS, FILLS, ORDERS, TRADES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.findings import Findings
    from argusnexus.truth.audit.stories import Shelves

_NOTHING = amount(0)
_LINKS = (
    (ORDERS, "decision_id", DECISIONS),
    (FILLS, "order_id", ORDERS),
    (TRADES, "entry_order_id", ORDERS),
    (TRADES, "entry_decision_id", DECISIONS),
    (TRADES, "exit_order_id", ORDERS),
    (TRADES, "exit_decision_id", DECISIONS),
)
_OF_FILLS = "summed over its fills"


def check_untaped(shelves: Shelves, findings: Findings) -> None:
    """Every cell readable, every link within the run, every closed trade's money that of its fills."""
    rows = {shelf.table.name: shelf.rows() for shelf in shelves}
    for row in (row for found in rows.values() for row in found):
        check_readable(row, findings)
    for table, column, target in _LINKS:
        known = {row.row_id for row in rows[target.name]}
        for row in rows[table.name]:
            link = row.cell(column)
            words = f"the id of a row of {target.name} of this run"
            findings.require(table.name, row.row_id, column, link, words, holds=link is None or link in known)
    fills: dict[str, list[StoredRow]] = {}
    for row in rows[FILLS.name]:
        fills.setdefault(str(row.cell("order_id")), []).append(row)
    for trade in rows[TRADES.name]:
        with findings.guarded(TRADES.name, trade.row_id, "net_pnl"):
            _check_money(trade, fills, findings)


def _check_money(trade: StoredRow, fills: Mapping[str, Sequence[StoredRow]], findings: Findings) -> None:
    bought = fills.get(str(trade.cell("entry_order_id")), ())
    sold = fills.get(str(trade.cell("exit_order_id")), ())
    if not bought or not sold:
        return
    paid, received = (_notional(found) for found in (bought, sold))
    fees = sum((row.read("fee") for row in (*bought, *sold)), _NOTHING)
    gross = received - paid
    expected = {"gross_pnl": gross, "fees": fees, "net_pnl": gross - fees, "is_winner": gross > fees}
    for column, value in expected.items():
        findings.check(TRADES.name, trade.row_id, column, value, trade.read(column), _OF_FILLS)


def _notional(fills: Sequence[StoredRow]) -> Amount:
    """What the fills of one order came to."""
    return sum((row.read("price") * row.read("quantity") for row in fills), _NOTHING)
