"""What stood at one moment: the newest decision, the entry that waits, the position that is held."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow.parquet as pq
import pytest

from argusnexus.errors import LedgerError, UnknownRunError
from argusnexus.model.conditions import Comparison, Condition
from argusnexus.model.decisions import DecisionResult, Phase, Reason, phase_after
from argusnexus.model.orders import OrderState
from argusnexus.model.times import from_ns, to_ns
from argusnexus.truth.queries import LedgerReader
from truth.audited_runs import BUSY, replayed, sample
from truth.ledger_rows import (
    BTC,
    ETH,
    RUN,
    a_decision,
    a_run,
    a_run_symbol,
    a_tape,
    a_trade,
    an_order,
    hours,
    write_tape,
)


@pytest.fixture
def reader(started, db):
    with LedgerReader(db) as reader:
        yield reader


class TestDecisionBefore:
    def test_rows_and_tape_are_asked_alike(self, started, reader, db):
        started.log_decision(a_decision("d1", timestamp=hours(2)))
        write_tape(db, RUN, [a_tape(ETH, 9), a_tape(BTC, 5)])
        almost = timedelta(minutes=59, seconds=59, microseconds=5)
        assert reader.decision_before(RUN, BTC, hours(2) + almost).decision_id == "d1"
        assert reader.decision_before(RUN, BTC, hours(1) + almost).timestamp == hours(1)
        assert reader.decision_before(RUN, BTC, hours(3)).timestamp == hours(3)
        assert reader.decision_before(RUN, BTC, hours(99)).timestamp == hours(4)

    def test_rows_within_one_second_are_told_apart(self, started, reader):
        moments = [hours(0) + timedelta(microseconds=count) for count in (0, 5, 9)]
        for number, moment in enumerate(moments):
            started.log_decision(a_decision(f"d{number}", timestamp=moment))
        assert reader.decision_before(RUN, BTC, moments[1]).decision_id == "d1"
        assert reader.decision_before(RUN, BTC, moments[1] + timedelta(microseconds=1)).decision_id == "d1"
        assert reader.decision_before(RUN, BTC, hours(1)).decision_id == "d2"

    def test_a_moment_before_the_first_is_told_with_first_and_last(self, reader, db):
        write_tape(db, RUN, [a_tape(BTC, 5)])
        with pytest.raises(
            LedgerError, match=r"no decision on BTC-USD by .*: its first is of 2024-05-03T22:00:00Z, "
        ):
            reader.decision_before(RUN, BTC, hours(-1))
        with pytest.raises(LedgerError, match="no decision on ETH-USD by 2024-05-03T22:00:00Z, nor later"):
            reader.decision_before(RUN, ETH, hours(0))
        with pytest.raises(LedgerError, match="has no symbol 'X-USD'"):
            reader.decision_before(RUN, "X-USD", hours(0))


class TestTradeIds:
    def test_a_part_that_no_other_trade_shares_stands_for_it(self, started, reader):
        started.start_run(a_run("replay_0000bbbb"))
        for run_id, trade_id in ((RUN, "trd_0000aaaa_X"), ("replay_0000bbbb", "trd_0000bbbb_X")):
            started.open_trade(a_trade(trade_id, run_id=run_id, entry_order_id=None, entry_decision_id=None))
        assert reader.resolve_trade_id("trd_0000aaaa_X") == "trd_0000aaaa_X"
        assert reader.resolve_trade_id("bbbb") == "trd_0000bbbb_X"
        assert reader.resolve_trade_id("X", RUN) == "trd_0000aaaa_X"
        with pytest.raises(LedgerError, match=r"'X' stands for 2 trades .*: trd_0000aaaa_X, trd_0000bbbb_X"):
            reader.resolve_trade_id("X")
        with pytest.raises(LedgerError, match=r"has no trade 'trd_0000cccc_X'\. Did you mean"):
            reader.resolve_trade_id("trd_0000cccc_X")
        with pytest.raises(LedgerError, match="has no trade ''"):
            reader.resolve_trade_id("")
        with pytest.raises(UnknownRunError):
            reader.resolve_trade_id("X", "nonsense")


def test_conditions_are_those_of_the_tape(reader, db):
    conditions = (
        Condition("breakout", "close", Comparison.ABOVE, "atr"),
        Condition("x", "atr", Comparison.BELOW, 3.5),
    )
    write_tape(db, RUN, [a_tape(ETH, 2), a_tape(BTC, 2, conditions=conditions)])
    assert reader.conditions(RUN, BTC) == conditions
    assert reader.conditions(RUN, ETH) == ()


def test_a_run_without_a_tape_has_no_conditions(reader):
    assert reader.conditions(RUN, BTC) == ()


def test_a_tape_without_closes_is_read(started, reader, db):
    """Ledgers of earlier versions have such tapes."""
    started.log_run_symbol(a_run_symbol())
    write_tape(db, RUN, [a_tape(BTC, 3)])
    path = reader.opened.tapes.place(RUN)
    table = pq.read_table(path)
    kept = {key: value for key, value in table.schema.metadata.items() if b"conditions" not in key}
    pq.write_table(table.drop_columns(["close"]).replace_schema_metadata(kept), path)
    assert len(list(reader.decisions(RUN, BTC))) == 3
    assert reader.conditions(RUN, BTC) == ()


def test_a_replay_s_pending_entries_and_positions_are_those_of_its_phases(tmp_path):
    db = tmp_path / "a.db"
    run_id = replayed(db, sample(40), BUSY)
    with LedgerReader(db) as reader:
        with reader.opened.tapes.opened(run_id) as file:
            tape = file.lines("SIM-BTC-USD")
        assert {Phase.ENTRY_PENDING, Phase.POSITION_OPEN, Phase.EXIT_PENDING} <= set(tape.phase.tolist())
        for as_of, phase in zip(tape.as_of.tolist(), tape.phase.tolist(), strict=True):
            moment = from_ns(as_of)
            order = reader.pending_entry(run_id, "SIM-BTC-USD", moment)
            trade = reader.trade_open_at(run_id, "SIM-BTC-USD", moment)
            assert (order is not None) == (phase == Phase.ENTRY_PENDING), moment
            assert (trade is not None) == (phase in (Phase.POSITION_OPEN, Phase.EXIT_PENDING)), moment
            assert order is None or order.submitted_at <= moment
            assert trade is None or trade.entry_timestamp <= moment


def test_an_entry_waits_between_two_candles_too(started, reader):
    started.log_decision(a_decision())
    started.log_order(an_order(submitted_at=hours(0), completed_at=hours(3), order_state=OrderState.EXPIRED))
    half = timedelta(minutes=30)
    assert reader.pending_entry(RUN, BTC, hours(0) - half) is None
    assert reader.pending_entry(RUN, BTC, hours(2) + half) is not None
    assert reader.pending_entry(RUN, BTC, hours(3)) is None
    assert reader.pending_entry(RUN, BTC, hours(3) + half) is None
    assert reader.trade_open_at(RUN, BTC, hours(3)) is None


@pytest.mark.parametrize(
    ("result", "reason", "phase"),
    [
        (DecisionResult.ENTRY, Reason.LONG.label, Phase.ENTRY_PENDING),
        (DecisionResult.EXIT, Reason.CHANNEL.label, Phase.EXIT_PENDING),
        (DecisionResult.REFUSED, Reason.FUNDS.label, Phase.IDLE),
        (DecisionResult.HOLD, Reason.ENTRY_PENDING.label, Phase.ENTRY_PENDING),
        (DecisionResult.HOLD, Reason.EXIT_PENDING.label, Phase.EXIT_PENDING),
        (DecisionResult.HOLD, Reason.POSITION_HELD.label, Phase.POSITION_OPEN),
        (DecisionResult.HOLD, "no_breakout", Phase.IDLE),
    ],
)
def test_a_decision_tells_the_phase_that_it_leaves(result, reason, phase):
    assert phase_after(result, reason) is phase


def test_one_candle_of_a_long_tape_is_found(started, reader, db):
    long = a_tape(BTC, 50_000)
    write_tape(db, RUN, [a_tape(ETH, 50_000), long])
    for row in (0, 16_383, 16_384, 32_768, 49_999):
        moment = from_ns(int(long.as_of[row]))
        assert (
            to_ns(reader.decision_before(RUN, BTC, moment + timedelta(minutes=59)).timestamp)
            == long.as_of[row]
        )
        assert reader.decision_at(RUN, BTC, moment).market_context["equity"] == np.float64(long.equity[row])
