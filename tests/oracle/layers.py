"""The ten risk layers, in their order."""

from fractions import Fraction

from .exact import LAYER_TOLERANCE, exact, to_decimal
from .model import OracleLayer
from .rules import MINUTE_NS, RiskRules
from .state import Account, Book, Order

HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS


def risk_layers(
    account: Account, book: Book, order: Order, equity: Fraction, risk: RiskRules
) -> tuple[OracleLayer, ...]:
    """Every layer's value and verdict, also after one has failed."""
    return (
        _trading_halted(account),
        _trade_frequency(account, book.current.closed_ns, risk),
        _daily_loss(account, book.current.closed_ns, risk),
        _drawdown(account, equity, risk),
        _circuit_breaker(book, risk),
        _cooldown(book, risk),
        _risk_reward(order, risk),
        _at_most("asset_concentration", order.notional / equity, risk.max_asset_concentration),
        _correlated_exposure(account, book, order, equity, risk),
        _leverage(account, order, equity, risk),
    )


def drawdown(account: Account, equity: Fraction) -> Fraction:
    return (account.peak - equity) / account.peak


def is_drawdown_reached(value: Fraction, risk: RiskRules) -> bool:
    """A limit of 1 switches the check off, also when equity is below zero."""
    return risk.max_drawdown < 1 and value >= risk.max_drawdown


def _layer(name: str, value: Fraction | int, passed: bool) -> OracleLayer:
    return OracleLayer(name, to_decimal(Fraction(value)), passed)


def _at_most(name: str, value: Fraction, limit: Fraction) -> OracleLayer:
    return _layer(name, value, value <= limit * (1 + LAYER_TOLERANCE))


def _trading_halted(account: Account) -> OracleLayer:
    is_halted = account.halt is not None
    return _layer("trading_halted", int(is_halted), not is_halted)


def _trade_frequency(account: Account, as_of: int, risk: RiskRules) -> OracleLayer:
    count = sum(as_of - HOUR_NS < time <= as_of for time in account.submitted_ns)
    return _layer("trade_frequency", count, count < risk.max_trades_per_hour)


def _daily_loss(account: Account, as_of: int, risk: RiskRules) -> OracleLayer:
    midnight = as_of - as_of % DAY_NS
    realised = sum((net for time, net in account.realised if time >= midnight), Fraction(0))
    earlier = (equity for time, equity in reversed(account.equities) if time < midnight)
    base = next(earlier, account.capital)
    return _layer("daily_loss", realised, realised > -risk.daily_loss_limit * base)


def _drawdown(account: Account, equity: Fraction, risk: RiskRules) -> OracleLayer:
    value = drawdown(account, equity)
    return _layer("drawdown", value, not is_drawdown_reached(value, risk))


def _circuit_breaker(book: Book, risk: RiskRules) -> OracleLayer:
    is_tripped = book.is_tripped(risk.circuit_breaker)
    return _layer("circuit_breaker", exact(book.move), not is_tripped)


def _cooldown(book: Book, risk: RiskRules) -> OracleLayer:
    """Counts the earlier tripped candles that still block; the current one is not among them."""
    start = book.current.closed_ns - risk.cooldown_ns
    blocking = sum(time >= start for time in book.trips)
    return _layer("circuit_breaker_cooldown", blocking, blocking == 0)


def _risk_reward(order: Order, risk: RiskRules) -> OracleLayer:
    ratio = (order.take_profit - order.entry) / (order.entry - order.stop)
    passed = ratio >= risk.min_risk_reward * (1 - LAYER_TOLERANCE)
    return _layer("risk_reward", ratio, passed)


def _correlated_exposure(
    account: Account, book: Book, order: Order, equity: Fraction, risk: RiskRules
) -> OracleLayer:
    held = sum(other.exposure() for other in account.books if other.symbol in book.group)
    value = (held + order.notional) / equity
    return _at_most("correlated_exposure", value, risk.max_correlated_exposure)


def _leverage(account: Account, order: Order, equity: Fraction, risk: RiskRules) -> OracleLayer:
    held = sum(book.exposure() for book in account.books)
    return _at_most("leverage", (held + order.notional) / equity, risk.max_leverage)
