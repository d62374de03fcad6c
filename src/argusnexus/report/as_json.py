"""Reports and stories as JSON: money and ratios as numbers, prices and quantities as decimal strings, times as ISO-8601."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum, IntEnum
from typing import Any

from argusnexus.model.times import iso
from argusnexus.money import Amount, plain
from argusnexus.report.answerable import answerable

_EXACT = {
    "base_increment", "entry_price", "exit_price", "first_open", "last_close", "limit_price", "mark",
    "max_market_funds", "min_market_funds", "price", "quantity", "quote_increment", "stop", "stop_trigger_price",
    "take_profit", "take_profit_price",
}  # fmt: skip


def to_dict(report: Any) -> dict[str, Any]:
    """The summary in sections, keys in their given order; `run_info` of an unknown run is empty."""
    sections = record_to_dict(report)
    return sections | {"run_info": sections["run_info"] or {}}


def to_json(report: Any, indent: int | None = 2) -> str:
    """The same as text.

    Raises:
        LedgerError: if it holds a number that JSON can't.
    """
    return json.dumps(to_dict(report), indent=indent, allow_nan=False, ensure_ascii=False)


def record_to_dict(record: Any) -> dict[str, Any]:
    """A frozen record, and all that is in it, as JSON values; enums by their value, codes by their name.

    Raises:
        LedgerError: if it holds a number that JSON can't.
    """
    with answerable("It can't be written as JSON"):
        return _record(record)


def _record(record: Any) -> dict[str, Any]:
    return {item.name: _field(item.name, getattr(record, item.name)) for item in fields(record)}


def _field(name: str, value: Any) -> Any:
    return plain(value) if name in _EXACT and isinstance(value, Amount) else _value(value)


def _value(value: Any) -> Any:
    if isinstance(value, Amount | float):
        return _finite(value)
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, IntEnum):
        return getattr(value, "label", value.name)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _value(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_value(item) for item in value]
    return _record(value) if is_dataclass(value) else value


def _finite(value: Amount | float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value:.3g} is no number in JSON")
    return number
