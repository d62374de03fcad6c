"""`ReplayResult`: a run for Python and notebooks, over a ledger in memory or in a file."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import pandas as pd
from rich.console import Console
from rich.text import Text

from argusnexus.clock import SystemClock
from argusnexus.errors import ConfigError
from argusnexus.model.times import from_iso
from argusnexus.money import amount
from argusnexus.replay.export import EXPORTS, ExportFormat, export_run
from argusnexus.replay.frames import decisions_frame, equity_frame, table_frame, trades_frame
from argusnexus.replay.notebook import as_html, as_text
from argusnexus.replay.saving import save_run
from argusnexus.report import build_report, record_to_dict, render
from argusnexus.report.texts import money
from argusnexus.report.why import explain_candle, explain_trade, render_why
from argusnexus.truth.audit import audit_run
from argusnexus.truth.tables import FILLS, ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from argusnexus.model.runs import Run
    from argusnexus.report import Report
    from argusnexus.report.why import CandleStory, TradeStory
    from argusnexus.truth.audit import Audit
    from argusnexus.truth.queries import LedgerReader


@dataclass(frozen=True, repr=False)
class Why:
    """A story of a trade or of a candle; printed it is text, in a notebook a page, and `story` is the facts."""

    story: TradeStory | CandleStory

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return record_to_dict(self.story)

    def __repr__(self) -> str:
        return as_text(self._show)

    def _repr_html_(self) -> str:
        return as_html(self._show)

    def _show(self, console: Console) -> None:
        render_why(self.story, console)


@dataclass(frozen=True, eq=False, repr=False)
class ReplayResult:
    """A replay and all that it left.

    Frames are made when they are first asked for. Amounts in them are float64, for computing; the exact decimals are in
    `report`, in the ledger and in what `export` writes. Times are UTC.

    Attributes:
        run_id: in the ledger.
        reader: the ledger, typed and exact.
    """

    run_id: str
    reader: LedgerReader
    _end: Callable[[], None] = field(default=lambda: None)

    def __post_init__(self) -> None:
        weakref.finalize(self, self._end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the ledger go; one in memory is gone then. What was read before stays."""
        self._end()

    @cached_property
    def run(self) -> Run:
        """The run's row: what was asked for, with which code, on which candles."""
        return self.reader.run(self.run_id)

    @cached_property
    def trades(self) -> pd.DataFrame:
        """Closed trades in the order in which they closed, then the open ones; columns as in the ledger."""
        return trades_frame(self.reader, self.run_id)

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """One line a candle and symbol: result, reason, phase, equity, and what the strategy saw as columns."""
        return decisions_frame(self.reader, self.run_id)

    @cached_property
    def orders(self) -> pd.DataFrame:
        """Orders as logged; columns as in the ledger, `payload` is the request body."""
        return table_frame(ORDERS, self.reader.cells(ORDERS, self.run_id)).drop(columns="run_id")

    @cached_property
    def fills(self) -> pd.DataFrame:
        """Executions as logged; columns as in the ledger."""
        return table_frame(FILLS, self.reader.cells(FILLS, self.run_id)).drop(columns="run_id")

    @cached_property
    def equity(self) -> pd.DataFrame:
        """Equity by time, open positions marked, one column an account: a symbol's, or the portfolio's."""
        return equity_frame(self.reader, self.run_id)

    @cached_property
    def report(self) -> Report:
        """The typed summary, with exact amounts; `print_report` shows it."""
        return build_report(self.reader, self.run_id, SystemClock().now())

    def print_report(self, console: Console | None = None) -> None:
        """Print the report; None prints to standard output."""
        render(self.report, console or Console())

    def why(
        self, trade: object = None, *, symbol: str | None = None, at: datetime | str | None = None
    ) -> Why:
        """Why a trade was made and how it ended, or why nothing more happened at a candle.

        Args:
            trade: its trade_id (a part that no other trade shares is enough), or a row of `trades`.
            symbol: instead of a trade, a market ...
            at: ... and a time (text or datetime, UTC unless it says otherwise): the newest decision at or before it.

        Raises:
            ConfigError: if neither or both are given.
            LedgerError: if there is no such trade or decision.
        """
        if (trade is None) == (symbol is None or at is None):
            raise ConfigError("why: expected a trade (its id, or a row of run.trades), or symbol= and at=.")
        if trade is not None:
            trade_id = self.reader.resolve_trade_id(_trade_id(trade), self.run_id)
            return Why(explain_trade(self.reader, trade_id))
        return Why(explain_candle(self.reader, self.run_id, str(symbol), _moment(at)))

    def audit(self) -> Audit:
        """Every row recomputed from the configuration, the tape and one another; `findings` is empty where all agree."""
        return audit_run(self.reader, self.run_id)

    def save(self, db_path: str | Path) -> Path:
        """Keep the run in a ledger file, which is made if it isn't there; `argus report` and the others read it.

        Raises:
            LedgerError: if the file can't be written, or has the run already.
        """
        return save_run(self.reader, self.run_id, db_path)

    def export(
        self,
        folder: str | Path,
        format: str | ExportFormat = "csv",  # noqa: A002 (the word for it)
        tables: Iterable[str] = EXPORTS,
        *,
        replace: bool = False,
    ) -> list[Path]:
        """Write one file a table into a folder, "csv" or "parquet", and name them.

        Raises:
            ConfigError: if an argument can't be used, or a file is there already and `replace` is not set.
        """
        written = export_run(self.reader, self.run_id, folder, _format(format), tables, replace=replace)
        return [one.path for one in written]

    def __repr__(self) -> str:
        return f"<ReplayResult {self._words}>"

    def __rich__(self) -> Text:
        return Text(self._words)

    def _repr_html_(self) -> str:
        return as_html(self.print_report)

    @cached_property
    def _words(self) -> str:
        """The run in a line."""
        run = self.run
        pnls = [trade.net_pnl for trade in self.reader.trades(self.run_id) if trade.net_pnl is not None]
        quotes = "/".join(dict.fromkeys(symbol.rpartition("-")[2] for symbol in run.symbols))
        earned = f"{len(pnls):,} closed trades, net {money(sum(pnls, amount(0)))} {quotes}"
        return f"{self.run_id}: {', '.join(run.symbols)} {run.granularity}, {earned}"


def _trade_id(trade: Any) -> str:
    """From an id, a row of the frame (a mapping, or what itertuples gives) or a trade."""
    if isinstance(trade, str):
        return trade
    is_row = isinstance(trade, Mapping | pd.Series) and "trade_id" in trade
    found = trade["trade_id"] if is_row else getattr(trade, "trade_id", None)
    if not isinstance(found, str):
        raise ConfigError(f"why: expected a trade_id or a row of run.trades, was {type(trade).__name__}.")
    return found


def _moment(at: datetime | str | None) -> datetime:
    if isinstance(at, datetime):
        return from_iso(at.isoformat())
    try:
        return from_iso(str(at))
    except ValueError:
        raise ConfigError(f"at: expected a time like 2024-05-03T22:00, was {at!r}.") from None


def _format(name: str | ExportFormat) -> ExportFormat:
    if isinstance(name, ExportFormat):
        return name
    known = [one.value for one in ExportFormat]
    if name not in known:
        raise ConfigError(f"format: expected {' or '.join(known)}, was {name!r}.")
    return ExportFormat(name)
