"""Rows of entries' orders, fills and trades as the cells that the ledger's tables make of them, by the column."""

from __future__ import annotations

import json
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.engine.rows import trade_result
from argusnexus.engine.scribe import EXPIRED, STOP_GAPPED
from argusnexus.model.orders import EntryType, Liquidity, OrderState, Side
from argusnexus.model.trades import TradeStatus
from argusnexus.money import plain_texts
from argusnexus.truth.episode_columns import BRACKET, ENTRY, EXIT, EpisodeRows, columns_of_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from argusnexus.engine.rows import RowMaker
    from argusnexus.money import Amount
    from argusnexus.truth.codecs import SqlValue
    from argusnexus.truth.episode_columns import Alike, Amounts, Executions, MarketExits, RowIds

    Cells = tuple[SqlValue, ...]

TAKER, MAKER = Liquidity.TAKER.name.lower(), Liquidity.MAKER.name.lower()

_BUY, _SELL = Side.BUY.value, Side.SELL.value
_OPEN, _FILLED = OrderState.OPEN.value, OrderState.FILLED.value
_CANCELLED, _EXPIRED = OrderState.CANCELLED.value, OrderState.EXPIRED.value
_TRADE_OPEN, _TRADE_CLOSED = TradeStatus.OPEN.value, TradeStatus.CLOSED.value
_LIMIT, _MARKET, _BRACKET = "limit_limit_gtc", "market_market_ioc", "trigger_bracket_gtc"


class _Fills(NamedTuple):
    """Executions, their fees, and their rows."""

    by: Executions
    fees: Sequence[Amount]
    cells: Sequence[Cells]


class _Outcome(NamedTuple):
    """How far orders came."""

    state: str
    quantities: Iterable[str]
    prices: Iterable[str | None]
    times: Iterable[str | None]
    errors: Iterable[str | None] = repeat(None)


