"""Whatever cell of a run is changed, the audit names its row; what it can't know is written down here."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argusnexus.errors import UnknownRunError
from argusnexus.model.times import from_iso, iso
from argusnexus.truth.audit.cells import StoredRow
from argusnexus.truth.codecs import AMOUNT, FLAG, JSON, MOMENT, PLAIN, RISK_CHECKS, TEXTS
from argusnexus.truth.tables import DECISIONS, FILLS, ORDERS, RUNS, TRADES
from truth.audited_runs import BUSY, Copy, replayed, sample

TABLES = (RUNS, DECISIONS, ORDERS, FILLS, TRADES)
CELLS = [(table, column) for table in TABLES for column in table.columns]

UNKNOWABLE = (
    # who, when and by what: nothing in the run depends on it
    "runs.created_by",
    "runs.notes",
    "runs.started_at",
    "runs.completed_at",
    "runs.git_sha",
    "runs.package_version",
    # hashes of what is not in the ledger
    "runs.data_hash",
    "runs.strategy_hash",
    # what only candles tell: bounded by fills, closes and other decisions, and exact where those leave no room
    "decisions.market_context.candle.open",
    "decisions.market_context.candle.high",
    "decisions.market_context.candle.low",
    "decisions.market_context.candle.volume",
    r"decisions.risk_checks[5].value",
    "trades.mae",
    "trades.mfe",
    # the plan of a signal whose prices were refused: nothing followed from it
    "decisions.market_context.plan",
    "decisions.market_context.plan.entry",
    "decisions.market_context.plan.stop",
    "decisions.market_context.plan.take_profit",
)
"""All that one run's own rows and tape can't refute; replaying it can, but for the first group."""

WORDS = {
    "runs.run_mode": ("replay_backtest", "paper_live", "live"),
    "runs.capital_mode": ("independent", "portfolio"),
    "runs.market_time_basis": ("candle_timestamp", "wall_clock"),
    "runs.status": ("running", "completed", "interrupted", "failed"),
    "runs.data_integrity": ("ok", "synthetic", "degraded_skip_volume", "synthetic+degraded_skip_volume"),
    "decisions.result": ("HOLD", "ENTRY", "EXIT", "REFUSED"),
    "decisions.result_reason": ("long", "risk_reward", "trading_halted", "funds", "signal", "channel"),
    "orders.role": ("entry", "bracket", "exit"),
    "orders.side": ("BUY", "SELL"),
    "orders.order_type": ("limit_limit_gtc", "market_market_ioc", "trigger_bracket_gtc"),
    "orders.order_state": ("pending", "open", "filled", "cancelled", "expired", "rejected", "unknown"),
    "orders.error_message": ("entry_expired", "the stop's limit was jumped by a gap; sold at market"),
    "fills.side": ("BUY", "SELL"),
    "fills.liquidity": ("maker", "taker"),
    "trades.status": ("open", "closed"),
    "trades.exit_reason": (
        "stop_loss",
        "take_profit",
        "chandelier",
        "channel",
        "signal",
        "emergency",
        "manual",
    ),
}
"""Everything that some columns may say."""

NOT_BY_ROW = ("trades.ambiguous",)
"""Found by a count: which of the trades it was can't be told."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    db = tmp_path_factory.mktemp("corrupted") / "a.db"
    return db, replayed(db, sample(30, ("SIM-BTC-USD", "SIM-ETH-USD")), BUSY, mode="portfolio")


@pytest.fixture(scope="module")
def copy(recorded):
    return Copy(recorded[0])


def count(copy, table):
    return copy.raw.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]


def a_row(copy, table, number):
    found = copy.raw.execute(f"{table.select} ORDER BY rowid LIMIT 1 OFFSET ?", (number,)).fetchone()
    return StoredRow(table, found, str(found[table.key_places[0]]))


def others(copy, table, column):
    quoted = f'"{column}"'
    return {value for (value,) in copy.raw.execute(f"SELECT DISTINCT {quoted} FROM {table.name}")}


def changed_amounts(text):
    value = Decimal(text)
    last = Decimal((0, (1,), value.as_tuple().exponent))
    return [format(one, "f") for one in (value + last, value - last, -value, value * 10, value / 2)]


def changed_times(text):
    moment = from_iso(text)
    return [iso(moment + (from_iso(f"2024-01-0{1 + days}T{hours:02}:00:{seconds:02}Z") - from_iso("2024-01-01")))
            for days, hours, seconds in ((0, 0, 1), (0, 1, 0), (1, 0, 0))]  # fmt: skip


def changed_leaves(value, path=""):
    """The value with one leaf changed, taken out or put in, and the path of it."""
    if isinstance(value, dict):
        yield f"{path}.put_in", value | {"put_in": 1}
        for key in value:
            yield f"{path}.{key}", {name: one for name, one in value.items() if name != key}
            for place, inner in changed_leaves(value[key], f"{path}.{key}"):
                yield place, value | {key: inner}
    elif isinstance(value, list):
        yield path, [*value, *value[-1:], 0]
        for number, one in enumerate(value):
            yield f"{path}[{number}]", value[:number] + value[number + 1 :]
            for place, inner in changed_leaves(one, f"{path}[{number}]"):
                yield place, [*value[:number], inner, *value[number + 1 :]]
    else:
        for one in changed_leaf(value):
            yield path, one


