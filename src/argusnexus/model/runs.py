"""A run: what was asked for, what it was given, what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from argusnexus.money import Amount


class RunMode(Enum):
    REPLAY = "replay_backtest"
    PAPER = "paper_live"
    LIVE = "live"


class CapitalMode(Enum):
    INDEPENDENT = "independent"  # every symbol has its own account
    PORTFOLIO = "portfolio"  # all symbols share one


class MarketTimeBasis(Enum):
    CANDLE_TIMESTAMP = "candle_timestamp"
    WALL_CLOCK = "wall_clock"


class RunStatus(Enum):
    RUNNING = "running"
    COMPLETED = "completed"
    INTERRUPTED = "interrupted"  # its writer died; found by the next one that opened the ledger
    FAILED = "failed"  # it ended with an error, recorded in notes


class IntegrityTag(Enum):
    """What a reader must know before believing a run; joined by "+" in the ledger, "ok" when there is none."""

    SYNTHETIC = "synthetic"  # candles from the sample market
    DEGRADED_SKIP_VOLUME = "degraded_skip_volume"  # the volume filter was switched off


@dataclass(frozen=True, slots=True)
class Run:
    """One row of `runs`.

    Attributes:
        capital: start capital of each account, quote currency.
        start_date, end_date: as asked for (dates inclusive); None means all there is.
        git_sha: of the strategy's or package's checkout, with "-dirty" where it had changes; None outside one.
        config: the whole configuration; `config_hash` is the SHA-256 of its canonical JSON.
        data_hash: SHA-256 of the content of all candles used; None before they are known.
        data_integrity: "ok", or IntegrityTag values joined by "+".
        strategy_hash: SHA-256 of the file that defines the strategy; None where there is no file.
    """

    run_id: str
    run_mode: RunMode
    capital_mode: CapitalMode
    market_time_basis: MarketTimeBasis
    data_integrity: str
    created_by: str
    git_sha: str | None
    package_version: str
    config_hash: str
    config: Mapping[str, Any]
    data_hash: str | None
    symbols: tuple[str, ...]
    granularity: str
    capital: Amount
    start_date: str | None
    end_date: str | None
    started_at: datetime
    completed_at: datetime | None = None
    status: RunStatus = RunStatus.RUNNING
    trades_opened: int = 0
    trades_closed: int = 0
    notes: str | None = None
    strategy_hash: str | None = None


@dataclass(frozen=True, slots=True)
class RunSymbol:
    """One row of `run_symbols`: what a run was given for one symbol and what it can't be asked again.

    Attributes:
        source: where the candles came from, in words ("stored 1h", "resampled from stored 1h", "sample market").
        first_open_time, last_close_time: of the candles used.
        first_open, last_close: prices for buy-and-hold and for marking what is still open.
        tradable_from: close of the first candle that may be anything but HOLD("warmup"); None if there is none.
        gaps_detected, missing_candles: holes in the time grid between first and last candle, and the candles in them.
        longest_gap: missing candles in the longest hole.
        volume_anomalies: candles with no volume.
        ambiguous_candles: candles that reached stop and take profit both (the stop was taken).
        clipped: what the asked-for range was cut to, in words; None if it was not.
        causality_cuts: how often the signals were recomputed on truncated candles, and agreed; None if never.
        data_warnings: what is odd about the candles, in words.
    """

    run_id: str
    symbol: str
    position: int
    source: str
    candles_processed: int
    first_open_time: datetime
    last_close_time: datetime
    first_open: Amount
    last_close: Amount
    tradable_from: datetime | None
    gaps_detected: int
    missing_candles: int
    longest_gap: int
    volume_anomalies: int
    ambiguous_candles: int
    clipped: str | None
    causality_cuts: int | None = None
    data_warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Halt:
    """One row of `halts`: the moment an account's trading stopped for the rest of its run.

    Attributes:
        symbol: whose decision reached the limit.
        timestamp: that decision's `as_of`; the decisions after it are halted.
        reason: the risk layer, "drawdown".
        equity, peak_equity: of the account at that decision, quote currency.
        limit: the fraction of the peak that may be lost.
    """

    run_id: str
    symbol: str
    timestamp: datetime
    reason: str
    equity: float
    peak_equity: float
    limit: float
