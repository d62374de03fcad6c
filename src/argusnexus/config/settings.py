"""From a TOML file and `--set table.key=value` to frozen settings; whatever isn't known is refused."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from argusnexus.config.canonical import plain_table
from argusnexus.errors import ConfigError, did_you_mean
from argusnexus.model.product import ProductSpec, currencies
from argusnexus.model.settings import ExecutionConfig
from argusnexus.money import Amount, amount
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout, Strategy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

T = TypeVar("T")

TABLES = ("strategy", "risk", "execution", "products")
STRATEGIES: Mapping[str, type[Strategy]] = {DonchianBreakout.name: DonchianBreakout}

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

    def as_config(self) -> dict[str, Any]:
        """The settings as tables of JSON values, ready to be hashed and stored."""
        return {
            "strategy": {"name": self.strategy.name} | strategy_parameters(self.strategy),
            "risk": plain_table(self.risk),
            "execution": plain_table(self.execution),
            "products": {symbol: plain_table(product) for symbol, product in self.products.items()},
        }


def strategy_parameters(strategy: Strategy) -> dict[str, Any]:
    """A strategy's fields; none for a strategy that is no dataclass."""
    parameters: object = strategy
    return plain_table(parameters) if is_dataclass(parameters) else {}


def load_settings(path: Path | None = None, overrides: Iterable[str] = ()) -> Settings:
    """Settings from a TOML file (None: the defaults) with `table.key=value` overrides on top.

    Raises:
        ConfigError: if the file can't be read, or a table, key or value can't be used.
    """
    tables = _read(path) if path else {}
    for override in overrides:
        _override(tables, override)
    for name, table in tables.items():
        _refuse_unknown("table", name, TABLES)
        _refuse_unless_table(name, table)
    return Settings(
        strategy=_strategy(tables.get("strategy", {})),
        risk=_record("risk", RiskConfig, tables.get("risk", {})),
        execution=_record("execution", ExecutionConfig, tables.get("execution", {})),
        products={symbol: _product(symbol, table) for symbol, table in tables.get("products", {}).items()},
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
    _refuse_unknown("table", table, TABLES)
    section = _section(tables, table)
    if table == "products":
        symbol, _, key = key.strip('"').rpartition(".")
        section = _section(section, symbol.strip('"'))
    section[key] = _toml_value(value.strip())


def _section(tables: dict[str, Any], name: str) -> dict[str, Any]:
    section: dict[str, Any] = tables.setdefault(name, {})
    _refuse_unless_table(name, section)
    return section


def _refuse_unless_table(name: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise ConfigError(f"{name}: expected a table [{name}] with keys, was {value!r}.")


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _strategy(table: dict[str, Any]) -> Strategy:
    parameters = dict(table)
    name = parameters.pop("name", DonchianBreakout.name)
    if name not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise ConfigError(
            f"strategy.name: {name!r} isn't known; known: {known}.{did_you_mean(str(name), STRATEGIES)}"
        )
    return _record("strategy", STRATEGIES[name], parameters)


def _record(name: str, kind: type[T], table: dict[str, Any]) -> T:
    """A frozen dataclass from a table whose keys are its fields."""
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]  # always a dataclass here
    hints = get_type_hints(kind)
    for key in table:
        _refuse_unknown("key", key, known, table=name)
    return kind(**{key: _typed(f"{name}.{key}", hints[key], value) for key, value in table.items()})


def _typed(name: str, hint: Any, value: Any) -> Any:
    try:
        # By way of JSON: strict about types, yet an array is a tuple and a text is an enum's value.
        return TypeAdapter(hint).validate_json(json.dumps(value, default=str), strict=True)
    except ValidationError as error:
        raise ConfigError(f"{name}: {error.errors()[0]['msg'].lower()}, was {value!r}.") from None


def _product(symbol: str, table: Any) -> ProductSpec:
    if not isinstance(table, dict):
        raise ConfigError(f'products: expected a table [products."{symbol}"] with keys, was {table!r}.')
    for key in table:
        _refuse_unknown("key", key, _PRODUCT_KEYS, table=f'products."{symbol}"')
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


def _refuse_unknown(what: str, name: str, known: Iterable[str], table: str = "") -> None:
    known = sorted(known)
    if name not in known:
        where = f" in [{table}]" if table else ""
        raise ConfigError(
            f"Unknown {what} {name!r}{where}.{did_you_mean(name, known)} Known: {', '.join(known)}."
        )
