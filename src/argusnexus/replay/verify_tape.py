"""A run's tape beside the one that the replay makes: every line, every column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from argusnexus.errors import LedgerError
from argusnexus.model.times import from_ns, iso
from argusnexus.replay.verify_result import Difference, DifferenceKind, TableVerdict
from argusnexus.replay.verify_rows import json_difference
from argusnexus.truth.codecs import JSON
from argusnexus.truth.tape import CONDITIONS, INDICATORS
from argusnexus.truth.tape_file import numbers_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argusnexus.model.candles import BoolColumn, IntColumn

TAPE = "tape"
"""What the comparison calls the tape, beside the names of tables."""

DAMAGED = (LedgerError, LookupError, ValueError, AttributeError)
"""What reading a tape that was tampered with can raise."""

_WORDS = {"conditions": CONDITIONS, "indicators": INDICATORS}
"""What a tape says once for all its lines."""


class _Pairs(NamedTuple):
    """Lines of both tapes that belong together, and which have no partner, as row numbers."""

    recorded: IntColumn
    replayed: IntColumn
    extra: IntColumn
    missing: IntColumn


def compare_tapes(recorded: pa.Table, replayed: pa.Table) -> TableVerdict:
    """All lines of both, as they are in the files; lines belong together by symbol and time."""
    pairs = _paired(_keys(recorded), _keys(replayed))
    unlike = _unlike_columns(recorded.take(pairs.recorded), replayed.take(pairs.replayed))
    lines = np.logical_or.reduce(list(unlike.values())) if unlike else np.zeros(len(pairs.recorded), np.bool_)
    words = list(_unlike_words(recorded, replayed))
    found = words + _first_lines(recorded, replayed, pairs, unlike)
    count = len(words) + int(lines.sum()) + len(pairs.extra) + len(pairs.missing)
    return TableVerdict(TAPE, len(recorded), len(replayed), count, found[0] if found else None)


def unreadable(words: str, replayed: pa.Table) -> TableVerdict:
    """What the comparison says of a tape that is gone or damaged."""
    difference = Difference(TAPE, "the whole tape", DifferenceKind.MISSING, recorded=words)
    return TableVerdict(TAPE, 0, len(replayed), len(replayed), difference)


def _keys(lines: pa.Table) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([lines["symbol"].to_pandas(), numbers_of(lines["as_of"])])


def _paired(recorded: pd.MultiIndex, replayed: pd.MultiIndex) -> _Pairs:
    """A line that stands twice has one partner; the second is extra."""
    first = np.flatnonzero(~recorded.duplicated())
    places = recorded[first].get_indexer(replayed)
    known = np.flatnonzero(places >= 0)
    own = first[places[known]]
    extra = np.setdiff1d(np.arange(len(recorded)), own)
    return _Pairs(own, known, extra, np.flatnonzero(places < 0))


def _unlike_columns(recorded: pa.Table, replayed: pa.Table) -> dict[str, BoolColumn]:
    """Of each column that isn't the same throughout, in which lines."""
    names = dict.fromkeys((*replayed.column_names, *recorded.column_names))
    unlike = {name: _unlike(_column(recorded, name), _column(replayed, name)) for name in names}
    return {name: lines for name, lines in unlike.items() if lines.any()}


def _column(lines: pa.Table, name: str) -> pa.ChunkedArray:
    return lines[name] if name in lines.column_names else pa.chunked_array([pa.nulls(len(lines))])


def _unlike(one: pa.ChunkedArray, other: pa.ChunkedArray) -> BoolColumn:
    if one.type != other.type:
        return np.ones(len(one), np.bool_)
    if pa.types.is_floating(one.type):
        left, right = numbers_of(one), numbers_of(other)
        return np.asarray(~((left == right) | (np.isnan(left) & np.isnan(right))))
    same = pc.fill_null(pc.equal(_spelt(one), _spelt(other)), fill_value=False)
    return np.asarray(~same.to_numpy())


def _spelt(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Labels as their texts: two tapes may number them differently."""
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _unlike_words(recorded: pa.Table, replayed: pa.Table) -> Iterator[Difference]:
    for name, key in _WORDS.items():
        cells = [(lines.schema.metadata or {}).get(key, b"").decode() for lines in (recorded, replayed)]
        if cells[0] != cells[1]:
            place = json_difference(JSON, *cells)
            yield Difference(TAPE, "of all lines", DifferenceKind.CHANGED, name, *place)


def _first_lines(
    recorded: pa.Table, replayed: pa.Table, pairs: _Pairs, unlike: dict[str, BoolColumn]
) -> list[Difference]:
    """The earliest line of each kind of difference, earliest first."""
    found = []
    if unlike:
        lines = np.flatnonzero(np.logical_or.reduce(list(unlike.values())))
        place = lines[np.argmin(numbers_of(replayed["as_of"])[pairs.replayed[lines]])]
        column = next(name for name, differs in unlike.items() if differs[place])
        here, there = pairs.recorded[place], pairs.replayed[place]
        texts = _text(recorded, column, here), _text(replayed, column, there)
        found.append((_moment(replayed, there), DifferenceKind.CHANGED, column, *texts))
    if len(pairs.missing):
        found.append((_moment(replayed, pairs.missing[0]), DifferenceKind.MISSING, "", None, None))
    if len(pairs.extra):
        found.append((_moment(recorded, pairs.extra[0]), DifferenceKind.EXTRA, "", None, None))
    found.sort(key=lambda one: one[0])
    return [
        Difference(TAPE, f"{symbol} {iso(from_ns(as_of))}", kind, column, "", *texts)
        for (as_of, symbol), kind, column, *texts in found
    ]


def _moment(lines: pa.Table, row: Any) -> tuple[int, str]:
    return int(numbers_of(lines["as_of"].slice(row, 1))[0]), str(lines["symbol"][int(row)])


def _text(lines: pa.Table, column: str, row: Any) -> str | None:
    value = _column(lines, column)[int(row)]
    if pa.types.is_timestamp(value.type):
        return iso(from_ns(value.value))
    plain = value.as_py()
    return None if plain is None else str(plain)
