"""The public inputs and results of the oracle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple


class OracleDataError(ValueError):
    """Input that stops a replay before it starts."""


@dataclass(frozen=True)
class OracleCandles:
    """Columns of candles; times are open times in nanoseconds since the epoch, UTC."""

    times: list[int]
    opens: list[float]
    highs: list[float]
    lows: list[float]
    closes: list[float]
    volumes: list[float]
    granularity_ns: int


@dataclass(frozen=True)
class OracleProduct:
    base_increment: Decimal
    quote_increment: Decimal
    min_market_funds: Decimal
    max_market_funds: Decimal
    base_currency: str
    quote_currency: str


@dataclass(frozen=True)
class OracleSettings:
    """Tables as in the configuration; missing keys take the defaults."""

    strategy: Mapping[str, Any] = field(default_factory=dict)
    risk: Mapping[str, Any] = field(default_factory=dict)
    execution: Mapping[str, Any] = field(default_factory=dict)


class OracleSignal(NamedTuple):
    """What a strategy says at one close; a NaN trailing distance leaves the trailing stop."""

    entry: bool
    entry_price: float
    stop: float
    take_profit: float
    exit: bool
    exit_reason: str
    trailing_distance: float
    hold_reason: str


class OracleLayer(NamedTuple):
    layer: str
    value: Decimal
    passed: bool


class OracleDecision(NamedTuple):
    """One decision; layers is empty unless the risk layers were reached."""

    as_of_ns: int
    result: str
    reason: str
    layers: tuple[OracleLayer, ...] = ()


class OracleHalt(NamedTuple):
    time_ns: int
    equity: Decimal
    peak: Decimal


@dataclass(frozen=True)
class OracleTrade:
    """A closed trade; mae and mfe are per unit, r_multiple is rounded to 60 digits."""

    symbol: str
    entry_time_ns: int
    exit_time_ns: int
    entry_price: Decimal
    exit_price: Decimal
    quantity: Decimal
    fees: Decimal
    net_pnl: Decimal
    gross_pnl: Decimal
    r_multiple: Decimal
    mae: Decimal
    mfe: Decimal
    exit_reason: str
    planned_entry: Decimal
    planned_stop: Decimal
    planned_take_profit: Decimal


@dataclass(frozen=True)
class OracleOpenPosition:
    """A position still open at the end of the data, marked to the last close."""

    symbol: str
    entry_time_ns: int
    entry_price: Decimal
    quantity: Decimal
    mark: Decimal
    mae: Decimal
    mfe: Decimal
    planned_entry: Decimal
    planned_stop: Decimal
    planned_take_profit: Decimal


@dataclass(frozen=True)
class OracleRun:
    """Results; accounts are named by symbol in independent mode, else "portfolio"."""

    trades: list[OracleTrade]
    open_positions: list[OracleOpenPosition]
    decisions: dict[str, list[OracleDecision]]
    ambiguous: dict[str, int]
    expired: dict[str, int]
    halts: dict[str, OracleHalt | None]
    final_cash: dict[str, Decimal]
    final_equity: dict[str, Decimal]
