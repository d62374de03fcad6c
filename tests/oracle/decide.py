"""The decision at a candle's close: signal, order plan, size and the watch on drawdown."""

import math
from fractions import Fraction

from .exact import ceil_to, clearly_below, exact, floor_to, snap, to_decimal
from .layers import drawdown, is_drawdown_reached, risk_layers
from .model import OracleDecision, OracleHalt, OracleLayer, OracleSignal
from .rules import Rules
from .state import Account, Book, Order, Position


def decide(account: Account, book: Book, rules: Rules) -> None:
    """Make and record one decision; a halt it causes begins with the next one."""
    as_of = book.current.closed_ns
    equity = account.equity()
    account.peak = max(account.peak, equity)
    book.decisions.append(_decision(account, book, equity, rules))
    account.equities.append((as_of, equity))
    if book.is_tripped(rules.risk.circuit_breaker):
        book.trips.append(as_of)
    if account.halt is None and is_drawdown_reached(drawdown(account, equity), rules.risk):
        account.halt = OracleHalt(as_of, to_decimal(equity), to_decimal(account.peak))


def _decision(account: Account, book: Book, equity: Fraction, rules: Rules) -> OracleDecision:
    as_of, signal = book.current.closed_ns, book.signals[book.index]
    if book.order is not None:
        return OracleDecision(as_of, "HOLD", "entry_pending")
    if book.position is not None:
        return _watch_position(book, book.position, signal)
    if not signal.entry:
        return OracleDecision(as_of, "HOLD", signal.hold_reason or "no_signal")
    return _try_entry(account, book, equity, rules)


def _watch_position(book: Book, position: Position, signal: OracleSignal) -> OracleDecision:
    as_of = book.current.closed_ns
    if position.exit_reason is not None:
        return OracleDecision(as_of, "HOLD", "exit_pending")
    _ratchet(position, signal.trailing_distance)
    trailing = position.trailing_stop
    if trailing is not None and clearly_below(book.candles.closes[book.index], trailing):
        position.exit_reason = "chandelier"
    elif signal.exit:
        position.exit_reason = signal.exit_reason or "signal"
    else:
        return OracleDecision(as_of, "HOLD", "in_position")
    return OracleDecision(as_of, "EXIT", position.exit_reason)


def _ratchet(position: Position, distance: float) -> None:
    if position.highest_high is None or math.isnan(distance):
        return
    level = position.highest_high - distance
    before = position.trailing_stop
    position.trailing_stop = level if before is None else max(before, level)


def _try_entry(account: Account, book: Book, equity: Fraction, rules: Rules) -> OracleDecision:
    as_of = book.current.closed_ns
    entry, stop, take_profit = rounded_prices(book.signals[book.index], book.tick)
    fault = _price_fault(entry, stop, take_profit)
    if fault:
        return OracleDecision(as_of, "REFUSED", fault)
    quantity = size(account, book, (entry, stop), equity, rules)
    order = Order(entry, stop, take_profit, quantity, book.index)
    fault = _size_fault(book, order)
    if fault:
        return OracleDecision(as_of, "REFUSED", fault)
    layers = risk_layers(account, book, order, equity, rules.risk)
    return _submit(account, book, order, layers)


def _submit(account: Account, book: Book, order: Order, layers: tuple[OracleLayer, ...]) -> OracleDecision:
    as_of = book.current.closed_ns
    failed = [layer.layer for layer in layers if not layer.passed]
    if failed:
        return OracleDecision(as_of, "REFUSED", failed[0], layers)
    book.order = order
    account.submitted_ns.append(as_of)
    return OracleDecision(as_of, "ENTRY", "entry", layers)


def rounded_prices(signal: OracleSignal, tick: Fraction) -> tuple[Fraction, Fraction, Fraction]:
    """Entry and target down, stop up, after prices a hair off a tick are put on it."""
    raw = (signal.entry_price, signal.stop, signal.take_profit)
    entry, stop, take_profit = (snap(exact(price), tick) for price in raw)
    return floor_to(entry, tick), ceil_to(stop, tick), floor_to(take_profit, tick)


def _price_fault(entry: Fraction, stop: Fraction, take_profit: Fraction) -> str:
    if stop >= entry or stop <= 0:
        return "invalid_stop"
    return "invalid_take_profit" if take_profit <= entry else ""


def size(
    account: Account,
    book: Book,
    prices: tuple[Fraction, Fraction],
    equity: Fraction,
    rules: Rules,
) -> Fraction:
    """The smallest of the size bounds, rounded down to the base increment."""
    (entry, stop), risk, taker = prices, rules.risk, rules.execution.taker_fee
    risk_per_unit = entry - stop * (1 - risk.stop_buffer)
    bounds = [
        equity * risk.risk_per_trade / risk_per_unit,
        account.free_cash(taker) / (entry * (1 + taker)),
        equity * risk.max_asset_concentration / entry,
    ]
    if rules.execution.max_participation != 0:
        bounds.append(rules.execution.max_participation * book.current.volume)
    return floor_to(min(bounds), exact(book.product.base_increment))


def _size_fault(book: Book, order: Order) -> str:
    if order.quantity <= 0:
        return "size_zero"
    least, most = book.product.min_market_funds, book.product.max_market_funds
    return "" if exact(least) <= order.notional <= exact(most) else "funds"
