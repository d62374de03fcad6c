"""What an audit says of tapes, of runs that never completed, and of rows that stand alone."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from argusnexus.config import config_hash
from argusnexus.errors import UnknownRunError
from argusnexus.model.decisions import Phase
from argusnexus.model.orders import OrderState, Side
from argusnexus.model.runs import MarketTimeBasis, RunMode, RunStatus
from argusnexus.risk import RiskConfig
from argusnexus.truth.audit import audit_run
from argusnexus.truth.audit.cells import differences
from argusnexus.truth.audit.votes import agreed
from argusnexus.truth.tapes import FolderTapes
from truth.audited_runs import BUSY, audit, replayed, sample
from truth.ledger_rows import RUN, a_decision, a_fill, a_run, a_trade, an_order, closed, hours

SYMBOL = "SIM-BTC-USD"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    db = tmp_path_factory.mktemp("audited") / "a.db"
    return db, replayed(db, sample(30), replace(BUSY, risk=RiskConfig(max_drawdown=0.02)))


@pytest.fixture
def run(recorded, tmp_path):
    """A copy of a run that may be damaged, and its id."""
    db = tmp_path / "a.db"
    shutil.copy(recorded[0], db)
    shutil.copytree(recorded[0].with_name("a.tapes"), tmp_path / "a.tapes")
    return db, recorded[1]


def rewrite_tape(db, run_id, change):
    tapes = FolderTapes(db)
    with tapes.opened(run_id) as file:
        table = file.lines(SYMBOL)
    tapes.write(run_id, [change(table)])
    return table


def columns_found(db, run_id):
    return {(one.table, one.column) for one in audit(db, run_id).findings}


@pytest.mark.parametrize("column", ["close", "equity"])
def test_a_changed_number_on_the_tape_is_found_with_its_line(run, column):
    held = []

    def change(table):
        row = int(np.flatnonzero(table.phase == Phase.POSITION_OPEN)[0])
        held.append(row)
        values = getattr(table, column).copy()
        values[row] += 1e-6  # in the last places a close is lost in the equity that it makes
        return replace(table, **{column: values})

    table = rewrite_tape(*run, change)
    found = audit(*run)
    moment = np.datetime64(int(table.as_of[held[0]]), "ns").astype("datetime64[s]")
    assert [(one.column, one.row_id) for one in found.findings] == [("equity", f"{SYMBOL} {moment}Z")]
    (lines,) = [count for count in found.tables if count.table == "tape"]
    assert (lines.rows, lines.sound) == (len(table), len(table) - 1)
    assert found.coverage_percent < 100


def test_a_line_that_is_missing_is_found_by_what_happened_around_it(run):
    rewrite_tape(*run, lambda table: table.rows(table.phase != Phase.EXIT_PENDING))
    found = columns_found(*run)
    assert ("run_symbols", "candles_processed") in found
    assert ("orders", "row") in found


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (lambda table: replace(table, as_of=table.as_of + 1), "as_of"),
        (lambda table: replace(table, open_time=table.open_time - 1), "open_time"),
        (lambda table: replace(table, as_of=np.r_[table.as_of[:1], table.as_of[:-1]]), "as_of"),
        (lambda table: replace(table, phase=np.zeros(len(table), np.int64)), "phase"),
        (lambda table: replace(table, trailing_stop=np.full(len(table), 1.0)), "trailing_stop"),
        (lambda table: replace(table, reason=np.roll(table.reason, 1)), "reason"),
        (lambda table: replace(table, result=np.zeros(len(table), np.int64)), "phase"),
    ],
    ids=["off_the_grid", "too_long", "twice", "phases", "trailing", "reasons", "results"],
)
def test_a_tape_that_cannot_be_is_found(run, change, column):
    rewrite_tape(*run, change)
    assert ("tape", column) in columns_found(*run)


def test_a_tape_that_is_gone_or_damaged_leaves_the_rows_to_be_audited(run):
    db, run_id = run
    path = db.with_name("a.tapes") / f"{run_id}.parquet"
    path.write_bytes(path.read_bytes()[:100])
    damaged = audit(db, run_id)
    assert [(one.table, one.column) for one in damaged.findings] == [("tape", "file"), ("tape", "row")]
    path.unlink()
    gone = audit(db, run_id)
    assert [(one.table, one.column) for one in gone.findings] == [("tape", "row")]
    assert len(gone.notices) == 1
    assert gone.coverage_percent < 1


def test_rows_that_are_missing_or_too_many_are_found(run):
    db, run_id = run
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute("DROP TRIGGER fills_refuse_delete")
        connection.execute("DELETE FROM fills WHERE rowid = 3")
        connection.execute("INSERT INTO decisions SELECT 'mine', timestamp, symbol, strategy_name, signal_values,"
                           " risk_checks, market_context, result, result_reason, order_id, run_id"
                           " FROM decisions WHERE rowid = 1")  # fmt: skip
    found = audit(db, run_id)
    assert {(one.table, one.column, one.found) for one in found.findings} == {
        ("fills", "row", "nothing"),
        ("decisions", "row", "a row"),
    }


def test_a_halt_that_never_was_is_found(run):
    db, run_id = run
    with closing(sqlite3.connect(db)) as connection, connection:
        before = connection.execute("SELECT count(*) FROM halts").fetchone()[0]
        connection.execute("UPDATE halts SET equity = equity + 1")
        connection.execute(
            "INSERT INTO halts VALUES (?, ?, '2023-01-02T00:00:00Z', 'drawdown', 1.0, 2.0, 0.02)",
            (run_id, SYMBOL),
        )
    assert before == 1
    assert columns_found(db, run_id) == {("halts", "equity"), ("halts", "row")}


def test_a_run_of_a_replay_that_never_completed_may_leave_nothing(run):
    db, run_id = run
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute("UPDATE runs SET status = 'failed'")
    assert columns_found(db, run_id) == {("runs", "status")}


def test_an_unknown_run_is_told(run):
    with pytest.raises(UnknownRunError, match="has no run 'replay_nonsense'"):
        audit(run[0], "replay_nonsense")


@pytest.fixture
def session(logger):
    """A session's run: rows, and no tape."""
    basis = MarketTimeBasis.WALL_CLOCK
    logger.start_run(
        a_run(run_mode=RunMode.PAPER, market_time_basis=basis, config_hash=config_hash({}), config={})
    )
    logger.log_decision(a_decision())
    logger.log_order(an_order(order_state=OrderState.FILLED))
    logger.log_order(an_order("o2", client_order_id=None, side=Side.SELL))
    logger.log_fill(a_fill(fee=Decimal("0.4")))
    logger.log_fill(
        a_fill("f2", order_id="o2", side=Side.SELL, price=Decimal("62940.45"), fee=Decimal("0.5"))
    )
    return logger


