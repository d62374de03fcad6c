"""From an entry's decision to its end: what one order, its bracket and its exit came to, as rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.engine.rows import trade_result
from argusnexus.engine.scribe import EXPIRED, STOP_GAPPED
from argusnexus.execution.client_order_id import client_order_ids
from argusnexus.model.orders import EntryType, OrderRole, OrderState, Side
from argusnexus.model.times import compact
from argusnexus.model.trades import ExitReason, TradeStatus
from argusnexus.money import amount, multiples_of, plain

if TYPE_CHECKING:
    from argusnexus.engine.journal import DecisionRecord, EventRecord
    from argusnexus.engine.rows import RowMaker
    from argusnexus.money import Amount
    from argusnexus.truth.codecs import SqlValue

    Cells = tuple[SqlValue, ...]


_ENTRY, _BRACKET, _EXIT = (role.value for role in OrderRole)
_BUY, _SELL = Side.BUY.value, Side.SELL.value
_OPEN, _FILLED = OrderState.OPEN.value, OrderState.FILLED.value
_CANCELLED, _EXPIRED = OrderState.CANCELLED.value, OrderState.EXPIRED.value
_TRADE_OPEN, _TRADE_CLOSED = TradeStatus.OPEN.value, TradeStatus.CLOSED.value
_EXIT_REASONS = {reason.value: reason.label for reason in ExitReason}


class Fact(NamedTuple):
    """An event and when it was known, as the ledger writes times."""

    time: str
    event: EventRecord


class Leaving(NamedTuple):
    """A market exit: when it was decided, and by which decision; a jumped stop is none of its own."""

    time: str
    decided: bool


@dataclass(slots=True)
class Episode:
    """One entry order from its decision on.

    Attributes:
        time: of the decision.
        ended: nothing more can come of it.
    """

    time: str
    plan: DecisionRecord
    entered: Fact | None = None
    expired: str | None = None
    leaving: Leaving | None = None
    left: Fact | None = None

    @property
    def ended(self) -> bool:
        return self.expired is not None or self.left is not None


class EpisodeRows(NamedTuple):
    """Tuples in the order of their tables' columns; `trade` is None while nothing is held."""

    orders: list[Cells]
    fills: list[Cells]
    trade: Cells | None


class _Fill(NamedTuple):
    """An execution of a whole order."""

    cells: Cells
    time: str
    price: Amount
    text: str
    fee: Amount


