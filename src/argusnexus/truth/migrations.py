"""Numbered steps from an empty file to the current schema, each in one transaction with its version row."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.errors import LedgerError, LedgerVersionError
from argusnexus.model.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from argusnexus.truth.connection import Connection


class Migration(NamedTuple):
    """One step: after it the ledger has this version. A step that was ever released is never edited."""

    version: int
    description: str
    script: str


_DECISIONS_ORDERS_TRADES = """
CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    applied_at TEXT,
    description TEXT NOT NULL
) STRICT;

CREATE TABLE decisions (
    decision_id TEXT PRIMARY KEY NOT NULL,
    timestamp TEXT NOT NULL,
    symbol TEXT NOT NULL,
    strategy_name TEXT NOT NULL,
    signal_values TEXT NOT NULL,
    risk_checks TEXT NOT NULL,
    market_context TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result = 'HOLD' OR result = 'ENTRY' OR result = 'EXIT' OR result = 'REFUSED'),
    result_reason TEXT NOT NULL,
    order_id TEXT
) STRICT;

CREATE TRIGGER decisions_refuse_update BEFORE UPDATE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are append-only: none is ever changed'); END;

CREATE TRIGGER decisions_refuse_delete BEFORE DELETE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are append-only: none is ever deleted'); END;

CREATE TABLE orders (
    order_id TEXT PRIMARY KEY NOT NULL,
    decision_id TEXT REFERENCES decisions (decision_id),
    client_order_id TEXT UNIQUE,
    symbol TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role = 'entry' OR role = 'bracket' OR role = 'exit'),
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    order_type TEXT NOT NULL,
    order_state TEXT NOT NULL CHECK (
        order_state = 'pending' OR order_state = 'open' OR order_state = 'filled' OR order_state = 'cancelled'
        OR order_state = 'expired' OR order_state = 'rejected' OR order_state = 'unknown'
    ),
    quantity TEXT NOT NULL,
    price TEXT,
    take_profit_price TEXT,
    stop_trigger_price TEXT,
    submitted_at TEXT NOT NULL,
    filled_quantity TEXT NOT NULL DEFAULT '0',
    average_fill_price TEXT,
    completed_at TEXT,
    attached_order_ids TEXT NOT NULL DEFAULT '[]',
    bracket_verified INTEGER CHECK (bracket_verified IN (0, 1)),
    payload TEXT,
    error_message TEXT
) STRICT;

CREATE TABLE trades (
    trade_id TEXT PRIMARY KEY NOT NULL,
    symbol TEXT NOT NULL,
    strategy_name TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
    quantity TEXT NOT NULL,
    planned_entry TEXT,
    planned_stop TEXT,
    planned_take_profit TEXT,
    entry_order_id TEXT REFERENCES orders (order_id),
    entry_decision_id TEXT REFERENCES decisions (decision_id),
    entry_client_order_id TEXT,
    bracket_tp_order_id TEXT,
    bracket_sl_order_id TEXT,
    entry_timestamp TEXT NOT NULL,
    entry_price TEXT NOT NULL,
    fees TEXT NOT NULL DEFAULT '0',
    exit_order_id TEXT REFERENCES orders (order_id),
    exit_decision_id TEXT REFERENCES decisions (decision_id),
    exit_timestamp TEXT,
    exit_price TEXT,
    exit_reason TEXT CHECK (
        exit_reason = 'stop_loss' OR exit_reason = 'take_profit' OR exit_reason = 'chandelier'
        OR exit_reason = 'channel' OR exit_reason = 'signal' OR exit_reason = 'emergency' OR exit_reason = 'manual'
        OR exit_reason = 'external'
    ),
    gross_pnl TEXT,
    net_pnl TEXT,
    r_multiple TEXT,
    mae TEXT,
    mfe TEXT,
    is_winner INTEGER CHECK (is_winner IN (0, 1)),
    ambiguous INTEGER NOT NULL DEFAULT 0 CHECK (ambiguous IN (0, 1)),
    CHECK (
        status = 'open' OR (
            exit_timestamp IS NOT NULL AND exit_price IS NOT NULL AND exit_reason IS NOT NULL
            AND net_pnl IS NOT NULL AND is_winner IS NOT NULL
        )
    )
) STRICT;
"""

_RUNS = """
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY NOT NULL,
    run_mode TEXT NOT NULL CHECK (run_mode IN ('replay_backtest', 'paper_live', 'live')),
    capital_mode TEXT NOT NULL CHECK (capital_mode IN ('independent', 'portfolio')),
    market_time_basis TEXT NOT NULL CHECK (market_time_basis IN ('candle_timestamp', 'wall_clock')),
    data_integrity TEXT NOT NULL DEFAULT 'ok',
    created_by TEXT NOT NULL DEFAULT '',
    git_sha TEXT,
    package_version TEXT NOT NULL DEFAULT '',
    config_hash TEXT NOT NULL DEFAULT '',
    config TEXT NOT NULL DEFAULT '{}',
    data_hash TEXT,
    symbols TEXT NOT NULL DEFAULT '[]',
    granularity TEXT NOT NULL DEFAULT '',
    capital TEXT NOT NULL DEFAULT '0',
    start_date TEXT,
    end_date TEXT,
    started_at TEXT NOT NULL,
    completed_at TEXT,
    status TEXT NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'completed', 'interrupted', 'failed')),
    trades_opened INTEGER NOT NULL DEFAULT 0 CHECK (trades_opened >= 0),
    trades_closed INTEGER NOT NULL DEFAULT 0 CHECK (trades_closed >= 0),
    notes TEXT
) STRICT;

