"""The `[risk]` table."""

from __future__ import annotations

from dataclasses import dataclass

from argusnexus.errors import ConfigError
from argusnexus.model.settings import refuse_unless_at_least, refuse_unless_fraction

_FRACTIONS = (
    "daily_loss_limit",
    "max_drawdown",
    "circuit_breaker",
    "max_asset_concentration",
    "stop_buffer",
)
_NUMBERS = (
    "max_trades_per_hour",
    "circuit_breaker_cooldown_minutes",
    "min_risk_reward",
    "max_correlated_exposure",
    "max_leverage",
)


@dataclass(frozen=True, slots=True)
class RiskConfig:
    """Limits of an account. Fractions are fractions: 0.01 is one per cent.

    Attributes:
        risk_per_trade: of the equity, lost at most when the stop fills at its worst, fees not counted.
        max_trades_per_hour: entries submitted within 60 minutes, all symbols of the account.
        daily_loss_limit: of the equity before 00:00 UTC, as realised net loss.
        max_drawdown: of the peak equity; reaching it halts the account for the rest of the run; 1.0 switches it off.
        circuit_breaker: a candle that moves this much from open to close blocks entries at its close ...
        circuit_breaker_cooldown_minutes: ... and for this long after it.
        min_risk_reward: (take profit - entry) / (entry - stop).
        max_asset_concentration: value of one position, of the equity.
        max_correlated_exposure: value of one correlation group, of the equity.
        max_leverage: value of all positions, of the equity.
        stop_buffer: how far beyond its trigger the venue's stop-limit can fill.
        correlation_groups: lists of symbols that move together; None: BTC and ETH of one quote currency.
    """

    risk_per_trade: float = 0.01
    max_trades_per_hour: int = 5
    daily_loss_limit: float = 0.02
    max_drawdown: float = 0.25
    circuit_breaker: float = 0.08
    circuit_breaker_cooldown_minutes: float = 30.0
    min_risk_reward: float = 1.5
    max_asset_concentration: float = 0.30
    max_correlated_exposure: float = 0.50
    max_leverage: float = 1.0
    stop_buffer: float = 0.05
    correlation_groups: tuple[tuple[str, ...], ...] | None = None

    def __post_init__(self) -> None:
        refuse_unless_fraction("risk", "risk_per_trade", self.risk_per_trade, below_one=True)
        for name in _FRACTIONS:
            refuse_unless_fraction("risk", name, getattr(self, name))
        for name in _NUMBERS:
            refuse_unless_at_least("risk", name, getattr(self, name), 0)
        self._refuse_shared_symbols()

    def _refuse_shared_symbols(self) -> None:
        symbols = [symbol for group in self.correlation_groups or () for symbol in group]
        twice = sorted({symbol for symbol in symbols if symbols.count(symbol) > 1})
        if twice:
            raise ConfigError(
                f"risk.correlation_groups: {', '.join(twice)} stands more than once; a symbol belongs to one group."
            )
