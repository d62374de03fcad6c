"""A risk configuration in the terms of the step."""

from __future__ import annotations

from argusnexus.model.product import currencies
from argusnexus.model.times import MINUTE
from argusnexus.risk.config import RiskConfig
from argusnexus.risk.layers import RiskLimits

_CORRELATED_BASES = frozenset({"BTC", "ETH"})


class RiskManager:
    """The limits of one account, and which of its symbols move together."""

    def __init__(self, config: RiskConfig | None = None) -> None:
        self.config = config or RiskConfig()

    @property
    def limits(self) -> RiskLimits:
        config = self.config
        return RiskLimits(
            max_trades_per_hour=config.max_trades_per_hour,
            daily_loss=config.daily_loss_limit,
            max_drawdown=config.max_drawdown,
            circuit_breaker=config.circuit_breaker,
            cooldown=round(config.circuit_breaker_cooldown_minutes * MINUTE),
            min_risk_reward=config.min_risk_reward,
            max_asset_concentration=config.max_asset_concentration,
            max_correlated_exposure=config.max_correlated_exposure,
            max_leverage=config.max_leverage,
        )

    def group_of(self, symbol: str) -> str:
        """A name shared by exactly those symbols that count as correlated with this one."""
        if self.config.correlation_groups is None:
            base, quote = currencies(symbol)
            return f"{'+'.join(sorted(_CORRELATED_BASES))}-{quote}" if base in _CORRELATED_BASES else symbol
        for group in self.config.correlation_groups:
            if symbol in group:
                return "+".join(group)
        return symbol