def changed_leaf(value):
    if isinstance(value, bool):
        return [not value, None]
    if isinstance(value, float):
        return [math.nextafter(value, math.inf), math.nextafter(value, -math.inf), -value - 1.0, None, "1"]
    if isinstance(value, int):
        return [value + 1, -value - 1, None]
    if isinstance(value, str):
        return [value + "0", value[:-1], None, 1]
    return [1.0, "x"]


def changes(copy, table, column, stored):
    """(path, other value) pairs: what the cell could be changed to, for its kind, so that it means something else."""
    return [(path, value) for path, value in all_changes(copy, table, column, stored)
            if not same_meaning(table, column, stored, value)]  # fmt: skip


def all_changes(copy, table, column, stored):
    codec, name = table.columns[column], f"{table.name}.{column}"
    said = others(copy, table, column) | set(WORDS.get(name, ()))
    swapped = [(name, value) for value in sorted(said - {stored, None}, key=str)]
    if stored is None:
        return [
            *swapped,
            (name, 1 if codec is FLAG else iso(from_iso("2023-01-05")) if codec is MOMENT else "1"),
        ]
    if codec in (JSON, TEXTS, RISK_CHECKS):
        leaves = changed_leaves(json.loads(stored), name)
        made = [(path, json.dumps(value, sort_keys=True, separators=(",", ":"))) for path, value in leaves]
        return [*made, (name, stored[:-1])]
    made = {AMOUNT: changed_amounts, MOMENT: changed_times, FLAG: lambda flag: [1 - flag]}.get(codec)
    if made:
        values = made(stored)
    elif codec is PLAIN and isinstance(stored, int):
        values = [stored + 1, stored - 1]
    elif codec is PLAIN:
        values = [stored + "0", stored[:-1], stored[:-1] + ("1" if stored[-1:] == "0" else "0")]
    else:
        values = ["nonsense"]
    nothing = [] if table.name == "runs" and column == "run_id" else [None]
    return [*swapped, *((name, value) for value in [*values, *nothing])]


def same_meaning(table, column, stored, value):
    if stored is None or value is None or table.columns[column] is not AMOUNT:
        return False
    return Decimal(stored) == Decimal(value)


def is_unknowable(path):
    return any(path == known or path.startswith(f"{known}.") for known in UNKNOWABLE)


def findings_of(copy, table, column, row, value):
    """What an audit finds after the change; None where the database itself refuses it."""
    key = " AND ".join(f"{name} = ?" for name in table.key)
    keys = [row.cells[name] for name in table.key]
    run_id = copy.raw.execute("SELECT run_id FROM runs").fetchone()[0]
    try:
        with copy.changed(f'UPDATE {table.name} SET "{column}" = ? WHERE {key}', value, *keys):
            return copy.audit(run_id).findings
    except UnknownRunError:
        return "unknown run"
    except copy.raw.IntegrityError:
        return None


def assert_found(copy, table, column, row, path, value):
    found = findings_of(copy, table, column, row, value)
    if found is None or found == "unknown run" or is_unknowable(path):
        return
    names = {row.row_id, str(value)}
    words = f"{path} of {row.row_id}: {row.cells[column]!r} became {value!r}"
    assert found, words
    if path not in NOT_BY_ROW:
        assert any(one.table == table.name and one.row_id in names for one in found), (words, found[:5])


@pytest.mark.parametrize(("table", "column"), CELLS, ids=lambda one: getattr(one, "name", one))
def test_one_other_value_in_every_column_is_found(copy, table, column):
    for number in range(count(copy, table)):
        row = a_row(copy, table, number)
        if row.cells[column] is not None:
            break
    options = [one for one in changes(copy, table, column, row.cells[column]) if not is_unknowable(one[0])]
    for path, value in options[:1] + options[-1:]:
        assert_found(copy, table, column, row, path, value)


@st.composite
def corruptions(draw):
    table, column = draw(st.sampled_from(CELLS))
    return table, column, draw(st.integers(0, 10**6)), draw(st.integers(0, 10**6))


def try_one(copy, corruption):
    table, column, number, choice = corruption
    row = a_row(copy, table, number % count(copy, table))
    options = changes(copy, table, column, row.cells[column])
    path, value = options[choice % len(options)]
    assert_found(copy, table, column, row, path, value)


@settings(max_examples=100)
@given(corruption=corruptions())
def test_any_single_corruption_is_found_with_its_row(copy, corruption):
    try_one(copy, corruption)


@pytest.mark.campaign
@settings(max_examples=20_000)
@given(corruption=corruptions())
def test_any_of_many_corruptions_is_found_with_its_row(copy, corruption):
    try_one(copy, corruption)
