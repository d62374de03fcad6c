"""What becomes of a position: its extremes, its proceeds, and the state that it leaves."""

from __future__ import annotations

import math

import pytest

from argusnexus.engine.account import pay_entry
from argusnexus.engine.apply import apply, at_close, leaving
from argusnexus.engine.exits import finalize_exit
from argusnexus.engine.matching import match, nothing
from argusnexus.engine.state import Event, EventKind, flat_state, holds_position
from argusnexus.engine.step import expiry
from argusnexus.model.decisions import Phase
from argusnexus.model.orders import EntryType
from argusnexus.model.times import DAY
from argusnexus.model.trades import ExitReason
from engine.hand_made import START, account, candle, held, params, pending


def exit_at(price, *, at_open=False, reason=ExitReason.STOP_LOSS, fee_rate=0.02):
    return Event(EventKind.EXIT_FILLED.value, reason.value, float(price), fee_rate, True, at_open, False)


def entry_at(price, *, at_open, fee_rate=0.01):
    return Event(
        EventKind.ENTRY_FILLED.value, ExitReason.NONE.value, float(price), fee_rate, False, at_open, False
    )


def extremes(state, event, candle_):
    done = finalize_exit(state, event, candle_)
    return done.lowest, done.highest


class TestExtremes:
    """MAE and MFE are these two, less the fill price."""

    LATER = candle(5, 104, 200, 1, 150)

    def test_of_the_exit_candle_only_its_open_and_the_exit_price_count(self):
        state = held(lowest=98.0, highest=103.0)
        assert extremes(state, exit_at(90), self.LATER) == (90.0, 104.0)

    def test_candles_in_between_count_with_high_and_low(self):
        state = at_close(held(lowest=98.0, highest=103.0), candle(4, 100, 110, 95, 100))
        assert extremes(state, exit_at(99), self.LATER) == (95.0, 110.0)

    def test_an_entry_candle_filled_at_the_open_counts_with_high_and_low(self):
        state = at_close(held(at_open=True), candle(1, 100, 115, 93, 101))
        assert extremes(state, exit_at(99), self.LATER) == (93.0, 115.0)

    def test_an_entry_candle_filled_within_counts_with_its_low_and_the_better_of_fill_and_close(self):
        state = at_close(held(at_open=False), candle(1, 105, 115, 93, 101))
        assert extremes(state, exit_at(99), self.LATER) == (93.0, 104.0)
        state = at_close(held(at_open=False), candle(1, 105, 115, 93, 108))
        assert extremes(state, exit_at(99), self.LATER) == (93.0, 108.0)

    def test_entry_at_the_open_and_exit_in_one_candle_leave_open_fill_and_exit(self):
        state = held(at_open=True, price=101.0)
        assert extremes(state, exit_at(102), candle(1, 99, 200, 1, 150)) == (99.0, 102.0)

    def test_entry_and_exit_within_one_candle_leave_fill_and_exit(self):
        state = held(at_open=False, price=101.0)
        assert extremes(state, exit_at(90), candle(1, 130, 200, 1, 150)) == (90.0, 101.0)

    def test_a_fill_that_slipped_above_the_candles_high_is_no_loss_of_mfe(self):
        state = at_close(held(at_open=True, price=110.0), candle(1, 100, 105, 95, 101))
        low, high = extremes(state, exit_at(99), candle(2, 100, 200, 1, 150))
        assert low <= 110.0 <= high

    def test_an_emergency_exit_counts_the_candle_that_gapped(self):
        gapped = candle(4, 70, 75, 60, 72)
        state = at_close(leaving(held(), ExitReason.EMERGENCY.value, 4), gapped)
        assert extremes(state, exit_at(65, at_open=True), candle(5, 66, 200, 1, 150)) == (60.0, 100.0)


class TestFinalizeExit:
    def test_proceeds_and_net_pnl_pay_both_fees(self):
        done = finalize_exit(held(price=100.0, fee=2.0), exit_at(110), candle(3, 105, 120, 100, 110))
        assert done.proceeds == pytest.approx(2 * 110 * 0.98)
        assert done.net_pnl == pytest.approx(2 * 110 * 0.98 - 2 * 100 - 2)

    def test_it_leaves_a_flat_state_that_remembers_the_market(self):
        state = at_close(held(), candle(2, 100, 110, 95, 104))
        left = finalize_exit(state, exit_at(110), candle(3, 105, 120, 100, 110)).state
        assert left == flat_state()._replace(mark=104.0)


