"""What an account remembers: peak, day, halt, submissions."""

from __future__ import annotations

import pytest

from argusnexus.engine.account import (
    decided,
    drawdown_of,
    realised_today,
    recent_submissions,
    submitted,
    take_proceeds,
    watched,
)
from argusnexus.engine.apply import after_decision
from argusnexus.engine.setup import start_account
from argusnexus.engine.state import flat_state
from argusnexus.engine.step import equity_of, exposure_of
from argusnexus.model.candles import Granularity
from argusnexus.model.times import DAY, HOUR, MINUTE
from argusnexus.money import amount
from argusnexus.risk import RiskConfig, RiskManager
from engine.hand_made import START, account, candle, held, params, pending


class TestPeakAndHalt:
    def test_the_peak_starts_at_the_start_capital_and_never_falls(self):
        seen = account(1000.0)
        peaks = []
        for hour, equity in enumerate((900.0, 1200.0, 1100.0)):
            seen = watched(seen, equity, START + hour * HOUR)
            peaks.append(seen.watch.peak)
        assert peaks == [1000.0, 1200.0, 1200.0]

    def test_the_drawdown_is_a_fraction_of_the_peak(self):
        assert drawdown_of(watched(account(1000.0), 750.0, START).watch) == 0.25

    @pytest.mark.parametrize(("equity", "halted"), [(750.01, False), (750.0, True), (700.0, True)])
    def test_reaching_the_limit_halts(self, equity, halted):
        assert decided(watched(account(1000.0), equity, START), 0.25).watch.halted is halted

    def test_the_halt_begins_with_the_next_decision_and_lasts(self):
        seen = watched(account(1000.0), 700.0, START)
        assert not seen.watch.halted
        after = watched(decided(seen, 0.25), 2000.0, START + HOUR)
        assert after.watch.halted
        assert decided(after, 0.25).watch.halted

    def test_a_limit_of_one_never_halts(self):
        assert not decided(watched(account(1000.0), -50.0, START), 1.0).watch.halted


class TestDay:
    def test_before_the_first_decision_the_base_is_the_start_capital(self):
        assert watched(account(1000.0), 900.0, START).watch.day_base == 1000.0

    def test_a_decision_at_midnight_belongs_to_the_new_day(self):
        evening = watched(account(1000.0), 900.0, START + DAY - HOUR)
        midnight = watched(evening, 950.0, START + DAY)
        later = watched(midnight, 800.0, START + DAY + HOUR)
        assert [seen.watch.day_base for seen in (evening, midnight, later)] == [1000.0, 900.0, 900.0]

    def test_the_base_is_the_last_decision_before_midnight_however_long_ago(self):
        evening = watched(account(1000.0), 900.0, START)
        assert watched(evening, 950.0, START + 5 * DAY).watch.day_base == 900.0

    def test_what_was_realised_yesterday_does_not_count_today(self):
        lost = take_proceeds(account(1000.0), 80.0, -20.0, START + DAY - HOUR)
        assert realised_today(watched(lost, 980.0, START + DAY - MINUTE)) == -20.0
        assert realised_today(watched(lost, 980.0, START + DAY)) == 0.0

    def test_a_fill_known_at_midnight_counts_for_the_new_day(self):
        lost = take_proceeds(account(1000.0), 80.0, -20.0, START + DAY)
        assert realised_today(watched(lost, 980.0, START + DAY)) == -20.0


class TestFrequency:
    def test_exactly_an_hour_old_no_longer_counts(self):
        seen = submitted(account(), START)
        counts = [recent_submissions(seen, START + ago) for ago in (0, HOUR - 1, HOUR)]
        assert counts == [1, 1, 0]

    def test_those_submitted_at_the_same_time_count(self):
        seen = submitted(submitted(account(), START), START)
        assert recent_submissions(seen, START) == 2

    @pytest.mark.parametrize(
        ("granularity", "limit", "remembered"), [("1d", 5, 3), ("15m", 5, 5), ("1h", 0, 1)]
    )
    def test_no_more_is_remembered_than_could_ever_count(self, granularity, limit, remembered):
        risk = RiskManager(RiskConfig(max_trades_per_hour=limit))
        began = start_account(amount(500), risk, Granularity.parse(granularity), 3)
        assert len(began.submissions) == remembered


class TestEquityAndExposure:
    HELD = held()._replace(mark=110.0)
    PENDING = pending(quantity=3.0)

    def test_equity_is_all_cash_and_every_position_at_its_mark(self):
        assert equity_of(account(500.0), [self.HELD, self.PENDING, flat_state()]) == 500 + 2 * 110

    def test_a_position_is_worth_its_mark_and_a_pending_entry_its_limit(self):
        costs = (params(), params(), params())
        states = [self.HELD, self.PENDING, flat_state()]
        seen = [exposure_of(symbol, states, (0, 0, 2), costs) for symbol in range(3)]
        assert [one.total_value for one in seen] == [520.0] * 3
        assert [one.group_value for one in seen] == [520.0, 520.0, 0.0]

    def test_pending_entries_hold_their_cost_with_the_taker_fee(self):
        costs = (params(), params(taker_fee=0.05))
        assert exposure_of(0, [self.HELD, self.PENDING], (0, 1), costs).held_cash == pytest.approx(300 * 1.05)


class TestCircuitBreaker:
    @pytest.mark.parametrize(("close", "tripped"), [(108, True), (92, True), (107.9, False), (92.1, False)])
    def test_a_candle_that_moves_as_far_as_the_limit_trips_it_either_way(self, close, tripped):
        tripping = candle(3, 100, 110, 90, close)
        after = after_decision(flat_state(), tripping, params())
        assert (after.tripped_at == tripping.close_time) is tripped

    def test_a_calm_candle_leaves_the_last_trip_remembered(self):
        state = flat_state()._replace(tripped_at=START)
        assert after_decision(state, candle(3, 100, 101, 99, 100), params()).tripped_at == START
