"""What is logged is kept exactly, whole, or not at all."""

from __future__ import annotations

import stat
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.errors import LedgerBusyError, LedgerError, UnknownRunError
from argusnexus.model.decisions import DecisionResult, RiskCheck, RiskLayer
from argusnexus.model.runs import RunStatus
from argusnexus.truth import tables
from argusnexus.truth.codecs import AMOUNT, canonical_json
from argusnexus.truth.connection import open_for_writing
from argusnexus.truth.logger import TruthLogger
from argusnexus.truth.migrations import migrate
from argusnexus.truth.queries import LedgerReader
from truth.ledger_rows import (
    RUN,
    START,
    a_decision,
    a_fill,
    a_halt,
    a_run,
    a_run_symbol,
    a_trade,
    an_order,
    closed,
    hours,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
AMOUNTS = st.decimals(-(10**15), 10**15, allow_nan=False, allow_infinity=False)
MOMENTS = st.datetimes(timezones=st.just(UTC))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSONS = st.dictionaries(
    TEXT, st.recursive(st.none() | st.booleans() | FLOATS | TEXT, st.lists, max_leaves=5), max_size=4
)
WHOLE = st.integers(0, 2**62)
CHECKS = st.lists(
    st.builds(RiskCheck, st.sampled_from(RiskLayer), st.none() | FLOATS, st.none() | FLOATS, st.booleans())
).map(tuple)


class StoppedClock:
    def now(self):
        return hours(3)


@st.composite
def rows(draw, base, **columns):
    """Rows like `base`, with arbitrary values in some columns."""
    return replace(base, **{name: draw(values) for name, values in columns.items()})


ROWS = st.one_of(
    st.tuples(st.just(tables.RUNS), rows(
        a_run(), capital=AMOUNTS, config=JSONS, symbols=st.lists(TEXT).map(tuple), started_at=MOMENTS,
        completed_at=st.none() | MOMENTS, status=st.sampled_from(RunStatus), trades_opened=WHOLE, notes=st.none() | TEXT,
    )),
    st.tuples(st.just(tables.DECISIONS), rows(
        a_decision(run_id=None), timestamp=MOMENTS, signal_values=JSONS, market_context=JSONS, risk_checks=CHECKS,
        result=st.sampled_from(DecisionResult), result_reason=TEXT, order_id=st.none() | TEXT,
    )),
    st.tuples(st.just(tables.ORDERS), rows(
        an_order(run_id=None, decision_id=None), quantity=AMOUNTS, price=st.none() | AMOUNTS,
        payload=st.none() | JSONS, bracket_verified=st.none() | st.booleans(),
        attached_order_ids=st.lists(TEXT).map(tuple), submitted_at=MOMENTS,
    )),
)  # fmt: skip


@given(ROWS)
def test_a_row_comes_back_as_it_was_logged(table_and_row):
    table, row = table_and_row
    with closing(open_for_writing(None, ":memory:")) as connection:
        migrate(connection, START)
        connection.insert(table, [row])
        assert connection.rows(table, "") == [row]


@given(AMOUNTS)
def test_an_amount_keeps_every_digit(value):
    text = AMOUNT.encode(value)
    assert "E" not in text
    assert AMOUNT.decode(text) == value
    if value.as_tuple().exponent <= 0:
        assert AMOUNT.decode(text).as_tuple() == value.as_tuple()


@given(TEXT.filter(bool), WHOLE)
def test_json_has_one_text_per_value(key, number):
    forwards = {key: number, "~": [Decimal("0.10"), np.float64(0.5), np.int64(3)]}
    backwards = dict(reversed(forwards.items()))
    assert canonical_json(forwards) == canonical_json(backwards)
    assert '"0.10",0.5,3]' in canonical_json(forwards)


def test_json_has_null_for_what_is_no_number():
    values = {"b": (1.5, float("nan"), [float("-inf")]), "a": np.float32("inf"), "c": {"d": float("inf")}}
    assert canonical_json(values) == '{"a":null,"b":[1.5,null,[null]],"c":{"d":null}}'


def test_json_refuses_what_it_cannot_hold(logger):
    with pytest.raises(LedgerError, match="JSON column, was datetime"):
        logger.log_decision(a_decision(run_id=None, signal_values={"when": START}))


def test_json_takes_any_mapping():
    from types import MappingProxyType

    assert canonical_json({"config": MappingProxyType({"a": 1})}) == '{"config":{"a":1}}'


def test_times_are_kept_in_utc_and_naive_ones_refused(started, sql):
    elsewhere = datetime(2024, 5, 4, 0, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=2)))
    started.log_decision(a_decision(timestamp=elsewhere))
    assert sql("SELECT timestamp FROM decisions") == [("2024-05-03T22:00:00.250000Z",)]
    with pytest.raises(LedgerError, match="expected one with a time zone, was 2024-05-03T22:00:00"):
        started.log_decision(a_decision("d2", timestamp=START.replace(tzinfo=None)))


