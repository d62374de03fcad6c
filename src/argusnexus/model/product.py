"""What a venue lets one trade: currencies, increments and limits of a product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from argusnexus.errors import ConfigError
from argusnexus.money import Amount, amount, as_increment, ceil_to, floor_to

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ProductSpec:
    """A product's currencies, increments and order limits.

    Attributes:
        symbol: for example BTC-USD.
        base_increment: smallest step of a quantity, in base currency.
        quote_increment: smallest step of a price (the tick), in quote currency.
        min_market_funds, max_market_funds: bounds of quantity * price, in quote currency.
    """

    symbol: str
    base_currency: str
    quote_currency: str
    base_increment: Amount
    quote_increment: Amount
    min_market_funds: Amount
    max_market_funds: Amount

    def __post_init__(self) -> None:
        for name in ("base_increment", "quote_increment"):
            try:
                as_increment(getattr(self, name))
            except ValueError as error:
                raise ConfigError(f"{name} of {self.symbol}: {error}") from None
        if not 0 <= self.min_market_funds <= self.max_market_funds:
            raise ConfigError(
                f"Funds of {self.symbol}: expected 0 <= min_market_funds <= max_market_funds, "
                f"was {self.min_market_funds} and {self.max_market_funds}."
            )

    def round_price_floor(self, price: Amount | float | str) -> Amount:
        """The price rounded down to the tick."""
        return floor_to(amount(price), self.quote_increment)

    def round_price_ceil(self, price: Amount | float | str) -> Amount:
        """The price rounded up to the tick."""
        return ceil_to(amount(price), self.quote_increment)

    def round_quantity(self, quantity: Amount | float | str) -> Amount:
        """The quantity rounded down to the base increment: never more than was asked for."""
        return floor_to(amount(quantity), self.base_increment)

    def validate_order_value(self, quantity: Amount | float | str, price: Amount | float | str = 1) -> bool:
        """Whether the venue takes an order worth `quantity * price` (or a value given alone)."""
        return self.min_market_funds <= amount(quantity) * amount(price) <= self.max_market_funds


def currencies(symbol: str) -> tuple[str, str]:
    """Base and quote currency of a symbol: the quote currency stands after the last hyphen.

    Raises:
        ConfigError: if the symbol has no two parts.
    """
    base, _, quote = symbol.rpartition("-")
    if not base or not quote:
        raise ConfigError(f"Symbol {symbol!r} isn't known: expected BASE-QUOTE, for example BTC-USD.")
    return base, quote


def _usual_spec(symbol: str) -> ProductSpec:
    """Increments and limits that Coinbase has for its large USD pairs."""
    base, quote = currencies(symbol)
    return ProductSpec(
        symbol=symbol,
        base_currency=base,
        quote_currency=quote,
        base_increment=amount("0.00000001"),
        quote_increment=amount("0.01"),
        min_market_funds=amount(1),
        max_market_funds=amount(1_000_000),
    )


BUILT_IN_PRODUCTS: Final[Mapping[str, ProductSpec]] = {
    symbol: _usual_spec(symbol)
    for symbol in ("BTC-USD", "ETH-USD", "SOL-USD", "SIM-BTC-USD", "SIM-ETH-USD", "SIM-SOL-USD")
}
"""What is known without a configuration; a configured product wins."""
