"""The engine one tick at a time: which candles it acts on, what it refuses, what it answers."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from argusnexus.engine import TradingEngine
from argusnexus.errors import DataError, LedgerError, StrategyError
from argusnexus.execution import PaperExecutor
from argusnexus.model.candles import Granularity
from argusnexus.model.decisions import DecisionResult, Phase
from argusnexus.model.times import iso
from argusnexus.risk import RiskConfig, RiskManager
from argusnexus.strategy import DonchianBreakout
from argusnexus.truth.logger import TruthLogger
from engine.paper_session import FLAT, MIDNIGHT, FixedClock, Scripted, StoppedClockError, frame, hours


class TestWhichCandles:
    def test_the_results_time_is_the_ticks(self, session):
        as_of = hours(2) + timedelta(minutes=17)
        assert session().tick([FLAT, FLAT], as_of=as_of).timestamp == as_of

    def test_candles_that_are_not_closed_are_ignored(self, session):
        one = session()
        one.tick([FLAT, FLAT, FLAT], as_of=hours(3) - timedelta(microseconds=1))
        assert one.decisions() == [(iso(hours(2)), "nothing_scripted")]

    def test_candles_already_seen_are_skipped(self, session):
        one = session()
        one.tick([FLAT, FLAT])
        again = one.tick([FLAT, FLAT])
        assert (again.result, again.reason, again.decision_id) == (DecisionResult.HOLD, "no_new_candle", None)
        assert len(one.decisions()) == 1

    def test_the_first_frames_older_candles_are_history(self, session):
        one = session(Scripted(warmup=3))
        one.tick([FLAT] * 4)
        assert one.decisions() == [(iso(hours(4)), "nothing_scripted")]

    def test_history_counts_as_seen_by_the_circuit_breaker(self, session):
        one = session(Scripted(entries=(1,)), risk=RiskConfig(circuit_breaker_cooldown_minutes=60))
        assert one.tick([(90, 101, 89, 100), FLAT]).reason == "circuit_breaker_cooldown"

    def test_every_newly_closed_candle_is_decided_on_as_of_its_own_close(self, session):
        one = session()
        one.tick([FLAT])
        one.tick([FLAT] * 4, as_of=hours(9))
        assert [time for time, _ in one.decisions()] == [iso(hours(count)) for count in (1, 2, 3, 4)]

    def test_there_is_one_decision_a_candle(self, session):
        one = session(Scripted(entries=(1,), exits=(3,)))
        for count in range(1, 7):
            one.tick([FLAT] * count)
        assert [time for time, _ in one.decisions()] == [iso(hours(count)) for count in range(1, 7)]

    def test_a_short_frame_is_a_warmup_hold_that_the_strategy_decides(self, session):
        one = session(DonchianBreakout())
        result = one.tick([FLAT] * 5)
        assert (result.result, result.reason) == (DecisionResult.HOLD, "warmup")
        assert one.reasons() == ["warmup"]

    @pytest.mark.parametrize("short", [pd.DataFrame(), frame([FLAT]).iloc[:0], frame([FLAT])])
    def test_too_few_rows_to_know_the_granularity_are_a_warmup_hold(self, session, short):
        one = session(granularity=None)
        result = one.engine.run_tick(short, hours(5))
        assert (result.result, result.reason, result.phase) == (DecisionResult.HOLD, "warmup", Phase.IDLE)
        assert not one.decisions()

    def test_a_frame_in_which_nothing_is_closed_is_a_warmup_hold(self, session):
        assert session().tick([FLAT, FLAT], as_of=MIDNIGHT).reason == "warmup"

    def test_the_granularity_is_inferred_from_the_smallest_step(self, session):
        one = session(granularity=None)
        one.tick([FLAT, None, FLAT, FLAT])
        assert one.decisions() == [(iso(hours(4)), "nothing_scripted")]

    def test_granularity_may_be_given_as_a_type_too(self, session):
        one = session(granularity=Granularity.parse("1h"))
        one.tick([FLAT])
        assert len(one.decisions()) == 1


class TestClock:
    def test_it_is_never_asked_when_a_time_is_given(self, session):
        session(Scripted(entries=(1,), exits=(2,))).live([FLAT] * 5)

    def test_it_is_asked_when_none_is_given(self, session):
        with pytest.raises(StoppedClockError):
            session().engine.run_tick(frame([FLAT, FLAT]))

    def test_its_time_is_the_ticks(self, tmp_path):
        with TruthLogger(tmp_path / "ledger.db", clock=FixedClock()) as logger:
            engine = TradingEngine(
                Scripted(), RiskManager(), PaperExecutor(1000), logger, "BTC-USD", 1000, clock=FixedClock()
            )
            assert engine.run_tick(frame([FLAT, FLAT])).timestamp == FixedClock().now()


BAD_ROWS = [
    pytest.param((100, 99, 98, 100), id="high below open"),
    pytest.param((100, 101, 0, 100), id="low of zero"),
    pytest.param((100, np.nan, 99, 100), id="no number"),
    pytest.param((100, 101, 99, 100, -1), id="negative volume"),
]


class TestBadInput:
    @pytest.mark.parametrize("bad", BAD_ROWS)
    def test_bad_candles_are_refused_and_nothing_is_done(self, session, bad):
        one, other = session(Scripted(entries=(2,))), session(Scripted(entries=(2,)))
        for both in (one, other):
            both.tick([FLAT, FLAT])
        with pytest.raises(DataError, match="BTC-USD"):
            one.tick([FLAT, bad], first=2)
        assert one.decisions() == other.decisions()
        assert one.tick([FLAT], first=2) == other.tick([FLAT], first=2)

    def test_a_bad_first_frame_leaves_no_trace(self, session):
        """Its smallest step is no evidence of the granularity."""
        one = session(granularity=None)
        half = frame([FLAT])
        half["timestamp"] += pd.Timedelta(minutes=30)
        half["low"] = -1.0
        with pytest.raises(DataError):
            one.engine.run_tick(pd.concat([frame([FLAT]), half, frame([FLAT], first=1)]), hours(9))
        one.engine.run_tick(frame([FLAT, FLAT]), hours(1) + timedelta(minutes=30))
        assert one.decisions() == [(iso(hours(1)), "nothing_scripted")]

    def test_times_that_are_text_are_refused(self, session):
        one = session(granularity=None)
        with pytest.raises(DataError, match="timestamp"):
            one.engine.run_tick(frame([FLAT, FLAT]).astype({"timestamp": str}), hours(2))

    def test_a_missing_column_is_refused(self, session):
        one = session(granularity=None)
        with pytest.raises(DataError, match="timestamp"):
            one.engine.run_tick(frame([FLAT, FLAT]).drop(columns="timestamp"), hours(2))

    def test_a_strategy_that_breaks_its_contract_is_refused(self, session):
        class Short(Scripted):
            def signals(self, candles):
                return super().signals(candles.rows(slice(1, None)))

        with pytest.raises(StrategyError, match="Short: column"):
            session(Short()).tick([FLAT, FLAT])

    def test_a_candle_on_which_the_strategy_failed_is_decided_on_at_the_next_tick(self, session):
        class Moody(Scripted):
            failing = True

            def signals(self, candles):
                if self.failing and len(candles) > 1:
                    raise ValueError("not today")
                return super().signals(candles)

        one = session(Moody(), granularity="1h")
        one.tick([FLAT])
        with pytest.raises(StrategyError, match=r"Moody: .* not today"):
            one.tick([FLAT], first=1)
        Moody.failing = False
        one.tick([FLAT, FLAT], first=1)
        assert [moment for moment, _ in one.decisions()] == [
            f"2024-01-01T{hour:02d}:00:00Z" for hour in (1, 2, 3)
        ]

    def test_a_naive_time_is_utc(self, session):
        one = session(Scripted())
        assert one.tick([FLAT, FLAT, FLAT], as_of=hours(2).replace(tzinfo=None)).reason == "nothing_scripted"
        assert [moment for moment, _ in one.decisions()] == ["2024-01-01T02:00:00Z"]

    def test_what_cannot_be_logged_is_not_done(self, session):
        one = session(Scripted(entries=(1,)))
        one.tick([FLAT])
        one.logger.close()
        with pytest.raises(LedgerError):
            one.tick([FLAT], first=1)
        assert not one.venue.open_orders


class TestResult:
    def test_an_entry_names_its_order_and_a_position_its_trade(self, session):
        one = session(Scripted(entries=(1,), exits=(3,)))
        entered, filled, leaving, left, after = one.live([FLAT, FLAT, FLAT, FLAT, FLAT, FLAT])
        assert (entered.result, entered.phase) == (DecisionResult.ENTRY, Phase.ENTRY_PENDING)
        assert one.ask("SELECT order_id FROM orders WHERE order_type = 'limit_limit_gtc'") == [
            (entered.order_id,)
        ]
        assert entered.trade_id is None
        assert one.ask("SELECT trade_id FROM trades") == [(filled.trade_id,)]
        assert (leaving.result, leaving.phase) == (DecisionResult.EXIT, Phase.EXIT_PENDING)
        assert left.trade_id == filled.trade_id
        assert (left.phase, after.trade_id) == (Phase.IDLE, None)

    def test_a_tick_without_a_new_candle_still_knows_the_open_trade(self, session):
        one = session(Scripted(entries=(1,)))
        (*_, filled) = one.live([FLAT, FLAT, FLAT])
        assert one.tick([FLAT], first=2).trade_id == filled.trade_id