def test_values_are_stored_as_text_that_people_can_read(started, sql):
    started.log_decision(a_decision())
    started.log_order(an_order())
    started.log_fill(a_fill(quantity=Decimal("0.00000001")))
    assert sql("SELECT timestamp, price, quantity, fee, liquidity, simulated FROM fills") == [
        ("2024-05-03T22:00:00Z", "62938.45", "0.00000001", "0.43", "maker", 1)
    ]
    checks = (
        '[{"layer":"trading_halted","limit":null,"passed":true,"value":null},'
        '{"layer":"drawdown","limit":0.25,"passed":true,"value":0.01}]'
    )
    assert sql("SELECT result, signal_values, risk_checks FROM decisions") == [
        ("ENTRY", '{"atr":512.25,"upper":62900.0}', checks)
    ]


def test_constructing_touches_nothing(tmp_path):
    TruthLogger(tmp_path / "missing" / "ledger.db")
    (tmp_path / "empty.db").touch()
    TruthLogger(str(tmp_path / "empty.db"))
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]


def test_an_empty_file_becomes_a_ledger(db):
    db.touch()
    with TruthLogger(str(db)) as logger:
        logger.initialize()
        logger.start_run(a_run())
    with LedgerReader(str(db)) as reader:
        assert reader.runs() == [a_run()]


def test_a_new_ledger_belongs_to_its_owner_and_its_folder_is_made(tmp_path):
    db = tmp_path / "a folder" / "50% of? #1.db"
    with TruthLogger(db) as logger:
        logger.start_run(a_run())
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in db.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {db.name, f"{db.name}.lock"} <= set(modes)
    with LedgerReader(db) as reader:
        assert reader.runs() == [a_run()]


def test_a_ledger_in_memory_needs_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with TruthLogger(":memory:") as logger:
        logger.start_run(a_run())
        with pytest.raises(LedgerError, match="UNIQUE"):
            logger.start_run(a_run())
    assert list(Path().iterdir()) == []


def test_the_ledger_survives_power_loss_settings(logger):
    connection = logger._ledger()
    asked = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "busy_timeout")
    assert [connection.query(f"PRAGMA {name}")[0][0] for name in asked] == ["wal", 2, 1, 0, 5000]


def test_the_first_write_initializes(db):
    logger = TruthLogger(db)
    logger.start_run(a_run())
    logger.close()
    with LedgerReader(db) as reader:
        assert reader.runs() == [a_run()]


def test_a_closed_logger_writes_no_more(db):
    logger = TruthLogger(db)
    logger.close()
    with pytest.raises(LedgerError, match="closed: make a new TruthLogger"):
        logger.initialize()
    assert not db.exists()


def test_a_finished_run_has_its_end(db):
    with TruthLogger(db, clock=StoppedClock()) as logger:
        logger.start_run(a_run(notes="first"))
        logger.update_run_counts(RUN, 3, 2)
        with LedgerReader(db) as reader:
            assert reader.run(RUN) == a_run(notes="first", trades_opened=3, trades_closed=2)
        logger.finish_run(RUN, RunStatus.COMPLETED, trades_opened=4, trades_closed=3, data_hash="da7a")
    with LedgerReader(db) as reader:
        assert reader.run(RUN) == a_run(
            completed_at=hours(3),
            status=RunStatus.COMPLETED,
            trades_opened=4,
            trades_closed=3,
            data_hash="da7a",
            notes="first",
        )


def test_an_interrupted_run_is_never_completed(started, db):
    started.finish_run(
        RUN, RunStatus.INTERRUPTED, trades_opened=0, trades_closed=0, notes="stopped by the user"
    )
    with LedgerReader(db) as reader:
        run = reader.run(RUN)
    assert (run.completed_at, run.notes) == (None, "stopped by the user")


def test_only_a_running_run_can_be_finished(started):
    started.finish_run(RUN, RunStatus.FAILED, trades_opened=0, trades_closed=0)
    with pytest.raises(LedgerError, match="is failed: only a running run"):
        started.update_run_counts(RUN, 1, 0)
    with pytest.raises(UnknownRunError, match=f"no run 'replay_0000aaab'. Did you mean '{RUN}'"):
        started.finish_run("replay_0000aaab", RunStatus.COMPLETED, trades_opened=0, trades_closed=0)


def test_an_order_is_updated_on_evidence(started, db):
    started.log_decision(a_decision())
    started.log_order(an_order())
    evidence = an_order(
        attached_order_ids=("o2",), bracket_verified=True, filled_quantity=Decimal("0.00114454")
    )
    started.update_order(evidence)
    started.open_trade(a_trade())
    with LedgerReader(db) as reader:
        assert reader.walk("t1").orders == [evidence]
    with pytest.raises(LedgerError, match="no order 'o9' to update"):
        started.update_order(an_order("o9"))


