"""The ledger's whole current schema, to be read."""

from __future__ import annotations

SCHEMA_VERSION = 5

# Lists of words are written out with OR where many rows are inserted: SQLite makes a table of a longer IN at each row.
SQL_SCHEMA = """
-- Money, prices and quantities are decimal text; times are ISO-8601 UTC text, 2024-05-03T22:00:00Z.
-- Ids are text of our own making unless they say venue.

CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    applied_at TEXT,                      -- NULL: this script was run by hand
    description TEXT NOT NULL
) STRICT;

-- A run: what was asked for, what it was given, what came of it.
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY NOT NULL,
    run_mode TEXT NOT NULL CHECK (run_mode IN ('replay_backtest', 'paper_live', 'live')),
    capital_mode TEXT NOT NULL CHECK (capital_mode IN ('independent', 'portfolio')),
    market_time_basis TEXT NOT NULL CHECK (market_time_basis IN ('candle_timestamp', 'wall_clock')),
    data_integrity TEXT NOT NULL DEFAULT 'ok',         -- ok, or tags joined by +
    created_by TEXT NOT NULL DEFAULT '',
    git_sha TEXT,                         -- NULL outside a checkout
    package_version TEXT NOT NULL DEFAULT '',
    config_hash TEXT NOT NULL DEFAULT '',            -- SHA-256 of the configuration's canonical JSON
    config TEXT NOT NULL DEFAULT '{}',                 -- canonical JSON, as all JSON here
    data_hash TEXT,                       -- SHA-256 of all candles used; NULL before they are known
    symbols TEXT NOT NULL DEFAULT '[]',                -- JSON list, in the order given
    granularity TEXT NOT NULL DEFAULT '',
    capital TEXT NOT NULL DEFAULT '0',                -- of each account
    start_date TEXT,                      -- as asked for, inclusive; NULL: all there is
    end_date TEXT,
    started_at TEXT NOT NULL,
    completed_at TEXT,                    -- NULL while running, and for ever when interrupted
    status TEXT NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'completed', 'interrupted', 'failed')),
    trades_opened INTEGER NOT NULL DEFAULT 0 CHECK (trades_opened >= 0),
    trades_closed INTEGER NOT NULL DEFAULT 0 CHECK (trades_closed >= 0),
    notes TEXT,
    strategy_hash TEXT                    -- SHA-256 of the file that defines the strategy; NULL: there is none
) STRICT;

CREATE INDEX idx_runs_started_at ON runs (started_at);

-- What a run was given for one symbol, and what it can't be asked again.
CREATE TABLE run_symbols (
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    symbol TEXT NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 0), -- in the order given
    source TEXT NOT NULL,                 -- where the candles came from, in words
    candles_processed INTEGER NOT NULL CHECK (candles_processed >= 0),
    first_open_time TEXT NOT NULL,
    last_close_time TEXT NOT NULL,
    first_open TEXT NOT NULL,
    last_close TEXT NOT NULL,
    tradable_from TEXT,                   -- NULL: warm-up never ended
    gaps_detected INTEGER NOT NULL,
    missing_candles INTEGER NOT NULL,
    longest_gap INTEGER NOT NULL,         -- in missing candles
    volume_anomalies INTEGER NOT NULL,    -- candles without volume
    ambiguous_candles INTEGER NOT NULL,   -- reached stop and take profit both
    clipped TEXT,                         -- what the asked-for range was cut to, in words
    causality_cuts INTEGER CHECK (causality_cuts >= 0), -- recomputations on truncated candles that agreed
    data_warnings TEXT NOT NULL DEFAULT '[]',          -- JSON list: what is odd about the candles, in words
    PRIMARY KEY (run_id, symbol)
) STRICT;

-- The moment an account's trading stopped for the rest of its run.
CREATE TABLE halts (
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    symbol TEXT NOT NULL,                 -- whose decision reached the limit
    timestamp TEXT NOT NULL,              -- that decision's as_of
    reason TEXT NOT NULL,
    equity REAL NOT NULL,                 -- the step's own figures, float64
    peak_equity REAL NOT NULL,
    "limit" REAL NOT NULL,                -- fraction of the peak that may be lost
    PRIMARY KEY (run_id, symbol, timestamp)
) STRICT;

-- What was decided at a candle's close, and why. Append-only.
CREATE TABLE decisions (
    decision_id TEXT PRIMARY KEY NOT NULL,
    timestamp TEXT NOT NULL,              -- as_of: the close of the candle
    symbol TEXT NOT NULL,
    strategy_name TEXT NOT NULL,
    signal_values TEXT NOT NULL,          -- JSON: what the strategy saw
    risk_checks TEXT NOT NULL,            -- JSON list, [] unless a signal reached the risk layers
    market_context TEXT NOT NULL,         -- JSON: candle, account and plan
    result TEXT NOT NULL CHECK (result = 'HOLD' OR result = 'ENTRY' OR result = 'EXIT' OR result = 'REFUSED'),
    result_reason TEXT NOT NULL,
    order_id TEXT,                        -- no foreign key: the order refers to its decision, which is written first
    run_id TEXT REFERENCES runs (run_id)  -- NULL: outside a run, or from before runs
) STRICT;

CREATE INDEX idx_decisions_run_id ON decisions (run_id, symbol, timestamp);

CREATE TRIGGER decisions_refuse_update BEFORE UPDATE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are append-only: none is ever changed'); END;

CREATE TRIGGER decisions_refuse_delete BEFORE DELETE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are append-only: none is ever deleted'); END;

-- Orders: durable before the first byte is sent, updated on the venue's evidence.
CREATE TABLE orders (
    order_id TEXT PRIMARY KEY NOT NULL,
    decision_id TEXT REFERENCES decisions (decision_id),
    client_order_id TEXT UNIQUE,          -- NULL: a bracket child, which the venue makes
    symbol TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role = 'entry' OR role = 'bracket' OR role = 'exit'),
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    order_type TEXT NOT NULL,
    order_state TEXT NOT NULL CHECK (
        order_state = 'pending' OR order_state = 'open' OR order_state = 'filled' OR order_state = 'cancelled'
        OR order_state = 'expired' OR order_state = 'rejected' OR order_state = 'unknown'
    ),
    quantity TEXT NOT NULL,
    price TEXT,                           -- limit price; NULL: a market order
    take_profit_price TEXT,
    stop_trigger_price TEXT,
    submitted_at TEXT NOT NULL,
    filled_quantity TEXT NOT NULL DEFAULT '0',
    average_fill_price TEXT,
    completed_at TEXT,
    attached_order_ids TEXT NOT NULL DEFAULT '[]',     -- JSON list: bracket children
    bracket_verified INTEGER CHECK (bracket_verified IN (0, 1)), -- NULL: nobody looked yet
    payload TEXT,                         -- JSON: the exact request body; NULL: nothing is sent
    error_message TEXT,
    run_id TEXT REFERENCES runs (run_id)
) STRICT;

CREATE INDEX idx_orders_run_id ON orders (run_id, symbol, submitted_at);

-- One row per execution. Append-only.
CREATE TABLE fills (
    fill_id TEXT PRIMARY KEY NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (order_id),
    run_id TEXT REFERENCES runs (run_id),
    venue_trade_id TEXT NOT NULL UNIQUE,  -- the venue's id of the execution
    symbol TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    timestamp TEXT NOT NULL,
    price TEXT NOT NULL,
    quantity TEXT NOT NULL,
    fee TEXT NOT NULL,
    liquidity TEXT NOT NULL CHECK (liquidity IN ('maker', 'taker')),
    simulated INTEGER NOT NULL CHECK (simulated IN (0, 1))
) STRICT;

CREATE INDEX idx_fills_run_id ON fills (run_id);
CREATE INDEX idx_fills_order_id ON fills (order_id);

CREATE TRIGGER fills_refuse_update BEFORE UPDATE ON fills
BEGIN SELECT RAISE(ABORT, 'fills are append-only: none is ever changed'); END;

CREATE TRIGGER fills_refuse_delete BEFORE DELETE ON fills
BEGIN SELECT RAISE(ABORT, 'fills are append-only: none is ever deleted'); END;

-- A position from its entry fill to its exit fill.
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
    bracket_tp_order_id TEXT,             -- made by the venue, may be known before its order's row
    bracket_sl_order_id TEXT,
    entry_timestamp TEXT NOT NULL,
    entry_price TEXT NOT NULL,
    fees TEXT NOT NULL DEFAULT '0',                   -- of an open trade, the entry's
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
    r_multiple TEXT,                      -- net_pnl / ((planned_entry - planned_stop) * quantity)
    mae TEXT,                             -- worst price while open minus entry_price, per unit
    mfe TEXT,                             -- best price while open minus entry_price, per unit
    is_winner INTEGER CHECK (is_winner IN (0, 1)),
    ambiguous INTEGER NOT NULL DEFAULT 0 CHECK (ambiguous IN (0, 1)), -- stop and take profit in its exit candle
    run_id TEXT REFERENCES runs (run_id),
    CHECK (
        status = 'open' OR (
            exit_timestamp IS NOT NULL AND exit_price IS NOT NULL AND exit_reason IS NOT NULL
            AND net_pnl IS NOT NULL AND is_winner IS NOT NULL
        )
    )
) STRICT;

CREATE INDEX idx_trades_run_id ON trades (run_id, symbol, entry_timestamp);

-- What was to be tried in one sweep, and on which candles. Append-only.
CREATE TABLE sweeps (
    sweep_id TEXT PRIMARY KEY NOT NULL,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    git_sha TEXT,
    package_version TEXT NOT NULL,
    strategy_hash TEXT,
    config TEXT NOT NULL,                 -- JSON: the configuration that all its trials share
    axes TEXT NOT NULL,                   -- JSON: [table.key, values] of each; the last one changes fastest
    seed INTEGER,                         -- of the random choice from the grid; NULL: the whole grid
    planned INTEGER NOT NULL CHECK (planned >= 0), -- trials
    data_hash TEXT NOT NULL,              -- SHA-256 of all candles used
    symbols TEXT NOT NULL,                -- JSON list, in the order given
    first_open_time TEXT NOT NULL,
    last_close_time TEXT NOT NULL,
    walk_forward TEXT,                    -- the walk-forward that this sweep chose parameters for; NULL: none
    walk_window INTEGER                   -- which of its windows, from 0
) STRICT;

CREATE TRIGGER sweeps_refuse_update BEFORE UPDATE ON sweeps
BEGIN SELECT RAISE(ABORT, 'sweeps are append-only: none is ever changed'); END;

CREATE TRIGGER sweeps_refuse_delete BEFORE DELETE ON sweeps
BEGIN SELECT RAISE(ABORT, 'sweeps are append-only: none is ever deleted'); END;

-- Every set of parameters that was ever tried, discarded and failed ones too. Append-only.
CREATE TABLE trials (
    sweep_id TEXT NOT NULL REFERENCES sweeps (sweep_id),
    number INTEGER NOT NULL CHECK (number >= 0), -- within the sweep
    parameters TEXT NOT NULL,             -- JSON: the values tried, by table.key
    config_hash TEXT NOT NULL,            -- as a run with these parameters has it
    data_hash TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('completed', 'failed')),
    finished_at TEXT NOT NULL,
    error TEXT,                           -- NULL: completed
    trades_opened INTEGER,                -- this and all below: NULL when it failed
    trades_closed INTEGER,
    halts INTEGER,                        -- accounts whose trading was stopped for good
    causality_cuts INTEGER,               -- recomputations on truncated candles that agreed
    net_pnl TEXT,
    fees TEXT,
    return_percent TEXT,                  -- of the start capital
    win_rate TEXT,                        -- per cent
    expectancy TEXT,                      -- mean net P&L of a closed trade
    expectancy_r TEXT,                    -- mean r_multiple
    profit_factor TEXT,
    max_drawdown_dollars TEXT,            -- of the closed trades
    max_drawdown_percent TEXT,
    trades TEXT NOT NULL DEFAULT '[]',    -- JSON: [symbol, entry, exit (seconds), reason, fees, net P&L, R] of each closed trade
    PRIMARY KEY (sweep_id, number)
) STRICT;

CREATE INDEX idx_trials_data_hash ON trials (data_hash, config_hash);

CREATE TRIGGER trials_refuse_update BEFORE UPDATE ON trials
BEGIN SELECT RAISE(ABORT, 'trials are append-only: none is ever changed'); END;

CREATE TRIGGER trials_refuse_delete BEFORE DELETE ON trials
BEGIN SELECT RAISE(ABORT, 'trials are append-only: none is ever deleted'); END;

INSERT INTO schema_version (version, description) VALUES (5, 'orders and trades by time');
"""