class TestApply:
    def test_an_entry_opens_a_position_and_costs_its_fee(self):
        done = apply(pending(), account(), entry_at(100, at_open=False), candle(1, 105, 106, 99, 101))
        assert done.state.phase == Phase.POSITION_OPEN
        assert done.state.position.price == 100.0
        assert done.state.position.fee == pytest.approx(2.0)
        assert done.state.position.trailing_stop == -math.inf
        assert done.account.cash == pytest.approx(1000 - 202)

    def test_cash_may_end_below_zero(self):
        paid = pay_entry(account(200.0), pending(), entry_at(110, at_open=True))
        assert paid.cash == pytest.approx(200 - 222.2)

    def test_an_exit_gives_the_proceeds_and_leaves_flat(self):
        done = apply(held(), account(), exit_at(110), candle(3, 105, 120, 100, 110))
        assert done.state.phase == Phase.IDLE
        assert done.account.cash == pytest.approx(1000 + 2 * 110 * 0.98)
        assert not holds_position(done.state)

    def test_an_expired_entry_costs_nothing(self):
        done = apply(pending(), account(), expiry(), candle(3, 105, 120, 100, 110))
        assert done.state == flat_state()
        assert done.account == account()

    def test_a_stop_left_resting_waits_for_the_next_open_as_an_emergency(self):
        gap = candle(2, 70, 80, 60, 75)
        event = match(held(), gap, params())
        done = apply(held(), account(), event, gap)
        assert done.state.phase == Phase.EXIT_PENDING
        assert done.account == account()
        assert match(done.state, gap, params()) == nothing()
        leaving_event = match(done.state, candle(3, 50, 80, 40, 75), params(slippage_bps=0.0))
        assert (leaving_event.reason, leaving_event.price) == (ExitReason.EMERGENCY, 50.0)

    @pytest.mark.parametrize(("at_open", "day"), [(True, START // DAY), (False, START // DAY + 1)])
    def test_a_fill_known_at_midnight_belongs_to_the_new_day(self, at_open, day):
        last_of_the_day = candle(23, 105, 120, 100, 110)
        done = apply(held(), account(), exit_at(110, at_open=at_open), last_of_the_day)
        assert done.account.realised.day == day

    def test_a_loss_of_the_same_day_adds_up_and_a_new_day_starts_anew(self):
        losses = account()
        sums = []
        for number in (3, 4, 30):
            losses = apply(held(), losses, exit_at(90, fee_rate=0.0), candle(number, 95, 96, 90, 92)).account
            sums.append(losses.realised.net_pnl)
        assert sums == pytest.approx([-22, -44, -22])

    def test_a_fill_of_yesterday_that_comes_after_one_of_today_changes_nothing_of_today(self):
        """In a portfolio one symbol's intrabar exit at midnight may come before another's at that candle's open."""
        last_of_the_day = candle(23, 95, 96, 90, 92)
        today = apply(held(), account(), exit_at(90), last_of_the_day).account
        both = apply(held(), today, exit_at(90, at_open=True), last_of_the_day).account
        assert both.realised == today.realised
        assert both.cash > today.cash


def test_the_mark_is_the_newest_close_in_every_phase():
    for state in (flat_state(), pending(), held()):
        assert at_close(state, candle(2, 105, 120, 100, 111)).mark == 111.0


def test_a_market_entry_on_an_empty_candle_has_a_bracket_that_waits_for_volume():
    costs = params(entry_type=EntryType.MARKET, slippage_bps=0.0)
    empty = candle(1, 85, 130, 80, 100, volume=0)
    done = apply(pending(), account(), match(pending(), empty, costs), empty)
    assert match(done.state, empty, costs) == nothing()
    triggered = match(at_close(done.state, empty), candle(2, 85, 130, 82, 100), costs)
    assert triggered.reason == ExitReason.STOP_LOSS
