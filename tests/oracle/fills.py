"""What the market does to orders and positions inside one candle."""

from fractions import Fraction

from .exact import ceil_to, floor_to, to_decimal
from .model import OracleTrade
from .rules import ExecutionRules, Rules
from .state import Account, Bar, Book, Order, Position


def trade_candle(account: Account, book: Book, rules: Rules) -> None:
    """Everything at the open, then everything intrabar, for the book's current candle."""
    bar = book.current
    if book.position is not None and book.position.exit_reason is not None:
        _market_exit(account, book, rules.execution)
    if book.order is not None:
        _enter_at_open(account, book, book.order, rules.execution)
    if book.position is not None:
        _manage_from_open(account, book, book.position, rules)
    elif book.order is not None and bar.volume > 0 and bar.low < book.order.entry:
        _fill_entry(account, book, book.order, (book.order.entry, rules.execution.maker_fee), False)
        _manage_from_intrabar(account, book, rules)
    if book.position is not None:
        _see_candle(book.position, book)


def expire(book: Book, rules: Rules) -> None:
    """Cancel a limit entry that has lived through its last candle."""
    if book.order is None or rules.execution.is_market:
        return
    if book.index >= book.order.index + rules.execution.entry_ttl:
        book.order = None
        book.expired += 1


def _enter_at_open(account: Account, book: Book, order: Order, execution: ExecutionRules) -> None:
    fill = _opening_fill(book, order, execution)
    if fill is not None:
        _fill_entry(account, book, order, fill, True)


def _opening_fill(book: Book, order: Order, execution: ExecutionRules) -> tuple[Fraction, Fraction] | None:
    """The price and fee rate of an entry filled at the open, if it is."""
    bar = book.current
    crossing = ceil_to(bar.open * (1 + execution.slip), book.tick)
    if execution.is_market:
        return crossing, execution.taker_fee
    if bar.volume == 0:
        return None
    if book.index == order.index + 1:
        return (crossing, execution.taker_fee) if crossing <= order.entry else None
    return (order.entry, execution.maker_fee) if bar.open < order.entry else None


def _fill_entry(
    account: Account, book: Book, order: Order, fill: tuple[Fraction, Fraction], at_open: bool
) -> None:
    price, rate = fill
    account.cash -= order.quantity * price * (1 + rate)
    book.order = None
    book.position = Position(
        order=order,
        entry_time_ns=book.current.opened_ns if at_open else book.current.closed_ns,
        entry_price=price,
        entry_rate=rate,
        entry_index=book.index,
        is_filled_at_open=at_open,
        lowest=price,
        highest=price,
    )


def _manage_from_open(account: Account, book: Book, position: Position, rules: Rules) -> None:
    """The bracket of a position that is open at the open; the stop comes before the target."""
    bar, order = book.current, position.order
    if bar.volume == 0:
        return
    if bar.open <= order.stop:
        _stop(account, book, (bar.open, bar.opened_ns), rules)
    elif bar.open >= order.take_profit:
        _take_profit(account, book, bar.opened_ns, rules.execution)
    elif bar.low <= order.stop:
        book.ambiguous += bar.high > order.take_profit
        _stop(account, book, (order.stop, bar.closed_ns), rules)
    elif bar.high > order.take_profit:
        _take_profit(account, book, bar.closed_ns, rules.execution)


def _manage_from_intrabar(account: Account, book: Book, rules: Rules) -> None:
    """The bracket of a position filled intrabar: only the close proves what came after."""
    bar, position = book.current, book.position
    if position is None:
        return
    if bar.low <= position.order.stop:
        _stop(account, book, (position.order.stop, bar.closed_ns), rules)
    elif bar.close > position.order.take_profit:
        _take_profit(account, book, bar.closed_ns, rules.execution)


