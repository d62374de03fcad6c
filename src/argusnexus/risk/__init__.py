"""Risk: ten layers that an entry passes, and the size it may have. Pure; nothing here blocks an exit."""

from argusnexus.risk.config import RiskConfig
from argusnexus.risk.manager import RiskManager

__all__ = ["RiskConfig", "RiskManager"]
