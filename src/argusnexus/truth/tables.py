"""Which columns each table has and how the model's rows fill them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from argusnexus.errors import LedgerError
from argusnexus.model.decisions import Decision, DecisionResult
from argusnexus.model.orders import Fill, Liquidity, Order, OrderRole, OrderState, Side
from argusnexus.model.runs import CapitalMode, Halt, MarketTimeBasis, Run, RunMode, RunStatus, RunSymbol
from argusnexus.model.trades import Trade, TradeStatus
from argusnexus.model.trials import Sweep, Trial, TrialStatus
from argusnexus.truth.codecs import (
    AMOUNT,
    AXES,
    FLAG,
    JSON,
    MOMENT,
    PLAIN,
    RISK_CHECKS,
    TEXTS,
    Codec,
    SqlValue,
    by_label,
    by_name,
    by_value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Row = TypeVar("Row")
Part = TypeVar("Part", bound=NamedTuple)


@dataclass(frozen=True)
class Table(Generic[Row]):
    """A table and the model type of its rows.

    Names in its SQL come from here alone; every value is a bound parameter.

    Attributes:
        key: the columns that identify a row.
        columns: in the order of the model's fields.
    """

    name: str
    model: Callable[..., Row]
    key: tuple[str, ...]
    columns: Mapping[str, Codec]

    def values(self, row: Row) -> dict[str, SqlValue]:
        """A model row as named parameters."""
        return {
            name: None if (value := getattr(row, name)) is None else codec.encode(value)
            for name, codec in self.columns.items()
        }

    def row(self, values: Sequence[Any]) -> Row:
        """A model row from a selected row.

        Raises:
            LedgerError: if a value can't be what its column holds.
        """
        cells = list(values)
        try:
            for place, decode in self._decoders:
                if cells[place] is not None:
                    cells[place] = decode(cells[place])
            return self.model(*cells)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise self._damage(values, error) from error

    def _damage(self, values: Sequence[Any], error: Exception) -> LedgerError:
        named = dict(zip(self.columns, values, strict=True))
        key = ", ".join(str(named[name]) for name in self.key)
        return LedgerError(
            f"Row {key} of {self.name} can't be read: a value isn't what its column holds ({error}). "
            "`argus audit` names it; put a backup of the ledger in its place."
        )

    @cached_property
    def _decoders(self) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
        """Of the columns that are not as they are."""
        codecs = enumerate(self.columns.values())
        return tuple((place, codec.decode) for place, codec in codecs if codec is not PLAIN)

    def part(self, model: type[Part], **codecs: Codec) -> Table[Part]:
        """The columns that a NamedTuple has fields for, the key's among them; `codecs` are in place of the table's own."""
        names: tuple[str, ...] = model._fields
        return Table(
            self.name, model, self.key, {name: codecs.get(name, self.columns[name]) for name in names}
        )

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each column stands in a selected row."""
        return {name: place for place, name in enumerate(self.columns)}

    @cached_property
    def key_places(self) -> tuple[int, ...]:
        """Where the key's columns stand in a selected row."""
        return tuple(self.places[name] for name in self.key)

    @property
    def insert(self) -> str:
        places = ", ".join(f":{name}" for name in self.columns)
        return f"INSERT INTO {self.name} ({self._names}) VALUES ({places})"  # noqa: S608 (names from this file)

    @property
    def insert_cells(self) -> str:
        """`insert` with places instead of names."""
        places = ", ".join("?" * len(self.columns))
        return f"INSERT INTO {self.name} ({self._names}) VALUES ({places})"  # noqa: S608 (names from this file)

    @property
    def update(self) -> str:
        """Everything but the key, of the row with the key; a caller may add conditions."""
        changes = ", ".join(f'"{name}" = :{name}' for name in self.columns if name not in self.key)
        where = " AND ".join(f"{name} = :{name}" for name in self.key)
        return f"UPDATE {self.name} SET {changes} WHERE {where}"  # noqa: S608 (names from this file)

    @property
    def select(self) -> str:
        return f"SELECT {self._names} FROM {self.name}"  # noqa: S608 (names from this file)

    @property
    def _names(self) -> str:
        return ", ".join(f'"{name}"' for name in self.columns)


RUNS = Table(
    "runs",
    Run,
    ("run_id",),
    {
        "run_id": PLAIN,
        "run_mode": by_value(RunMode),
        "capital_mode": by_value(CapitalMode),
        "market_time_basis": by_value(MarketTimeBasis),
        "data_integrity": PLAIN,
        "created_by": PLAIN,
        "git_sha": PLAIN,
        "package_version": PLAIN,
        "config_hash": PLAIN,
        "config": JSON,
        "data_hash": PLAIN,
        "symbols": TEXTS,
        "granularity": PLAIN,
        "capital": AMOUNT,
        "start_date": PLAIN,
        "end_date": PLAIN,
        "started_at": MOMENT,
        "completed_at": MOMENT,
        "status": by_value(RunStatus),
        "trades_opened": PLAIN,
        "trades_closed": PLAIN,
        "notes": PLAIN,
        "strategy_hash": PLAIN,
    },
)

