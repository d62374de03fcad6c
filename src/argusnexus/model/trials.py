"""A trial: one set of parameters on one set of candles, kept whether it was any good or not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from argusnexus.money import Amount


class TrialStatus(Enum):
    COMPLETED = "completed"
    FAILED = "failed"  # its parameters, or the strategy with them, can't be used; the error says why


class Axis(NamedTuple):
    """One parameter and the values to be tried.

    Attributes:
        name: "table.key".
    """

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """One row of `sweeps`: what was to be tried, on which candles.

    Attributes:
        config: the configuration that all its trials share; each puts its own parameters in.
        axes: the values to be tried; the last one changes fastest.
        seed: of the random choice from the grid; None is the whole grid.
        planned: number of trials.
        first_open_time, last_close_time: of all its candles.
        walk_forward, walk_window: which window of which walk-forward chose its parameters by this sweep, counted from 0.
    """

    sweep_id: str
    created_by: str
    created_at: datetime
    git_sha: str | None
    package_version: str
    strategy_hash: str | None
    config: Mapping[str, Any]
    axes: tuple[Axis, ...]
    seed: int | None
    planned: int
    data_hash: str
    symbols: tuple[str, ...]
    first_open_time: datetime
    last_close_time: datetime
    walk_forward: str | None = None
    walk_window: int | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One row of `trials`; of a failed one only what was tried and the error are known.

    Attributes:
        number: within its sweep, from 0.
        parameters: the values tried, by "table.key".
        config_hash: of the whole configuration, as a run with these parameters has it.
        halts: accounts whose trading was stopped for good.
        causality_cuts: recomputations on truncated candles that agreed.
        net_pnl, fees, expectancy: of closed trades, quote currency.
        win_rate, return_percent, max_drawdown_percent: per cent.
        trades: the closed ones, as `truth.registry.encoded` writes them; left out unless they were asked for.
    """

    sweep_id: str
    number: int
    parameters: Mapping[str, Any]
    config_hash: str
    data_hash: str
    status: TrialStatus
    finished_at: datetime
    error: str | None = None
    trades_opened: int | None = None
    trades_closed: int | None = None
    halts: int | None = None
    causality_cuts: int | None = None
    net_pnl: Amount | None = None
    fees: Amount | None = None
    return_percent: Amount | None = None
    win_rate: Amount | None = None
    expectancy: Amount | None = None
    expectancy_r: Amount | None = None
    profit_factor: Amount | None = None
    max_drawdown_dollars: Amount | None = None
    max_drawdown_percent: Amount | None = None
    trades: str = "[]"


class TrialTrade(NamedTuple):
    """A closed trade of a trial.

    Attributes:
        entry_time, exit_time: of the fills, nanoseconds since the epoch.
        fees, net_pnl: quote currency.
    """

    symbol: str
    entry_time: int
    exit_time: int
    exit_reason: str
    fees: Amount
    net_pnl: Amount
    r_multiple: Amount


class TrialCount(NamedTuple):
    """How often one tried before, replays and sweeps alike; one configuration counts once however often it ran.

    Attributes:
        same_candles: configurations tried on exactly these candles.
        overlapping: configurations tried on candles of any of the same symbols in the same time, these included.
    """

    same_candles: int
    overlapping: int