def test_a_trade_is_closed_once(started, db):
    started.log_decision(a_decision())
    started.log_order(an_order())
    started.open_trade(a_trade())
    done = closed(a_trade(), hours(2))
    with pytest.raises(LedgerError, match="status is still open"):
        started.close_trade(a_trade())
    started.close_trade(done)
    with LedgerReader(db) as reader:
        assert reader.trades(RUN) == [done]
    with pytest.raises(LedgerError, match="no open trade 't1'"):
        started.close_trade(done)


def test_halts_and_symbols_are_kept(started, db):
    started.log_halt(a_halt())
    started.log_run_symbol(a_run_symbol(tradable_from=hours(1)))
    with LedgerReader(db) as reader:
        assert reader.halts(RUN) == [a_halt()]
        assert reader.run_symbols(RUN) == [a_run_symbol(tradable_from=hours(1))]


def test_a_second_order_of_one_client_order_id_is_refused_by_name(started):
    started.log_decision(a_decision())
    started.log_order(an_order())
    with pytest.raises(
        LedgerError, match=r"a row of orders \(order_id 'o2', client_order_id 'ANX4_o1'\): UNIQUE"
    ):
        started.log_order(an_order("o2", client_order_id="ANX4_o1"))
    started.log_order(an_order("o3"))
    with pytest.raises(LedgerError, match=r"order_id 'o3', client_order_id 'ANX4_o1'"):
        started.update_order(an_order("o3", client_order_id="ANX4_o1"))


def test_a_fill_is_counted_once(started):
    started.log_decision(a_decision())
    started.log_order(an_order())
    started.log_fill(a_fill())
    with pytest.raises(LedgerError, match=r"fill_id 'f2', venue_trade_id 'venue-f1'"):
        started.log_fill(a_fill("f2", venue_trade_id="venue-f1"))


def test_an_order_needs_its_decision(started):
    with pytest.raises(LedgerError, match=r"a row of orders \(order_id 'o1'\): FOREIGN KEY"):
        started.log_order(an_order())


def test_a_replay_is_logged_whole_or_not_at_all(started, sql):
    def replay(**changes):
        parts = {
            "run_symbols": [a_run_symbol()],
            "decisions": [a_decision(), a_decision("d2")],
            "orders": [an_order()],
            "fills": [a_fill()],
            "trades": [a_trade()],
            "halts": [a_halt()],
        }
        started.log_replay(**(parts | changes))

    with pytest.raises(LedgerError, match="decision_id 'd1'"):
        replay(decisions=[a_decision(), a_decision("d0"), a_decision()])
    with pytest.raises(LedgerError, match="halts"):
        replay(halts=[a_halt(), a_halt()])
    tables_of_a_replay = ("run_symbols", "decisions", "orders", "fills", "trades", "halts")
    assert [sql(f"SELECT count(*) FROM {name}") for name in tables_of_a_replay] == [[(0,)]] * 6
    replay()
    assert [sql(f"SELECT count(*) FROM {name}") for name in tables_of_a_replay] == [
        [(1,)], [(2,)], [(1,)], [(1,)], [(1,)], [(1,)]
    ]  # fmt: skip


class TestTransaction:
    def test_everything_inside_is_kept_together(self, started, sql):
        with started.transaction():
            started.log_decision(a_decision())
            started.finish_run(RUN, RunStatus.COMPLETED, trades_opened=0, trades_closed=0)
            assert sql("SELECT status FROM runs") == [("running",)]
        assert sql("SELECT status, (SELECT count(*) FROM decisions) FROM runs") == [("completed", 1)]

    def test_an_interruption_undoes_all_of_it(self, started, sql):
        def interrupted():
            with started.transaction():
                started.log_decision(a_decision())
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert sql("SELECT * FROM decisions") == []
        started.log_decision(a_decision())

    def test_a_part_can_fail_alone(self, started, sql):
        def part():
            with started.transaction():
                started.log_decision(a_decision("d2"))
                started.log_decision(a_decision("d1"))

        with started.transaction():
            started.log_decision(a_decision())
            with pytest.raises(LedgerError, match="decision_id 'd1'"):
                part()
            started.log_decision(a_decision("d3"))
        assert sql("SELECT decision_id FROM decisions") == [("d1",), ("d3",)]

    def test_a_rollback_by_sqlite_itself_is_reported_as_what_caused_it(self, started, sql):
        connection = started._ledger()
        (page_count,) = connection.query("PRAGMA page_count")[0]
        connection.execute(f"PRAGMA max_page_count = {page_count}")
        with pytest.raises(LedgerError, match="full"), started.transaction():
            started.log_replay(
                run_symbols=[],
                decisions=(a_decision(f"d{index}") for index in range(1000)),
                orders=[],
                fills=[],
                trades=[],
                halts=[],
            )
        assert sql("SELECT * FROM decisions") == []

    def test_another_program_that_holds_the_file_is_waited_for_then_told(self, started, db):
        other = open_for_writing(db, "the other")
        with closing(other), other.transaction():
            started._ledger().execute("PRAGMA busy_timeout = 1")
            with pytest.raises(LedgerBusyError, match="in use by another program"):
                started.log_decision(a_decision())
