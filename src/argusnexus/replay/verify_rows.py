"""Rows of a table beside the rows that the replay makes, cell by cell, as the ledger's own values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from argusnexus.replay.verify_result import Difference, DifferenceKind, TableVerdict
from argusnexus.truth.codecs import JSON, RISK_CHECKS, TEXTS, Codec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from argusnexus.truth.codecs import SqlValue
    from argusnexus.truth.tables import Table

    Cells = Mapping[str, SqlValue]

NOT_COMPARED: Mapping[tuple[str, str], str] = {
    ("runs", "created_by"): "who asked for the run; a replay can't know",
    ("runs", "notes"): "words that somebody added; nothing follows from them",
    ("runs", "started_at"): "wall time of the run, not of its candles",
    ("runs", "completed_at"): "wall time of the run, not of its candles",
    ("runs", "git_sha"): "told as changed since",
    ("runs", "package_version"): "told as changed since",
    ("runs", "strategy_hash"): "told as changed since",
}
"""Columns whose recorded value a replay has no say in, with the reason."""

_TIMES = {
    "halts": "timestamp",
    "decisions": "timestamp",
    "orders": "submitted_at",
    "fills": "timestamp",
    "trades": "entry_timestamp",
}
"""The column that says which row came first; the others are in the order in which they were logged."""

_JSON_CODECS = (JSON, TEXTS, RISK_CHECKS)


class _Found(NamedTuple):
    """A row that differs and when it happened, as text that sorts."""

    moment: str
    difference: Difference


def compare_rows(table: Table[Any], recorded: Sequence[Cells], replayed: Sequence[Cells]) -> TableVerdict:
    """All rows of one table, as the ledger has them, in the order in which they were logged.

    Rows belong together by their key.
    """
    columns = [name for name in table.columns if (table.name, name) not in NOT_COMPARED]
    found = list(_differences(table, columns, recorded, replayed))
    first = min(found, key=lambda one: one.moment).difference if found else None
    return TableVerdict(table.name, len(recorded), len(replayed), len(found), first)


def _differences(
    table: Table[Any], columns: Sequence[str], recorded: Sequence[Cells], replayed: Sequence[Cells]
) -> Iterator[_Found]:
    there = {_key(table, row): row for row in recorded}
    for row in replayed:
        own = there.pop(_key(table, row), None)
        if own is None:
            yield _Found(_moment(table, row), _whole(table, row, DifferenceKind.MISSING))
            continue
        changed = next((name for name in columns if not same(own[name], row[name])), None)
        if changed is not None:
            yield _Found(_moment(table, row), _cell(table, row, changed, own[changed], row[changed]))
    for row in there.values():
        yield _Found(_moment(table, row), _whole(table, row, DifferenceKind.EXTRA))


def same(one: Any, other: Any) -> bool:
    """Equal in type and value, so that 1, 1.0 and True are three."""
    return type(one) is type(other) and bool(one == other)


def _key(table: Table[Any], row: Cells) -> tuple[SqlValue, ...]:
    return tuple(row[name] for name in table.key)


def _moment(table: Table[Any], row: Cells) -> str:
    name = _TIMES.get(table.name)
    return str(row[name]) if name else ""


def _named(table: Table[Any], row: Cells) -> str:
    return " ".join(str(row[name]) for name in table.key)


def _whole(table: Table[Any], row: Cells, kind: DifferenceKind) -> Difference:
    return Difference(table.name, _named(table, row), kind)


def _cell(table: Table[Any], row: Cells, column: str, recorded: SqlValue, replayed: SqlValue) -> Difference:
    place = json_difference(table.columns[column], recorded, replayed)
    return Difference(table.name, _named(table, row), DifferenceKind.CHANGED, column, *place)


class Place(NamedTuple):
    """Where in a cell two values differ, and what is there."""

    path: str
    recorded: str | None
    replayed: str | None


def json_difference(codec: Codec, recorded: SqlValue, replayed: SqlValue) -> Place:
    """The first leaf that differs where both cells are JSON, else the whole cells."""
    whole = Place("", _text(recorded), _text(replayed))
    if codec not in _JSON_CODECS or not (isinstance(recorded, str) and isinstance(replayed, str)):
        return whole
    try:
        return _first_leaf("", json.loads(recorded), json.loads(replayed)) or whole
    except (ValueError, RecursionError):
        return whole


def _first_leaf(path: str, recorded: Any, replayed: Any) -> Place | None:
    if isinstance(recorded, dict) and isinstance(replayed, dict):
        steps = [
            (f"{path}.{key}" if path else key, recorded.get(key, _ABSENT), replayed.get(key, _ABSENT))
            for key in dict.fromkeys((*replayed, *recorded))
        ]
    elif isinstance(recorded, list) and isinstance(replayed, list):
        places = range(max(len(recorded), len(replayed)))
        steps = [(f"{path}[{place}]", _item(recorded, place), _item(replayed, place)) for place in places]
    else:
        return None if same(recorded, replayed) else Place(path, _leaf(recorded), _leaf(replayed))
    return next((leaf for step in steps if (leaf := _first_leaf(*step))), None)


_ABSENT = object()


def _item(values: list[Any], place: int) -> Any:
    return values[place] if place < len(values) else _ABSENT


def _leaf(value: Any) -> str | None:
    """A part of a JSON cell; None where there is none."""
    return None if value is _ABSENT else json.dumps(value)


def _text(value: SqlValue) -> str | None:
    return None if value is None else str(value)