class EpisodeCells:
    """Makes the cells of one symbol's rows."""

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

    def rows(self, alike: Alike) -> EpisodeRows:
        """All rows of some entries."""
        entries, leaving = alike.entries, alike.leaving
        ids = columns_of_ids(entries.ids)
        orders = self._entry_orders(alike, ids)
        if alike.bought is None:
            return EpisodeRows(orders)
        bought = self._fills(_BUY, ids.entry, alike.bought, entries.plans.quantity)
        left = ids.bracket if leaving is None else columns_of_ids(leaving.ids).exit
        sold = None if alike.sold is None else self._fills(_SELL, left, alike.sold, entries.plans.quantity)
        return EpisodeRows(
            orders,
            self._bracket_orders(alike, ids, alike.bought),
            () if leaving is None else self._exit_orders(alike, ids, leaving),
            bought.cells,
            () if sold is None else sold.cells,
            self._open_trades(alike, ids, bought)
            if sold is None
            else self._closed_trades(alike, ids, left, bought, sold),
        )

    def _fills(self, side: str, orders: Sequence[str], by: Executions, quantities: Amounts) -> _Fills:
        rows = self._rows
        keys = [order_id[len("ord") :] for order_id in orders]
        fees = [
            price * quantity * (rows.taker_fee if taker else rows.maker_fee)
            for price, quantity, taker in zip(by.prices.exact, quantities.exact, by.takers, strict=True)
        ]
        cells = zip(
            ["fil" + key for key in keys],
            orders,
            repeat(rows.run_id),
            ["sim" + key for key in keys],
            repeat(rows.symbol),
            repeat(side),
            by.times,
            by.prices.texts,
            quantities.texts,
            plain_texts(fees),
            [TAKER if taker else MAKER for taker in by.takers],
            repeat(1),
            strict=False,
        )
        return _Fills(by, fees, list(cells))

    def _entry_orders(self, alike: Alike, ids: RowIds[Sequence[str]]) -> Sequence[Cells]:
        entries = alike.entries
        plans = entries.plans
        outcome = _outcome(plans.quantity, alike.bought)
        if alike.expired is not None:
            outcome = outcome._replace(state=_EXPIRED, times=alike.expired, errors=repeat(EXPIRED))
        sized = (plans.quantity.texts, plans.entry.texts) if self._limit else (plans.quantity.texts,)
        asked = zip(plans.take_profit.texts, plans.stop.texts, entries.client_ids, *sized, strict=True)
        cells = zip(
            ids.entry,
            ids.decision,
            repeat(self._rows.run_id),
            entries.client_ids,
            repeat(self._rows.symbol),
            repeat(ENTRY),
            repeat(_BUY),
            repeat(_LIMIT if self._limit else _MARKET),
            repeat(outcome.state),
            plans.quantity.texts,
            plans.entry.texts if self._limit else repeat(None),
            plans.take_profit.texts,
            plans.stop.texts,
            entries.times,
            outcome.quantities,
            outcome.prices,
            outcome.times,
            repeat("[]") if alike.bought is None else [f'["{bracket}"]' for bracket in ids.bracket],
            repeat(None),
            map(self._entry_payload.__mod__, asked),
            outcome.errors,
            strict=False,
        )
        return list(cells)

    def _bracket_orders(
        self, alike: Alike, ids: RowIds[Sequence[str]], bought: Executions
    ) -> Sequence[Cells]:
        """Cancelled where a market exit took its place."""
        plans, leaving = alike.entries.plans, alike.leaving
        outcome = _outcome(plans.quantity, alike.sold if leaving is None else None)
        if leaving is not None:
            errors = [None if decided else STOP_GAPPED for decided in leaving.decided]
            outcome = outcome._replace(state=_CANCELLED, times=leaving.times, errors=errors)
        cells = zip(
            ids.bracket,
            ids.decision,
            repeat(self._rows.run_id),
            repeat(None),
            repeat(self._rows.symbol),
            repeat(BRACKET),
            repeat(_SELL),
            repeat(_BRACKET),
            repeat(outcome.state),
            plans.quantity.texts,
            repeat(None),
            plans.take_profit.texts,
            plans.stop.texts,
            bought.times,
            outcome.quantities,
            outcome.prices,
            outcome.times,
            repeat("[]"),
            repeat(None),
            repeat(None),
            outcome.errors,
            strict=False,
        )
        return list(cells)

    def _exit_orders(self, alike: Alike, ids: RowIds[Sequence[str]], leaving: MarketExits) -> Sequence[Cells]:
        """A jumped stop's goes back to the entry's decision."""
        quantity = alike.entries.plans.quantity
        own = columns_of_ids(leaving.ids)
        payload = (
            f'{{"client_order_id":"%s","order_configuration":{{"{_MARKET}":{{"base_size":"%s"}}}},'
            f'"product_id":{self._product_id},"side":"SELL"}}'
        )
        outcome = _outcome(quantity, alike.sold)
        cells = zip(
            own.exit,
            [
                leave if decided else enter
                for decided, leave, enter in zip(leaving.decided, own.decision, ids.decision, strict=True)
            ],
            repeat(self._rows.run_id),
            leaving.client_ids,
            repeat(self._rows.symbol),
            repeat(EXIT),
            repeat(_SELL),
            repeat(_MARKET),
            repeat(outcome.state),
            quantity.texts,
            repeat(None),
            repeat(None),
            repeat(None),
            leaving.times,
            outcome.quantities,
            outcome.prices,
            outcome.times,
            repeat("[]"),
            repeat(None),
            map(payload.__mod__, zip(leaving.client_ids, quantity.texts, strict=True)),
            outcome.errors,
            strict=False,
        )
        return list(cells)

    def _open_trades(self, alike: Alike, ids: RowIds[Sequence[str]], bought: _Fills) -> Sequence[Cells]:
        opened = self._opened(alike, ids, bought, _TRADE_OPEN)
        return list(zip(*opened, plain_texts(bought.fees), *[repeat(None)] * 11, repeat(0), strict=False))

    def _closed_trades(
        self, alike: Alike, ids: RowIds[Sequence[str]], exits: Sequence[str], bought: _Fills, sold: _Fills
    ) -> Sequence[Cells]:
        plans, leaving, endings = alike.entries.plans, alike.leaving, alike.endings
        if endings is None:
            raise ValueError("expected to know how the trades ended")
        fees = [entry + left for entry, left in zip(bought.fees, sold.fees, strict=True)]
        results = list(
            map(
                trade_result,
                plans.entry.exact,
                plans.stop.exact,
                bought.by.prices.exact,
                sold.by.prices.exact,
                plans.quantity.exact,
                fees,
            )
        )
        cells = zip(
            *self._opened(alike, ids, bought, _TRADE_CLOSED),
            plain_texts(fees),
            exits,
            repeat(None) if leaving is None else _decisions(leaving),
            sold.by.times,
            sold.by.prices.texts,
            endings.reasons,
            plain_texts(result.gross_pnl for result in results),
            plain_texts(result.net_pnl for result in results),
            plain_texts(result.r_multiple for result in results),
            endings.mae.texts,
            endings.mfe.texts,
            [int(result.net_pnl > 0) for result in results],
            map(int, endings.ambiguous),
            strict=False,
        )
        return list(cells)

    def _opened(
        self, alike: Alike, ids: RowIds[Sequence[str]], bought: _Fills, status: str
    ) -> tuple[Iterable[SqlValue], ...]:
        """The columns that say how trades began."""
        rows, entries = self._rows, alike.entries
        plans = entries.plans
        return (
            ids.trade,
            repeat(rows.run_id),
            repeat(rows.symbol),
            repeat(rows.strategy_name),
            repeat(status),
            plans.quantity.texts,
            plans.entry.texts,
            plans.stop.texts,
            plans.take_profit.texts,
            ids.entry,
            ids.decision,
            entries.client_ids,
            ids.bracket,
            ids.bracket,
            bought.by.times,
            bought.by.prices.texts,
        )


def _decisions(leaving: MarketExits) -> list[str | None]:
    """Those that led to market exits."""
    ids = columns_of_ids(leaving.ids).decision
    return [row_id if decided else None for row_id, decided in zip(ids, leaving.decided, strict=True)]


def _outcome(quantities: Amounts, executed: Executions | None) -> _Outcome:
    """Of orders that wait, or were executed as a whole."""
    if executed is None:
        return _Outcome(_OPEN, repeat("0"), repeat(None), repeat(None))
    return _Outcome(_FILLED, quantities.texts, executed.prices.texts, executed.times)
