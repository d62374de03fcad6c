"""Rows of one entry's orders, fills and trade as the cells that the ledger's tables make of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.engine.rows import trade_result
from argusnexus.engine.scribe import EXPIRED, STOP_GAPPED
from argusnexus.model.orders import EntryType, Liquidity, OrderRole, OrderState, Side
from argusnexus.model.trades import TradeStatus
from argusnexus.money import Amount, plain

if TYPE_CHECKING:
    from argusnexus.engine.rows import RowMaker
    from argusnexus.truth.codecs import SqlValue

    Cells = tuple[SqlValue, ...]

ENTRY, BRACKET, EXIT = (role.value for role in OrderRole)
TAKER, MAKER = Liquidity.TAKER.name.lower(), Liquidity.MAKER.name.lower()

_BUY, _SELL = Side.BUY.value, Side.SELL.value
_OPEN, _FILLED = OrderState.OPEN.value, OrderState.FILLED.value
_CANCELLED, _EXPIRED = OrderState.CANCELLED.value, OrderState.EXPIRED.value
_TRADE_OPEN, _TRADE_CLOSED = TradeStatus.OPEN.value, TradeStatus.CLOSED.value
_LIMIT, _MARKET, _BRACKET = "limit_limit_gtc", "market_market_ioc", "trigger_bracket_gtc"


class RowIds(NamedTuple):
    """Ids of the rows that follow from a decision."""

    decision: str
    entry: str
    bracket: str
    exit: str
    trade: str


def row_ids(key: str) -> RowIds:
    """`key` is what stands in an id between its kind and its role: run, symbol and time."""
    order = f"ord{key}_"
    return RowIds(f"dec{key}", order + ENTRY, order + BRACKET, order + EXIT, f"trd{key}")


class PlanFacts(NamedTuple):
    """The plan as it was submitted."""

    entry: Amount
    stop: Amount
    take_profit: Amount
    quantity: Amount


class PlanTexts(NamedTuple):
    """The same as the ledger writes it."""

    entry: str
    stop: str
    take_profit: str
    quantity: str


class Entry(NamedTuple):
    """One entry order: times are the ledger's texts."""

    ids: RowIds
    client_id: str
    time: str
    plan: PlanFacts
    texts: PlanTexts


class Filled(NamedTuple):
    """An execution of the whole order."""

    cells: Cells
    time: str
    price: Amount
    text: str
    fee: Amount


class MarketExit(NamedTuple):
    """A market sell in place of the bracket.

    Attributes:
        decision_id: of the decision to leave; None where a jumped stop made it necessary.
    """

    order_id: str
    client_id: str
    time: str
    decision_id: str | None


class Ending(NamedTuple):
    """What a closed trade's row says beyond its fills; mae and mfe as the ledger writes them."""

    reason: str
    mae: str
    mfe: str
    ambiguous: bool


