"""Stories that need no vote: every row is, to the letter, what the others make it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.engine.rows import trade_result
from argusnexus.engine.scribe import EXPIRED, STOP_GAPPED
from argusnexus.model.orders import EntryType, Liquidity, OrderState, Side
from argusnexus.model.trades import ExitReason, TradeStatus
from argusnexus.money import Amount, multiples_of, plain
from argusnexus.truth.audit.context import context_texts
from argusnexus.truth.audit.findings import UNUSABLE
from argusnexus.truth.audit.stories import BRACKET, ENTRY, EXIT, FillFacts, PlanFacts, Story
from argusnexus.truth.tables import FILLS, ORDERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.episodes import Episode
    from argusnexus.truth.audit.stories import RowIds, StoredRows, SymbolRules
    from argusnexus.truth.codecs import SqlValue

    Cells = tuple[SqlValue, ...]

_BUY, _SELL = Side.BUY.value, Side.SELL.value
_OPEN, _FILLED = OrderState.OPEN.value, OrderState.FILLED.value
_CANCELLED, _EXPIRED = OrderState.CANCELLED.value, OrderState.EXPIRED.value
_TRADE_OPEN, _TRADE_CLOSED = TradeStatus.OPEN.value, TradeStatus.CLOSED.value
_TAKER, _MAKER = Liquidity.TAKER.name.lower(), Liquidity.MAKER.name.lower()
_STOP_LOSS, _TAKE_PROFIT = ExitReason.STOP_LOSS.label, ExitReason.TAKE_PROFIT.label
_EMERGENCY = ExitReason.EMERGENCY.label
_EXIT_REASONS = {reason.label for reason in ExitReason}

_CLIENT_ID = ORDERS.places["client_order_id"]
_TIME, _PRICE, _LIQUIDITY = (FILLS.places[name] for name in ("timestamp", "price", "liquidity"))


class _Texts(NamedTuple):
    """A plan as the ledger writes it."""

    entry: str
    stop: str
    take_profit: str
    quantity: str


class _Case(NamedTuple):
    """An entry whose rows are to be proven."""

    episode: Episode
    stored: StoredRows
    ids: RowIds
    plan: PlanFacts
    texts: _Texts


class _Filled(NamedTuple):
    """A fill whose row is right."""

    facts: FillFacts
    time: str
    price: str
    fee: Amount


class PlainStories:
    """Tells the stories of one symbol's entries from what their rows say.

    A vote among rows that all agree comes to what each of them says. Where one says anything else than the others make
    it there is no plain story: then it takes the vote to tell which of them is wrong.
    """

    def __init__(self, symbol: SymbolRules) -> None:
        self._symbol = symbol
        self._rows = symbol.rows
        self._limit = symbol.entry_type is EntryType.LIMIT
        self._price = multiples_of(symbol.rows.product.quote_increment)
        self._size = multiples_of(symbol.rows.product.base_increment)
        self._run_id, self._name = symbol.rows.run_id, symbol.rows.symbol
        self._opened, self._closed = symbol.times.opened, symbol.times.closed
        self._product_id = json.dumps(self._name)

    def story(self, episode: Episode, stored: StoredRows) -> Story | None:
        """None where there is no plain one."""
        try:
            return self._story(self._case(episode, stored))
        except UNUSABLE:
            return None

    def _case(self, episode: Episode, stored: StoredRows) -> _Case:
        context = context_texts(_existing(stored.decision))
        if context is None or context.plan is None:
            raise ValueError("expected a plan")
        entry, quantity, stop, take_profit = context.plan
        plan = PlanFacts(
            _on_grid(entry, self._price),
            _on_grid(stop, self._price),
            _on_grid(take_profit, self._price),
            _on_grid(quantity, self._size),
        )
        return _Case(episode, stored, self._symbol.ids_at(episode.entry), plan, _Texts(*map(plain, plan)))

    def _story(self, case: _Case) -> Story:
        if case.stored.bought is None:
            return self._unfilled(case)
        episode, stored, ids = case.episode, case.stored, case.ids
        bought = self._filled(case, stored.bought, ids.entry, _BUY, episode.settled)
        exit_id = ids.bracket if episode.left is None else self._symbol.ids_at(episode.left).exit
        sold = None
        if stored.sold is not None or episode.closed is not None:
            sold = self._filled(case, stored.sold, exit_id, _SELL, episode.closed)
            if episode.left is not None and not sold.facts.at_open:
                raise ValueError("expected a market exit at the open")
        _same(stored.entry, self._entry_order(case, bought))
        _same(stored.bracket, self._bracket_order(case, bought, sold))
        if episode.left is not None:
            _same(stored.exit, self._exit_order(case, episode.left, exit_id, sold))
        reason = None if sold is None else self._exit_reason(case, sold)
        _same(stored.trade, self._trade(case, bought, exit_id, sold, reason))
        facts = bought.facts, None if sold is None else sold.facts
        return Story(self._symbol, episode, stored, case.plan, *facts, reason, proven=True)

    def _unfilled(self, case: _Case) -> Story:
        """Of an entry that expired, or still waits."""
        _, entry, *others = case.stored
        if case.episode.held or any(row is not None for row in others):
            raise ValueError("expected no row but the entry's")
        _same(entry, self._entry_order(case, None))
        return Story(self._symbol, case.episode, case.stored, case.plan, None, None, None, proven=True)

    def _filled(
        self, case: _Case, row: StoredRow | None, order_id: str, side: str, line: int | None
    ) -> _Filled:
        """A fill of this order in the candle of a line."""
        row = _existing(row)
        if line is None:
            raise ValueError("expected a line at which it happened")
        time = str(row.values[_TIME])
        at_open = time == self._opened[line]
        if not at_open and time != self._closed[line]:
            raise ValueError("expected a fill at the candle's open or close")
        price = self._price(float(str(row.values[_PRICE])))
        text, taker, key = plain(price), row.values[_LIQUIDITY] == _TAKER, order_id[len("ord") :]
        fee = price * case.plan.quantity * (self._rows.taker_fee if taker else self._rows.maker_fee)
        cells = (
            f"fil{key}",
            order_id,
            self._run_id,
            f"sim{key}",
            self._name,
            side,
            time,
            text,
            case.texts.quantity,
            plain(fee),
            _TAKER if taker else _MAKER,
            1,
        )
        _same(row, cells)
        return _Filled(FillFacts(line, price, taker, at_open), time, text, fee)

    def _entry_order(self, case: _Case, bought: _Filled | None) -> Cells:
        ids, texts, settled = case.ids, case.texts, case.episode.settled
        client_id = _existing(case.stored.entry).values[_CLIENT_ID]
        if not isinstance(client_id, str):
            raise TypeError("expected an id")
        state, completed, error = _OPEN, None, None
        if bought is not None:
            state, completed = _FILLED, bought.time
        elif settled is not None:
            state, completed, error = _EXPIRED, self._closed[settled], EXPIRED
        return (
            ids.entry,
            ids.decision,
            self._run_id,
            client_id,
            self._name,
            ENTRY,
            _BUY,
            "limit_limit_gtc" if self._limit else "market_market_ioc",
            state,
            texts.quantity,
            texts.entry if self._limit else None,
            texts.take_profit,
            texts.stop,
            self._closed[case.episode.entry],
            *_executed(bought, texts.quantity),
            completed,
            "[]" if bought is None else f'["{ids.bracket}"]',
            None,
            self._entry_payload(client_id, texts),
            error,
        )

    def _entry_payload(self, client_id: str, texts: _Texts) -> str:
        order = f'"market_market_ioc":{{"base_size":"{texts.quantity}"}}'
        if self._limit:
            order = f'"limit_limit_gtc":{{"base_size":"{texts.quantity}","limit_price":"{texts.entry}","post_only":false}}'
        bracket = f'"limit_price":"{texts.take_profit}","stop_trigger_price":"{texts.stop}"'
        return (
            f'{{"attached_order_configuration":{{"trigger_bracket_gtc":{{{bracket}}}}},'
            f'"client_order_id":{json.dumps(client_id)},"order_configuration":{{{order}}},'
            f'"product_id":{self._product_id},"side":"BUY"}}'
        )

    def _bracket_order(self, case: _Case, bought: _Filled, sold: _Filled | None) -> Cells:
        ids, texts, episode = case.ids, case.texts, case.episode
        state, completed, error, own = _OPEN, None, None, None
        if episode.left is not None:
            state, completed = _CANCELLED, self._closed[episode.left]
            error = STOP_GAPPED if episode.emergency else None
        elif sold is not None:
            state, completed, own = _FILLED, sold.time, sold
        return (
            ids.bracket,
            ids.decision,
            self._run_id,
            None,
            self._name,
            BRACKET,
            _SELL,
            "trigger_bracket_gtc",
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

    def _exit_order(self, case: _Case, left: int, exit_id: str, sold: _Filled | None) -> Cells:
        client_id = _existing(case.stored.exit).values[_CLIENT_ID]
        if not isinstance(client_id, str):
            raise TypeError("expected an id")
        quantity = case.texts.quantity
        payload = (
            f'{{"client_order_id":{json.dumps(client_id)},"order_configuration":{{"market_market_ioc":'
            f'{{"base_size":"{quantity}"}}}},"product_id":{self._product_id},"side":"SELL"}}'
        )
        return (
            exit_id,
            case.ids.decision if case.episode.emergency else self._symbol.ids_at(left).decision,
            self._run_id,
            client_id,
            self._name,
            EXIT,
            _SELL,
            "market_market_ioc",
            _OPEN if sold is None else _FILLED,
            quantity,
            None,
            None,
            None,
            self._closed[left],
            *_executed(sold, quantity),
            None if sold is None else sold.time,
            "[]",
            None,
            payload,
            None,
        )

    def _exit_reason(self, case: _Case, sold: _Filled) -> str:
        left, tape = case.episode.left, self._symbol.tape
        if left is None:
            return _TAKE_PROFIT if sold.facts.price >= case.plan.take_profit else _STOP_LOSS
        reason = _EMERGENCY if case.episode.emergency else tape.reasons[int(tape.reason[left])]
        if reason not in _EXIT_REASONS:
            raise ValueError("expected the reason of an exit")
        return reason

    def _trade(
        self, case: _Case, bought: _Filled, exit_id: str, sold: _Filled | None, reason: str | None
    ) -> Cells:
        rows, ids, plan, texts = self._rows, case.ids, case.plan, case.texts
        opened = (
            ids.trade,
            self._run_id,
            self._name,
            rows.strategy_name,
            _TRADE_OPEN if sold is None else _TRADE_CLOSED,
            texts.quantity,
            texts.entry,
            texts.stop,
            texts.take_profit,
            ids.entry,
            ids.decision,
            _existing(case.stored.entry).values[_CLIENT_ID],
            ids.bracket,
            ids.bracket,
            bought.time,
            bought.price,
        )
        if sold is None:
            return (*opened, plain(bought.fee), *[None] * 11, 0)
        fees = bought.fee + sold.fee
        result = trade_result(
            plan.entry, plan.stop, bought.facts.price, sold.facts.price, plan.quantity, fees
        )
        left, trade = case.episode.left, _existing(case.stored.trade)
        decided = left is not None and not case.episode.emergency
        return (
            *opened,
            plain(fees),
            exit_id,
            self._symbol.ids_at(left).decision if left is not None and decided else None,
            sold.time,
            sold.price,
            reason,
            plain(result.gross_pnl),
            plain(result.net_pnl),
            plain(result.r_multiple),
            *(_recorded(trade, name) for name in ("mae", "mfe")),
            int(result.net_pnl > 0),
            int(bool(trade.read("ambiguous"))),
        )


def _existing(row: StoredRow | None) -> StoredRow:
    if row is None:
        raise ValueError("expected a row")
    return row


def _same(row: StoredRow | None, cells: Cells) -> None:
    if row is None or row.values != cells:
        raise ValueError("expected other cells")


def _on_grid(text: str, read: Callable[[float], Amount]) -> Amount:
    """The exact price or quantity that a recorded float is the nearest to."""
    value = float(text)
    exact = read(value)
    if float(exact) != value:
        raise ValueError("expected a multiple of the increment")
    return exact


def _recorded(trade: StoredRow, column: str) -> str:
    """What only candles could tell, as recorded."""
    value = trade.read(column)
    if value is None:
        raise ValueError("expected an amount")
    return plain(value)


def _executed(fill: _Filled | None, quantity: str) -> tuple[str, str | None]:
    """How much of a whole order is filled, and at what price."""
    return ("0", None) if fill is None else (quantity, fill.price)
