"""One text, and one hash, for equal settings."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from enum import Enum
from typing import TYPE_CHECKING, Any

from argusnexus.money import Amount, plain

if TYPE_CHECKING:
    from collections.abc import Mapping


def canonical_json(config: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces."""
    return json.dumps(config, sort_keys=True, separators=(",", ":"), allow_nan=False)


def config_hash(config: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical JSON."""
    return hashlib.sha256(canonical_json(config).encode()).hexdigest()


def plain_table(record: Any) -> dict[str, Any]:
    """A dataclass as a table of what it is made from, as JSON values: enums by value, decimals as text."""
    return {
        item.name: _plain_field(getattr(record, item.name), item.type) for item in fields(record) if item.init
    }


def _plain_field(value: Any, declared: Any) -> Any:
    # 2 for a float is 2.0 once it was read back, and the hash must be the same
    whole = declared in (float, "float") and isinstance(value, int)
    return float(value) if whole else _plain_value(value)


def _plain_value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Amount):
        return plain(value)
    if isinstance(value, tuple | list):
        return [_plain_value(item) for item in value]
    return value
