"""The replay loop: per account, per time, the phases in the order of the specification."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from .check import check_run
from .decide import decide
from .donchian import donchian_signals
from .exact import exact, to_decimal
from .fills import expire, trade_candle
from .model import (
    OracleCandles,
    OracleOpenPosition,
    OracleProduct,
    OracleRun,
    OracleSettings,
    OracleSignal,
    OracleTrade,
)
from .rules import Rules, correlation_group, make_rules
from .state import Account, Book, Position

Signals = Mapping[str, Sequence[OracleSignal]]


def simulate(
    candles: Mapping[str, OracleCandles],
    products: Mapping[str, OracleProduct],
    settings: OracleSettings,
    capital: Decimal,
    capital_mode: str,
    *,
    signals: Signals | None = None,
) -> OracleRun:
    """Replay candles; the order of the candles' keys is the order of the symbols."""
    check_run(candles, products, capital_mode)
    rules = make_rules(settings)
    if signals is None:
        signals = {s: donchian_signals(c, settings.strategy) for s, c in candles.items()}
    books = [_book(s, candles[s], signals[s], products, settings) for s in candles]
    accounts = _accounts(books, capital, capital_mode)
    for account in accounts:
        _run_account(account, rules)
    return _result(accounts, books)


def _book(
    symbol: str,
    candles: OracleCandles,
    signals: Sequence[OracleSignal],
    products: Mapping[str, OracleProduct],
    settings: OracleSettings,
) -> Book:
    if len(signals) != len(candles.times):
        raise ValueError(f"{symbol}: {len(signals)} signals for {len(candles.times)} candles")
    product = products[symbol]
    group = correlation_group(symbol, products, settings)
    return Book(symbol, candles, signals, exact(product.quote_increment), product, group)


def _accounts(books: list[Book], capital: Decimal, mode: str) -> list[Account]:
    start = exact(capital)
    if mode == "portfolio":
        return [Account("portfolio", start, books, start, start)]
    return [Account(book.symbol, start, [book], start, start) for book in books]


def _run_account(account: Account, rules: Rules) -> None:
    for time_ns in sorted({t for book in account.books for t in book.candles.times}):
        active = [book for book in account.books if book.starts_candle_at(time_ns)]
        for book in active:
            book.advance()
            trade_candle(account, book, rules)
        for book in active:
            expire(book, rules)
        for book in active:
            decide(account, book, rules)


def _result(accounts: list[Account], books: list[Book]) -> OracleRun:
    return OracleRun(
        trades=_ordered_trades(accounts, books),
        open_positions=[_open_position(b, b.position) for b in books if b.position is not None],
        decisions={book.symbol: book.decisions for book in books},
        ambiguous={book.symbol: book.ambiguous for book in books},
        expired={book.symbol: book.expired for book in books},
        halts={account.name: account.halt for account in accounts},
        final_cash={account.name: to_decimal(account.cash) for account in accounts},
        final_equity={account.name: to_decimal(account.equity()) for account in accounts},
    )


def _ordered_trades(accounts: list[Account], books: list[Book]) -> list[OracleTrade]:
    rank = {book.symbol: i for i, book in enumerate(books)}
    trades = [trade for account in accounts for trade in account.trades]
    # The sort is stable, so what is equal stays as it happened.
    return sorted(trades, key=lambda t: (t.exit_time_ns, rank[t.symbol], t.entry_time_ns))


def _open_position(book: Book, position: Position) -> OracleOpenPosition:
    order, price = position.order, position.entry_price
    return OracleOpenPosition(
        symbol=book.symbol,
        entry_time_ns=position.entry_time_ns,
        entry_price=to_decimal(price),
        quantity=to_decimal(order.quantity),
        mark=to_decimal(book.current.close),
        mae=to_decimal(position.lowest - price),
        mfe=to_decimal(position.highest - price),
        planned_entry=to_decimal(order.entry),
        planned_stop=to_decimal(order.stop),
        planned_take_profit=to_decimal(order.take_profit),
    )
