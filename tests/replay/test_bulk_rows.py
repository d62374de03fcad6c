"""Rows in bulk, whatever the size of the parts: cell for cell those that the scribe leaves, one row at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from argusnexus.clock import SystemClock
from argusnexus.config import Settings
from argusnexus.errors import LedgerError
from argusnexus.market.sample import SAMPLE_SYMBOLS, sample_candles
from argusnexus.model.candles import Granularity
from argusnexus.model.orders import EntryType
from argusnexus.model.settings import ExecutionConfig
from argusnexus.money import amount, multiples_of, on_increment
from argusnexus.replay.bulk import BulkBook
from argusnexus.replay.market import ReplayMarket, SymbolMarket
from argusnexus.replay.plan import make_plan
from argusnexus.replay.run_row import run_row
from argusnexus.replay.simulation import ROOM, Simulator
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout
from argusnexus.truth.logger import TruthLogger
from argusnexus.truth.tables import DECISIONS, FILLS, HALTS, ORDERS, TRADES

RUN_ID = "replay_0b51d1a9"
HOUR = Granularity.parse("1h")
TABLES = (DECISIONS, ORDERS, FILLS, TRADES, HALTS)

BUSY = Settings(
    strategy=DonchianBreakout(
        entry_period=8,
        exit_period=5,
        trend_period=0,
        volume_multiplier=0.0,
        warmup=20,
        stop_atr=1.0,
        take_profit_atr=2.0,
        chandelier_atr=1.5,
    ),
    risk=RiskConfig(max_drawdown=1.0, daily_loss_limit=0.05),
    execution=ExecutionConfig(maker_fee=0.0005, taker_fee=0.001, entry_ttl=2),
)
AT_MARKET = replace(BUSY, execution=replace(BUSY.execution, entry_type=EntryType.MARKET))
GAPPY = replace(BUSY, risk=replace(BUSY.risk, stop_buffer=0.0))
HALTED = replace(BUSY, risk=replace(BUSY.risk, max_drawdown=0.01))


def simulator(candles, chosen, mode, room=ROOM, *, native=False):
    plan = make_plan(
        [one.symbol for one in candles],
        None,
        None,
        1000,
        capital_mode=mode,
        granularity=candles[0].granularity,
        settings=chosen,
    )
    market = ReplayMarket(tuple(SymbolMarket(one, "test", None) for one in candles), ())
    made = Simulator(plan, market, RUN_ID, native=native, progress=lambda *_: None, room=room)
    return made, run_row(plan, market, RUN_ID, "test", SystemClock().now())


def one_by_one(candles, chosen, mode):
    """Cells by table of rows that a scribe wrote, and the tapes."""
    done = simulator(candles, chosen, mode)[0].run()
    rows = (done.rows.decisions, done.rows.orders, done.rows.fills, done.rows.trades, done.rows.halts)
    cells = {
        table.name: [table.values(row) for row in all_] for table, all_ in zip(TABLES, rows, strict=True)
    }
    return cells, done.tapes, done.run_symbols


def in_bulk(candles, chosen, mode, room=ROOM, *, native=False):
    """The same, of rows that were written in bulk, in parts of so many records."""
    made, row = simulator(candles, chosen, mode, room, native=native)
    with TruthLogger(":memory:") as logger:
        logger.start_run(row)
        with logger.transaction():
            book = BulkBook(logger, chosen.execution.entry_type)
            told = made.tell(book)
        cells = {table.name: logger.reader().cells(table, RUN_ID) for table in TABLES}
    assert book.trades_opened == len(cells["trades"])
    assert book.trades_closed == sum(trade["status"] == "closed" for trade in cells["trades"])
    return cells, told.tapes, told.run_symbols


def assert_same(one, other, *, ordered=True):
    (cells, tapes, symbols), (other_cells, other_tapes, other_symbols) = one, other
    for name, rows in cells.items():
        left, right = (rows, other_cells[name]) if ordered else map(by_text, (rows, other_cells[name]))
        assert left == right
    assert symbols == other_symbols
    for tape, other_tape in zip(tapes, other_tapes, strict=True):
        assert tape.equity.tobytes() == other_tape.equity.tobytes()
        assert tape.trailing_stop.tobytes() == other_tape.trailing_stop.tobytes()
        assert tape.reason.tolist() == other_tape.reason.tolist()
        assert tape.result.tolist() == other_tape.result.tolist()
        assert tape.phase.tolist() == other_tape.phase.tolist()


def by_text(rows):
    return sorted(map(repr, rows))


def sample(count, symbols=1):
    return [sample_candles(symbol).rows(slice(0, count)) for symbol in SAMPLE_SYMBOLS[:symbols]]


def falling_in_steps(candles):
    """The same candles, two per cent lower after every thirty of them: gaps that jump a stop's limit."""
    factor = 0.98 ** (np.arange(len(candles)) // 30)
    columns = {name: getattr(candles, name) * factor for name in ("open", "high", "low", "close")}
    return replace(candles, **columns)


@pytest.mark.parametrize("mode", ["independent", "portfolio"])
@pytest.mark.parametrize(
    "chosen",
    [Settings(), BUSY, AT_MARKET, GAPPY, HALTED],
    ids=["default", "busy", "market", "gaps", "halted"],
)
def test_rows_in_bulk_are_those_of_the_scribe(chosen, mode):
    candles = sample(2500, symbols=2)
    scribed = one_by_one(candles, chosen, mode)
    assert scribed[0]["trades"]
    assert_same(scribed, in_bulk(candles, chosen, mode))


def test_jumped_stops_expired_entries_and_signal_exits_are_all_among_the_rows():
    candles = [falling_in_steps(one) for one in sample(2500)]
    cells, tapes, symbols = in_bulk(candles, GAPPY, "independent")
    assert_same(one_by_one(candles, GAPPY, "independent"), (cells, tapes, symbols))
    assert {row["exit_reason"] for row in cells["trades"]} >= {"emergency", "stop_loss", "take_profit"}
    assert {"expired", "filled", "cancelled"} <= {row["order_state"] for row in cells["orders"]}


@pytest.mark.parametrize("room", [1, 2, 7, 100])
@pytest.mark.parametrize("mode", ["independent", "portfolio"])
def test_parts_of_any_size_leave_the_same_rows(mode, room):
    """In a portfolio the symbols' rows take turns: each table has the same ones in another order."""
    candles = sample(1500, symbols=2)
    parts = in_bulk(candles, BUSY, mode, room)
    assert_same(one_by_one(candles, BUSY, mode), parts, ordered=mode == "independent")


@settings(max_examples=15, deadline=None)
@given(
    room=some.integers(1, 300),
    start=some.integers(0, 4000),
    entry_period=some.integers(2, 60),
    exit_period=some.integers(2, 40),
    stop_atr=some.floats(0.3, 4.0),
    target_atr=some.floats(0.3, 6.0),
    entry_type=some.sampled_from(EntryType),
    stop_buffer=some.sampled_from([0.0, 0.001, 0.05]),
)
def test_parts_and_parameters_of_any_kind_leave_the_same_rows(
    room, start, entry_period, exit_period, stop_atr, target_atr, entry_type, stop_buffer
):
    chosen = replace(
        BUSY,
        strategy=replace(
            BUSY.strategy,
            entry_period=entry_period,
            exit_period=exit_period,
            stop_atr=stop_atr,
            take_profit_atr=target_atr,
        ),
        risk=replace(BUSY.risk, stop_buffer=stop_buffer, min_risk_reward=0.0),
        execution=replace(BUSY.execution, entry_type=entry_type),
    )
    candles = [sample_candles(SAMPLE_SYMBOLS[0]).rows(slice(start, start + 700))]
    assert_same(one_by_one(candles, chosen, "independent"), in_bulk(candles, chosen, "independent", room))


@pytest.mark.parametrize("symbol", ["BTC-USD", "ETH-USD"])
def test_real_candles_leave_the_same_rows_in_parts(real_candles, symbol):
    candles = [real_candles[symbol].rows(slice(0, 4000))]
    scribed = one_by_one(candles, BUSY, "independent")
    assert len(scribed[0]["trades"]) > 50
    assert_same(scribed, in_bulk(candles, BUSY, "independent", 64))


def test_the_compiled_step_leaves_the_same_rows_in_parts():
    candles = sample(2000)
    scribed = one_by_one(candles, BUSY, "independent")
    assert_same(scribed, in_bulk(candles, BUSY, "independent", 50, native=True))


def test_a_row_that_the_ledger_refuses_is_named(tmp_path):
    made, row = simulator(sample(600), BUSY, "independent")
    with TruthLogger(tmp_path / "ledger.db") as logger:
        logger.start_run(row)
        made.tell(BulkBook(logger, BUSY.execution.entry_type))
        again, _ = simulator(sample(600), BUSY, "independent")
        with pytest.raises(LedgerError, match="dec_0b51d1a9_SIM-BTC-USD"):
            again.tell(BulkBook(logger, BUSY.execution.entry_type))


@given(
    digits=some.integers(0, 9),
    step=some.integers(1, 25),
    units=some.integers(0, 10**17),
)
def test_multiples_are_read_as_they_would_be_divided(digits, step, units):
    increment = amount(f"{step}E-{digits}")
    value = float(units * increment)
    (read,) = multiples_of(increment)([value])
    assert read.as_tuple() == on_increment(value, increment).as_tuple()
