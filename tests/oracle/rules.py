"""The settings of a run as exact numbers, with the defaults of the specification."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .exact import exact
from .model import OracleProduct, OracleSettings

MINUTE_NS = 60 * 10**9

RISK_DEFAULTS: dict[str, Any] = {
    "risk_per_trade": 0.01,
    "max_trades_per_hour": 5,
    "daily_loss_limit": 0.02,
    "max_drawdown": 0.25,
    "circuit_breaker": 0.08,
    "circuit_breaker_cooldown_minutes": 30,
    "min_risk_reward": 1.5,
    "max_asset_concentration": 0.30,
    "max_correlated_exposure": 0.50,
    "max_leverage": 1.0,
    "stop_buffer": 0.05,
    "correlation_groups": None,
}
EXECUTION_DEFAULTS: dict[str, Any] = {
    "entry_type": "limit",
    "maker_fee": 0.006,
    "taker_fee": 0.012,
    "slippage_bps": 5.0,
    "entry_ttl": 3,
    "max_participation": 0.1,
}


@dataclass(frozen=True)
class RiskRules:
    risk_per_trade: Fraction
    max_trades_per_hour: Fraction
    daily_loss_limit: Fraction
    max_drawdown: Fraction
    circuit_breaker: float
    cooldown_ns: Fraction
    min_risk_reward: Fraction
    max_asset_concentration: Fraction
    max_correlated_exposure: Fraction
    max_leverage: Fraction
    stop_buffer: Fraction


@dataclass(frozen=True)
class ExecutionRules:
    is_market: bool
    maker_fee: Fraction
    taker_fee: Fraction
    slip: Fraction
    entry_ttl: int
    max_participation: Fraction


@dataclass(frozen=True)
class Rules:
    risk: RiskRules
    execution: ExecutionRules


def merged(table: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(table) - set(defaults)
    if unknown:
        raise ValueError(f"unknown settings: {sorted(unknown)}")
    return {**defaults, **table}


def make_rules(settings: OracleSettings) -> Rules:
    return Rules(_risk_rules(settings), _execution_rules(settings))


def _risk_rules(settings: OracleSettings) -> RiskRules:
    table = merged(settings.risk, RISK_DEFAULTS)
    return RiskRules(
        risk_per_trade=exact(table["risk_per_trade"]),
        max_trades_per_hour=exact(table["max_trades_per_hour"]),
        daily_loss_limit=exact(table["daily_loss_limit"]),
        max_drawdown=exact(table["max_drawdown"]),
        circuit_breaker=float(table["circuit_breaker"]),
        cooldown_ns=exact(table["circuit_breaker_cooldown_minutes"]) * MINUTE_NS,
        min_risk_reward=exact(table["min_risk_reward"]),
        max_asset_concentration=exact(table["max_asset_concentration"]),
        max_correlated_exposure=exact(table["max_correlated_exposure"]),
        max_leverage=exact(table["max_leverage"]),
        stop_buffer=exact(table["stop_buffer"]),
    )


def _execution_rules(settings: OracleSettings) -> ExecutionRules:
    table = merged(settings.execution, EXECUTION_DEFAULTS)
    if table["entry_type"] not in ("limit", "market"):
        raise ValueError(f"unknown entry_type {table['entry_type']!r}")
    return ExecutionRules(
        is_market=table["entry_type"] == "market",
        maker_fee=exact(table["maker_fee"]),
        taker_fee=exact(table["taker_fee"]),
        slip=exact(table["slippage_bps"]) / 10_000,
        entry_ttl=int(table["entry_ttl"]),
        max_participation=exact(table["max_participation"]),
    )


def correlation_group(
    symbol: str, products: Mapping[str, OracleProduct], settings: OracleSettings
) -> frozenset[str]:
    """The symbols whose exposure counts together with the given one, itself included."""
    groups = settings.risk.get("correlation_groups")
    if groups is None:
        return _default_group(symbol, products)
    listed = [frozenset(group) for group in groups if symbol in group]
    return listed[0] if listed else frozenset({symbol})


def _default_group(symbol: str, products: Mapping[str, OracleProduct]) -> frozenset[str]:
    own = products[symbol]
    if own.base_currency not in ("BTC", "ETH"):
        return frozenset({symbol})
    return frozenset(
        other
        for other, product in products.items()
        if product.base_currency in ("BTC", "ETH") and product.quote_currency == own.quote_currency
    )
