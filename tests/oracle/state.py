"""What an account, a symbol's book and a position remember while a replay runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from .exact import about_equal, exact
from .model import (
    OracleCandles,
    OracleDecision,
    OracleHalt,
    OracleProduct,
    OracleSignal,
    OracleTrade,
)


class Bar(NamedTuple):
    """One candle as exact numbers, with its open time and the time it is closed."""

    opened_ns: int
    closed_ns: int
    open: Fraction
    high: Fraction
    low: Fraction
    close: Fraction
    volume: Fraction


@dataclass(frozen=True)
class Order:
    """A submitted entry with its bracket; prices are rounded to the tick."""

    entry: Fraction
    stop: Fraction
    take_profit: Fraction
    quantity: Fraction
    index: int

    @property
    def notional(self) -> Fraction:
        return self.quantity * self.entry

    def hold(self, taker_fee: Fraction) -> Fraction:
        return self.notional * (1 + taker_fee)


@dataclass
class Position:
    """A filled entry; exit_reason is set while an exit waits for the next open."""

    order: Order
    entry_time_ns: int
    entry_price: Fraction
    entry_rate: Fraction
    entry_index: int
    is_filled_at_open: bool
    lowest: Fraction
    highest: Fraction
    highest_high: float | None = None
    trailing_stop: float | None = None
    exit_reason: str | None = None

    def see(self, *prices: Fraction) -> None:
        self.lowest = min(self.lowest, *prices)
        self.highest = max(self.highest, *prices)


@dataclass
class Book:
    """One symbol of an account."""

    symbol: str
    candles: OracleCandles
    signals: Sequence[OracleSignal]
    tick: Fraction
    product: OracleProduct
    group: frozenset[str]
    index: int = -1
    bar: Bar | None = None
    order: Order | None = None
    position: Position | None = None
    ambiguous: int = 0
    expired: int = 0
    trips: list[int] = field(default_factory=list)
    decisions: list[OracleDecision] = field(default_factory=list)

    def starts_candle_at(self, time_ns: int) -> bool:
        following = self.index + 1
        return following < len(self.candles.times) and self.candles.times[following] == time_ns

    def advance(self) -> None:
        self.index += 1
        c, i = self.candles, self.index
        values = (c.opens[i], c.highs[i], c.lows[i], c.closes[i], c.volumes[i])
        opened = c.times[i]
        self.bar = Bar(opened, opened + c.granularity_ns, *(exact(float(v)) for v in values))

    @property
    def current(self) -> Bar:
        if self.bar is None:
            raise RuntimeError(f"{self.symbol} has no candle yet")
        return self.bar

    @property
    def move(self) -> float:
        """The size of the current candle's body relative to its open."""
        return abs(self.candles.closes[self.index] / self.candles.opens[self.index] - 1)

    def is_tripped(self, limit: float) -> bool:
        return self.move >= limit or about_equal(self.move, limit)

    def position_value(self) -> Fraction:
        """The open position at the newest close."""
        if self.position is None:
            return Fraction(0)
        return self.position.order.quantity * self.current.close

    def exposure(self) -> Fraction:
        """The open position at its mark, or the pending entry at its limit price."""
        return self.order.notional if self.order else self.position_value()


@dataclass
class Account:
    """Cash and the memory the risk layers need."""

    name: str
    capital: Fraction
    books: list[Book]
    cash: Fraction
    peak: Fraction
    equities: list[tuple[int, Fraction]] = field(default_factory=list)
    submitted_ns: list[int] = field(default_factory=list)
    realised: list[tuple[int, Fraction]] = field(default_factory=list)
    trades: list[OracleTrade] = field(default_factory=list)
    halt: OracleHalt | None = None

    def equity(self) -> Fraction:
        return self.cash + sum(book.position_value() for book in self.books)

    def free_cash(self, taker_fee: Fraction) -> Fraction:
        return self.cash - sum(b.order.hold(taker_fee) for b in self.books if b.order)
