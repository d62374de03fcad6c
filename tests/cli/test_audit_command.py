"""`argus audit` names every row that doesn't agree, and says so with its exit code."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from argusnexus.cli import run
from truth.audited_runs import BUSY, replayed, sample


@pytest.fixture
def recorded(tmp_path):
    return tmp_path / "a.db", replayed(tmp_path / "a.db", sample(25), BUSY)


def spoil(db):
    with closing(sqlite3.connect(db)) as connection, connection:
        (trade_id,) = connection.execute("SELECT trade_id FROM trades LIMIT 1").fetchone()
        connection.execute("UPDATE trades SET net_pnl = '1' WHERE trade_id = ?", (trade_id,))
    return trade_id


def test_a_clean_run_is_said_to_be_clean(recorded, capsys):
    db, run_id = recorded
    assert run(["audit", run_id[-8:], "--db-path", str(db)]) == 0
    out = capsys.readouterr().out
    assert "Nothing was found" in out
    assert "coverage 100.00 %" in out
    assert "tape" in out


def test_each_row_that_does_not_agree_is_named(recorded, capsys):
    db, run_id = recorded
    trade_id = spoil(db)
    assert run(["audit", run_id, "--db-path", str(db)]) == 1
    out = capsys.readouterr().out
    assert f"trades {trade_id}" in out
    assert "net_pnl: expected " in out
    assert "1 finding in " in out
    assert "coverage 99." in out
    assert max(map(len, out.splitlines())) <= 80


def test_json_is_all_of_it_and_nothing_else(recorded, capsys):
    db, run_id = recorded
    trade_id = spoil(db)
    assert run(["audit", run_id, "--db-path", str(db), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    (finding,) = said["findings"]
    assert (finding["table"], finding["row_id"], finding["column"], finding["found"]) == (
        "trades",
        trade_id,
        "net_pnl",
        "1",
    )
    assert [table["table"] for table in said["tables"]] == [
        "runs",
        "decisions",
        "orders",
        "fills",
        "trades",
        "tape",
    ]
    assert not said["clean"]


def test_an_unknown_run_is_the_ledger_s_error(recorded):
    assert run(["audit", "nonsense", "--db-path", str(recorded[0])]) == 4


@pytest.mark.parametrize("command", ["report", "export"])
def test_a_value_that_cannot_be_read_is_an_error_with_its_row_everywhere_else(
    command, recorded, capsys, tmp_path
):
    db, run_id = recorded
    with closing(sqlite3.connect(db)) as connection, connection:
        (trade_id,) = connection.execute("SELECT trade_id FROM trades LIMIT 1").fetchone()
        connection.execute("UPDATE trades SET entry_price = 'high' WHERE trade_id = ?", (trade_id,))
    more = ["--out", str(tmp_path / "out"), "--format", "parquet"] if command == "export" else []
    assert run([command, run_id, "--db-path", str(db), *more]) == 4
    error = capsys.readouterr().err
    assert trade_id in error or "trades.entry_price" in error
    assert "argus audit" in error
