"""What a tape says of itself: each symbol's indicators and entry conditions, held against its columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from argusnexus.model.conditions import Comparison, Condition
from argusnexus.truth.tape import CONDITIONS, INDICATORS, column_types

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class TapeNotes(NamedTuple):
    """By symbol, in the order of the tape.

    Attributes:
        indicators: names of the columns that the strategy logged.
        conditions: what an entry needs; no symbol on the tapes of older ledgers.
        closes: whether every line has its candle's close; not on the tapes of older ledgers.
    """

    indicators: Mapping[str, tuple[str, ...]]
    conditions: Mapping[str, tuple[Condition, ...]]
    closes: bool


def read_notes(schema: pa.Schema) -> TapeNotes:
    """The notes of a tape whose columns are what they say.

    Raises:
        pyarrow.ArrowInvalid: if they aren't, or there are none.
    """
    metadata = schema.metadata or {}
    if INDICATORS not in metadata:
        raise pa.ArrowInvalid(f"it has no metadata {INDICATORS.decode()}, which every tape has")
    notes = TapeNotes(
        _by_symbol(metadata, INDICATORS, _name),
        _by_symbol(metadata, CONDITIONS, _condition),
        CONDITIONS in metadata,
    )
    _refuse_other_columns(schema, notes)
    return notes


def _by_symbol(
    metadata: Mapping[bytes, bytes], key: bytes, read: Callable[[Any], Any]
) -> dict[str, tuple[Any, ...]]:
    try:
        listed = json.loads(metadata.get(key, b"{}"))
        return {symbol: tuple(read(one) for one in _list(found)) for symbol, found in listed.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise pa.ArrowInvalid(f"its metadata {key.decode()} can't be read ({error})") from error


def _list(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise TypeError(f"expected a list, was {found!r}")
    return found


def _name(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"expected a name, was {text!r}")
    return text


def _condition(listed: Any) -> Condition:
    name, left, sign, right = _list(listed)
    bound = right if isinstance(right, int | float) else _name(right)
    return Condition(_name(name), _name(left), Comparison(sign), bound)


def _refuse_other_columns(schema: pa.Schema, notes: TapeNotes) -> None:
    names = dict.fromkeys(name for listed in notes.indicators.values() for name in listed)
    found = dict(zip(schema.names, schema.types, strict=True))
    for name, kind in column_types(names).items():
        if name == "close" and not notes.closes:
            continue
        if found.get(name) != kind:
            raise pa.ArrowInvalid(f"expected a column {name} of {kind}, was {found.get(name, 'none')}")
