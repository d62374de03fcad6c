"""What explanations read of a run: its settings, how its prices are written, what its strategy needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from argusnexus.errors import LedgerError
from argusnexus.model.settings import ExecutionConfig
from argusnexus.report.why.units import Units, units_of
from argusnexus.risk import RiskConfig

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from argusnexus.model.conditions import Condition
    from argusnexus.model.runs import Run
    from argusnexus.truth.queries import LedgerReader


class Terms(NamedTuple):
    """The settings that a plan rests on."""

    risk_per_trade: float
    max_asset_concentration: float
    stop_buffer: float
    taker_fee: float
    max_participation: float
    entry_ttl: int


class Source(NamedTuple):
    """One symbol of a run in a ledger.

    Attributes:
        run: None for rows from outside a run.
        conditions: what an entry needs; empty where the strategy doesn't say, or there is no tape.
        notices: what could not be read.
    """

    reader: LedgerReader
    run: Run | None
    symbol: str
    units: Units
    terms: Terms
    conditions: tuple[Condition, ...]
    notices: tuple[str, ...]


def read_source(reader: LedgerReader, run_id: str | None, symbol: str) -> Source:
    """A run's symbol; a lost tape takes its conditions only.

    Raises:
        UnknownRunError: if the ledger has no such run.
    """
    run = None if run_id is None else reader.run(run_id)
    config: Mapping[str, Any] = {} if run is None else run.config
    conditions: tuple[Condition, ...] = ()
    notices: tuple[str, ...] = ()
    if run is not None:
        try:
            conditions = reader.conditions(run.run_id, symbol)
        except LedgerError as error:
            notices = (str(error),)
    return Source(reader, run, symbol, units_of(symbol, config), terms_of(config), conditions, notices)


def terms_of(config: Mapping[str, Any]) -> Terms:
    """The recorded settings; what a configuration doesn't name stands for its default."""
    recorded = {**(config.get("risk") or {}), **(config.get("execution") or {})}
    defaults = {
        name: getattr(table, name) for table in (RiskConfig(), ExecutionConfig()) for name in table.__slots__
    }
    return Terms(**{name: recorded.get(name, defaults[name]) for name in Terms._fields})