class EpisodeCells:
    """Makes the cells of one symbol's rows, in the order of their tables' columns."""

    def __init__(self, rows: RowMaker, entry_type: EntryType) -> None:
        self._rows = rows
        self._limit = entry_type is EntryType.LIMIT
        self._product_id = json.dumps(rows.symbol)
        self._entry_payload = self._payload_of_entries()

    def _payload_of_entries(self) -> str:
        """The request's canonical JSON; take profit, stop, client id, quantity and a limit order's price are missing."""
        order = (
            f'{{"{_LIMIT}":{{"base_size":"%s","limit_price":"%s","post_only":false}}}}'
            if self._limit
            else f'{{"{_MARKET}":{{"base_size":"%s"}}}}'
        )
        bracket = f'{{"{_BRACKET}":{{"limit_price":"%s","stop_trigger_price":"%s"}}}}'
        return (
            f'{{"attached_order_configuration":{bracket},"client_order_id":"%s","order_configuration":{order},'
            f'"product_id":{self._product_id},"side":"BUY"}}'
        )

    def bought(self, entry: Entry, time: str, price: Amount, *, taker: bool) -> Filled:
        """The fill of an entry."""
        return self._fill(entry, entry.ids.entry, _BUY, time, price, taker=taker)

    def sold(self, entry: Entry, order_id: str, time: str, price: Amount, *, taker: bool) -> Filled:
        """The fill of a bracket or a market exit."""
        return self._fill(entry, order_id, _SELL, time, price, taker=taker)

    def _fill(
        self, entry: Entry, order_id: str, side: str, time: str, price: Amount, *, taker: bool
    ) -> Filled:
        rows = self._rows
        fee = price * entry.plan.quantity * (rows.taker_fee if taker else rows.maker_fee)
        text, key = plain(price), order_id[len("ord") :]
        cells = (
            f"fil{key}",
            order_id,
            rows.run_id,
            f"sim{key}",
            rows.symbol,
            side,
            time,
            text,
            entry.texts.quantity,
            plain(fee),
            TAKER if taker else MAKER,
            1,
        )
        return Filled(cells, time, price, text, fee)

    def entry_order(self, entry: Entry, bought: Filled | None, expired: str | None) -> Cells:
        """`expired` is when its time was up, if it wasn't filled by then."""
        ids, texts = entry.ids, entry.texts
        sized = (texts.quantity, texts.entry) if self._limit else (texts.quantity,)
        state, completed, error = _OPEN, None, None
        if bought is not None:
            state, completed = _FILLED, bought.time
        elif expired is not None:
            state, completed, error = _EXPIRED, expired, EXPIRED
        return (
            ids.entry,
            ids.decision,
            self._rows.run_id,
            entry.client_id,
            self._rows.symbol,
            ENTRY,
            _BUY,
            _LIMIT if self._limit else _MARKET,
            state,
            texts.quantity,
            texts.entry if self._limit else None,
            texts.take_profit,
            texts.stop,
            entry.time,
            *_executed(bought, texts.quantity),
            completed,
            "[]" if bought is None else f'["{ids.bracket}"]',
            None,
            self._entry_payload % (texts.take_profit, texts.stop, entry.client_id, *sized),
            error,
        )

    def bracket_order(
        self, entry: Entry, bought: Filled, leaving: MarketExit | None, sold: Filled | None
    ) -> Cells:
        """Cancelled where a market exit took its place."""
        ids, texts = entry.ids, entry.texts
        state, completed, error, own = _OPEN, None, None, None
        if leaving is not None:
            state, completed = _CANCELLED, leaving.time
            error = STOP_GAPPED if leaving.decision_id is None else None
        elif sold is not None:
            state, completed, own = _FILLED, sold.time, sold
        return (
            ids.bracket,
            ids.decision,
            self._rows.run_id,
            None,
            self._rows.symbol,
            BRACKET,
            _SELL,
            _BRACKET,
            state,
            texts.quantity,
            None,
            texts.take_profit,
            texts.stop,
            bought.time,
            *_executed(own, texts.quantity),
            completed,
            "[]",
            None,
            None,
            error,
        )

    def exit_order(self, entry: Entry, leaving: MarketExit, sold: Filled | None) -> Cells:
        """A jumped stop's goes back to the entry's decision."""
        quantity = entry.texts.quantity
        payload = (
            f'{{"client_order_id":"{leaving.client_id}","order_configuration":{{"{_MARKET}":{{"base_size":'
            f'"{quantity}"}}}},"product_id":{self._product_id},"side":"SELL"}}'
        )
        return (
            leaving.order_id,
            leaving.decision_id or entry.ids.decision,
            self._rows.run_id,
            leaving.client_id,
            self._rows.symbol,
            EXIT,
            _SELL,
            _MARKET,
            _OPEN if sold is None else _FILLED,
            quantity,
            None,
            None,
            None,
            leaving.time,
            *_executed(sold, quantity),
            None if sold is None else sold.time,
            "[]",
            None,
            payload,
            None,
        )

    def open_trade(self, entry: Entry, bought: Filled) -> Cells:
        return (*self._opened(entry, bought, _TRADE_OPEN), plain(bought.fee), *[None] * 11, 0)

    def closed_trade(
        self, entry: Entry, bought: Filled, leaving: MarketExit | None, sold: Filled, ending: Ending
    ) -> Cells:
        plan, fees = entry.plan, bought.fee + sold.fee
        result = trade_result(plan.entry, plan.stop, bought.price, sold.price, plan.quantity, fees)
        return (
            *self._opened(entry, bought, _TRADE_CLOSED),
            plain(fees),
            entry.ids.bracket if leaving is None else leaving.order_id,
            None if leaving is None else leaving.decision_id,
            sold.time,
            sold.text,
            ending.reason,
            plain(result.gross_pnl),
            plain(result.net_pnl),
            plain(result.r_multiple),
            ending.mae,
            ending.mfe,
            int(result.net_pnl > 0),
            int(ending.ambiguous),
        )

    def _opened(self, entry: Entry, bought: Filled, status: str) -> Cells:
        rows, ids, texts = self._rows, entry.ids, entry.texts
        return (
            ids.trade,
            rows.run_id,
            rows.symbol,
            rows.strategy_name,
            status,
            texts.quantity,
            texts.entry,
            texts.stop,
            texts.take_profit,
            ids.entry,
            ids.decision,
            entry.client_id,
            ids.bracket,
            ids.bracket,
            bought.time,
            bought.text,
        )


def plan_texts(plan: PlanFacts) -> PlanTexts:
    return PlanTexts(*map(plain, plan))


def _executed(fill: Filled | None, quantity: str) -> tuple[str, str | None]:
    """How much of a whole order is filled, and at what price."""
    return ("0", None) if fill is None else (quantity, fill.text)