def of_session(logger):
    with logger.reader() as reader:
        found = audit_run(reader, RUN)
    return found, {(one.table, one.column) for one in found.findings}


def test_a_session_s_trade_is_summed_from_its_fills(session):
    gross, fees = 2 * Decimal("0.00114454"), Decimal("0.9")
    money = {"gross_pnl": gross, "fees": fees, "net_pnl": gross - fees, "is_winner": False}
    session.open_trade(replace(closed(a_trade(exit_order_id="o2"), hours(3)), **money))
    found, columns = of_session(session)
    assert columns == set()
    assert found.notices
    assert 0 < found.coverage_percent < 100


def test_a_session_s_sums_and_links_are_checked(session):
    session.open_trade(closed(a_trade(exit_order_id="o2"), hours(3)))
    session.start_run(a_run("replay_0000bbbb"))
    session.log_decision(a_decision("d9", run_id="replay_0000bbbb", timestamp=hours(1)))
    session.log_order(an_order("o9", decision_id="d9"))
    _, columns = of_session(session)
    sums = {("trades", name) for name in ("gross_pnl", "fees", "net_pnl", "is_winner")}
    assert columns == sums | {("orders", "decision_id")}


def test_a_run_that_still_runs_has_nothing_to_be_audited(started):
    found, columns = of_session(started)
    assert columns == {("runs", "config"), ("runs", "config_hash")}
    assert found.tables[0].rows == 1
    started.finish_run(RUN, RunStatus.FAILED, trades_opened=0, trades_closed=0)
    assert of_session(started)[1] == columns


def test_most_are_right():
    assert agreed([1, 2, 2]) == 2
    assert agreed([None, 3, None]) == 3
    assert agreed([4, 5]) == 4
    assert agreed([None, None]) is None
    assert agreed([]) is None


def test_json_differs_by_its_leaves():
    assert list(differences("a", {"x": [1, {"y": None}]}, {"x": [1, {}]})) == [
        ("a.x[1].y", None, "no such key")
    ]
    assert list(differences("a", [1], [1, 2])) == [("a", [1], [1, 2])]
    assert list(differences("a", True, 1)) == [("a", True, 1)]
    assert list(differences("a", {"x": 1.5}, {"x": 1.5})) == []
