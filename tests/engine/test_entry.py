"""From a signal to an order: rounding, refusals, size, and what the risk layers are told."""

from __future__ import annotations

import pytest

from argusnexus.engine.account import Exposure
from argusnexus.engine.entry import UNCHECKED, consider_entry
from argusnexus.engine.state import flat_state
from argusnexus.model.decisions import Reason, RiskLayer, SizeTerm
from argusnexus.model.times import HOUR
from engine.hand_made import NOTHING_HELD, account, candle, params, product, signal

CALM = candle(3, 100, 101, 99, 100, volume=1e9)


def proposed(what=None, *, at=CALM, state=None, capital=1000.0, exposure=NOTHING_HELD, parameters=None):
    return consider_entry(
        state or flat_state(), what or signal(), at, account(capital), exposure, parameters or params()
    )


def reason(proposal):
    return Reason(proposal.reason).label


class TestRounding:
    def test_entry_and_take_profit_go_down_and_the_stop_goes_up(self):
        plan = proposed(signal(entry_price=100.019, stop=89.981, take_profit=120.019)).plan
        assert (plan.entry, plan.stop, plan.take_profit) == (100.01, 89.99, 120.01)

    @pytest.mark.parametrize("noise", [-9e-9, 9e-9])
    def test_a_price_within_a_millionth_of_a_tick_is_that_tick(self, noise):
        plan = proposed(signal(entry_price=100 + noise, stop=90 + noise, take_profit=120 + noise)).plan
        assert (plan.entry, plan.stop, plan.take_profit) == (100.0, 90.0, 120.0)

    def test_a_price_two_millionths_of_a_tick_off_is_rounded(self):
        plan = proposed(signal(entry_price=100 - 2e-8, stop=90 + 2e-8, take_profit=120 - 2e-8)).plan
        assert (plan.entry, plan.stop, plan.take_profit) == (99.99, 90.01, 119.99)

    def test_the_stops_limit_is_rounded_down(self):
        parameters = params(risk={"stop_buffer": 0.05})
        assert proposed(signal(stop=90.01), parameters=parameters).plan.limit_floor == 85.5  # 85.5095

    def test_a_wide_buffer_leaves_the_stops_limit_exact(self):
        """1 - 0.9999 is 0.0001 in decimals and a little less in floats."""
        market = params(risk={"stop_buffer": 0.9999}, spec=product(quote_increment="0.001"))
        assert proposed(signal(stop=90.0), parameters=market).plan.limit_floor == 0.009

    def test_the_stops_limit_is_at_least_one_tick(self):
        assert proposed(parameters=params(risk={"stop_buffer": 1.0})).plan.limit_floor == 0.01


class TestRefusals:
    @pytest.mark.parametrize("stop", [100.0, 100.5, 99.991])
    def test_a_stop_at_or_above_the_rounded_entry_is_invalid(self, stop):
        assert reason(proposed(signal(stop=stop))) == "invalid_stop"

    @pytest.mark.parametrize("stop", [0.0, -5.0])
    def test_a_stop_that_is_no_price_is_invalid(self, stop):
        assert reason(proposed(signal(stop=stop))) == "invalid_stop"

    @pytest.mark.parametrize("take_profit", [100.0, 100.009, 80.0])
    def test_a_take_profit_at_or_below_the_entry_is_invalid(self, take_profit):
        assert reason(proposed(signal(take_profit=take_profit))) == "invalid_take_profit"

    def test_an_invalid_stop_is_named_first(self):
        assert reason(proposed(signal(stop=100.0, take_profit=80.0))) == "invalid_stop"

    def test_less_than_one_increment_is_size_zero(self):
        assert reason(proposed(capital=0.1)) == "size_zero"

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"min_market_funds": "52.7"}, "funds"),
            ({"min_market_funds": "52.6"}, "long"),
            ({"max_market_funds": "52.6"}, "long"),
            ({"max_market_funds": "52.5"}, "funds"),
        ],
    )
    def test_an_order_outside_the_venues_funds_is_refused(self, changes, expected):
        """The size is 0.526, worth 52.6."""
        assert reason(proposed(parameters=params(spec=product(**changes)))) == expected

    def test_an_order_worth_exactly_the_minimum_is_taken(self):
        """0.29 * 100 is 28.999999999999996 in floats."""
        parameters = params(spec=product(min_market_funds="29"), max_participation=0.1)
        proposal = proposed(at=candle(3, 100, 101, 99, 100, volume=2.9), parameters=parameters)
        assert (proposal.plan.quantity, reason(proposal)) == (0.29, "long")

    def test_an_order_worth_exactly_the_maximum_is_taken(self):
        """0.07 * 100 is 7.000000000000001 in floats."""
        parameters = params(spec=product(max_market_funds="7"), max_participation=0.1)
        proposal = proposed(at=candle(3, 100, 101, 99, 100, volume=0.7), parameters=parameters)
        assert (proposal.plan.quantity, reason(proposal)) == (0.07, "long")

    def test_what_does_not_reach_the_layers_has_no_verdict(self):
        for what in (proposed(signal(stop=100.0)), proposed(capital=0.1)):
            assert what.verdict == UNCHECKED


