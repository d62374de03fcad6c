"""Whatever cell of a run is changed, the audit or the verification says so."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from argusnexus.errors import ArgusError
from argusnexus.replay.verify_rows import NOT_COMPARED
from argusnexus.truth.audit import audit_run
from argusnexus.truth.queries import LedgerReader
from argusnexus.truth.tables import DECISIONS, FILLS, HALTS, ORDERS, RUN_SYMBOLS, RUNS, TRADES
from replay.recorded_runs import copied, sample_run, tamper, verified

ROWS = (DECISIONS, ORDERS, FILLS, TRADES)
CELLS = [(table, column) for table in (RUNS, RUN_SYMBOLS, HALTS, *ROWS) for column in table.columns]

WITHOUT_MEANING = {
    ("runs", "created_by"): "who asked for it",
    ("runs", "notes"): "words that somebody added",
    ("runs", "started_at"): "wall time; that it lies before completed_at is the audit's to say",
    ("runs", "completed_at"): "wall time; that it lies after started_at is the audit's to say",
}
"""The only cells that may say something else and nobody can know."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    db = tmp_path_factory.mktemp("corrupted") / "truth.db"
    return db, sample_run(db, symbols=("SIM-BTC-USD",), end="2023-02-10")


@pytest.fixture
def run(recorded, tmp_path):
    return copied(recorded[0], tmp_path / "copy.db"), recorded[1]


def cell(db, table, column, row):
    with closing(sqlite3.connect(db)) as connection:
        count = connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]
        if not count:
            return None
        query = f'SELECT rowid, "{column}" FROM {table.name} ORDER BY rowid LIMIT 1 OFFSET ?'
        return connection.execute(query, (row % count,)).fetchone()


def put(db, table, column, rowid, value):
    tamper(db, (f'UPDATE {table.name} SET "{column}" = ? WHERE rowid = ?', (value, rowid)))


def other(value, draw=0):
    """Another value, as near as the column's kind allows; `draw` chooses which leaf of JSON."""
    if value is None:
        return "1"
    if isinstance(value, int):
        return 1 - value if value in {0, 1} else value + 1
    if isinstance(value, float):
        return math.nextafter(value, math.inf)
    if value[:1] in {"{", "["}:
        return json.dumps(other_leaf(json.loads(value), draw), sort_keys=True, separators=(",", ":"))
    last = value[-1:]
    return value[:-1] + (str((int(last) + 1) % 10) if last.isdigit() else "x" if last != "x" else "y")


def other_leaf(value, draw):
    """The same JSON with one leaf changed."""
    if isinstance(value, dict) and value:
        key = sorted(value)[draw % len(value)]
        return value | {key: other_leaf(value[key], draw // len(value))}
    if isinstance(value, list) and value:
        place = draw % len(value)
        return [*value[:place], other_leaf(value[place], draw // len(value)), *value[place + 1 :]]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return math.nextafter(value, math.inf) if isinstance(value, float) else value + 1
    return "changed" if value in (None, {}, []) else value + "x"


def is_told(db, run_id, folder):
    """By a difference, by something that changed since, or by an error."""
    try:
        verification = verified(db, run_id, folder)
    except ArgusError:
        return True
    changed = any(change.recorded != change.current for change in verification.changes)
    return changed or not verification.identical


def is_audited(db, run_id):
    try:
        with LedgerReader(db) as reader:
            return bool(audit_run(reader, run_id).findings)
    except ArgusError:
        return True


def test_what_is_not_compared_is_told_otherwise_or_has_no_meaning():
    changed_since = {("runs", name) for name in ("git_sha", "package_version", "strategy_hash")}
    assert set(NOT_COMPARED) == set(WITHOUT_MEANING) | changed_since


def test_the_untouched_run_is_identical(run, tmp_path):
    assert not is_told(*run, tmp_path)


@pytest.mark.parametrize("table", ROWS, ids=lambda table: table.name)
def test_a_flip_of_each_column_is_found_in_its_row(run, tmp_path, table):
    db, run_id = run
    columns = [name for name in table.columns if name not in table.key]
    for place, name in enumerate(columns):
        rowid, value = cell(db, table, name, place)
        put(db, table, name, rowid, other(value))
    found = {one.table: one.different for one in verified(db, run_id, tmp_path).tables}
    assert found.pop(table.name) == len(columns)
    assert not any(found.values())


@pytest.mark.parametrize("column", [name for name in RUNS.columns if ("runs", name) not in WITHOUT_MEANING])
def test_a_flip_of_each_column_of_the_run_is_found(run, tmp_path, column):
    db, run_id = run
    rowid, value = cell(db, RUNS, column, 0)
    put(db, RUNS, column, rowid, other(value))
    assert is_told(db, run_id, tmp_path)


def test_a_run_that_ended_before_it_began_is_found_by_the_audit(run):
    db, run_id = run
    tamper(db, "UPDATE runs SET completed_at = '2001-01-01T00:00:00Z'")
    assert is_audited(db, run_id)


def one_changed_cell(recorded, tmp_path_factory, where, row, draw, gone):
    """Whether a change is told; a change to what it was is none."""
    table, column = where
    folder = tmp_path_factory.mktemp("cell")
    db, run_id = copied(recorded[0], folder / "copy.db"), recorded[1]
    found = cell(db, table, column, row)
    assume(found is not None)
    value = None if gone else other(found[1], draw)
    assume(value != found[1])
    try:
        put(db, table, column, found[0], value)
    except sqlite3.IntegrityError:
        assume(False)  # the ledger itself refuses NULL there
    return is_told(db, run_id, folder) or (table.name, column) in WITHOUT_MEANING or is_audited(db, run_id)


CHANGE = {
    "where": st.sampled_from(CELLS),
    "row": st.integers(0, 10_000),
    "draw": st.integers(0, 10**9),
    "gone": st.booleans(),
}


@given(**CHANGE)
@settings(max_examples=30)
def test_any_changed_cell_is_found(recorded, tmp_path_factory, where, row, draw, gone):
    assert one_changed_cell(recorded, tmp_path_factory, where, row, draw, gone)


@pytest.mark.campaign
@given(**CHANGE)
@settings(max_examples=2_000)
def test_any_changed_cell_is_found_many_times(recorded, tmp_path_factory, where, row, draw, gone):
    assert one_changed_cell(recorded, tmp_path_factory, where, row, draw, gone)
