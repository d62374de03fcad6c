"""The step's numbers as rows for people and the ledger: floats become the exact decimals that they stand for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from argusnexus.engine.columns import reason_name
from argusnexus.model.decisions import Decision, DecisionResult, RiskCheck, RiskLayer, SizeTerm
from argusnexus.model.orders import EntryType, Fill, Liquidity, Order, OrderRole, OrderState, Side
from argusnexus.model.times import compact, from_ns, iso
from argusnexus.model.trades import ExitReason, Trade, TradeStatus
from argusnexus.money import Amount, amount, on_increment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from argusnexus.engine.journal import DecisionRecord, EventRecord
    from argusnexus.model.candles import Candle
    from argusnexus.model.orders import BracketRequest, MarketExit
    from argusnexus.model.product import ProductSpec

R_DIGITS = amount("0.0000000001")
"""Digits of r_multiple, a quotient that may have no last one."""

_NO_QUANTITY = amount("0")


@dataclass(frozen=True, slots=True)
class RowMaker:
    """Rows of one symbol in one run; ids follow from run, symbol and time, so that the same event has the same id."""

    run_id: str | None
    product: ProductSpec
    strategy_name: str
    hold_reasons: tuple[str, ...]
    maker_fee: Amount
    taker_fee: Amount

    @property
    def symbol(self) -> str:
        return self.product.symbol

    def row_id(self, kind: str, moment: datetime, role: str = "") -> str:
        """`kind_run8_SYMBOL_time[_role]`."""
        before, after = self.id_parts(kind, role)
        return before + compact(iso(moment)) + after

    def id_parts(self, kind: str, role: str = "") -> tuple[str, str]:
        """What stands before and after the time in a row's id."""
        return f"{kind}_{(self.run_id or 'norun')[-8:]}_{self.symbol}_", f"_{role}" if role else ""

    def price(self, value: float) -> Amount:
        return on_increment(value, self.product.quote_increment)

    def quantity(self, value: float) -> Amount:
        return on_increment(value, self.product.base_increment)

    def decision(
        self,
        candle: Candle,
        record: DecisionRecord,
        layers: tuple[Sequence[float], Sequence[float]],
        signal_values: Mapping[str, float],
    ) -> Decision:
        """The decision at a candle's close; `layers` are the risk layers' values and limits."""
        as_of = from_ns(candle.close_time)
        result = DecisionResult(int(record.result))
        order_role = {DecisionResult.ENTRY: OrderRole.ENTRY, DecisionResult.EXIT: OrderRole.EXIT}.get(result)
        return Decision(
            decision_id=self.row_id("dec", as_of),
            run_id=self.run_id,
            timestamp=as_of,
            symbol=self.symbol,
            strategy_name=self.strategy_name,
            signal_values={name: _finite(value) for name, value in signal_values.items()},
            risk_checks=_risk_checks(record, layers),
            market_context=_context(candle, record),
            result=result,
            result_reason=reason_name(int(record.reason), self.hold_reasons),
            order_id=self.row_id("ord", as_of, order_role.value) if order_role else None,
        )

    def entry_order(self, decision: Decision, request: BracketRequest) -> Order:
        """An entry as it would be sent, not yet acknowledged."""
        limit = request.entry_type is EntryType.LIMIT
        return Order(
            order_id=self.row_id("ord", decision.timestamp, OrderRole.ENTRY.value),
            decision_id=decision.decision_id,
            run_id=self.run_id,
            client_order_id=request.client_order_id,
            symbol=self.symbol,
            role=OrderRole.ENTRY,
            side=Side.BUY,
            order_type="limit_limit_gtc" if limit else "market_market_ioc",
            order_state=OrderState.PENDING,
            quantity=request.quantity,
            price=request.entry_price if limit else None,
            take_profit_price=request.take_profit_price,
            stop_trigger_price=request.stop_trigger_price,
            submitted_at=decision.timestamp,
            filled_quantity=_NO_QUANTITY,
            payload=request.payload,
        )

    def bracket_order(self, entry: Order, moment: datetime) -> Order:
        """The venue's child of a filled entry: take profit and stop over the filled quantity."""
        return replace(
            entry,
            order_id=self.row_id("ord", entry.submitted_at, OrderRole.BRACKET.value),
            client_order_id=None,
            role=OrderRole.BRACKET,
            side=Side.SELL,
            order_type="trigger_bracket_gtc",
            order_state=OrderState.OPEN,
            price=None,
            submitted_at=moment,
            filled_quantity=_NO_QUANTITY,
            average_fill_price=None,
            completed_at=None,
            attached_order_ids=(),
            payload=None,
        )

    def exit_order(
        self, entry: Order, decision_id: str | None, moment: datetime, request: MarketExit
    ) -> Order:
        """A market sell of the whole position."""
        return replace(
            entry,
            order_id=self.row_id("ord", moment, OrderRole.EXIT.value),
            decision_id=decision_id,
            client_order_id=request.client_order_id,
            role=OrderRole.EXIT,
            side=Side.SELL,
            order_type="market_market_ioc",
            order_state=OrderState.PENDING,
            price=None,
            take_profit_price=None,
            stop_trigger_price=None,
            submitted_at=moment,
            filled_quantity=_NO_QUANTITY,
            average_fill_price=None,
            completed_at=None,
            attached_order_ids=(),
            payload=request.payload,
        )

    def fill(self, order: Order, event: EventRecord, candle: Candle) -> Fill:
        """The execution of a whole order."""
        taker = event.taker != 0.0
        price = self.price(event.price)
        return Fill(
            fill_id=f"fil{order.order_id.removeprefix('ord')}",
            order_id=order.order_id,
            run_id=self.run_id,
            venue_trade_id=f"sim{order.order_id.removeprefix('ord')}",
            symbol=self.symbol,
            side=order.side,
            timestamp=event_time(event, candle),
            price=price,
            quantity=order.quantity,
            fee=price * order.quantity * (self.taker_fee if taker else self.maker_fee),
            liquidity=Liquidity.TAKER if taker else Liquidity.MAKER,
        )

    def opened_trade(self, entry: Order, bracket: Order, fill: Fill, planned_entry: Amount) -> Trade:
        """A trade from its entry's fill."""
        return Trade(
            trade_id=self.row_id("trd", entry.submitted_at),
            run_id=self.run_id,
            symbol=self.symbol,
            strategy_name=self.strategy_name,
            status=TradeStatus.OPEN,
            quantity=fill.quantity,
            planned_entry=planned_entry,
            planned_stop=_known(entry.stop_trigger_price),
            planned_take_profit=_known(entry.take_profit_price),
            entry_order_id=entry.order_id,
            entry_decision_id=str(entry.decision_id),
            entry_client_order_id=entry.client_order_id,
            bracket_tp_order_id=bracket.order_id,
            bracket_sl_order_id=bracket.order_id,
            entry_timestamp=fill.timestamp,
            entry_price=fill.price,
            fees=fill.fee,
        )

    def closed_trade(self, trade: Trade, exit_order: Order, fill: Fill, event: EventRecord) -> Trade:
        """The trade after its exit's fill: spec section 6, exact."""
        came_to = trade_result(
            _known(trade.planned_entry),
            _known(trade.planned_stop),
            trade.entry_price,
            fill.price,
            trade.quantity,
            trade.fees + fill.fee,
        )
        by_decision = exit_order.role is OrderRole.EXIT and exit_order.decision_id != trade.entry_decision_id
        return replace(
            trade,
            status=TradeStatus.CLOSED,
            exit_order_id=exit_order.order_id,
            exit_decision_id=exit_order.decision_id if by_decision else None,
            exit_timestamp=fill.timestamp,
            exit_price=fill.price,
            exit_reason=ExitReason(int(event.reason)).label,
            fees=trade.fees + fill.fee,
            gross_pnl=came_to.gross_pnl,
            net_pnl=came_to.net_pnl,
            r_multiple=came_to.r_multiple,
            mae=amount(event.lowest) - trade.entry_price,
            mfe=amount(event.highest) - trade.entry_price,
            is_winner=came_to.net_pnl > 0,
            ambiguous=event.ambiguous != 0.0,
        )


