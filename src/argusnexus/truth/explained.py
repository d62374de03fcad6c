"""Whether each closed trade of a run can be walked back to its decisions, for all of them at once."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.model.decisions import DecisionResult, RiskLayer
from argusnexus.model.orders import OrderRole
from argusnexus.model.trades import ExitReason
from argusnexus.money import Amount, amount
from argusnexus.truth.codecs import PLAIN, RISK_CHECKS, Codec
from argusnexus.truth.tables import DECISIONS, FILLS, ORDERS, TRADES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from argusnexus.truth.connection import Connection

_OF_RUN = "WHERE run_id = ?"
_BY_DECISION = {reason.label for reason in (ExitReason.CHANDELIER, ExitReason.CHANNEL, ExitReason.SIGNAL)}
_NOTHING = amount(0)
_PASSED = (
    rf'\{{"layer":"{layer.label}","limit":[^,"{{}}]*,"passed":true,"value":[^,"{{}}]*\}}'
    for layer in RiskLayer
)
_ALL_PASSED = re.compile(rf"\[{','.join(_PASSED)}\]")
"""Of risk checks as the ledger writes them."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether one closed trade is fully explained.

    Attributes:
        missing: what its walk lacks, in words; empty when it is fully explained.
    """

    trade_id: str
    missing: tuple[str, ...]


class _Checks(NamedTuple):
    """A decision's risk checks: whether they are all ten, and whether all passed."""

    complete: bool
    passed: bool


class _Decision(NamedTuple):
    decision_id: str
    result: DecisionResult
    result_reason: str
    risk_checks: _Checks


class _Order(NamedTuple):
    order_id: str
    role: OrderRole
    decision_id: str | None
    client_order_id: str | None
    payload: str | None


class _Fill(NamedTuple):
    fill_id: str
    order_id: str
    quantity: Amount


class _Trade(NamedTuple):
    trade_id: str
    quantity: Amount
    entry_decision_id: str | None
    entry_order_id: str | None
    exit_order_id: str | None
    exit_decision_id: str | None
    exit_reason: str | None


def _checks(text: str) -> _Checks:
    if _ALL_PASSED.fullmatch(text):
        return _Checks(complete=True, passed=True)
    checks = RISK_CHECKS.decode(text)
    layers = tuple(check.layer for check in checks)
    return _Checks(complete=layers == tuple(RiskLayer), passed=all(check.passed for check in checks))


# reading whole rows would take many times as long
_DECISIONS = DECISIONS.part(_Decision, risk_checks=Codec(RISK_CHECKS.encode, _checks))
_ORDERS = ORDERS.part(_Order, payload=PLAIN)
_FILLS = FILLS.part(_Fill)
_TRADES = TRADES.part(_Trade)


class _Evidence(NamedTuple):
    """A run's rows by their ids, and how much of each order was filled."""

    decisions: Mapping[str, _Decision]
    orders: Mapping[str, _Order]
    filled: Mapping[str, Amount]


def explanations(connection: Connection, run_id: str) -> list[Explanation]:
    """One for each closed trade of a run, as logged."""
    evidence = _evidence(connection, run_id)
    trades = connection.rows(_TRADES, f"{_OF_RUN} AND status = 'closed' ORDER BY rowid", (run_id,))
    return [Explanation(trade.trade_id, tuple(_missing(trade, evidence))) for trade in trades]


def _evidence(connection: Connection, run_id: str) -> _Evidence:
    decisions = connection.rows(_DECISIONS, f"{_OF_RUN} AND result IN ('ENTRY', 'EXIT')", (run_id,))
    filled: dict[str, Amount] = defaultdict(lambda: _NOTHING)
    for fill in connection.rows(_FILLS, _OF_RUN, (run_id,)):
        filled[fill.order_id] += fill.quantity
    return _Evidence(
        {decision.decision_id: decision for decision in decisions},
        {order.order_id: order for order in connection.rows(_ORDERS, _OF_RUN, (run_id,))},
        dict(filled),
    )


def _missing(trade: _Trade, evidence: _Evidence) -> Iterator[str]:
    yield from _missing_of_decision(evidence.decisions.get(trade.entry_decision_id or ""))
    yield from _missing_of_entry(trade, evidence.orders.get(trade.entry_order_id or ""))
    if evidence.filled.get(trade.entry_order_id or "") != trade.quantity:
        yield "entry fill of the whole quantity"
    if trade.exit_order_id not in evidence.orders:
        yield "exit order"
    if evidence.filled.get(trade.exit_order_id or "") != trade.quantity:
        yield "exit fill of the whole quantity"
    yield from _missing_of_exit(trade, evidence.decisions.get(trade.exit_decision_id or ""))


def _missing_of_decision(decision: _Decision | None) -> Iterator[str]:
    if decision is None or decision.result is not DecisionResult.ENTRY:
        yield "entry decision"
        return
    if not decision.risk_checks.complete:
        yield "all ten risk checks"
    if not decision.risk_checks.passed:
        yield "risk checks that passed"


def _missing_of_entry(trade: _Trade, order: _Order | None) -> Iterator[str]:
    if order is None or order.role is not OrderRole.ENTRY or order.decision_id != trade.entry_decision_id:
        yield "entry order of its decision"
        return
    if order.client_order_id is None:
        yield "client_order_id"
    if order.payload is None:
        yield "order payload"


def _missing_of_exit(trade: _Trade, decision: _Decision | None) -> Iterator[str]:
    if trade.exit_reason in _BY_DECISION and (  # every closed trade has a reason: the schema sees to it
        decision is None
        or decision.result is not DecisionResult.EXIT
        or decision.result_reason != trade.exit_reason
    ):
        yield "exit decision of that reason"
