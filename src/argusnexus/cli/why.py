"""`argus why`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from argusnexus.cli.options import DEFAULT_DB, AsJson, DbPath, print_json
from argusnexus.errors import ConfigError, LedgerError
from argusnexus.model.times import from_iso
from argusnexus.report import record_to_dict
from argusnexus.report.why import explain_candle, explain_trade, render_why
from argusnexus.truth.queries import LedgerReader

if TYPE_CHECKING:
    from datetime import datetime

    from argusnexus.report.why import CandleStory, TradeStory

_USAGE = "Give a TRADE_ID, or --symbol and --at (and --run unless it is the newest run)."


def why(
    trade_id: Annotated[
        str | None,
        typer.Argument(help="A trade: its id, or a part of it that no other has.", metavar="TRADE_ID"),
    ] = None,
    run_id: Annotated[
        str | None,
        typer.Option("--run", help="As `argus runs` lists it. Default: the newest.", metavar="RUN_ID"),
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="Needed where the run has several.")] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="A date or time in ISO 8601, UTC unless it says otherwise: the newest decision by then is shown.",
            metavar="TIME",
        ),
    ] = None,
    db_path: DbPath = DEFAULT_DB,
    as_json: AsJson = False,
) -> None:
    """Why a trade was made and how it ended, or why nothing happened at a candle.

    A decision is made at its candle's close: --at names that time, not the candle's open.
    """
    _refuse_mixture(trade_id, symbol, at)
    with LedgerReader(db_path) as reader:
        story = _candle(reader, run_id, symbol, at) if at else _trade(reader, trade_id or "", run_id)
    if as_json:
        print_json(record_to_dict(story))
    else:
        render_why(story, Console())


def _refuse_mixture(trade_id: str | None, symbol: str | None, at: str | None) -> None:
    if trade_id and (at or symbol):
        raise ConfigError(
            f"A trade has its own symbol and times: expected a TRADE_ID or --at, not both. {_USAGE}"
        )
    if symbol and not at:
        raise ConfigError(f"--symbol needs --at: expected the time of a candle as well. {_USAGE}")
    if not trade_id and not at:
        raise ConfigError(f"Nothing was asked: expected a trade or a time. {_USAGE}")


def _trade(reader: LedgerReader, text: str, run: str | None) -> TradeStory:
    return explain_trade(reader, reader.resolve_trade_id(text, reader.resolve_run_id(run) if run else None))


def _candle(reader: LedgerReader, run: str | None, symbol: str | None, at: str) -> CandleStory:
    moment = _time(at)
    run_id = reader.resolve_run_id(run) if run else _newest(reader)
    return explain_candle(reader, run_id, symbol or _only_symbol(reader, run_id), moment)


def _time(text: str) -> datetime:
    try:
        return from_iso(text)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"--at: expected a date or time like 2024-05-03 or 2024-05-03T22:00, was {text!r}."
        ) from None


def _newest(reader: LedgerReader) -> str:
    runs = reader.runs()
    if not runs:
        raise LedgerError("The ledger has no runs yet. `argus replay` makes one.")
    return runs[0].run_id


def _only_symbol(reader: LedgerReader, run_id: str) -> str:
    symbols = reader.run(run_id).symbols
    if len(symbols) != 1:
        known = ", ".join(symbols) or "none"
        raise ConfigError(f"--symbol: run {run_id} has {known}; expected one of them.")
    return symbols[0]
