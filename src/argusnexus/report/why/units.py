"""How one symbol's prices, quantities and amounts are written for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from argusnexus.errors import ConfigError
from argusnexus.model.product import BUILT_IN_PRODUCTS, ProductSpec, currencies
from argusnexus.money import Amount, amount
from argusnexus.report.texts import money

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Number = Amount | float

_FEWEST_DIGITS = 2
_MOST_DIGITS = 12
_UNROUNDED_DIGITS = 6
_USUAL_LOT_DIGITS = 8
_SMALLEST_SHOWN = amount("0.01")
_NOISE = amount("1e-9")
_INCREMENTS = ("base_increment", "quote_increment", "min_market_funds", "max_market_funds")


@dataclass(frozen=True, slots=True)
class Units:
    """A symbol's currencies and the digits of its increments.

    Attributes:
        product: None where neither the run's configuration nor ArgusNexus knows it.
    """

    base: str
    quote: str
    price_digits: int
    lot_digits: int
    product: ProductSpec | None

    @property
    def step(self) -> str:
        """The base increment."""
        increment = amount(10**-self.lot_digits) if self.product is None else self.product.base_increment
        return f"{trimmed(f'{increment:f}')} {self.base}"

    def price(self, value: Number) -> str:
        """On the tick, thousands separated."""
        return f"{value:,.{self.price_digits}f}"

    def quantity(self, value: Number) -> str:
        """On the base increment, without zeros at its end."""
        return f"{trimmed(f'{value:,.{self.lot_digits}f}')} {self.base}"

    def exactly(self, value: Number) -> str:
        """A quantity that was not rounded: all the digits that matter."""
        return f"{trimmed(number(value, _UNROUNDED_DIGITS))} {self.base}"

    def money(self, value: Number) -> str:
        return f"{money(amount(value))} {self.quote}"

    def apart(self, left: Number, right: Number) -> tuple[str, str]:
        """Two prices, with more digits where the tick's would make them look alike."""
        return apart(left, right, self.price_digits)

    def distance(self, price: Number, level: Number) -> str:
        """How far a price is from a level, in per cent of the level."""
        share = amount(price) / amount(level) - 1
        return f"{percent(abs(share))} {'above' if share > 0 else 'below'}" if share else "exactly at"


def units_of(symbol: str, config: Mapping[str, Any]) -> Units:
    """What the run's configuration says of the product, else what is built in, else the usual digits."""
    product = _configured(symbol, config) or BUILT_IN_PRODUCTS.get(symbol)
    if product is None:
        return Units(*_names(symbol), _FEWEST_DIGITS, _USUAL_LOT_DIGITS, None)
    names = product.base_currency, product.quote_currency
    return Units(*names, _digits(product.quote_increment), _digits(product.base_increment), product)


def _configured(symbol: str, config: Mapping[str, Any]) -> ProductSpec | None:
    table = (config.get("products") or {}).get(symbol)
    if not table:
        return None
    return ProductSpec(symbol, *_names(symbol), *(amount(table[name]) for name in _INCREMENTS))


def _names(symbol: str) -> tuple[str, str]:
    try:
        return currencies(symbol)
    except ConfigError:
        return symbol, ""


def _digits(increment: Amount) -> int:
    return len(f"{increment.normalize():f}".partition(".")[2])


def number(value: Number, digits: int = _FEWEST_DIGITS) -> str:
    """A figure of no known unit: two digits after the point, more where those would show too little."""
    exact = amount(value)
    if not exact or exact.adjusted() >= -1:
        return f"{exact + 0:,.{digits}f}"
    return trimmed(f"{exact:.{digits - exact.adjusted()}f}")


def percent(fraction: Number) -> str:
    """A fraction as per cent."""
    share = 100 * amount(fraction)
    if share and abs(share) < _SMALLEST_SHOWN:
        return f"less than {_SMALLEST_SHOWN} %"
    return f"{share:,.2f} %"


def trimmed(text: str) -> str:
    """Decimal text without zeros at its end."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def apart(left: Number, right: Number, digits: int = _FEWEST_DIGITS, scale: int = 1) -> tuple[str, str]:
    """Two figures (times `scale`) with as many digits as it takes to tell them apart, float noise left aside."""
    values = amount(left) * scale + 0, amount(right) * scale + 0  # + 0: minus nothing is nothing
    alike = abs(values[0] - values[1]) <= _NOISE * abs(values[1])
    for places in range(digits, _MOST_DIGITS):
        one, other = (f"{value:,.{places}f}" for value in values)
        if one != other or alike:
            break
    return one, other
