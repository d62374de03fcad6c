"""The summary as JSON: money and ratios as numbers, prices and quantities as decimal strings, times as ISO-8601."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from argusnexus.model.times import iso
from argusnexus.money import Amount, plain

if TYPE_CHECKING:
    from argusnexus.report.summary import Report

_EXACT = {"entry_price", "quantity", "mark", "first_open", "last_close"}


def to_dict(report: Report) -> dict[str, Any]:
    """The summary in sections, keys in their given order; `run_info` of an unknown run is empty."""
    sections = _table(report)
    return sections | {"run_info": sections["run_info"] or {}}


def to_json(report: Report, indent: int | None = 2) -> str:
    """The same as text.

    Raises:
        ValueError: if it holds a number that JSON can't.
    """
    return json.dumps(to_dict(report), indent=indent, allow_nan=False, ensure_ascii=False)


def _table(record: Any) -> dict[str, Any]:
    return {item.name: _field(item.name, getattr(record, item.name)) for item in fields(record)}


def _field(name: str, value: Any) -> Any:
    return plain(value) if name in _EXACT and isinstance(value, Amount) else _value(value)


def _value(value: Any) -> Any:
    if isinstance(value, Amount):
        return float(value)
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _value(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_value(item) for item in value]
    return _table(value) if is_dataclass(value) else value
