"""Which products can be traded, and in what steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.errors import ConfigError, did_you_mean
from argusnexus.model.product import BUILT_IN_PRODUCTS, ProductSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ProductSpec", "ProductSpecs"]


class ProductSpecs:
    """The known products: those of the configuration, then the built-in ones."""

    @classmethod
    def get(cls, symbol: str, configured: Mapping[str, ProductSpec] | None = None) -> ProductSpec:
        """The product of a symbol; a configured one wins over the built-in one.

        Raises:
            ConfigError: if nothing is known about the symbol.
        """
        known = cls._known(configured)
        if symbol not in known:
            raise ConfigError(_unknown(symbol, known))
        return known[symbol]

    @classmethod
    def has(cls, symbol: str, configured: Mapping[str, ProductSpec] | None = None) -> bool:
        return symbol in cls._known(configured)

    @staticmethod
    def _known(configured: Mapping[str, ProductSpec] | None) -> dict[str, ProductSpec]:
        return {**BUILT_IN_PRODUCTS, **(configured or {})}


def _unknown(symbol: str, known: Mapping[str, ProductSpec]) -> str:
    unknown = (
        f"Product {symbol!r} isn't known: expected one of {', '.join(known)}.{did_you_mean(symbol, known)}"
    )
    if symbol.upper() in known:
        return unknown
    return (
        f"{unknown} "
        f'To add it, give the configuration a table [products."{symbol}"] (from Python: products=) with '
        "base_increment, quote_increment, min_market_funds and max_market_funds."
    )
