"""Configuration: TOML and `--set` become frozen settings, and settings become a hash."""

from argusnexus.config.canonical import canonical_json, config_hash
from argusnexus.config.settings import Settings, load_settings

__all__ = ["Settings", "canonical_json", "config_hash", "load_settings"]
