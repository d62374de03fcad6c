"""What a simulated venue reports for one candle: every rule of the fills."""

from __future__ import annotations

import pytest

from argusnexus.engine.apply import leaving
from argusnexus.engine.matching import match
from argusnexus.engine.state import EventKind, flat_state
from argusnexus.model.orders import EntryType
from argusnexus.model.trades import ExitReason
from engine.hand_made import candle, held, params, pending, product

TAKER, MAKER = 0.02, 0.01
FREE = params(slippage_bps=0.0)


def filled_entry(event):
    assert event.kind == EventKind.ENTRY_FILLED
    return event.price, event.fee_rate, event.at_open


def filled_exit(event):
    assert event.kind == EventKind.EXIT_FILLED
    return ExitReason(event.reason).label, event.price, event.fee_rate, event.at_open


def nothing_happens(event):
    return event.kind == EventKind.NONE


class TestFlat:
    def test_nothing_is_reported_without_an_order(self):
        assert nothing_happens(match(flat_state(), candle(1, 50, 200, 1, 100), FREE))


class TestMarketEntry:
    MARKET = params(entry_type=EntryType.MARKET)

    def test_it_is_filled_at_the_open_with_slippage(self):
        assert filled_entry(match(pending(), candle(1, 130, 140, 120, 125), self.MARKET)) == (
            143.0,
            TAKER,
            True,
        )

    def test_it_is_filled_without_volume_too(self):
        event = match(pending(), candle(1, 130, 140, 120, 125, volume=0), self.MARKET)
        assert filled_entry(event) == (143.0, TAKER, True)

    def test_its_price_is_rounded_up_to_the_tick(self):
        costs = params(entry_type=EntryType.MARKET, slippage_bps=5.0)
        price, _, _ = filled_entry(match(pending(), candle(1, 100.01, 140, 90, 125), costs))
        assert price == 100.07  # 100.060005

    def test_a_price_on_the_tick_stays_there(self):
        """20000 * 1.0005 is 20010 in decimals and a hair more in floats."""
        costs = params(entry_type=EntryType.MARKET, slippage_bps=5.0)
        price, _, _ = filled_entry(match(pending(), candle(1, 20_000, 20_000, 19_000, 19_500), costs))
        assert price == 20_010.0


class TestLimitEntryOnItsFirstCandle:
    def test_it_takes_the_open_when_that_is_within_its_limit_after_slippage(self):
        event = match(pending(), candle(1, 90, 95, 85, 90), params())
        assert filled_entry(event) == (99.0, TAKER, True)

    def test_an_open_whose_price_after_slippage_equals_the_limit_is_taken(self):
        event = match(pending(entry=99.0), candle(1, 90, 95, 85, 90), params())
        assert filled_entry(event) == (99.0, TAKER, True)

    def test_an_open_that_slips_above_the_limit_rests(self):
        event = match(pending(), candle(1, 95, 105, 94, 104), params())
        assert filled_entry(event) == (100.0, MAKER, False)

    def test_it_is_filled_within_the_candle_below_its_limit(self):
        event = match(pending(), candle(1, 110, 115, 99.99, 104), params())
        assert filled_entry(event) == (100.0, MAKER, False)

    def test_a_touch_never_fills(self):
        assert nothing_happens(match(pending(), candle(1, 110, 115, 100, 104), params()))

    def test_nothing_is_filled_without_volume(self):
        assert nothing_happens(match(pending(), candle(1, 90, 95, 85, 90, volume=0), params()))


class TestLimitEntryOnLaterCandles:
    def test_it_is_filled_at_the_open_at_its_own_price(self):
        """A resting order gets no better price and pays no slippage."""
        event = match(pending(), candle(2, 95, 105, 94, 104), params())
        assert filled_entry(event) == (100.0, MAKER, True)

    def test_an_open_at_its_limit_is_a_touch(self):
        assert nothing_happens(match(pending(), candle(2, 100, 105, 100, 104), params()))

    def test_it_is_filled_within_the_candle_below_its_limit(self):
        event = match(pending(), candle(2, 100, 105, 99, 104), params())
        assert filled_entry(event) == (100.0, MAKER, False)

    def test_nothing_is_filled_without_volume(self):
        assert nothing_happens(match(pending(), candle(2, 95, 105, 94, 104, volume=0), params()))

    def test_one_that_was_marketable_in_an_empty_first_candle_rests_from_then_on(self):
        assert nothing_happens(match(pending(), candle(1, 90, 95, 85, 90, volume=0), params()))
        event = match(pending(), candle(2, 99, 105, 98, 104), params())
        assert filled_entry(event) == (100.0, MAKER, True)


