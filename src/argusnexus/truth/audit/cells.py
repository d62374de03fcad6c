"""Rows as they are stored, read cell by cell, so that one unreadable cell hides nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from argusnexus.truth.audit.findings import UNUSABLE
from argusnexus.truth.audit.records import records
from argusnexus.truth.codecs import AMOUNT, JSON, MOMENT, RISK_CHECKS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from argusnexus.truth.audit.findings import Findings
    from argusnexus.truth.codecs import Codec, SqlValue
    from argusnexus.truth.connection import Connection
    from argusnexus.truth.tables import Table


_ABSENT = "no such key"


class StoredRow(NamedTuple):
    """One row of a table.

    Attributes:
        values: as SQLite has them, in the order of the table's columns.
        row_id: its key.
    """

    table: Table[Any]
    values: Sequence[SqlValue]
    row_id: str

    def cell(self, column: str) -> SqlValue:
        """A cell as SQLite has it."""
        return self.values[self.table.places[column]]

    @property
    def cells(self) -> dict[str, SqlValue]:
        """All of them, by column."""
        return dict(zip(self.table.columns, self.values, strict=True))

    def read(self, column: str) -> Any:
        """A cell's value; None where it is NULL or unreadable."""
        stored = self.cell(column)
        if stored is None:
            return None
        try:
            return self.table.columns[column].decode(stored)
        except UNUSABLE:
            return None

    def compare(self, expected: Mapping[str, SqlValue], findings: Findings, words: str) -> None:
        """A finding for every cell that isn't as expected, with the path inside it where it holds JSON."""
        findings.checks += len(expected)
        for column, wanted in expected.items():
            stored = self.cell(column)
            if stored != wanted:
                self._compare_cell(column, wanted, stored, findings, words)

    def _compare_cell(
        self, column: str, wanted: SqlValue, stored: SqlValue, findings: Findings, words: str
    ) -> None:
        codec = self.table.columns[column]
        try:
            pair = _comparable(codec, wanted), _comparable(codec, stored)
        except UNUSABLE:
            findings.add(self.table.name, self.row_id, column, "a value that can be read", stored, words)
            return
        for path, expected, found in differences(column, *pair):
            findings.add(self.table.name, self.row_id, path, expected, found, words)


def _comparable(codec: Codec, value: SqlValue) -> Any:
    """A value whose equality is equality of meaning: 0.50 is 0.5, but a flag of 2 is no flag."""
    if not isinstance(value, str):
        return value
    if codec in (JSON, TEXTS, RISK_CHECKS):
        return json.loads(value)
    return codec.decode(value) if codec in (AMOUNT, MOMENT) else value


def differences(path: str, expected: Any, found: Any) -> Iterator[tuple[str, Any, Any]]:
    """The leaves in which two JSON values differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted({*expected, *found}):
            yield from differences(f"{path}.{key}", expected.get(key, _ABSENT), found.get(key, _ABSENT))
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for place, pair in enumerate(zip(expected, found, strict=True)):
            yield from differences(f"{path}[{place}]", *pair)
    elif expected != found or type(expected) is not type(found):
        yield path, expected, found


def stored_rows(
    connection: Connection, table: Table[Any], condition: str, *parameters: SqlValue
) -> list[StoredRow]:
    """Rows of a table in the order logged; `condition` is the SQL after WHERE."""
    # the rows' numbers are sorted before the rows are read: sorting whole rows takes longer than reading them
    chosen = f"SELECT rowid FROM {table.name} WHERE {condition}"  # noqa: S608 (names from the tables)
    found = connection.query(f"{table.select} WHERE rowid IN ({chosen}) ORDER BY rowid", parameters)
    return list(records(StoredRow, [table] * len(found), found, _row_ids(table, found)))


def _row_ids(table: Table[Any], found: Sequence[Sequence[SqlValue]]) -> list[str]:
    if len(table.key_places) == 1:
        (place,) = table.key_places
        return [str(values[place]) for values in found]
    return [" ".join(str(values[place]) for place in table.key_places) for values in found]
