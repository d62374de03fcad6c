"""What became of each entry: the prices, quantities and times that most of its rows agree on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from argusnexus.model.candles import Candle
from argusnexus.model.decisions import DecisionResult
from argusnexus.model.orders import EntryType, Liquidity, OrderRole, OrderState
from argusnexus.model.times import from_ns, iso
from argusnexus.money import Amount, amount
from argusnexus.truth.audit.findings import UNUSABLE
from argusnexus.truth.audit.votes import agreed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from argusnexus.engine.rows import RowMaker
    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.episodes import Episode
    from argusnexus.truth.audit.shelf import Shelf
    from argusnexus.truth.tape import TapeTable


class Shelves(NamedTuple):
    """The run's rows."""

    decisions: Shelf
    orders: Shelf
    fills: Shelf
    trades: Shelf


class SymbolRules(NamedTuple):
    """What decides how one symbol's rows look."""

    tape: TapeTable
    rows: RowMaker
    entry_type: EntryType

    def moment(self, line: int) -> datetime:
        """When a line's candle closed."""
        return from_ns(int(self.tape.as_of[line]))

    def candle(self, line: int) -> Candle:
        """What the tape knows of a line's candle."""
        close = float(self.tape.close[line])
        times = int(self.tape.open_time[line]), int(self.tape.as_of[line])
        return Candle(line, *times, close, close, close, close, 0.0)


class StoredRows(NamedTuple):
    """All rows that an entry led to; None where there is none."""

    decision: StoredRow | None
    entry: StoredRow | None
    bracket: StoredRow | None
    exit: StoredRow | None
    bought: StoredRow | None
    sold: StoredRow | None
    trade: StoredRow | None


class PlanFacts(NamedTuple):
    """The plan as it was submitted."""

    entry: Amount
    stop: Amount
    take_profit: Amount
    quantity: Amount


class FillFacts(NamedTuple):
    """An execution of the whole quantity, in the candle of a line."""

    line: int
    price: Amount
    taker: bool
    at_open: bool


@dataclass(frozen=True, slots=True)
class Story:
    """An entry, its rows, and what they agree on.

    Attributes:
        bought, sold: None where that didn't happen.
        exit_reason: of a closed position.
    """

    rules: SymbolRules
    episode: Episode
    stored: StoredRows
    plan: PlanFacts
    bought: FillFacts | None
    sold: FillFacts | None
    exit_reason: str | None


def story_of(rules: SymbolRules, episode: Episode, shelves: Shelves) -> Story:
    """The story of one entry.

    Raises:
        ValueError: if no row says what must be known.
    """
    stored = _stored(rules, episode, shelves)
    plan = _plan(rules, stored)
    bought = _bought(rules, episode, stored, plan)
    sold = None if bought is None else _sold(rules, episode, stored, plan)
    reason = None if sold is None else _exit_reason(rules, episode, stored, plan, sold)
    return Story(rules, episode, stored, plan, bought, sold, reason)


def _stored(rules: SymbolRules, episode: Episode, shelves: Shelves) -> StoredRows:
    rows, symbol = rules.rows, rules.rows.symbol
    decided = rules.moment(episode.entry)
    decision_id = rows.row_id("dec", decided)
    entry_id = rows.row_id("ord", decided, OrderRole.ENTRY.value)
    bracket_id = rows.row_id("ord", decided, OrderRole.BRACKET.value)

    def order(order_id: str, role: OrderRole) -> StoredRow | None:
        return shelves.orders.find(order_id, decision_id=decision_id, role=role.value)

    def fill(order_id: str) -> StoredRow | None:
        return shelves.fills.find(f"fil{order_id.removeprefix('ord')}", order_id=order_id)

    exit_id, leaving = bracket_id, None
    if episode.left is not None:
        left = rules.moment(episode.left)
        exit_id = rows.row_id("ord", left, OrderRole.EXIT.value)
        leaving = shelves.orders.find(
            exit_id, symbol=symbol, role=OrderRole.EXIT.value, submitted_at=iso(left)
        )
    return StoredRows(
        decision=shelves.decisions.find(decision_id, symbol=symbol, timestamp=iso(decided)),
        entry=order(entry_id, OrderRole.ENTRY),
        bracket=order(bracket_id, OrderRole.BRACKET),
        exit=leaving,
        bought=fill(entry_id),
        sold=fill(exit_id),
        trade=shelves.trades.find(rows.row_id("trd", decided), entry_order_id=entry_id),
    )


def said(row: StoredRow | None, column: str) -> Any:
    """What a row says; None where there is no row, or nothing readable in it."""
    return None if row is None else row.read(column)


def inside(row: StoredRow | None, column: str, *path: str) -> Any:
    """What a row's JSON says at a path; None as in `said`."""
    value = said(row, column)
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _read(value: Any, reading: Callable[[Any], Amount]) -> Amount | None:
    try:
        return None if value is None else reading(value)
    except UNUSABLE:
        return None


