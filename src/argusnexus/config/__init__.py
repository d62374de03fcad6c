"""Configuration: TOML and `--set` become frozen settings, and settings become a hash."""

from argusnexus.config.canonical import canonical_json, config_hash
from argusnexus.config.recorded import settings_of
from argusnexus.config.settings import Settings, load_settings
from argusnexus.config.strategies import StrategySource, load_strategy_class, source_of

__all__ = [
    "Settings",
    "StrategySource",
    "canonical_json",
    "config_hash",
    "load_settings",
    "load_strategy_class",
    "settings_of",
    "source_of",
]
