"""One decision at a candle's close: phases, the trailing stop, exits."""

from __future__ import annotations

import math

import pytest

from argusnexus.engine.apply import at_close, expires, leaving
from argusnexus.engine.decide import decide
from argusnexus.engine.state import flat_state, moved
from argusnexus.model.decisions import DecisionResult, Phase, Reason
from argusnexus.model.trades import ExitReason
from engine.hand_made import NOTHING_HELD, QUIET, account, candle, held, params, pending, signal

CALM = candle(3, 100, 101, 99, 100)


def decided(state, what=QUIET, at=CALM, parameters=None):
    return decide(state, what, at, account(), NOTHING_HELD, parameters or params())


def words(outcome):
    return DecisionResult(outcome.result).name, Reason(outcome.reason).label, Phase(outcome.state.phase).name


def test_idle_without_a_signal_holds_for_the_strategys_reason():
    assert words(decided(flat_state())) == ("HOLD", "strategy", "IDLE")


def test_a_signal_that_passes_everything_becomes_a_pending_entry():
    outcome = decided(flat_state(), signal())
    assert words(outcome) == ("ENTRY", "long", "ENTRY_PENDING")
    assert outcome.state.plan == outcome.proposal.plan
    assert outcome.state.plan.submitted_index == CALM.number


def test_a_signal_that_is_refused_changes_nothing():
    outcome = decided(flat_state(), signal(stop=100.0))
    assert words(outcome) == ("REFUSED", "invalid_stop", "IDLE")
    assert outcome.state == flat_state()


def test_a_pending_entry_holds_whatever_the_signal():
    outcome = decided(pending(), signal(exit_reason=ExitReason.CHANNEL.value))
    assert words(outcome) == ("HOLD", "entry_pending", "ENTRY_PENDING")


def test_a_pending_exit_is_never_replaced():
    state = leaving(held(), ExitReason.CHANNEL.value, 2)
    outcome = decided(state, signal(exit_reason=ExitReason.SIGNAL.value, trailing_distance=0.0))
    assert words(outcome) == ("HOLD", "exit_pending", "EXIT_PENDING")
    assert outcome.state == state


def test_a_failed_closed_engine_refuses_entries():
    idle = flat_state()
    state = moved(idle, Phase.FAIL_CLOSED.value, idle.plan, idle.position, idle.exit_reason, idle.exit_index)
    assert words(decided(state, signal())) == ("REFUSED", "trading_halted", "FAIL_CLOSED")


class TestOpenPosition:
    def test_it_is_held_while_nothing_says_exit(self):
        assert words(decided(held())) == ("HOLD", "position_held", "POSITION_OPEN")

    def test_an_entry_signal_says_nothing_to_it(self):
        assert words(decided(held(), signal())) == ("HOLD", "position_held", "POSITION_OPEN")

    def test_the_strategys_exit_is_taken_with_its_reason(self):
        outcome = decided(held(), signal(entry=False, exit_reason=ExitReason.CHANNEL.value))
        assert words(outcome) == ("EXIT", "channel", "EXIT_PENDING")
        assert outcome.state.exit_reason == ExitReason.CHANNEL
        assert outcome.state.exit_index == CALM.number

    def test_a_close_below_the_trailing_stop_leaves(self):
        outcome = decided(held(highest=110.0), signal(entry=False, trailing_distance=9.0))
        assert words(outcome) == ("EXIT", "chandelier", "EXIT_PENDING")

    def test_the_trailing_stop_is_named_before_the_channel(self):
        both = signal(entry=False, trailing_distance=9.0, exit_reason=ExitReason.CHANNEL.value)
        assert words(decided(held(highest=110.0), both))[1] == "chandelier"

    @pytest.mark.parametrize("distance", [10.0, 10.0 - 5e-11])
    def test_a_close_at_the_trailing_stop_or_within_noise_of_it_stays(self, distance):
        assert (
            words(decided(held(highest=110.0), signal(entry=False, trailing_distance=distance)))[0] == "HOLD"
        )

    def test_a_close_just_below_the_trailing_stop_leaves(self):
        near = signal(entry=False, trailing_distance=10.0 - 2e-10)
        assert words(decided(held(highest=110.0), near))[0] == "EXIT"


class TestTrailingStop:
    def test_it_only_ratchets_up(self):
        state = held(highest=104.0)
        stops = []
        for distance in (20.0, 10.0, 30.0, 5.0):
            state = decided(state, signal(entry=False, trailing_distance=distance)).state
            stops.append(state.position.trailing_stop)
        assert stops == [84.0, 94.0, 94.0, 99.0]

    def test_no_distance_leaves_it_where_it_is(self):
        outcome = decided(held(trailing_stop=95.0), QUIET)
        assert outcome.state.position.trailing_stop == 95.0

    def test_without_any_distance_there_is_none(self):
        assert decided(held(), QUIET).state.position.trailing_stop == -math.inf

    @pytest.mark.parametrize(
        ("at_open", "close", "expected"),
        [(True, 101, 130.0), (False, 101, 101.0), (False, 96, 100.0)],
    )
    def test_of_the_entry_candle_the_high_counts_only_after_a_fill_at_the_open(
        self, at_open, close, expected
    ):
        entry_candle = candle(1, 100, 130, 95, close)
        assert at_close(held(at_open=at_open), entry_candle).position.highest == expected

    def test_of_every_later_candle_the_high_counts(self):
        assert at_close(held(highest=101.0), candle(2, 100, 130, 95, 96)).position.highest == 130.0

    def test_a_slipped_fill_above_the_high_does_not_count(self):
        state = at_close(held(at_open=True, price=104.0, highest=104.0), candle(1, 100, 102, 95, 101))
        assert state.position.highest == 102.0


@pytest.mark.parametrize(("number", "expired"), [(1, False), (2, False), (3, True)])
def test_an_entry_expires_after_as_many_candles_as_it_may_live(number, expired):
    assert expires(pending(), candle(number, 105, 106, 104, 105), params(entry_ttl=3)) is expired


def test_only_a_pending_entry_expires():
    for state in (flat_state(), held(), leaving(held(), ExitReason.SIGNAL.value, 1)):
        assert not expires(state, candle(99, 105, 106, 104, 105), params())