class TestBracketOfAPositionOpenAtTheOpen:
    def test_an_open_at_the_stop_is_the_stop(self):
        event = match(held(), candle(2, 90, 130, 85, 125), FREE)
        assert filled_exit(event) == ("stop_loss", 90.0, TAKER, True)

    def test_an_open_at_the_take_profit_is_the_take_profit(self):
        event = match(held(), candle(2, 120, 130, 85, 125), FREE)
        assert filled_exit(event) == ("take_profit", 120.0, MAKER, True)

    def test_an_open_above_the_take_profit_gets_the_orders_own_price(self):
        event = match(held(), candle(2, 150, 160, 140, 155), FREE)
        assert filled_exit(event) == ("take_profit", 120.0, MAKER, True)

    def test_a_touched_stop_is_triggered(self):
        event = match(held(), candle(2, 100, 110, 90, 105), FREE)
        assert filled_exit(event) == ("stop_loss", 90.0, TAKER, False)

    def test_a_touched_take_profit_is_not_filled(self):
        assert nothing_happens(match(held(), candle(2, 100, 120, 95, 105), FREE))

    def test_a_passed_take_profit_is_filled(self):
        event = match(held(), candle(2, 100, 120.01, 95, 105), FREE)
        assert filled_exit(event) == ("take_profit", 120.0, MAKER, False)

    def test_the_stop_wins_when_one_candle_reaches_both(self):
        event = match(held(), candle(2, 100, 121, 90, 105), FREE)
        assert filled_exit(event) == ("stop_loss", 90.0, TAKER, False)
        assert event.ambiguous

    @pytest.mark.parametrize("opened", [90, 120])
    def test_what_happens_at_the_open_is_certain(self, opened):
        assert not match(held(), candle(2, opened, 130, 85, 105), FREE).ambiguous

    def test_a_touch_of_the_take_profit_makes_no_candle_ambiguous(self):
        assert not match(held(), candle(2, 100, 120, 90, 105), FREE).ambiguous

    def test_nothing_is_triggered_without_volume(self):
        assert nothing_happens(match(held(), candle(2, 80, 130, 70, 105, volume=0), FREE))

    def test_a_fill_at_the_open_is_open_at_the_open_of_that_very_candle(self):
        event = match(held(at_open=True), candle(1, 90, 121, 85, 105), FREE)
        assert filled_exit(event) == ("stop_loss", 90.0, TAKER, True)


class TestBracketOfAPositionFilledWithinTheCandle:
    def test_the_stop_is_triggered_by_the_low(self):
        event = match(held(at_open=False), candle(1, 110, 130, 90, 125), FREE)
        assert filled_exit(event) == ("stop_loss", 90.0, TAKER, False)
        assert not event.ambiguous

    def test_only_the_close_proves_the_take_profit(self):
        state = held(at_open=False)
        assert nothing_happens(match(state, candle(1, 110, 130, 95, 120), FREE))
        event = match(state, candle(1, 110, 130, 95, 120.01), FREE)
        assert filled_exit(event) == ("take_profit", 120.0, MAKER, False)

    def test_an_open_beyond_the_stop_came_before_the_fill(self):
        assert nothing_happens(match(held(at_open=False), candle(1, 125, 126, 95, 100), FREE))

    def test_on_the_next_candle_it_is_open_at_the_open(self):
        event = match(held(at_open=False), candle(2, 125, 126, 95, 100), FREE)
        assert filled_exit(event) == ("take_profit", 120.0, MAKER, True)


class TestStopFills:
    def test_the_stop_pays_slippage(self):
        costs = params(slippage_bps=500.0)
        event = match(held(), candle(2, 100, 110, 90, 105), costs)
        assert filled_exit(event) == ("stop_loss", 85.5, TAKER, False)

    def test_slippage_ends_at_the_limit(self):
        event = match(held(), candle(2, 85, 110, 80, 105), params(slippage_bps=1000.0))
        assert filled_exit(event) == ("stop_loss", 81.0, TAKER, True)

    def test_an_open_at_the_limit_is_filled_there(self):
        event = match(held(), candle(2, 81, 110, 80, 105), FREE)
        assert filled_exit(event) == ("stop_loss", 81.0, TAKER, True)

    def test_a_gap_through_the_band_rests_at_its_limit_and_is_filled_above_it(self):
        event = match(held(), candle(2, 70, 81.01, 60, 75), params())
        assert filled_exit(event) == ("stop_loss", 81.0, MAKER, False)
        assert not event.ambiguous

    def test_a_touch_of_that_limit_never_fills(self):
        event = match(held(), candle(2, 70, 81, 60, 75), params())
        assert event.kind == EventKind.STOP_LEFT_RESTING

    def test_a_price_below_one_tick_is_one_tick(self):
        spec = product(quote_increment="1")
        state = held(bracket={"stop": 1.0, "limit_floor": 1.0})
        event = match(state, candle(2, 5, 6, 0.5, 5), params(spec=spec))
        assert filled_exit(event) == ("stop_loss", 1.0, TAKER, False)


class TestMarketExit:
    LEAVING = leaving(held(), ExitReason.CHANNEL.value, 2)

    def test_it_waits_for_the_next_candle(self):
        assert nothing_happens(match(self.LEAVING, candle(2, 100, 110, 60, 105), params()))

    def test_it_sells_at_the_next_open_before_anything_else(self):
        event = match(self.LEAVING, candle(3, 150, 160, 60, 105), params())
        assert filled_exit(event) == ("channel", 135.0, TAKER, True)

    def test_it_sells_without_volume_too(self):
        event = match(self.LEAVING, candle(3, 100, 110, 60, 105, volume=0), params())
        assert filled_exit(event) == ("channel", 90.0, TAKER, True)

    def test_its_price_is_rounded_down_to_the_tick(self):
        event = match(self.LEAVING, candle(3, 100.01, 110, 60, 105), params(slippage_bps=5.0))
        assert event.price == 99.95  # 99.959995

    def test_it_gets_at_least_one_tick(self):
        spec = product(quote_increment="1")
        event = match(self.LEAVING, candle(3, 0.5, 1, 0.5, 1), params(spec=spec))
        assert event.price == 1.0