class TestSize:
    def test_the_risk_budget_bounds_the_loss_down_to_the_worst_fill(self):
        plan = proposed().plan
        assert plan.quantity == 0.526  # 1000 * 0.01 / (100 - 90 * 0.9), rounded down
        assert plan.quantity * (plan.entry - 81) <= 10

    @pytest.mark.parametrize(
        ("term", "quantity", "changes"),
        [
            (SizeTerm.RISK, 0.526, {}),
            (SizeTerm.CONCENTRATION, 3.0, {"risk": {"risk_per_trade": 0.9}}),
            (SizeTerm.PARTICIPATION, 0.4, {"max_participation": 4e-10}),
        ],
    )
    def test_the_smallest_bound_counts_and_is_named(self, term, quantity, changes):
        proposal = proposed(parameters=params(**changes))
        assert (proposal.size_term, proposal.plan.quantity) == (term, quantity)

    def test_cash_that_pending_entries_hold_cannot_be_spent_again(self):
        proposal = proposed(exposure=Exposure(979.6, 0.0, 0.0))
        assert (proposal.size_term, proposal.plan.quantity) == (SizeTerm.CASH, 0.2)  # 20.4 / (100 * 1.02)

    def test_no_free_cash_is_size_zero(self):
        assert reason(proposed(exposure=Exposure(1000.0, 0.0, 0.0))) == "size_zero"

    def test_participation_can_be_switched_off(self):
        parameters = params(max_participation=0.0)
        assert (
            proposed(at=candle(3, 100, 101, 99, 100, volume=0), parameters=parameters).plan.quantity == 0.526
        )


class TestVerdict:
    def test_every_layer_is_evaluated_and_the_first_failing_one_is_the_reason(self):
        limits = {"max_trades_per_hour": 0, "min_risk_reward": 3.0, "max_leverage": 0.0}
        proposal = proposed(parameters=params(risk=limits))
        failed = {layer for layer in RiskLayer if proposal.verdict.failed >> layer & 1}
        assert failed == {RiskLayer.TRADE_FREQUENCY, RiskLayer.RISK_REWARD, RiskLayer.LEVERAGE}
        assert reason(proposal) == "trade_frequency"

    def test_every_layers_value_and_limit_are_recorded(self):
        proposal = proposed(exposure=Exposure(0.0, 100.0, 200.0))
        values = dict(zip(RiskLayer, proposal.verdict.values, strict=True))
        assert values[RiskLayer.RISK_REWARD] == 2.0
        assert values[RiskLayer.ASSET_CONCENTRATION] == pytest.approx(0.0526)
        assert values[RiskLayer.CORRELATED_EXPOSURE] == pytest.approx(0.1526)
        assert values[RiskLayer.LEVERAGE] == pytest.approx(0.2526)
        assert dict(zip(RiskLayer, proposal.verdict.limits, strict=True))[RiskLayer.LEVERAGE] == 1.0

    def test_the_candles_own_move_trips_the_breaker_at_equality(self):
        proposal = proposed(at=candle(3, 100, 109, 99, 108, volume=1e9))
        assert reason(proposal) == "circuit_breaker"

    @pytest.mark.parametrize(("ago", "expected"), [(1, "circuit_breaker_cooldown"), (2, "long")])
    def test_exactly_one_cooldown_old_still_blocks(self, ago, expected):
        parameters = params(risk={"circuit_breaker_cooldown_minutes": 60})
        state = flat_state()._replace(tripped_at=CALM.close_time - ago * HOUR)
        assert reason(proposed(state=state, parameters=parameters)) == expected

    def test_the_ratio_net_of_fees_is_recorded_beside(self):
        proposal = proposed()
        reward = 120 * 0.99 - 100 * 1.02
        assert proposal.net_risk_reward == pytest.approx(reward / (100 * 1.02 - 90 * 0.98))
