"""What became of each entry: the prices, quantities and times that most of its rows agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from argusnexus.model.candles import Candle
from argusnexus.model.decisions import DecisionResult
from argusnexus.model.orders import EntryType, Liquidity, OrderState
from argusnexus.model.times import from_ns
from argusnexus.money import Amount, amount
from argusnexus.truth.audit.findings import UNUSABLE
from argusnexus.truth.audit.line_times import line_times
from argusnexus.truth.audit.records import records
from argusnexus.truth.audit.votes import agreed
from argusnexus.truth.episode_columns import BRACKET, ENTRY, EXIT, columns_of_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from argusnexus.engine.rows import RowMaker
    from argusnexus.model.candles import Granularity
    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.context import ContextTexts
    from argusnexus.truth.audit.episodes import Episode
    from argusnexus.truth.audit.line_times import LineTimes
    from argusnexus.truth.audit.rules import Rules
    from argusnexus.truth.audit.shelf import Shelf
    from argusnexus.truth.episode_columns import RowIds
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
    granularity: Granularity
    entry_type: EntryType
    times: LineTimes

    def ids_at(self, line: int) -> RowIds[str]:
        """Of what follows from the decision at a line's close."""
        return self.times.ids[line]

    def moment(self, line: int) -> datetime:
        """When a line's candle closed."""
        return from_ns(int(self.tape.as_of[line]))

    def candle(self, line: int) -> Candle:
        """What the tape knows of a line's candle."""
        close = float(self.tape.close[line])
        times = int(self.tape.open_time[line]), int(self.tape.as_of[line])
        return Candle(line, *times, close, close, close, close, 0.0)


def symbol_rules(tape: TapeTable, rules: Rules, episodes: Sequence[Episode]) -> SymbolRules:
    """The rules of a tape's symbol."""
    rows = rules.rows(tape.symbol, tape.strategy_name)
    key, _ = rows.id_parts("")
    times = line_times(tape, episodes, key)
    return SymbolRules(tape, rows, rules.granularity, rules.execution.entry_type, times)


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


class Extremes(NamedTuple):
    """What only candles could tell of a trade, as recorded; None is unreadable."""

    mae: Amount | None
    mfe: Amount | None
    ambiguous: bool


class Story(NamedTuple):
    """An entry, its rows, and what they agree on.

    Attributes:
        bought, sold: None where that didn't happen.
        exit_reason, extremes: of a closed position.
        proven: what the decision says of its candle, where every row is known to be what the others make it.
    """

    rules: SymbolRules
    episode: Episode
    stored: StoredRows
    plan: PlanFacts
    bought: FillFacts | None
    sold: FillFacts | None
    exit_reason: str | None
    extremes: Extremes | None
    proven: ContextTexts | None = None


def story_of(rules: SymbolRules, episode: Episode, stored: StoredRows) -> Story:
    """The story of one entry.

    Raises:
        ValueError: if no row says what must be known.
    """
    plan = _plan(rules, stored)
    bought = _bought(rules, episode, stored, plan)
    sold = None if bought is None else _sold(rules, episode, stored, plan)
    reason = None if sold is None else _exit_reason(rules, episode, stored, plan, sold)
    trade = stored.trade
    extremes = Extremes(said(trade, "mae"), said(trade, "mfe"), bool(said(trade, "ambiguous")))
    return Story(rules, episode, stored, plan, bought, sold, reason, None if sold is None else extremes)


def stored_of(rules: SymbolRules, episodes: Sequence[Episode], shelves: Shelves) -> list[StoredRows]:
    """The rows of entries, by the ids that they should have."""
    if not episodes:
        return []
    decisions, orders, fills, trades = shelves
    ids = columns_of_ids([rules.ids_at(one.entry) for one in episodes])
    exits = [None if one.left is None else rules.ids_at(one.left).exit for one in episodes]
    left = [own or bracket for own, bracket in zip(exits, ids.bracket, strict=True)]
    columns = (
        decisions.take_each(ids.decision),
        orders.take_each(ids.entry),
        orders.take_each(ids.bracket),
        orders.take_each(exits),
        fills.take_each(map(_fill_id, ids.entry)),
        fills.take_each(map(_fill_id, left)),
        trades.take_each(ids.trade),
    )
    return list(records(StoredRows, *columns))


def is_whole(episode: Episode, stored: StoredRows) -> bool:
    """Whether there are all rows that an entry can lead to."""
    return stored.count(None) == (0 if episode.left is not None else 1)  # without an exit's order


def completed(rules: SymbolRules, episode: Episode, stored: StoredRows, shelves: Shelves) -> StoredRows:
    """With those of its rows that something else than their ids identifies."""
    ids, decided = rules.ids_at(episode.entry), rules.times.closed[episode.entry]
    decisions, orders, fills, trades = shelves
    symbol, exit_id, leaving = rules.rows.symbol, ids.bracket, stored.exit
    if episode.left is not None:
        exit_id, left = rules.ids_at(episode.left).exit, rules.times.closed[episode.left]
        leaving = leaving or orders.search(exit_id, symbol=symbol, role=EXIT, submitted_at=left)
    return StoredRows(
        stored.decision or decisions.search(ids.decision, symbol=symbol, timestamp=decided),
        stored.entry or orders.search(ids.entry, decision_id=ids.decision, role=ENTRY),
        stored.bracket or orders.search(ids.bracket, decision_id=ids.decision, role=BRACKET),
        leaving,
        stored.bought or fills.search(_fill_id(ids.entry), order_id=ids.entry),
        stored.sold or fills.search(_fill_id(exit_id), order_id=exit_id),
        stored.trade or trades.search(ids.trade, entry_order_id=ids.entry),
    )


def _fill_id(order_id: str) -> str:
    return f"fil{order_id.removeprefix('ord')}"


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
