"""What came of replaying a run again: the same, or what differs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class DifferenceKind(Enum):
    """How a row of the ledger and its replay differ."""

    CHANGED = "changed"  # a column holds something else
    MISSING = "missing"  # the replay makes a row that the run doesn't have
    EXTRA = "extra"  # the run has a row that the replay doesn't make


class Subject(Enum):
    """What may have changed since a run was recorded; the value is its name for a reader."""

    GIT_SHA = "git sha"
    PACKAGE_VERSION = "package version"
    STRATEGY_HASH = "strategy hash"
    CONFIG_HASH = "config hash"
    DATA_HASH = "data hash"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that a run recorded and that is different today; it explains a difference and is none itself.

    Attributes:
        recorded, current: None where there is nothing, for example no checkout.
    """

    subject: Subject
    recorded: str | None
    current: str | None

    @property
    def words(self) -> str:
        """What the reader should make of it."""
        if self.recorded == self.current:
            return "had uncommitted changes then and has some today: they may differ"
        return _MEANING[self.subject]


_MEANING = {
    Subject.GIT_SHA: "the code is of another commit",
    Subject.PACKAGE_VERSION: "the code is of another version",
    Subject.STRATEGY_HASH: "the strategy's file is another",
    Subject.CONFIG_HASH: "the recorded configuration isn't the one that was hashed",
    Subject.DATA_HASH: "the candles are others",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing in which one row differs.

    Attributes:
        row: the row's id; of the tape, symbol and time.
        column: empty where the whole row is missing or extra.
        path: where in a JSON column, for example account.equity or [3].value; empty for the whole cell.
        recorded, replayed: as text; None for NULL or nothing.
    """

    table: str
    row: str
    kind: DifferenceKind
    column: str = ""
    path: str = ""
    recorded: str | None = None
    replayed: str | None = None


@dataclass(frozen=True, slots=True)
class TableVerdict:
    """One table, compared.

    Attributes:
        recorded, replayed: numbers of rows.
        different: rows that differ, are missing or are extra.
        first: the earliest of them; None if there is none.
    """

    table: str
    recorded: int
    replayed: int
    different: int = 0
    first: Difference | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """A run beside its replay.

    Attributes:
        changes: what is different today, asked before the rows were compared.
        tables: in the order in which they were compared.
    """

    run_id: str
    changes: tuple[Change, ...]
    tables: tuple[TableVerdict, ...]

    @property
    def identical(self) -> bool:
        return not self.different

    @property
    def different(self) -> int:
        """Rows that differ, in all tables."""
        return sum(table.different for table in self.tables)

    @property
    def rows(self) -> int:
        """Rows that the run has, in all tables."""
        return sum(table.recorded for table in self.tables)

    @property
    def first(self) -> Difference | None:
        """The first difference of the first table that has one."""
        return next((table.first for table in self.tables if table.first), None)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "run_id": self.run_id,
            "identical": self.identical,
            "rows": self.rows,
            "rows_different": self.different,
            "changed_since": [_change(change) for change in self.changes],
            "first_difference": _difference(self.first),
            "tables": [_verdict(table) for table in self.tables],
        }


def _change(change: Change) -> dict[str, str | None]:
    return {
        "what": change.subject.value,
        "recorded": change.recorded,
        "current": change.current,
        "words": change.words,
    }


def _verdict(table: TableVerdict) -> dict[str, Any]:
    return {
        "table": table.table,
        "rows_recorded": table.recorded,
        "rows_replayed": table.replayed,
        "rows_different": table.different,
        "first_difference": _difference(table.first),
    }


def _difference(difference: Difference | None) -> dict[str, str | None] | None:
    if difference is None:
        return None
    return {
        "table": difference.table,
        "row": difference.row,
        "kind": difference.kind.value,
        "column": difference.column,
        "path": difference.path,
        "recorded": difference.recorded,
        "replayed": difference.replayed,
    }
