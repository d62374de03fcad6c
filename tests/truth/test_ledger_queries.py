"""What a reader finds: runs, trades in order, decisions from rows and tape alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argusnexus.errors import LedgerError, UnknownRunError
from argusnexus.model.decisions import DecisionResult, Phase
from argusnexus.model.orders import OrderRole, OrderState
from argusnexus.model.runs import RunMode
from argusnexus.model.times import HOUR, from_ns, to_ns
from argusnexus.model.trades import TradeStatus
from argusnexus.truth.files import tape_path, unfinished
from argusnexus.truth.queries import LedgerReader
from truth.ledger_rows import (
    BTC,
    ETH,
    RUN,
    START,
    a_decision,
    a_fill,
    a_run,
    a_run_symbol,
    a_tape,
    a_trade,
    an_order,
    closed,
    hours,
    read_tape,
    write_tape,
)


@pytest.fixture
def reader(started, db):
    with LedgerReader(db) as reader:
        yield reader


@pytest.fixture
def traded(started):
    """A run with one decision and one order that trades can refer to."""
    started.log_decision(a_decision())
    started.log_order(an_order())
    return started


def test_a_missing_ledger_is_not_made(tmp_path):
    with pytest.raises(LedgerError, match=r"There is no ledger .*missing\.db"):
        LedgerReader(tmp_path / "missing.db")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_cannot_write(reader):
    with pytest.raises(LedgerError, match="readonly"):
        reader._connection.execute("DELETE FROM runs")


def test_a_closed_reader_says_so(reader):
    reader.close()
    with pytest.raises(LedgerError, match="closed"):
        reader.runs()


class TestRuns:
    def test_the_newest_comes_first(self, started, reader):
        later = [a_run(f"replay_0000000{index}", started_at=hours(index)) for index in (2, 1, 3)]
        for run in later:
            started.start_run(run)
        assert [run.started_at for run in reader.runs()] == [hours(3), hours(2), hours(1), START]

    def test_an_unknown_run_gets_a_hint(self, reader):
        with pytest.raises(UnknownRunError, match=f"no run 'replay_0000aaab'. Did you mean '{RUN}'"):
            reader.run("replay_0000aaab")
        with pytest.raises(UnknownRunError, match=r"no run 'x'. It has 1 run\(s\)"):
            reader.run("x")

    @pytest.mark.parametrize("text", ["replay_12345678", "1234", "5678", "replay_12"])
    def test_a_part_of_the_id_that_no_other_run_shares_is_enough(self, started, reader, text):
        started.start_run(a_run("replay_12345678"))
        assert reader.resolve_run_id(text) == "replay_12345678"

    def test_a_whole_id_wins_over_longer_ones(self, started, reader):
        started.start_run(a_run(f"{RUN}00"))
        assert reader.resolve_run_id(RUN) == RUN

    def test_a_part_that_several_runs_share_is_refused(self, started, reader):
        for index in range(6):
            started.start_run(a_run(f"replay_0000aa0{index}"))
        with pytest.raises(
            UnknownRunError, match=r"stands for 7 runs .*: replay_0000aa00, .* and 2 more\. Give more"
        ):
            reader.resolve_run_id("0000")
        with pytest.raises(UnknownRunError, match=r"stands for 7 runs"):
            reader.resolve_run_id("replay_")

    @pytest.mark.parametrize("text", ["", "ffff"])
    def test_a_part_of_no_id_is_refused(self, reader, text):
        with pytest.raises(UnknownRunError, match="has no run"):
            reader.resolve_run_id(text)


def test_symbols_come_in_the_order_given(started, reader):
    started.log_run_symbol(a_run_symbol(BTC, 1))
    started.log_run_symbol(a_run_symbol(ETH, 0))
    assert [row.symbol for row in reader.run_symbols(RUN)] == [ETH, BTC]


def test_trades_come_by_exit_then_symbol_then_entry_then_as_logged(traded, reader):
    half = timedelta(microseconds=500_000)
    expected = [
        closed(a_trade("first", entry_timestamp=hours(5)), hours(6)),
        closed(a_trade("half a second later", entry_timestamp=hours(5)), hours(6) + half),
        closed(a_trade("given first", symbol=ETH, entry_timestamp=hours(6)), hours(7)),
        closed(a_trade("entered first", entry_timestamp=hours(3)), hours(7)),
        closed(a_trade("logged first", entry_timestamp=hours(4)), hours(7)),
        closed(a_trade("logged last", entry_timestamp=hours(4)), hours(7)),
        a_trade("open", entry_timestamp=hours(1)),
    ]
    for index in (6, 3, 4, 5, 2, 1, 0):
        traded.open_trade(expected[index])
    assert [trade.trade_id for trade in reader.trades(RUN)] == [trade.trade_id for trade in expected]
    assert reader.trades(RUN, TradeStatus.OPEN) == expected[6:]
    assert reader.trades(RUN, TradeStatus.CLOSED) == expected[:6]


def test_a_trade_is_walked_back(traded, reader):
    child = an_order(
        "o2", decision_id="d1", client_order_id=None, role=OrderRole.BRACKET, submitted_at=hours(1)
    )
    leave = a_decision("d2", timestamp=hours(2), result=DecisionResult.EXIT, result_reason="chandelier")
    sale = an_order("o3", decision_id="d2", role=OrderRole.EXIT, submitted_at=hours(2))
    traded.log_decision(leave)
    traded.log_decision(a_decision("another"))
    for order in (sale, child, an_order("another", decision_id="another")):
        traded.log_order(order)
    fills = [a_fill("f1", timestamp=hours(1)), a_fill("f2", timestamp=hours(2)), a_fill("f3", order_id="o3")]
    for fill in (fills[1], fills[2], fills[0]):
        traded.log_fill(fill)
    trade = replace(
        closed(a_trade("trade_1"), hours(3)),
        exit_order_id="o3",
        exit_decision_id="d2",
        bracket_sl_order_id="o2",
    )
    traded.open_trade(a_trade("trade_1"))
    traded.close_trade(trade)
    walk = reader.walk("trade_1")
    assert walk == (trade, [an_order(), child, sale], fills, [a_decision(), leave])
    with pytest.raises(LedgerError, match=r"no trade 'trade_12'\. Did you mean 'trade_1'"):
        reader.walk("trade_12")


def test_refusals_and_expiries_are_counted_by_symbol(traded, reader):
    refused = {"result": DecisionResult.REFUSED, "order_id": None}
    for index, reason in enumerate(["drawdown", "drawdown", "funds"]):
        traded.log_decision(a_decision(f"r{index}", result_reason=reason, **refused))
    traded.log_decision(a_decision("elsewhere", symbol="SOL-USD", result_reason="funds", **refused))
    traded.log_order(an_order("o2", order_state=OrderState.EXPIRED))
    traded.log_order(an_order("o3", order_state=OrderState.EXPIRED, role=OrderRole.EXIT))
    assert reader.refusals(RUN) == {
        ETH: Counter(),
        BTC: Counter(drawdown=2, funds=1),
        "SOL-USD": Counter(funds=1),
    }
    assert reader.expired_entries(RUN) == {ETH: 0, BTC: 1}


class TestDecisions:
    def test_rows_and_tape_are_one_stream_in_time_order(self, traded, reader, db):
        write_tape(db, RUN, [a_tape(ETH, 3), a_tape(BTC, 3)])
        late = a_decision("late", timestamp=hours(1) + timedelta(minutes=30), symbol=ETH)
        traded.log_decision(late)
        found = list(reader.decisions(RUN))
        assert [(decision.timestamp, decision.symbol) for decision in found] == [
            (START, ETH),
            (START, BTC),
            (hours(1), ETH),
            (hours(1), BTC),
            (late.timestamp, ETH),
            (hours(2), ETH),
            (hours(2), BTC),
        ]
        assert found[1] == a_decision()
        assert found[4] == late

    def test_a_line_of_the_tape_reads_like_a_row(self, reader, db):
        columns = {
            "trailing_stop": np.array([np.nan, 61000.5, np.inf]),
            "phase": np.array([Phase.IDLE, Phase.POSITION_OPEN, Phase.IDLE]),
        }
        write_tape(db, RUN, [a_tape(BTC, 3, **columns)])
        first, second, third = reader.decisions(RUN)
        assert first == a_decision(
            f"tape_{RUN}_BTC-USD_20240503T220000",
            signal_values={"atr": None},
            risk_checks=(),
            market_context={
                "open_time": "2024-05-03T21:00:00Z",
                "phase": "IDLE",
                "close": 60_000.0,
                "equity": 500.0,
                "trailing_stop": None,
            },
            result=DecisionResult.HOLD,
            result_reason="warmup",
            order_id=None,
        )
        assert (second.market_context["phase"], second.market_context["trailing_stop"]) == (
            "POSITION_OPEN",
            61000.5,
        )
        assert (third.signal_values, third.result_reason) == ({"atr": 1.5}, "no_breakout")

    def test_both_bounds_are_included(self, started, reader, db):
        write_tape(db, RUN, [a_tape(BTC, 10)])
        started.log_decision(a_decision("on time", timestamp=hours(3)))
        for index, moment in enumerate([2.9999, 3.0001, 4.9999, 5.0001]):
            started.log_decision(a_decision(f"m{index}", timestamp=START + timedelta(hours=moment)))
        found = [
            (decision.timestamp - START) / timedelta(hours=1)
            for decision in reader.decisions(RUN, BTC, hours(3), hours(5))
        ]
        assert found == [3, 3.0001, 4, 4.9999, 5]

    def test_a_fraction_of_a_second_is_told_apart(self, started, reader):
        moments = [START + timedelta(milliseconds=count) for count in (0, 250, 500, 1000)]
        for index, moment in enumerate(reversed(moments)):
            started.log_decision(a_decision(f"d{index}", timestamp=moment))
        found = [decision.timestamp for decision in reader.decisions(RUN, BTC, moments[1], moments[2])]
        assert found == moments[1:3]

    def test_a_session_has_rows_only(self, started, reader):
        live = "session_00000001"
        started.start_run(a_run(live, run_mode=RunMode.PAPER))
        started.log_run_symbol(a_run_symbol(run_id=live))
        started.log_decision(a_decision("s1", run_id=live))
        assert list(reader.decisions(live)) == [a_decision("s1", run_id=live)]
        assert reader.hold_reasons(live) == {}
        with pytest.raises(LedgerError, match="made no decision on BTC-USD at 2024-05-03T23:00:00Z"):
            reader.decision_at(live, BTC, hours(1))

    def test_one_is_found_by_its_time(self, started, reader, db):
        started.log_decision(a_decision())
        write_tape(db, RUN, [a_tape(ETH, 5), a_tape(BTC, 5)])
        assert reader.decision_at(RUN, BTC, START) == a_decision()
        assert reader.decision_at(RUN, ETH, START).result_reason == "warmup"
        assert reader.decision_at(RUN, ETH, hours(2)).decision_id == f"tape_{RUN}_ETH-USD_20240504T000000"
        with pytest.raises(LedgerError, match=r"made no decision on ETH-USD at 2024-05-04T00:00:01Z"):
            reader.decision_at(RUN, ETH, hours(2) + timedelta(seconds=1))

    def test_a_symbol_outside_the_run_gets_a_hint(self, reader):
        with pytest.raises(
            LedgerError, match=r"no symbol 'BTCUSD', it has ETH-USD, BTC-USD\. Did you mean 'BTC-USD'"
        ):
            reader.decisions(RUN, "BTCUSD")
        with pytest.raises(LedgerError, match="no symbol 'BTCUSD'"):
            reader.decision_at(RUN, "BTCUSD", START)


class TestTape:
    def test_holds_are_counted_by_reason(self, reader, db):
        results = np.array([DecisionResult.HOLD] * 4 + [DecisionResult.ENTRY])
        only_entries = np.full(2, DecisionResult.ENTRY, np.int64)
        write_tape(db, RUN, [a_tape(BTC, 5, result=results), a_tape(ETH, 2, result=only_entries)])
        assert reader.hold_reasons(RUN) == {BTC: Counter(warmup=2, no_breakout=2), ETH: Counter()}

    def test_equity_has_a_point_per_decision(self, reader, db):
        write_tape(db, RUN, [a_tape(BTC, 3)])
        curves = reader.equity(RUN)
        assert list(curves) == [ETH, BTC]
        assert curves[BTC].as_of.tolist() == [to_ns(hours(index)) for index in range(3)]
        assert curves[BTC].as_of.dtype == np.int64
        assert curves[BTC].equity.tolist() == [500, 501, 502]
        assert len(curves[ETH].equity) == 0

    def test_a_missing_tape_is_told(self, started, reader, db):
        started.log_run_symbol(a_run_symbol())
        with pytest.raises(LedgerError, match=r"tape of run replay_0000aaaa is missing: expected .*parquet"):
            reader.decisions(RUN)
        with pytest.raises(LedgerError, match=r"Tape .*parquet: "):
            read_tape(db, RUN, BTC)

    @pytest.mark.parametrize("keep", [0, 100, -20])
    def test_a_damaged_tape_is_told(self, reader, db, keep):
        write_tape(db, RUN, [a_tape()])
        path = tape_path(db, RUN)
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(LedgerError, match=r"Tape .*parquet: "):
            reader.equity(RUN)
        with pytest.raises(LedgerError, match=r"Tape .*parquet: "):
            list(reader.decisions(RUN))

    def test_a_tape_that_cannot_be_written_leaves_nothing(self, db):
        write_tape(db, RUN, [a_tape(BTC, 3)])
        uneven = a_tape(BTC, 4, equity=np.zeros(3))
        with pytest.raises(LedgerError, match=r"Tape .*parquet: "):
            write_tape(db, RUN, [a_tape(ETH), uneven])
        assert list(tape_path(db, RUN).parent.iterdir()) == [tape_path(db, RUN)]
        assert len(read_tape(db, RUN, BTC)) == 3

    def test_a_folder_in_its_place_is_told(self, db):
        tape_path(db, RUN).parent.touch()
        with pytest.raises(LedgerError, match="Tape"):
            write_tape(db, RUN, [a_tape()])

    def test_it_belongs_to_its_owner(self, db):
        write_tape(db, RUN, [a_tape()])
        path = tape_path(db, RUN)
        assert path == db.parent / "ledger.tapes" / f"{RUN}.parquet"
        assert path.stat().st_mode & 0o777 == 0o600
        assert not unfinished(path).exists()

    def test_symbols_have_their_own_indicators(self, db):
        sma = np.array([np.nan, 2.5])
        write_tape(
            db,
            RUN,
            [a_tape(ETH, 2, indicators={"sma": sma}), a_tape(BTC, 2), a_tape("X-USD", 1, indicators={})],
        )
        ((name, column),) = read_tape(db, RUN, ETH).indicators.items()
        assert name == "sma"
        np.testing.assert_array_equal(column, sma)
        assert list(read_tape(db, RUN, BTC).indicators) == ["atr"]
        assert read_tape(db, RUN, "X-USD").indicators == {}

    def test_an_unknown_symbol_has_no_lines(self, db):
        write_tape(db, RUN, [a_tape(BTC, 2)])
        assert len(read_tape(db, RUN, ETH)) == 0

    def test_a_long_tape_is_found_again_across_row_groups(self, db):
        long = a_tape(BTC, 200_000)
        write_tape(db, RUN, [a_tape(ETH, 200_000), long])
        wanted = int(long.as_of[150_000])
        found = read_tape(db, RUN, BTC, wanted, wanted + HOUR)
        assert found.equity.tolist() == [150_500.0, 150_501.0]
        np.testing.assert_array_equal(read_tape(db, RUN, BTC).equity, long.equity)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
    @given(
        count=st.integers(1, 40),
        codes=st.lists(
            st.tuples(st.sampled_from(Phase), st.sampled_from(DecisionResult), st.integers(0, 3)), min_size=40
        ),
        floats=st.lists(st.floats(), min_size=40),
        span=st.tuples(st.integers(-2, 42), st.integers(-2, 42)),
    )
    def test_what_was_written_is_read(self, db, count, codes, floats, span):
        phases, results, reasons = (np.array(column, np.int64)[:count] for column in zip(*codes, strict=True))
        values = np.array(floats)[:count]
        labels = ("a", "b", "ö", "never said")
        tape = a_tape(
            BTC, count, labels, {"i": values}, phase=phases, result=results, reason=reasons,
            equity=values, trailing_stop=values,
        )  # fmt: skip
        write_tape(db, RUN, [a_tape(ETH, 7), tape])
        start, end = (to_ns(hours(moment)) for moment in span)
        found = read_tape(db, RUN, BTC, start, end)
        chosen = (start <= tape.as_of) & (tape.as_of <= end)
        for name in ("as_of", "open_time", "phase", "result", "equity", "trailing_stop"):
            np.testing.assert_array_equal(getattr(found, name), getattr(tape, name)[chosen])
        np.testing.assert_array_equal(found.indicators["i"], values[chosen])
        assert [found.reasons[code] for code in found.reason] == [labels[code] for code in reasons[chosen]]
        assert len(found) == chosen.sum()


def test_a_ledger_behind_a_link_is_the_ledger(started, db, tmp_path):
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "link.db"
    link.symlink_to(db)
    write_tape(link, RUN, [a_tape(BTC, 2)])
    with LedgerReader(link) as reader:
        assert [decision.timestamp for decision in reader.decisions(RUN)] == [
            from_ns(to_ns(START)),
            from_ns(to_ns(hours(1))),
        ]
    assert tape_path(db, RUN).exists()