CREATE INDEX idx_runs_started_at ON runs (started_at);

CREATE TABLE run_symbols (
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    symbol TEXT NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 0),
    source TEXT NOT NULL,
    candles_processed INTEGER NOT NULL CHECK (candles_processed >= 0),
    first_open_time TEXT NOT NULL,
    last_close_time TEXT NOT NULL,
    first_open TEXT NOT NULL,
    last_close TEXT NOT NULL,
    tradable_from TEXT,
    gaps_detected INTEGER NOT NULL,
    missing_candles INTEGER NOT NULL,
    longest_gap INTEGER NOT NULL,
    volume_anomalies INTEGER NOT NULL,
    ambiguous_candles INTEGER NOT NULL,
    clipped TEXT,
    PRIMARY KEY (run_id, symbol)
) STRICT;

CREATE TABLE halts (
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    symbol TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    reason TEXT NOT NULL,
    equity REAL NOT NULL,
    peak_equity REAL NOT NULL,
    "limit" REAL NOT NULL,
    PRIMARY KEY (run_id, symbol, timestamp)
) STRICT;

ALTER TABLE decisions ADD COLUMN run_id TEXT REFERENCES runs (run_id);
ALTER TABLE orders ADD COLUMN run_id TEXT REFERENCES runs (run_id);
ALTER TABLE trades ADD COLUMN run_id TEXT REFERENCES runs (run_id);

CREATE TABLE fills (
    fill_id TEXT PRIMARY KEY NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (order_id),
    run_id TEXT REFERENCES runs (run_id),
    venue_trade_id TEXT NOT NULL UNIQUE,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    timestamp TEXT NOT NULL,
    price TEXT NOT NULL,
    quantity TEXT NOT NULL,
    fee TEXT NOT NULL,
    liquidity TEXT NOT NULL CHECK (liquidity IN ('maker', 'taker')),
    simulated INTEGER NOT NULL CHECK (simulated IN (0, 1))
) STRICT;

CREATE TRIGGER fills_refuse_update BEFORE UPDATE ON fills
BEGIN SELECT RAISE(ABORT, 'fills are append-only: none is ever changed'); END;

CREATE TRIGGER fills_refuse_delete BEFORE DELETE ON fills
BEGIN SELECT RAISE(ABORT, 'fills are append-only: none is ever deleted'); END;

CREATE INDEX idx_decisions_run_id ON decisions (run_id, symbol, timestamp);
CREATE INDEX idx_orders_run_id ON orders (run_id, symbol);
CREATE INDEX idx_fills_run_id ON fills (run_id);
CREATE INDEX idx_fills_order_id ON fills (order_id);
CREATE INDEX idx_trades_run_id ON trades (run_id, status);
"""

_STRATEGY_SOURCES = """
ALTER TABLE runs ADD COLUMN strategy_hash TEXT;
ALTER TABLE run_symbols ADD COLUMN causality_cuts INTEGER CHECK (causality_cuts >= 0);
"""

_TRIALS = """
ALTER TABLE run_symbols ADD COLUMN data_warnings TEXT NOT NULL DEFAULT '[]';

CREATE TABLE sweeps (
    sweep_id TEXT PRIMARY KEY NOT NULL,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    git_sha TEXT,
    package_version TEXT NOT NULL,
    strategy_hash TEXT,
    config TEXT NOT NULL,
    axes TEXT NOT NULL,
    seed INTEGER,
    planned INTEGER NOT NULL CHECK (planned >= 0),
    data_hash TEXT NOT NULL,
    symbols TEXT NOT NULL,
    first_open_time TEXT NOT NULL,
    last_close_time TEXT NOT NULL,
    walk_forward TEXT,
    walk_window INTEGER
) STRICT;

