"""From a TOML table to a frozen record whose fields are the table's keys."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from argusnexus.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


def record_from(name: str, kind: type[T], table: dict[str, Any]) -> T:
    """A frozen dataclass from the table of this name.

    Raises:
        ConfigError: if a key isn't known or a value is of another type.
    """
    return kind(**values_of(name, kind, table))


def values_of(name: str, kind: type[Any], table: dict[str, Any]) -> dict[str, Any]:
    """The table's values as the types that the dataclass's fields have.

    Raises:
        ConfigError: if a key isn't known or a value is of another type.
    """
    types = field_types(kind)
    for key in table:
        refuse_unknown("key", key, types, table=name)
    return {key: _typed(f"{name}.{key}", types[key], value) for key, value in table.items()}


def field_types(kind: type[Any]) -> dict[str, Any]:
    """The types of the fields that a dataclass is made from, by name.

    Raises:
        NameError: if an annotation names what its module doesn't have.
    """
    made_from = [item for item in fields(kind) if item.init]
    if any(isinstance(item.type, str) for item in made_from):
        hints = get_type_hints(kind)
        return {item.name: hints[item.name] for item in made_from}
    return {item.name: item.type for item in made_from}


def _typed(name: str, hint: Any, value: Any) -> Any:
    try:
        # By way of JSON: strict about types, yet an array is a tuple and a text is an enum's value.
        return TypeAdapter(hint).validate_json(json.dumps(value, default=str), strict=True)
    except ValidationError as error:
        raise ConfigError(f"{name}: {error.errors()[0]['msg'].lower()}, was {value!r}.") from None


def refuse_unknown(what: str, name: str, known: Iterable[str], table: str = "") -> None:
    """A ConfigError with a suggestion unless the name is one of those known."""
    known = sorted(known)
    if name not in known:
        where = f" in [{table}]" if table else ""
        listed = f"Known: {', '.join(known)}." if known else "It has none."
        raise ConfigError(f"Unknown {what} {name!r}{where}.{did_you_mean(name, known)} {listed}")
