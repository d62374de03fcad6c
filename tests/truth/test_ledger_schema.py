"""The schema, its migrations, and files that are no ledger."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime

import pytest

from argusnexus.errors import LedgerError, LedgerVersionError
from argusnexus.model.decisions import Decision, DecisionResult
from argusnexus.model.orders import Fill, Liquidity, Order, OrderRole, OrderState, Side
from argusnexus.model.runs import CapitalMode, Halt, MarketTimeBasis, Run, RunMode, RunStatus, RunSymbol
from argusnexus.model.trades import ExitReason, Trade, TradeStatus
from argusnexus.model.trials import Sweep, Trial, TrialStatus
from argusnexus.truth import tables
from argusnexus.truth.connection import open_for_writing
from argusnexus.truth.logger import TruthLogger
from argusnexus.truth.migrations import MIGRATIONS, Migration, migrate, version_of
from argusnexus.truth.queries import LedgerReader
from argusnexus.truth.schema import SCHEMA_VERSION, SQL_SCHEMA
from truth.ledger_rows import a_decision, a_run, a_trade, an_order

NOW = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
MODELS = [
    (tables.RUNS, Run),
    (tables.RUN_SYMBOLS, RunSymbol),
    (tables.HALTS, Halt),
    (tables.DECISIONS, Decision),
    (tables.ORDERS, Order),
    (tables.FILLS, Fill),
    (tables.TRADES, Trade),
    (tables.SWEEPS, Sweep),
    (tables.TRIALS, Trial),
]


def ledger_in_memory(migrations=MIGRATIONS):
    connection = open_for_writing(None, ":memory:")
    migrate(connection, NOW, migrations)
    return closing(connection)


def structure(query):
    """Everything SQLite knows of a schema, its text without comments and spacing."""
    objects = query("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
    texts = [(*names, re.sub(r"\s+", "", re.sub(r"--.*", "", sql or ""))) for *names, sql in objects]
    pragmas = ("table_xinfo", "foreign_key_list", "index_list")
    columns = [query(f"PRAGMA {pragma}({table})") for _, table, *_ in texts for pragma in pragmas]
    return texts, columns


def test_the_schema_equals_all_migrations_from_zero():
    with closing(sqlite3.connect(":memory:")) as by_hand, ledger_in_memory() as migrated:
        by_hand.executescript(SQL_SCHEMA)
        assert structure(lambda sql: by_hand.execute(sql).fetchall()) == structure(migrated.query)
        assert version_of(migrated) == SCHEMA_VERSION
        recorded = "SELECT version, description FROM schema_version ORDER BY version DESC LIMIT 1"
        assert by_hand.execute(recorded).fetchall() == migrated.query(recorded)


@pytest.mark.parametrize(("table", "model"), MODELS, ids=lambda value: getattr(value, "name", ""))
def test_a_table_has_exactly_the_fields_of_its_model(table, model):
    names = [field.name for field in fields(model)]
    assert list(table.columns) == names
    assert table.model is model
    with ledger_in_memory() as connection:
        columns = [row[1] for row in connection.query(f"PRAGMA table_xinfo({table.name})")]
    assert sorted(columns) == sorted(names)


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        ("runs.run_mode", [member.value for member in RunMode]),
        ("runs.capital_mode", [member.value for member in CapitalMode]),
        ("runs.market_time_basis", [member.value for member in MarketTimeBasis]),
        ("runs.status", [member.value for member in RunStatus]),
        ("decisions.result", [member.name for member in DecisionResult]),
        ("orders.role", [member.value for member in OrderRole]),
        ("orders.side", [member.value for member in Side]),
        ("orders.order_state", [member.value for member in OrderState]),
        ("trials.status", [member.value for member in TrialStatus]),
        ("fills.side", [member.value for member in Side]),
        ("fills.liquidity", [member.name.lower() for member in Liquidity]),
        ("trades.status", [member.value for member in TradeStatus]),
        (
            "trades.exit_reason",
            [reason.label for reason in ExitReason if reason is not ExitReason.NONE] + ["manual", "external"],
        ),
    ],
)
def test_an_enumeration_admits_its_members_and_nothing_else(column, texts):
    table, name = column.split(".")
    with ledger_in_memory() as connection:
        ((sql,),) = connection.query("SELECT sql FROM sqlite_master WHERE name = ?", (table,))
    words = rf"{name} IN \([^)]*\)|{name} = '\w+'(?:\s+OR {name} = '\w+')*"
    (checked,) = re.findall(rf"CHECK \(\s*({words})\s*\)", sql)
    assert re.findall(r"'([^']*)'", checked) == texts


def test_a_word_outside_an_enumeration_is_refused(logger, sql):
    logger.log_decision(a_decision(run_id=None))
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        sql(
            "INSERT INTO decisions SELECT 'd2', timestamp, symbol, '', '{}', '[]', '{}', 'MAYBE', '', '', NULL FROM decisions"
        )


def test_a_closed_trade_without_its_exit_is_refused(started, sql):
    started.log_decision(a_decision())
    started.log_order(an_order())
    started.open_trade(a_trade())
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        sql("UPDATE trades SET status = 'closed'")


@pytest.mark.parametrize("table", ["decisions", "fills"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET symbol = 'X'", "DELETE FROM {}"])
def test_what_is_append_only_says_so(table, deed, db, sql):
    with TruthLogger(db) as logger:
        logger.log_decision(a_decision(run_id=None))
    if table == "fills":
        sql(
            "INSERT INTO orders SELECT 'o1', NULL, NULL, 'X', 'entry', 'BUY', '', 'open', '1', '', '', '', '', '0',"
            " NULL, NULL, '[]', NULL, NULL, NULL, NULL"
        )
        sql("INSERT INTO fills VALUES ('f1', 'o1', NULL, 'v1', 'X', 'BUY', '', '1', '1', '0', 'maker', 1)")
    with pytest.raises(sqlite3.IntegrityError, match=f"{table} are append-only"):
        sql(deed.format(table))


def test_the_run_id_columns_are_indexed_and_may_be_null():
    with ledger_in_memory() as connection:
        for table in ("decisions", "orders", "fills", "trades"):
            first_columns = {
                connection.query(f"PRAGMA index_info({index})")[0][2]
                for _, index, *_ in connection.query(f"PRAGMA index_list({table})")
            }
            assert "run_id" in first_columns
            (nullable,) = [
                row[3] == 0 for row in connection.query(f"PRAGMA table_info({table})") if row[1] == "run_id"
            ]
            assert nullable


def a_ledger_from_before_runs(db):
    with closing(open_for_writing(db, str(db))) as connection:
        migrate(connection, NOW, MIGRATIONS[:1])
        for table, row in (
            (tables.DECISIONS, a_decision()),
            (tables.ORDERS, an_order()),
            (tables.TRADES, a_trade()),
        ):
            columns = [name for name in table.columns if name != "run_id"]
            values = table.values(row)
            connection.execute(
                f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
                [values[name] for name in columns],
            )


def test_a_ledger_from_before_runs_keeps_its_rows(db, sql):
    a_ledger_from_before_runs(db)
    with TruthLogger(db) as logger:
        logger.start_run(a_run())
    with LedgerReader(db) as reader:
        walk = reader.walk("t1")
    assert walk.trade == a_trade(run_id=None)
    assert walk.orders == [an_order(run_id=None)]
    assert walk.decisions == [a_decision(run_id=None)]
    assert sql("SELECT version, applied_at, description FROM schema_version") == [
        (1, "2025-01-02T03:04:05Z", "decisions, orders, trades"),
        (2, sql("SELECT applied_at FROM schema_version WHERE version = 2")[0][0], "runs"),
        (
            3,
            sql("SELECT applied_at FROM schema_version WHERE version = 3")[0][0],
            "strategy sources and causality",
        ),
        (4, sql("SELECT applied_at FROM schema_version WHERE version = 4")[0][0], "trials and data warnings"),
        (
            5,
            sql("SELECT applied_at FROM schema_version WHERE version = 5")[0][0],
            "orders and trades by time",
        ),
    ]


def test_a_reader_of_an_older_ledger_is_told_how_to_upgrade(db):
    a_ledger_from_before_runs(db)
    with pytest.raises(
        LedgerError, match=r"has schema version 1, reading needs version 5. Open it once for writing"
    ):
        LedgerReader(db)


def test_a_reader_of_an_empty_file_is_told(db):
    db.touch()
    with pytest.raises(LedgerError, match="has no tables yet"):
        LedgerReader(db)


@pytest.mark.parametrize(
    ("table", "column"),
    [("decisions", "timestamp"), ("orders", "submitted_at"), ("trades", "entry_timestamp")],
)
def test_the_newest_row_before_a_moment_is_found_through_an_index(table, column):
    with ledger_in_memory() as ledger:
        asked = f"SELECT {column} FROM {table} WHERE run_id = ? AND symbol = ? AND {column} < ? ORDER BY 1 DESC LIMIT 2"
        ((*_, plan),) = ledger.query(f"EXPLAIN QUERY PLAN {asked}", ("run", "BTC-USD", "2024"))
    assert f"idx_{table}_run_id (run_id=? AND symbol=? AND {column}<?)" in plan


def test_a_failing_step_leaves_the_version_before_it(db):
    a_ledger_from_before_runs(db)
    broken = Migration(
        2, "broken", "CREATE TABLE later (a TEXT);\nDROP TABLE trades;\nCREATE TABLE orders (a TEXT);\n"
    )
    with closing(open_for_writing(db, str(db))) as connection:
        before = structure(connection.query)
        with pytest.raises(LedgerError, match="table orders already exists"):
            migrate(connection, NOW, (MIGRATIONS[0], broken))
        assert structure(connection.query) == before
        assert version_of(connection) == 1
        assert connection.query("SELECT trade_id FROM trades") == [("t1",)]


def test_migrating_twice_changes_nothing(db):
    TruthLogger(db).initialize()
    with closing(open_for_writing(db, str(db))) as connection:
        before = connection.query("SELECT * FROM schema_version")
        migrate(connection, NOW)
        assert connection.query("SELECT * FROM schema_version") == before


def test_a_ledger_made_by_hand_from_the_schema_is_a_ledger(db):
    with closing(sqlite3.connect(db)) as connection:
        connection.executescript(SQL_SCHEMA)
    with TruthLogger(db) as logger:
        logger.start_run(a_run())
    with LedgerReader(db) as reader:
        assert reader.runs() == [a_run()]


@pytest.mark.parametrize(
    "opened", [lambda db: TruthLogger(db).initialize(), LedgerReader], ids=["writer", "reader"]
)
class TestUnusableFiles:
    def test_a_newer_ledger_is_refused(self, db, opened):
        TruthLogger(db).initialize()
        with closing(sqlite3.connect(db)) as connection, connection:
            connection.execute("INSERT INTO schema_version VALUES (99, NULL, 'from the future')")
        with pytest.raises(
            LedgerVersionError, match="has schema version 99, this ArgusNexus knows versions up to 5"
        ):
            opened(db)

    @pytest.mark.parametrize(
        "content", [b"no database at all, but long enough\n" * 100, b"SQLite format 3\0" + b"?" * 5000]
    )
    def test_a_file_that_is_no_database_is_left_as_it_is(self, db, opened, content):
        db.write_bytes(content)
        before = db.stat()
        with pytest.raises(LedgerError, match="is no SQLite database"):
            opened(db)
        assert db.read_bytes() == content
        assert db.stat().st_mtime_ns == before.st_mtime_ns

    def test_another_programs_database_is_left_as_it_is(self, db, opened):
        with closing(sqlite3.connect(db)) as connection, connection:
            connection.execute("CREATE TABLE recipes (title TEXT)")
        content = db.read_bytes()
        with pytest.raises(LedgerError, match="no truth ledger"):
            opened(db)
        assert db.read_bytes() == content

    def test_a_folder_is_no_ledger(self, db, opened):
        db.mkdir()
        with pytest.raises(LedgerError, match=r"is no file|There is no ledger"):
            opened(db)