CREATE TRIGGER sweeps_refuse_update BEFORE UPDATE ON sweeps
BEGIN SELECT RAISE(ABORT, 'sweeps are append-only: none is ever changed'); END;

CREATE TRIGGER sweeps_refuse_delete BEFORE DELETE ON sweeps
BEGIN SELECT RAISE(ABORT, 'sweeps are append-only: none is ever deleted'); END;

CREATE TABLE trials (
    sweep_id TEXT NOT NULL REFERENCES sweeps (sweep_id),
    number INTEGER NOT NULL CHECK (number >= 0),
    parameters TEXT NOT NULL,
    config_hash TEXT NOT NULL,
    data_hash TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('completed', 'failed')),
    finished_at TEXT NOT NULL,
    error TEXT,
    trades_opened INTEGER,
    trades_closed INTEGER,
    halts INTEGER,
    causality_cuts INTEGER,
    net_pnl TEXT,
    fees TEXT,
    return_percent TEXT,
    win_rate TEXT,
    expectancy TEXT,
    expectancy_r TEXT,
    profit_factor TEXT,
    max_drawdown_dollars TEXT,
    max_drawdown_percent TEXT,
    trades TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (sweep_id, number)
) STRICT;

CREATE INDEX idx_trials_data_hash ON trials (data_hash, config_hash);

CREATE TRIGGER trials_refuse_update BEFORE UPDATE ON trials
BEGIN SELECT RAISE(ABORT, 'trials are append-only: none is ever changed'); END;

CREATE TRIGGER trials_refuse_delete BEFORE DELETE ON trials
BEGIN SELECT RAISE(ABORT, 'trials are append-only: none is ever deleted'); END;"""

_BY_TIME = """
DROP INDEX idx_orders_run_id;
CREATE INDEX idx_orders_run_id ON orders (run_id, symbol, submitted_at);

DROP INDEX idx_trades_run_id;
CREATE INDEX idx_trades_run_id ON trades (run_id, symbol, entry_timestamp);"""

MIGRATIONS = (
    Migration(1, "decisions, orders, trades", _DECISIONS_ORDERS_TRADES),
    Migration(2, "runs", _RUNS),
    Migration(3, "strategy sources and causality", _STRATEGY_SOURCES),
    Migration(4, "trials and data warnings", _TRIALS),
    Migration(5, "orders and trades by time", _BY_TIME),
)


def version_of(connection: Connection) -> int:
    """The ledger's schema version; 0 for an empty file.

    Raises:
        LedgerError: if it is some other program's SQLite database.
    """
    tables = {name for (name,) in connection.query("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "schema_version" not in tables:
        if tables:
            raise LedgerError(
                f"{connection.name} is a SQLite database, but no truth ledger (it has no schema_version). "
                "Nothing was changed; give the path of a ledger, or of a file that doesn't exist yet."
            )
        return 0
    ((version,),) = connection.query("SELECT coalesce(max(version), 0) FROM schema_version")
    return int(version)


def refuse_newer(connection: Connection, newest: int = MIGRATIONS[-1].version) -> None:
    """A LedgerVersionError if a newer ArgusNexus wrote the ledger."""
    version = version_of(connection)
    if version > newest:
        raise LedgerVersionError(
            f"Ledger {connection.name} has schema version {version}, this ArgusNexus knows versions up to {newest}. "
            "Nothing was changed; use the ArgusNexus that wrote it, or a newer one."
        )


def refuse_unless_current(connection: Connection) -> None:
    """A LedgerError unless the ledger has the current schema, which readers need and can't bring about."""
    refuse_newer(connection)
    version = version_of(connection)
    if version < MIGRATIONS[-1].version:
        found = f"schema version {version}" if version else "no tables yet"
        raise LedgerError(
            f"Ledger {connection.name} has {found}, reading needs version {MIGRATIONS[-1].version}. "
            "Open it once for writing (any run into it does): that upgrades it and keeps every row."
        )


def migrate(connection: Connection, now: datetime, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the ledger to the newest version; a step that fails leaves the version before it.

    Args:
        connection: the ledger, opened for writing.
        now: recorded as the time of every step taken.
        migrations: the steps, oldest first.
    """
    version = version_of(connection)
    for step in migrations:
        if step.version > version:
            _apply(connection, step, now)


def _apply(connection: Connection, step: Migration, now: datetime) -> None:
    with connection.transaction():
        for statement in statements(step.script):
            connection.execute(statement)
        connection.execute(
            "INSERT INTO schema_version (version, applied_at, description) VALUES (?, ?, ?)",
            (step.version, iso(now), step.description),
        )


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one; each must end its line."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""
