"""`ReportGenerator`: a run's report, read from the ledger."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from argusnexus.clock import Clock, SystemClock
from argusnexus.errors import UnknownRunError
from argusnexus.metrics import expectancy
from argusnexus.report import build_report, empty_report, render, to_dict, to_json
from argusnexus.truth.queries import LedgerReader

if TYPE_CHECKING:
    from argusnexus.report import Report


class ReportGenerator:
    """Reads one run and reports it; a run that the ledger doesn't have is an empty report.

    Raises:
        LedgerError: if the ledger can't be read.
    """

    def __init__(self, db_path: str | Path, run_id: str, *, clock: Clock | None = None) -> None:
        self.db_path = Path(db_path)
        self.run_id = run_id
        self._clock = clock or SystemClock()

    @cached_property
    def report(self) -> Report:
        """The typed summary, read once."""
        now = self._clock.now()
        if not self.db_path.exists():
            return empty_report(self.run_id, now)
        try:
            with LedgerReader(self.db_path) as reader:
                return build_report(reader, self.run_id, now)
        except UnknownRunError:
            return empty_report(self.run_id, now)

    def generate(self) -> dict[str, Any]:
        """The report as a dict of JSON values."""
        return to_dict(self.report)

    def to_json(self, indent: int | None = 2) -> str:
        """The report as JSON text."""
        return to_json(self.report, indent=indent)

    def print_console(self, console: Console | None = None) -> None:
        """Print the report; None prints to standard output."""
        render(self.report, console or Console())

    def _calculate_expectancy(self, win_rate: float, avg_win: float, avg_loss: float) -> float:
        """Mean net P&L of a trade, from a win rate in per cent and the size of the average win and loss."""
        return float(expectancy(win_rate, avg_win, avg_loss))