class EpisodeWriter:
    """Makes the rows of one symbol's episodes, each in its final state."""

    def __init__(self, rows: RowMaker, entry_type: EntryType) -> None:
        self._rows = rows
        self._limit = entry_type is EntryType.LIMIT
        self._price = multiples_of(rows.product.quote_increment)
        self._quantity = multiples_of(rows.product.base_increment)
        self._order_id, _ = rows.id_parts("ord")
        self._decision_id, _ = rows.id_parts("dec")
        self._trade_id, _ = rows.id_parts("trd")
        self._entry_client_id = client_order_ids(rows.run_id, rows.symbol, OrderRole.ENTRY)
        self._exit_client_id = client_order_ids(rows.run_id, rows.symbol, OrderRole.EXIT)
        self._payload = self._entry_payload()

    def _entry_payload(self) -> str:
        """The request's canonical JSON: take profit, stop, id, quantity and, of a limit order, price are missing."""
        order = (
            '{"limit_limit_gtc":{"base_size":"%s","limit_price":"%s","post_only":false}}'
            if self._limit
            else '{"market_market_ioc":{"base_size":"%s"}}'
        )
        bracket = '{"trigger_bracket_gtc":{"limit_price":"%s","stop_trigger_price":"%s"}}'
        return (
            f'{{"attached_order_configuration":{bracket},"client_order_id":"%s","order_configuration":{order},'
            f'"product_id":{json.dumps(self._rows.symbol)},"side":"BUY"}}'
        )

    def write(self, episode: Episode) -> EpisodeRows:
        """All rows of an episode, whether it has ended or not."""
        plan = self._plan(episode)
        texts = _Texts(*(plain(value) for value in (plan.quantity, plan.entry, plan.stop, plan.take_profit)))
        if episode.entered is None:
            return EpisodeRows([self._entry_order(episode, plan, texts, None)], [], None)
        bought = self._fill(plan.entry_id, _BUY, episode.entered, plan.quantity, texts.quantity)
        orders = [self._entry_order(episode, plan, texts, bought)]
        sold, exit_id = None, plan.bracket_id
        if episode.leaving is not None:
            exit_id = f"{self._order_id}{compact(episode.leaving.time)}_{_EXIT}"
        if episode.left is not None:
            sold = self._fill(exit_id, _SELL, episode.left, plan.quantity, texts.quantity)
        orders.append(self._bracket_order(episode, plan, texts, bought, sold))
        if episode.leaving is not None:
            orders.append(self._exit_order(episode.leaving, exit_id, plan, texts, sold))
        fills = [bought.cells] if sold is None else [bought.cells, sold.cells]
        return EpisodeRows(orders, fills, self._trade(episode, plan, texts, bought, exit_id, sold))

    def _plan(self, episode: Episode) -> _Plan:
        stamp, plan = compact(episode.time), episode.plan
        return _Plan(
            decision_id=self._decision_id + stamp,
            entry_id=f"{self._order_id}{stamp}_{_ENTRY}",
            bracket_id=f"{self._order_id}{stamp}_{_BRACKET}",
            trade_id=self._trade_id + stamp,
            client_id=self._entry_client_id(episode.time),
            quantity=self._quantity(plan.quantity),
            entry=self._price(plan.entry),
            stop=self._price(plan.stop),
            take_profit=self._price(plan.take_profit),
        )

    def _fill(self, order_id: str, side: str, fact: Fact, quantity: Amount, quantity_text: str) -> _Fill:
        rows, event = self._rows, fact.event
        taker = event.taker != 0.0
        price = self._price(event.price)
        fee = price * quantity * (rows.taker_fee if taker else rows.maker_fee)
        text, key = plain(price), order_id[len("ord") :]
        cells = (
            f"fil{key}",
            order_id,
            rows.run_id,
            f"sim{key}",
            rows.symbol,
            side,
            fact.time,
            text,
            quantity_text,
            plain(fee),
            "taker" if taker else "maker",
            1,
        )
        return _Fill(cells, fact.time, price, text, fee)

    def _entry_order(self, episode: Episode, plan: _Plan, texts: _Texts, bought: _Fill | None) -> Cells:
        sized = (texts.quantity, texts.entry) if self._limit else (texts.quantity,)
        state, completed, error = _OPEN, None, None
        if bought is not None:
            state, completed = _FILLED, bought.time
        elif episode.expired is not None:
            state, completed, error = _EXPIRED, episode.expired, EXPIRED
        return (
            plan.entry_id,
            plan.decision_id,
            self._rows.run_id,
            plan.client_id,
            self._rows.symbol,
            _ENTRY,
            _BUY,
            "limit_limit_gtc" if self._limit else "market_market_ioc",
            state,
            texts.quantity,
            texts.entry if self._limit else None,
            texts.take_profit,
            texts.stop,
            episode.time,
            *_filled(bought, texts.quantity),
            completed,
            f'["{plan.bracket_id}"]' if bought is not None else "[]",
            None,
            self._payload % (texts.take_profit, texts.stop, plan.client_id, *sized),
            error,
        )

    def _bracket_order(
        self, episode: Episode, plan: _Plan, texts: _Texts, bought: _Fill, sold: _Fill | None
    ) -> Cells:
        state, completed, error, own = _OPEN, None, None, None
        if episode.leaving is not None:
            state, completed = _CANCELLED, episode.leaving.time
            error = None if episode.leaving.decided else STOP_GAPPED
        elif sold is not None:
            state, completed, own = _FILLED, sold.time, sold
        return (
            plan.bracket_id,
            plan.decision_id,
            self._rows.run_id,
            None,
            self._rows.symbol,
            _BRACKET,
            _SELL,
            "trigger_bracket_gtc",
            state,
            texts.quantity,
            None,
            texts.take_profit,
            texts.stop,
            bought.time,
            *_filled(own, texts.quantity),
            completed,
            "[]",
            None,
            None,
            error,
        )

    def _exit_order(
        self, leaving: Leaving, exit_id: str, plan: _Plan, texts: _Texts, sold: _Fill | None
    ) -> Cells:
        client_id = self._exit_client_id(leaving.time)
        state = _OPEN if sold is None else _FILLED
        payload = (
            f'{{"client_order_id":"{client_id}","order_configuration":{{"market_market_ioc":{{"base_size":'
            f'"{texts.quantity}"}}}},"product_id":"{self._rows.symbol}","side":"SELL"}}'
        )
        return (
            exit_id,
            self._decision_id + compact(leaving.time) if leaving.decided else plan.decision_id,
            self._rows.run_id,
            client_id,
            self._rows.symbol,
            _EXIT,
            _SELL,
            "market_market_ioc",
            state,
            texts.quantity,
            None,
            None,
            None,
            leaving.time,
            *_filled(sold, texts.quantity),
            None if sold is None else sold.time,
            "[]",
            None,
            payload,
            None,
        )

    def _trade(
        self, episode: Episode, plan: _Plan, texts: _Texts, bought: _Fill, exit_id: str, sold: _Fill | None
    ) -> Cells:
        rows = self._rows
        opened = (
            plan.trade_id,
            rows.run_id,
            rows.symbol,
            rows.strategy_name,
            _TRADE_OPEN if sold is None else _TRADE_CLOSED,
            texts.quantity,
            texts.entry,
            texts.stop,
            texts.take_profit,
            plan.entry_id,
            plan.decision_id,
            plan.client_id,
            plan.bracket_id,
            plan.bracket_id,
            bought.time,
            bought.text,
        )
        if sold is None or episode.left is None:
            return (*opened, plain(bought.fee), *[None] * 11, 0)
        event, fees = episode.left.event, bought.fee + sold.fee
        result = trade_result(plan.entry, plan.stop, bought.price, sold.price, plan.quantity, fees)
        by_decision = episode.leaving is not None and episode.leaving.decided
        return (
            *opened,
            plain(fees),
            exit_id,
            self._decision_id + compact(episode.leaving.time) if episode.leaving and by_decision else None,
            sold.time,
            sold.text,
            _EXIT_REASONS[int(event.reason)],
            plain(result.gross_pnl),
            plain(result.net_pnl),
            plain(result.r_multiple),
            plain(amount(event.lowest) - bought.price),
            plain(amount(event.highest) - bought.price),
            int(result.net_pnl > 0),
            int(event.ambiguous != 0.0),
        )


class _Plan(NamedTuple):
    """An entry's ids and figures."""

    decision_id: str
    entry_id: str
    bracket_id: str
    trade_id: str
    client_id: str
    quantity: Amount
    entry: Amount
    stop: Amount
    take_profit: Amount


class _Texts(NamedTuple):
    """The same figures as the ledger writes them."""

    quantity: str
    entry: str
    stop: str
    take_profit: str


def _filled(fill: _Fill | None, quantity: str) -> tuple[str, str | None]:
    """How much of a whole order is filled, and at what price."""
    return ("0", None) if fill is None else (quantity, fill.text)
