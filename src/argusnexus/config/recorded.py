"""The settings that a run's recorded configuration stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from argusnexus.config.settings import Settings, settings_from
from argusnexus.model.product import ProductSpec
from argusnexus.money import amount

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = ("symbol", "base_currency", "quote_currency")
_AMOUNTS = ("base_increment", "quote_increment", "min_market_funds", "max_market_funds")


def settings_of(config: Mapping[str, Any]) -> Settings:
    """The settings with which `Settings.as_config` gives this configuration again; other tables are left out.

    Raises:
        ConfigError: if a key or value can't be used, or the strategy isn't where it was.
        StrategyError: if the strategy can't be loaded.
    """
    products = {symbol: _product(table) for symbol, table in config.get("products", {}).items()}
    return settings_from(config, products)


def _product(table: Mapping[str, Any]) -> ProductSpec:
    names = (table[name] for name in _NAMES)
    return ProductSpec(*names, *(amount(table[name]) for name in _AMOUNTS))
