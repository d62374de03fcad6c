"""One table's rows of a run, found by the ids that they should have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from argusnexus.truth.audit.cells import StoredRow, stored_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argusnexus.truth.audit.findings import Findings
    from argusnexus.truth.codecs import SqlValue
    from argusnexus.truth.connection import Connection
    from argusnexus.truth.tables import Table


class Shelf:
    """Rows by id; each may be taken once.

    A row whose id is wrong is still found by what else identifies it, and one that says it is of another run by its
    id, so that a finding names the row and its wrong cell.
    """

    def __init__(self, connection: Connection, table: Table[Any], run_id: str, findings: Findings) -> None:
        self.table = table
        self._connection = connection
        self._rows = {row.row_id: row for row in stored_rows(connection, table, "run_id = ?", run_id)}
        findings.there_are(table.name, self._rows)
        self._taken: set[str | None] = set()
        self._by_cells: dict[tuple[str, ...], dict[tuple[SqlValue, ...], list[StoredRow]]] = {}

    def rows(self) -> list[StoredRow]:
        """All rows of the run."""
        return list(self._rows.values())

    def take_each(self, row_ids: Iterable[str | None]) -> list[StoredRow | None]:
        """The rows of these ids; None is no id."""
        ids = list(row_ids)
        self._taken.update(ids)
        return [None if row_id is None else self._rows.get(row_id) for row_id in ids]

    def search(self, row_id: str, **identity: SqlValue) -> StoredRow | None:
        """Where there is no row of this id: one not taken with these cells, else one of this id in another run."""
        row = self._alike(identity) or self._elsewhere(row_id)
        if row is not None:
            self._taken.add(row.row_id)
        return row

    def rest(self) -> list[StoredRow]:
        """The rows that nothing asked for."""
        return [row for row in self._rows.values() if row.row_id not in self._taken]

    def _alike(self, identity: dict[str, SqlValue]) -> StoredRow | None:
        columns = tuple(identity)
        if columns not in self._by_cells:
            self._by_cells[columns] = self._rows_by(columns)
        found = self._by_cells[columns].get(tuple(identity.values()), [])
        free = [row for row in found if row.row_id not in self._taken]
        return free[0] if len(free) == 1 else None

    def _rows_by(self, columns: tuple[str, ...]) -> dict[tuple[SqlValue, ...], list[StoredRow]]:
        places = [self.table.places[name] for name in columns]
        alike: dict[tuple[SqlValue, ...], list[StoredRow]] = {}
        for row in self._rows.values():
            alike.setdefault(tuple(row.values[place] for place in places), []).append(row)
        return alike

    def _elsewhere(self, row_id: str) -> StoredRow | None:
        (key,) = self.table.key
        found = stored_rows(self._connection, self.table, f"{key} = ?", row_id)
        return found[0] if found else None
