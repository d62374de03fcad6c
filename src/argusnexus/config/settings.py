"""From a TOML file and `--set table.key=value` to frozen settings; whatever isn't known is refused."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from argusnexus.config.canonical import plain_table
from argusnexus.config.records import record_from, refuse_unknown
from argusnexus.config.strategies import StrategySource, source_of, strategy_from, strategy_parameters
from argusnexus.errors import ConfigError
from argusnexus.model.product import ProductSpec, currencies
from argusnexus.model.settings import ExecutionConfig
from argusnexus.money import Amount, amount
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout, Strategy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

TABLES = ("strategy", "risk", "execution", "products")

_PRODUCT_KEYS = ("base_increment", "quote_increment", "min_market_funds", "max_market_funds")


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a configuration file can say.

    Attributes:
        products: product data by symbol, which wins over what is built in.
    """

    strategy: Strategy = field(default_factory=DonchianBreakout)
    risk: RiskConfig = field(default_factory=RiskConfig)
    execution: ExecutionConfig = field(default_factory=ExecutionConfig)
    products: Mapping[str, ProductSpec] = field(default_factory=dict)

    def __post_init__(self) -> None:
        strategy_parameters(self.strategy)  # refused here, before a run begins with what can't be recorded

    @property
    def strategy_source(self) -> StrategySource:
        """What names the strategy, and the hash of its file."""
        return source_of(self.strategy)

    def as_config(self) -> dict[str, Any]:
        """The settings as tables of JSON values, ready to be hashed and stored."""
        return {
            "strategy": strategy_parameters(self.strategy) | {"name": self.strategy_source.name},
            "risk": plain_table(self.risk),
            "execution": plain_table(self.execution),
            "products": {symbol: plain_table(product) for symbol, product in self.products.items()},
        }


def load_settings(
    path: Path | None = None, overrides: Iterable[str] = (), *, strategy: str | None = None
) -> Settings:
    """Settings from a TOML file (None: the defaults) with `table.key=value` overrides on top.

    A strategy named here wins over the name in the file and in the overrides.

    Raises:
        ConfigError: if the file can't be read, or a table, key or value can't be used.
        StrategyError: if the strategy can't be loaded.
    """
    tables = _read(path) if path else {}
    for override in overrides:
        _override(tables, override)
    if strategy is not None:
        _section(tables, "strategy")["name"] = strategy
    for name, table in tables.items():
        refuse_unknown("table", name, TABLES)
        _refuse_unless_table(name, table)
    products = {symbol: product_from(symbol, table) for symbol, table in tables.get("products", {}).items()}
    return settings_from(tables, products)


def settings_from(tables: Mapping[str, Any], products: Mapping[str, ProductSpec]) -> Settings:
    """Settings from their tables, and the products.

    Raises:
        ConfigError: if a key or value can't be used.
        StrategyError: if the strategy can't be loaded.
    """
    return Settings(
        strategy=strategy_from(tables.get("strategy", {})),
        risk=record_from("risk", RiskConfig, tables.get("risk", {})),
        execution=record_from("execution", ExecutionConfig, tables.get("execution", {})),
        products=products,
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"Configuration file {path} isn't there.") from None
    except OSError as error:
        raise ConfigError(f"Configuration file {path} can't be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"Configuration file {path} is no valid TOML: {error}.") from None


def _override(tables: dict[str, Any], text: str) -> None:
    """Put one `table.key=value` into the tables; the value is TOML, or plain text where it is none."""
    name, equals, value = text.partition("=")
    table, _, key = name.strip().partition(".")
    if not equals or not key:
        raise ConfigError(f"--set {text!r}: expected table.key=value, for example risk.risk_per_trade=0.005.")
    refuse_unknown("table", table, TABLES)
    section = _section(tables, table)
    if table == "products":
        symbol, _, key = key.strip('"').rpartition(".")
        section = _section(section, symbol.strip('"'))
    section[key] = toml_value(value.strip())


def _section(tables: dict[str, Any], name: str) -> dict[str, Any]:
    section: dict[str, Any] = tables.setdefault(name, {})
    _refuse_unless_table(name, section)
    return section


def _refuse_unless_table(name: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise ConfigError(f"{name}: expected a table [{name}] with keys, was {value!r}.")


def toml_value(text: str) -> Any:
    """A TOML value, or plain text where it is none."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def product_from(symbol: str, table: Any) -> ProductSpec:
    """A product from its table.

    Raises:
        ConfigError: if a key isn't known or missing, or a value is no number.
    """
    if not isinstance(table, dict):
        raise ConfigError(f'products: expected a table [products."{symbol}"] with keys, was {table!r}.')
    for key in table:
        refuse_unknown("key", key, _PRODUCT_KEYS, table=f'products."{symbol}"')
    missing = [key for key in _PRODUCT_KEYS if key not in table]
    if missing:
        raise ConfigError(
            f'products."{symbol}": {", ".join(missing)} missing; needed: {", ".join(_PRODUCT_KEYS)}.'
        )
    base, quote = currencies(symbol)
    values = (_exact(f'products."{symbol}".{key}', table[key]) for key in _PRODUCT_KEYS)
    return ProductSpec(symbol, base, quote, *values)


def _exact(name: str, value: Any) -> Amount:
    try:
        return amount(value)
    except (ValueError, TypeError):
        raise ConfigError(f"{name}: expected a number, best as text, was {value!r}.") from None