def _stop(account: Account, book: Book, trigger: tuple[Fraction, int], rules: Rules) -> None:
    """A triggered stop leg: filled, resting at its floor, or left for the emergency exit."""
    price, time_ns = trigger
    position, execution = _open_position(book), rules.execution
    raw_floor = position.order.stop * (1 - rules.risk.stop_buffer)
    floor = max(floor_to(raw_floor, book.tick), book.tick)
    if price >= floor:
        slipped = floor_to(price * (1 - execution.slip), book.tick)
        _close(account, book, (max(slipped, floor), execution.taker_fee), time_ns, "stop_loss")
    elif book.current.high > floor:
        fill = (floor, execution.maker_fee)
        _close(account, book, fill, book.current.closed_ns, "stop_loss")
    else:
        position.exit_reason = "emergency"


def _take_profit(account: Account, book: Book, time_ns: int, execution: ExecutionRules) -> None:
    fill = (_open_position(book).order.take_profit, execution.maker_fee)
    _close(account, book, fill, time_ns, "take_profit")


def _market_exit(account: Account, book: Book, execution: ExecutionRules) -> None:
    """A signal or emergency exit at the open, whatever the volume."""
    bar = book.current
    price = max(floor_to(bar.open * (1 - execution.slip), book.tick), book.tick)
    reason = _open_position(book).exit_reason or ""
    _close(account, book, (price, execution.taker_fee), bar.opened_ns, reason)


def _close(account: Account, book: Book, fill: tuple[Fraction, Fraction], time_ns: int, reason: str) -> None:
    position = _open_position(book)
    price, rate = fill
    _see_exit(position, book.current, book.index, price)
    trade, net = _trade(book.symbol, position, fill, time_ns, reason)
    account.cash += position.order.quantity * price * (1 - rate)
    account.realised.append((time_ns, net))
    account.trades.append(trade)
    book.position = None


def _trade(
    symbol: str, position: Position, fill: tuple[Fraction, Fraction], time_ns: int, reason: str
) -> tuple[OracleTrade, Fraction]:
    """The closed trade and its exact net result."""
    (price, rate), order = fill, position.order
    gross = (price - position.entry_price) * order.quantity
    fees = (position.entry_price * position.entry_rate + price * rate) * order.quantity
    net = gross - fees
    trade = OracleTrade(
        symbol=symbol,
        entry_time_ns=position.entry_time_ns,
        exit_time_ns=time_ns,
        entry_price=to_decimal(position.entry_price),
        exit_price=to_decimal(price),
        quantity=to_decimal(order.quantity),
        fees=to_decimal(fees),
        net_pnl=to_decimal(net),
        gross_pnl=to_decimal(gross),
        r_multiple=to_decimal(net / ((order.entry - order.stop) * order.quantity)),
        mae=to_decimal(position.lowest - position.entry_price),
        mfe=to_decimal(position.highest - position.entry_price),
        exit_reason=reason,
        planned_entry=to_decimal(order.entry),
        planned_stop=to_decimal(order.stop),
        planned_take_profit=to_decimal(order.take_profit),
    )
    return trade, net


def _see_exit(position: Position, bar: Bar, index: int, price: Fraction) -> None:
    """Of the exit candle only the open (if the position was open then) and the exit count."""
    position.see(price)
    if position.entry_index != index or position.is_filled_at_open:
        position.see(bar.open)


def _see_candle(position: Position, book: Book) -> None:
    """A candle the position survives: extremes for MAE, MFE and the trailing stop."""
    bar = book.current
    is_entry_candle = position.entry_index == book.index
    proven_high = bar.high
    if is_entry_candle and not position.is_filled_at_open:
        proven_high = max(position.entry_price, bar.close)
    position.see(bar.low, proven_high)
    before = position.highest_high
    high = float(proven_high)
    position.highest_high = high if before is None else max(before, high)


def _open_position(book: Book) -> Position:
    if book.position is None:
        raise RuntimeError(f"{book.symbol} has no position")
    return book.position