RUN_SYMBOLS = Table(
    "run_symbols",
    RunSymbol,
    ("run_id", "symbol"),
    {
        "run_id": PLAIN,
        "symbol": PLAIN,
        "position": PLAIN,
        "source": PLAIN,
        "candles_processed": PLAIN,
        "first_open_time": MOMENT,
        "last_close_time": MOMENT,
        "first_open": AMOUNT,
        "last_close": AMOUNT,
        "tradable_from": MOMENT,
        "gaps_detected": PLAIN,
        "missing_candles": PLAIN,
        "longest_gap": PLAIN,
        "volume_anomalies": PLAIN,
        "ambiguous_candles": PLAIN,
        "clipped": PLAIN,
        "causality_cuts": PLAIN,
        "data_warnings": TEXTS,
    },
)

HALTS = Table(
    "halts",
    Halt,
    ("run_id", "symbol", "timestamp"),
    {
        "run_id": PLAIN,
        "symbol": PLAIN,
        "timestamp": MOMENT,
        "reason": PLAIN,
        "equity": PLAIN,
        "peak_equity": PLAIN,
        "limit": PLAIN,
    },
)

DECISIONS = Table(
    "decisions",
    Decision,
    ("decision_id",),
    {
        "decision_id": PLAIN,
        "run_id": PLAIN,
        "timestamp": MOMENT,
        "symbol": PLAIN,
        "strategy_name": PLAIN,
        "signal_values": JSON,
        "risk_checks": RISK_CHECKS,
        "market_context": JSON,
        "result": by_name(DecisionResult),
        "result_reason": PLAIN,
        "order_id": PLAIN,
    },
)

ORDERS = Table(
    "orders",
    Order,
    ("order_id",),
    {
        "order_id": PLAIN,
        "decision_id": PLAIN,
        "run_id": PLAIN,
        "client_order_id": PLAIN,
        "symbol": PLAIN,
        "role": by_value(OrderRole),
        "side": by_value(Side),
        "order_type": PLAIN,
        "order_state": by_value(OrderState),
        "quantity": AMOUNT,
        "price": AMOUNT,
        "take_profit_price": AMOUNT,
        "stop_trigger_price": AMOUNT,
        "submitted_at": MOMENT,
        "filled_quantity": AMOUNT,
        "average_fill_price": AMOUNT,
        "completed_at": MOMENT,
        "attached_order_ids": TEXTS,
        "bracket_verified": FLAG,
        "payload": JSON,
        "error_message": PLAIN,
    },
)

FILLS = Table(
    "fills",
    Fill,
    ("fill_id",),
    {
        "fill_id": PLAIN,
        "order_id": PLAIN,
        "run_id": PLAIN,
        "venue_trade_id": PLAIN,
        "symbol": PLAIN,
        "side": by_value(Side),
        "timestamp": MOMENT,
        "price": AMOUNT,
        "quantity": AMOUNT,
        "fee": AMOUNT,
        "liquidity": by_label(Liquidity),
        "simulated": FLAG,
    },
)

TRADES = Table(
    "trades",
    Trade,
    ("trade_id",),
    {
        "trade_id": PLAIN,
        "run_id": PLAIN,
        "symbol": PLAIN,
        "strategy_name": PLAIN,
        "status": by_value(TradeStatus),
        "quantity": AMOUNT,
        "planned_entry": AMOUNT,
        "planned_stop": AMOUNT,
        "planned_take_profit": AMOUNT,
        "entry_order_id": PLAIN,
        "entry_decision_id": PLAIN,
        "entry_client_order_id": PLAIN,
        "bracket_tp_order_id": PLAIN,
        "bracket_sl_order_id": PLAIN,
        "entry_timestamp": MOMENT,
        "entry_price": AMOUNT,
        "fees": AMOUNT,
        "exit_order_id": PLAIN,
        "exit_decision_id": PLAIN,
        "exit_timestamp": MOMENT,
        "exit_price": AMOUNT,
        "exit_reason": PLAIN,
        "gross_pnl": AMOUNT,
        "net_pnl": AMOUNT,
        "r_multiple": AMOUNT,
        "mae": AMOUNT,
        "mfe": AMOUNT,
        "is_winner": FLAG,
        "ambiguous": FLAG,
    },
)

SWEEPS = Table(
    "sweeps",
    Sweep,
    ("sweep_id",),
    {
        "sweep_id": PLAIN,
        "created_by": PLAIN,
        "created_at": MOMENT,
        "git_sha": PLAIN,
        "package_version": PLAIN,
        "strategy_hash": PLAIN,
        "config": JSON,
        "axes": AXES,
        "seed": PLAIN,
        "planned": PLAIN,
        "data_hash": PLAIN,
        "symbols": TEXTS,
        "first_open_time": MOMENT,
        "last_close_time": MOMENT,
        "walk_forward": PLAIN,
        "walk_window": PLAIN,
    },
)

TRIALS = Table(
    "trials",
    Trial,
    ("sweep_id", "number"),
    {
        "sweep_id": PLAIN,
        "number": PLAIN,
        "parameters": JSON,
        "config_hash": PLAIN,
        "data_hash": PLAIN,
        "status": by_value(TrialStatus),
        "finished_at": MOMENT,
        "error": PLAIN,
        "trades_opened": PLAIN,
        "trades_closed": PLAIN,
        "halts": PLAIN,
        "causality_cuts": PLAIN,
        "net_pnl": AMOUNT,
        "fees": AMOUNT,
        "return_percent": AMOUNT,
        "win_rate": AMOUNT,
        "expectancy": AMOUNT,
        "expectancy_r": AMOUNT,
        "profit_factor": AMOUNT,
        "max_drawdown_dollars": AMOUNT,
        "max_drawdown_percent": AMOUNT,
        "trades": PLAIN,
    },
)
