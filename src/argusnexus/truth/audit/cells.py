"""Rows as they are stored, read cell by cell, so that one unreadable cell hides nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from argusnexus.truth.audit.findings import UNUSABLE
from argusnexus.truth.codecs import AMOUNT, JSON, MOMENT, RISK_CHECKS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from argusnexus.truth.audit.findings import Findings
    from argusnexus.truth.codecs import Codec, SqlValue
    from argusnexus.truth.connection import Connection
    from argusnexus.truth.tables import Table


_ABSENT = "no such key"


class StoredRow:
    """One row of a table.

    Attributes:
        cells: by column, as SQLite has them.
    """

    __slots__ = ("_read", "cells", "table")

    def __init__(self, table: Table[Any], cells: Mapping[str, SqlValue]) -> None:
        self.table = table
        self.cells = cells
        self._read: dict[str, Any] = {}

    @property
    def row_id(self) -> str:
        (first, *others) = self.table.key
        return (
            " ".join(str(self.cells[name]) for name in (first, *others)) if others else str(self.cells[first])
        )

    def read(self, column: str) -> Any:
        """A cell's value; None where it is NULL or unreadable."""
        if column not in self._read:
            self._read[column] = self._decoded(column)
        return self._read[column]

    def _decoded(self, column: str) -> Any:
        stored = self.cells[column]
        if stored is None:
            return None
        try:
            return self.table.columns[column].decode(stored)
        except UNUSABLE:
            return None

    def compare(self, expected: Mapping[str, SqlValue], findings: Findings, words: str) -> None:
        """A finding for every cell that isn't as expected, with the path inside it where it holds JSON."""
        findings.checks += len(expected)
        if self.cells == expected:
            return
        for column, wanted in expected.items():
            stored = self.cells[column]
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
    """Rows of a table; `condition` is the SQL after WHERE."""
    names = tuple(table.columns)
    found = connection.query(f"{table.select} WHERE {condition} ORDER BY rowid", parameters)
    return [StoredRow(table, dict(zip(names, values, strict=True))) for values in found]