def _plan(rules: SymbolRules, stored: StoredRows) -> PlanFacts:
    price, quantity = rules.rows.price, rules.rows.quantity
    order_type = "limit_limit_gtc" if rules.entry_type is EntryType.LIMIT else "market_market_ioc"
    asked = ("order_configuration", order_type)
    attached = ("attached_order_configuration", "trigger_bracket_gtc")

    def planned(name: str, reading: Callable[[Any], Amount]) -> Amount | None:
        return _read(inside(stored.decision, "market_context", "plan", name), reading)

    def sent(*path: str) -> Amount | None:
        return _read(inside(stored.entry, "payload", *path), amount)

    entry = said(stored.entry, "price"), sent(*asked, "limit_price"), said(stored.trade, "planned_entry")
    stop = (
        *(said(order, "stop_trigger_price") for order in (stored.entry, stored.bracket)),
        sent(*attached, "stop_trigger_price"),
        said(stored.trade, "planned_stop"),
    )
    take_profit = (
        *(said(order, "take_profit_price") for order in (stored.entry, stored.bracket)),
        sent(*attached, "limit_price"),
        said(stored.trade, "planned_take_profit"),
    )
    quantities = [
        said(row, "quantity")
        for row in (stored.entry, stored.bracket, stored.bought, stored.sold, stored.trade)
    ]
    return PlanFacts(
        entry=_known(agreed([planned("entry", price), *entry])),
        stop=_known(agreed([planned("stop", price), *stop])),
        take_profit=_known(agreed([planned("take_profit", price), *take_profit])),
        quantity=_known(agreed([planned("quantity", quantity), sent(*asked, "base_size"), *quantities])),
    )


def _known(value: Amount | None) -> Amount:
    if value is None:
        raise ValueError("no row says it")
    return value


def _bought(rules: SymbolRules, episode: Episode, stored: StoredRows, plan: PlanFacts) -> FillFacts | None:
    line = episode.settled
    if line is None or not (episode.held or _was_filled(stored)):
        return None
    times = (
        said(stored.bought, "timestamp"),
        said(stored.entry, "completed_at"),
        said(stored.trade, "entry_timestamp"),
        said(stored.bracket, "submitted_at"),
    )
    prices = (
        said(stored.bought, "price"),
        said(stored.entry, "average_fill_price"),
        said(stored.trade, "entry_price"),
    )
    at_open = agreed(times) == from_ns(int(rules.tape.open_time[line]))
    price = _known(agreed(prices))
    first = line == episode.entry + 1
    taker = rules.entry_type is EntryType.MARKET or (first and at_open)
    return FillFacts(line, price, _is_taker(rules, stored.bought, price, plan, implied=taker), at_open)


def _was_filled(stored: StoredRows) -> bool:
    """Of an entry that left no position at any close: filled and closed in one candle, or expired."""
    signs = (
        stored.bought is not None,
        said(stored.entry, "order_state") is OrderState.FILLED,
        stored.trade is not None,
    )
    return signs.count(True) > 1


def _sold(rules: SymbolRules, episode: Episode, stored: StoredRows, plan: PlanFacts) -> FillFacts | None:
    line = episode.closed
    if line is None:
        return None
    order = stored.bracket if episode.left is None else stored.exit
    times = (
        said(stored.sold, "timestamp"),
        said(order, "completed_at"),
        said(stored.trade, "exit_timestamp"),
    )
    prices = (
        said(stored.sold, "price"),
        said(order, "average_fill_price"),
        said(stored.trade, "exit_price"),
    )
    price = _known(agreed(prices))
    at_open = episode.left is not None or agreed(times) == from_ns(int(rules.tape.open_time[line]))
    taker = episode.left is not None or price < plan.take_profit
    return FillFacts(line, price, _is_taker(rules, stored.sold, price, plan, implied=taker), at_open)


def _is_taker(
    rules: SymbolRules, fill: StoredRow | None, price: Amount, plan: PlanFacts, *, implied: bool
) -> bool:
    """By what the row says, by the fee that was paid, and by the kind of fill."""
    liquidity, fee = said(fill, "liquidity"), said(fill, "fee")
    rates = {True: rules.rows.taker_fee, False: rules.rows.maker_fee}
    paid = [taker for taker, rate in rates.items() if fee == price * plan.quantity * rate]
    by_fee = paid[0] if len(paid) == 1 else None
    by_row = None if liquidity is None else liquidity is Liquidity.TAKER
    return bool(agreed([by_fee, by_row, implied]))


def _exit_reason(
    rules: SymbolRules, episode: Episode, stored: StoredRows, plan: PlanFacts, sold: FillFacts
) -> str:
    if episode.left is None:
        return "take_profit" if sold.price >= plan.take_profit else "stop_loss"
    if episode.emergency:
        return "emergency"
    taped = rules.tape.reasons[int(rules.tape.reason[episode.left])]
    reason: str | None = agreed([taped, said(stored.trade, "exit_reason")])
    return reason or taped


def is_decided(story: Story) -> bool:
    """Whether a decision ended the position."""
    left = story.episode.left
    return left is not None and story.rules.tape.result[left] == DecisionResult.EXIT