class TradeResult(NamedTuple):
    """What a closed trade came to, exact but for the last digit of `r_multiple`."""

    gross_pnl: Amount
    net_pnl: Amount
    r_multiple: Amount


def trade_result(
    planned_entry: Amount,
    planned_stop: Amount,
    entry_price: Amount,
    exit_price: Amount,
    quantity: Amount,
    fees: Amount,
) -> TradeResult:
    """Spec section 6: from the plan, the fills and both fees."""
    gross = (exit_price - entry_price) * quantity
    net = gross - fees
    return TradeResult(gross, net, (net / ((planned_entry - planned_stop) * quantity)).quantize(R_DIGITS))


def event_time(event: EventRecord, candle: Candle) -> datetime:
    """When a fill is known: at the open, or at the close of the candle within which it happened."""
    return from_ns(candle.time if event.at_open else candle.close_time)


def _known(price: Amount | None) -> Amount:
    if price is None:
        raise ValueError("expected a plan with its entry, stop and take profit")
    return price


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _risk_checks(
    record: DecisionRecord, layers: tuple[Sequence[float], Sequence[float]]
) -> tuple[RiskCheck, ...]:
    failed = int(record.failed)
    if DecisionResult(int(record.result)) is DecisionResult.EXIT or failed < 0:
        return ()
    return tuple(
        _risk_check(layer, float(value), float(limit), passed=not failed >> layer & 1)
        for layer, value, limit in zip(RiskLayer, *layers, strict=True)
    )


def _risk_check(layer: RiskLayer, value: float, limit: float, *, passed: bool) -> RiskCheck:
    if layer is RiskLayer.TRADING_HALTED:
        return RiskCheck(layer, value, None, passed)
    if layer is RiskLayer.CIRCUIT_BREAKER_COOLDOWN:  # minutes since the last trip; none is no value
        minutes = 60e9
        return RiskCheck(layer, value / minutes if value >= 0 else None, limit / minutes, passed)
    return RiskCheck(layer, value, limit, passed)


def _context(candle: Candle, record: DecisionRecord) -> dict[str, Any]:
    context: dict[str, Any] = {
        "candle": {
            "time": iso(from_ns(candle.time)),
            **_part(candle, ("open", "high", "low", "close", "volume")),
        },
        "account": _part(record, ("cash", "equity", "peak", "day_base", "realised_today", "held_cash"))
        | _part(record, ("group_value", "total_value")),
    }
    if record.entry > 0.0:
        names = ("entry", "stop", "take_profit", "limit_floor", "quantity", "net_risk_reward")
        context["plan"] = _part(record, names) | {"size_term": SizeTerm(int(record.size_term)).label}
    if math.isfinite(record.trailing_stop):
        context["trailing_stop"] = record.trailing_stop
    return context


def _part(source: object, names: tuple[str, ...]) -> dict[str, float | None]:
    return {name: _finite(getattr(source, name)) for name in names}
