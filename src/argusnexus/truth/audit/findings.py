"""What an audit finds, and how much it covered."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus.errors import ArgusError
from argusnexus.model.settings import PERCENT
from argusnexus.model.times import from_ns, iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

    import numpy.typing as npt

    from argusnexus.model.candles import BoolColumn
    from argusnexus.truth.tape import TapeTable

TAPE = "tape"

UNUSABLE = (ArithmeticError, ArgusError, AttributeError, LookupError, TypeError, ValueError)
"""What values that make no sense can raise when they are computed with."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something recorded that isn't what the rest of the run makes it.

    Attributes:
        table: of the ledger, or "tape".
        row_id: the row's key; of a line of the tape, its symbol and time.
        column: with the path inside it where it holds JSON.
        expected, found: as text; "nothing" where there is no value.
        words: what the expectation rests on.
    """

    table: str
    row_id: str
    column: str
    expected: str
    found: str
    words: str


@dataclass(frozen=True, slots=True)
class TableCount:
    """How many rows a table has for the run, those included that are missing from it, and how many proved right."""

    table: str
    rows: int
    sound: int


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of recomputing a run.

    Attributes:
        findings: by table, in the order in which they were found.
        tables: rows covered, by table.
        checks: how many values were compared.
        notices: what could not be audited, and why.
    """

    run_id: str
    findings: tuple[Finding, ...]
    tables: tuple[TableCount, ...]
    checks: int
    notices: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.findings

    @property
    def coverage_percent(self) -> float:
        """Rows for which everything that the audit knows a rule for was recomputed and agreed, in per cent of all rows.

        All rows are the run's own row, its decisions, orders, fills and trades, those that should be there and are
        not, and the lines of its tape.
        """
        rows = sum(count.rows for count in self.tables)
        return PERCENT * sum(count.sound for count in self.tables) / rows if rows else 0.0


class Findings:
    """Collects what an audit finds."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self.notices: list[str] = []
        self.checks = 0
        self._rows: dict[str, set[str]] = defaultdict(set)
        self._checked: dict[str, set[str]] = defaultdict(set)
        self._lines: Counter[str] = Counter()
        self._faulty_lines: dict[str, BoolColumn] = {}

    def add(self, table: str, row_id: str, column: str, expected: Any, found: Any, words: str) -> None:
        """Something is wrong."""
        self.found.append(Finding(table, row_id, column, shown(expected), shown(found), words))

    def check(self, table: str, row_id: str, column: str, expected: Any, found: Any, words: str) -> None:
        """A finding unless both are the same."""
        self.checks += 1
        if expected != found:
            self.add(table, row_id, column, expected, found, words)

    def require(
        self, table: str, row_id: str, column: str, found: Any, words: str, *parts: object, holds: bool
    ) -> None:
        """A finding unless it holds; `words` say what is expected, with `parts` where they have `%s`."""
        self.checks += 1
        if not holds:
            self.add(table, row_id, column, words % parts if parts else words, found, "recomputed")

    def there_are(self, table: str, row_ids: Iterable[str]) -> None:
        """Count rows of the run."""
        self._rows[table].update(row_ids)

    def covered(self, table: str, *row_ids: str) -> None:
        """Rows for which everything was recomputed."""
        self._rows[table].update(row_ids)
        self._checked[table].update(row_ids)

    def missing(self, table: str, row_id: str, words: str) -> None:
        """A row that should be there."""
        self._rows[table].add(row_id)
        self.add(table, row_id, "row", "a row", None, words)

    def there_are_lines(self, tape: TapeTable) -> None:
        """Count a symbol's lines; they count as covered."""
        self._lines[tape.symbol] = len(tape)
        self._faulty_lines[tape.symbol] = np.zeros(len(tape), np.bool_)

    def lines(
        self,
        tape: TapeTable,
        column: str,
        expected: npt.NDArray[Any],
        found: npt.NDArray[Any],
        words: str,
        labels: Sequence[str] | None = None,
    ) -> None:
        """One finding for all lines on which the two columns differ; NaN equals NaN."""
        self.checks += len(tape)
        with np.errstate(invalid="ignore"):
            differs = (expected != found) & ~((expected != expected) & (found != found))  # noqa: PLR0124 (NaN)
        rows = np.flatnonzero(differs)
        if not len(rows):
            return
        self._faulty_lines[tape.symbol] |= differs
        first = int(rows[0])
        more = f" (and {len(rows) - 1} more lines)" if len(rows) > 1 else ""
        wanted, seen = expected[first].item(), found[first].item()
        if labels is not None:
            wanted, seen = labels[int(wanted)], labels[int(seen)]
        self.add(TAPE, line_id(tape, first), column, wanted, seen, words + more)

    def line(self, tape: TapeTable, row: int, column: str, expected: Any, found: Any, words: str) -> None:
        """As `check`, for one line."""
        self.checks += 1
        if expected != found:
            self._faulty_lines[tape.symbol][row] = True
            self.add(TAPE, line_id(tape, row), column, expected, found, words)

    def guarded(self, table: str, row_id: str, column: str) -> Guard:
        """What can't be computed with is a finding."""
        return Guard(self, table, row_id, column)

    def audit(self, run_id: str, tables: Sequence[str]) -> Audit:
        """All of it, in the order of the tables."""
        place = {table: number for number, table in enumerate((*tables, TAPE))}
        found = sorted(self.found, key=lambda finding: place.get(finding.table, len(place)))
        counts = [self._count(table) for table in tables] + [self._tape_count()]
        return Audit(run_id, tuple(found), tuple(counts), self.checks, tuple(self.notices))

    def _count(self, table: str) -> TableCount:
        faulty = {finding.row_id for finding in self.found if finding.table == table}
        rows = self._rows[table]
        return TableCount(table, len(rows), len((self._checked[table] & rows) - faulty))

    def _tape_count(self) -> TableCount:
        faulty = sum(int(lines.sum()) for lines in self._faulty_lines.values())
        return TableCount(TAPE, self._lines.total(), self._lines.total() - faulty)


class Guard(NamedTuple):
    """Makes a finding of what goes wrong inside."""

    findings: Findings
    table: str
    row_id: str
    column: str

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, UNUSABLE):
            return False
        found = f"{type(error).__name__}: {error}"
        self.findings.add(self.table, self.row_id, self.column, "values to compute with", found, "unreadable")
        return True


def line_id(tape: TapeTable, row: int) -> str:
    """A line of the tape as a finding names it."""
    return f"{tape.symbol} {iso(from_ns(int(tape.as_of[row])))}"


def shown(value: Any) -> str:
    """A value in a finding."""
    return "nothing" if value is None else str(value)
