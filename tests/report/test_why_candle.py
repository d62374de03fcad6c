"""Why nothing happened at a candle: every result and every reason, with figures derived by hand from the rules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from argusnexus.errors import LedgerError
from argusnexus.model.decisions import DecisionResult, Reason, RiskLayer
from report.why_cases import BTC, ETH, FLAT, PLAN, SOL, entry_at, quick_donchian, replayed

RESTS = (105, 106, 100, 105)  # opens above the entry at 100 and only touches it: a limit order rests
BOUGHT = (100, 110, 95, 105)  # opens at the entry: a limit order fills at 100, taker
TRADE = "trd_{run8}_BTC-USD_20240101T010000"


def trade_of(told):
    return TRADE.format(run8=told.run_id[-8:])


# Signals of the strategy: upper and the volume mean look at 2 candles, sma at 4, and candle 4 decides first.

QUIET = [(100, 100, 100, 100, 10)] * 4
FALLEN = [
    QUIET[0],
    (100, 130, 100, 130, 10),
    QUIET[2],
    QUIET[3],
]  # sma at candle 4: (130 + 100 + 100 + C) / 4


def test_warm_up_counts_its_candles(tmp_path):
    told = replayed(tmp_path, [*QUIET, (100, 100, 99, 99, 10)], quick_donchian())
    story = told.at(2)  # the second candle's close; candle 4 closes at 05:00
    assert story.answer == (
        "Warm-up: this was candle 2 of the 4 that the strategy waits for first. Tradable from 2024-01-01 05:00 UTC.",
    )
    assert (story.warm_up.candle, story.warm_up.candles) == (2, 4)
    assert [one.words for one in story.decision.conditions[:2]] == [
        "upper had no value yet",
        "sma had no value yet",
    ]


def test_warm_up_that_the_data_never_left(tmp_path):
    told = replayed(tmp_path, QUIET[:3], quick_donchian())
    assert "candle 3 of the 3" in told.said(3)
    assert told.said(3).endswith("The data ended before it was over.")


def test_no_breakout_says_how_far_the_close_is_from_the_channel(tmp_path):
    # upper = max(100, 100); 99/100 - 1 = -1 %
    told = replayed(tmp_path, [*QUIET, (100, 100, 99, 99, 10)], quick_donchian())
    story = told.at(5)
    assert story.answer == ("No entry, no breakout: close 99.00 is 1.00 % below upper 100.00.",)
    breakout, trend, volume = story.decision.conditions
    assert (breakout.met, trend.met, volume.met) == (False, False, False)
    assert (breakout.margin, trend.right_value, volume.left_value) == (
        -1.0,
        99.75,
        1.0,
    )  # (3 * 100 + 99) / 4; 10 / 10


def test_a_close_at_the_channel_equals_it(tmp_path):
    told = replayed(tmp_path, [*QUIET, (100, 100, 100, 100, 10)], quick_donchian())
    assert told.said(5) == "No entry, no breakout: close 100.00 equals upper 100.00, needed above it."


def test_the_trend_filter_says_by_how_much(tmp_path):
    # 101 > upper 100; sma = (130 + 100 + 100 + 101) / 4 = 107.75, 101/107.75 - 1 = -6.26 %; volume 30/20 = 1.5 is enough
    told = replayed(tmp_path, [*FALLEN, (100, 101, 100, 101, 30)], quick_donchian())
    assert told.said(5) == "No entry, trend filter: close 101.00 is 6.26 % below sma 107.75."
    assert [one.met for one in told.at(5).decision.conditions] == [True, False, True]


def test_the_volume_filter_says_what_was_needed(tmp_path):
    # sma = (3 * 100 + 101) / 4 = 100.25 < 101; volume 10/10
    told = replayed(tmp_path, [*QUIET, (100, 101, 100, 101, 10)], quick_donchian())
    assert told.said(5) == "No entry, volume filter: volume_ratio 1.00, needed at least 1.50."


def test_both_filters_are_named_when_both_refuse(tmp_path):
    told = replayed(tmp_path, [*FALLEN, (100, 101, 100, 101, 10)], quick_donchian())
    assert told.at(5).answer == (
        "No entry, trend filter: close 101.00 is 6.26 % below sma 107.75.",
        "No entry, volume filter: volume_ratio 1.00, needed at least 1.50.",
    )


def test_a_strategy_without_conditions_is_quoted(tmp_path):
    told = replayed(tmp_path, [FLAT] * 2, entry_at(5))
    assert told.said(1) == "No entry: the strategy's reason was no signal."


# Entries: submitted at 01:00 for 3 candles.


def test_an_entry_tells_its_plan_its_size_and_what_came_of_it(tmp_path):
    told = replayed(tmp_path, [FLAT, BOUGHT], entry_at(0))
    story = told.at(1)
    assert story.answer == (
        "The strategy signalled an entry, and all ten risk layers let it pass.",
        "An entry was submitted: buy 1 BTC at 100.00, stop 90.00, take profit 120.00.",
    )
    assert story.afterwards == (
        f"The entry filled: 1 BTC at 100.00, 2024-01-01 01:00 UTC: trade {trade_of(told)}.",
    )
    plan = story.decision.plan
    assert (plan.worst_fill, plan.value, plan.risk) == (81.0, 100.0, 19.0)
    assert plan.risk_fraction == pytest.approx(0.01)
    assert plan.reward_risk == 2.0
    # (120 * 0.99 - 100 * 1.02) / (100 * 1.02 - 90 * 0.98) = 16.8 / 13.8
    assert plan.net_reward_risk == pytest.approx(16.8 / 13.8)
    # 19/19; 1900/102; 570/100; switched off
    allowed = [size.quantity for size in plan.sizes]
    assert allowed[:3] == pytest.approx([1.0, 1900 / 102, 5.7])
    assert allowed[3] is None
    assert [size.bound for size in plan.sizes] == [True, False, False, False]
    assert [layer.layer for layer in story.decision.layers] == list(RiskLayer)
    assert all(layer.passed for layer in story.decision.layers)


def test_a_waiting_entry_says_how_long_it_still_has(tmp_path):
    told = replayed(tmp_path, [FLAT, RESTS, RESTS, RESTS], entry_at(0))
    words = "An entry was waiting at the venue: buy 1 BTC at 100.00, submitted 2024-01-01 01:00 UTC. It had {} left to fill before it expires."
    assert told.said(2) == words.format("2 candles")
    assert told.said(3) == words.format("1 candle")
    assert told.at(2).decision.reason == Reason.ENTRY_PENDING.label
    assert told.at(2).pending_entry.candles_left == 2
    assert told.at(2).in_this_candle == ()


def test_an_entry_that_expires_is_told_at_that_candle(tmp_path):
    told = replayed(tmp_path, [FLAT, RESTS, RESTS, RESTS], entry_at(0))
    story = told.at(4)
    assert story.in_this_candle == (
        "The entry at 100.00 submitted 2024-01-01 01:00 UTC expired unfilled at this close: it lives for 3 candles.",
    )
    assert story.decision.reason == "no_signal"
    assert told.at(1).afterwards == ("The entry ended unfilled (expired) at 2024-01-01 04:00 UTC.",)


def test_missing_candles_do_not_shorten_an_entrys_life(tmp_path):
    told = replayed(tmp_path, [FLAT, None, None, RESTS], entry_at(0))
    assert told.at(4).pending_entry.candles_left == 2
    assert told.at(1).afterwards == ("The entry was still waiting when the data ended.",)


# Positions: bought at 100 at the open of candle 1.


def test_a_held_position_tells_how_far_the_close_is_from_each_level(tmp_path):
    # trailing stop: highest 110 less 10; 105/90 - 1, 105/120 - 1, 105/100 - 1
    told = replayed(tmp_path, [FLAT, BOUGHT], entry_at(0, trailing=10.0))
    story = told.at(2)
    assert story.answer == (
        f"Trade {trade_of(told)} was held, and nothing said leave: 1 BTC bought at 100.00.",
        (
            "The close 105.00 is 16.67 % above the stop 90.00, 12.50 % below the take profit 120.00, 5.00 % above the "
            "trailing stop 100.00."
        ),
    )
    assert story.position.to_trailing_stop == pytest.approx(0.05)
    assert story.in_this_candle[0].startswith("The entry filled: 1 BTC at 100.00, 2024-01-01 01:00 UTC")


@pytest.mark.parametrize(
    ("candle", "told_of_it"),
    [
        # gross 20, fees 2 and 1.2; gross -10, fees 2 and 1.8
        ((105, 121, 100, 110), "at 120.00, 2024-01-01 03:00 UTC: the bracket's take profit was reached, net 16.80 USD."),
        ((105, 106, 89, 95), "at 90.00, 2024-01-01 03:00 UTC: the bracket's stop was reached, net -13.80 USD."),
        (
            (105, 121, 89, 95),
            ("at 90.00, 2024-01-01 03:00 UTC: the bracket's stop was reached, net -13.80 USD. The exit candle "
            "reached the stop and the take profit both: the stop was taken."),
        ),
        ((122, 125, 121, 124), "at 120.00, 2024-01-01 02:00 UTC: the bracket's take profit was reached, net 16.80 USD."),
    ],
)  # fmt: skip
def test_the_bracket_is_told_at_the_candle_in_which_it_filled(tmp_path, candle, told_of_it):
    told = replayed(tmp_path, [FLAT, BOUGHT, candle], entry_at(0))
    assert told.at(3).in_this_candle == (f"Trade {trade_of(told)} was sold {told_of_it}",)
    assert told.at(2).decision.reason == Reason.POSITION_HELD.label


def test_entry_and_stop_in_one_candle_are_both_told(tmp_path):
    told = replayed(tmp_path, [FLAT, (105, 106, 89, 95)], entry_at(0))
    first, second = told.at(2).in_this_candle
    assert first.startswith("The entry filled: 1 BTC at 100.00, 2024-01-01 02:00 UTC")
    assert "was sold at 90.00, 2024-01-01 02:00 UTC: the bracket's stop was reached" in second
    assert told.at(1).afterwards[0].startswith("The entry filled")


def test_a_stop_that_a_gap_jumped_waits_to_be_sold_at_market(tmp_path):
    # 70 is below the limit of 81 and the candle never trades above it: sold at the next open, 75; -25 - 2 - 1.5
    told = replayed(tmp_path, [FLAT, BOUGHT, (70, 80, 70, 75), (75, 76, 74, 75)], entry_at(0))
    assert told.said(3) == (
        "The position was being sold: a market sell waited for the next open since 2024-01-01 03:00 UTC, because a gap "
        f"jumped the limit of the stop 90.00 (trade {trade_of(told)})."
    )
    assert told.at(3).decision.reason == Reason.EXIT_PENDING.label
    assert told.at(4).in_this_candle == (
        (
            f"Trade {trade_of(told)} was sold at 75.00, 2024-01-01 03:00 UTC: a gap jumped the stop's limit, so that "
            "the rest was sold at market, net -28.50 USD."
        ),
    )


LEAVES = [FLAT, BOUGHT, (105, 106, 95, 99), (98, 98, 98, 98)]  # sold at 98: -2 - 2 - 1.96


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"trailing": 10.0}, "the close fell below the trailing stop (close 99.00 is 1.00 % below the trailing stop 100.00)"),
        (
            {"exits": (2,), "exit_reason": "CHANNEL", "lower": 101.0},
            "the close fell below the exit channel (close 99.00 is 1.98 % below lower 101.00)",
        ),
        ({"exits": (2,), "exit_reason": "CHANNEL"}, "the close fell below the exit channel"),
        ({"exits": (2,)}, "the strategy said leave"),
    ],
)  # fmt: skip
def test_an_exit_tells_its_reason_with_figures(tmp_path, fields, why):
    told = replayed(tmp_path, LEAVES, entry_at(0, **fields))
    story = told.at(3)
    assert story.answer == (f"Trade {trade_of(told)} was to be sold at the next open: {why}.",)
    assert story.decision.result is DecisionResult.EXIT
    sold = story.afterwards[0]
    assert sold.startswith(f"Trade {trade_of(told)} was sold at 98.00, 2024-01-01 03:00 UTC")
    assert sold.endswith("net -5.96 USD.")
    assert told.at(4).in_this_candle == story.afterwards


def test_an_exit_at_the_end_of_the_data_stays_open(tmp_path):
    told = replayed(tmp_path, LEAVES[:3], entry_at(0, exits=(2,)))
    assert told.at(3).afterwards == (f"Trade {trade_of(told)} was still open when the data ended.",)


# Signals that are refused before the risk layers.


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (
            (100.0, 99.999, 120.0),  # rounds up to 100.00
            "its stop 100.00 isn't below its entry 100.00 (the stop rounded up to the tick, the entry down)",
        ),
        ((100.0, -5.0, 120.0), "its stop -5.00 isn't above 0"),
        (
            (100.0, 90.0, 100.009),
            "its take profit 100.00 isn't above its entry 100.00 (both rounded down to the tick)",
        ),
    ],
)
def test_an_impossible_plan_is_told_in_its_rounded_prices(tmp_path, plan, why):
    told = replayed(tmp_path, [FLAT, FLAT], entry_at(0, plan=plan))
    story = told.at(1)
    assert story.answer == (f"The entry signal was refused: {why}.",)
    assert story.decision.reason in (Reason.INVALID_STOP.label, Reason.INVALID_TAKE_PROFIT.label)
    assert story.decision.layers == ()


def test_a_size_of_nothing_tells_which_bound_left_nothing(tmp_path):
    # 10 % of a volume of 0.005
    rows = [(100, 100, 100, 100, 0.005), FLAT]
    told = replayed(tmp_path, rows, entry_at(0), execution={"max_participation": 0.1})
    assert told.said(1) == (
        "The entry signal was refused: nothing is left of its quantity: 10.00 % of the candle's volume allows 0.0005 BTC, "
        "less than the smallest step of 0.001 BTC."
    )


def test_a_size_of_nothing_by_the_risk_budget(tmp_path):
    # 0.0005 % of 1,900 is 0.0095, over 19 a unit
    told = replayed(tmp_path, [FLAT, FLAT], entry_at(0), risk={"risk_per_trade": 0.000005})
    assert "lost at the worst fill allows 0.0005 BTC, less than the smallest step of 0.001 BTC" in told.said(
        1
    )
    assert told.at(1).decision.reason == Reason.SIZE_ZERO.label


def test_a_value_outside_the_venues_bounds_is_told_with_them(tmp_path):
    # 1 % of 190 over 19 a unit is 0.1, worth 10
    told = replayed(tmp_path, [FLAT, FLAT], entry_at(0), spec={"min_market_funds": "50"}, capital=190)
    assert told.said(1) == (
        "The entry signal was refused: its value of 10.00 USD is outside the 50.00 USD to 1,000,000.00 USD that the "
        "venue takes."
    )


# The ten risk layers.


def refused_by(told, hour, layer, symbol=BTC):
    """The story of a refusal, once its reason is the layer and all ten are shown."""
    story = told.at(hour, symbol)
    assert story.decision.reason == layer.label
    assert [one.layer for one in story.decision.layers] == list(RiskLayer)
    return story


def test_layer_1_tells_since_when_and_why_trading_is_halted(tmp_path):
    # close 91: 1900 - 2 - 9 = 1889 is 11 / 1900 = 0.58 % below the peak; sold at 120 at the next open
    rows = [FLAT, (100, 100, 91, 91), (120, 120, 120, 120), FLAT]
    told = replayed(tmp_path, rows, entry_at(0, 2), risk={"max_drawdown": 0.005})
    story = refused_by(told, 3, RiskLayer.TRADING_HALTED)
    halted = (
        "trading halted at 2024-01-01 02:00 UTC on BTC-USD: equity 1,889.00 was 0.58 % below its peak of 1,900.00; the "
        "limit is 0.5 %."
    )
    assert story.answer == (
        "The entry signal was refused by risk layer 1 of 10: trading was halted.",
        f"No entry is allowed any more: {halted}",
    )
    assert (
        told.at(2).answer[-1]
        == f"This decision reached the drawdown limit, and no entry is allowed after it: {halted}"
    )
    assert told.at(4).answer[-1].startswith("No entry is allowed any more")
    assert told.at(1).halt is None


def test_a_halt_holds_for_the_symbols_that_come_later_at_the_same_time(tmp_path):
    # one account: three fees of 2, and 9 on BTC; the first symbol of 02:00 sees 1900 - 6 - 9 = 1885, 0.79 % below
    rows = {SOL: [FLAT] * 2, BTC: [FLAT, (100, 100, 91, 91)], ETH: [FLAT] * 2}
    told = replayed(tmp_path, rows, entry_at(0), risk={"max_drawdown": 0.005}, mode="portfolio")
    assert told.at(2, SOL).answer[-1].startswith("This decision reached the drawdown limit")
    later = told.at(2, ETH).answer[-1]
    assert later.startswith(
        "No entry is allowed any more: trading halted at 2024-01-01 02:00 UTC on SOL-USD: equity 1,885"
    )
    assert told.at(1, ETH).halt is None


def test_layer_2_counts_the_entries_of_the_hour(tmp_path):
    rows = {BTC: [FLAT, FLAT], ETH: [FLAT, FLAT]}
    told = replayed(tmp_path, rows, entry_at(0), risk={"max_trades_per_hour": 1}, mode="portfolio")
    assert refused_by(told, 1, RiskLayer.TRADE_FREQUENCY, ETH).answer == (
        "The entry signal was refused by risk layer 2 of 10: entries in the last 60 minutes 1, needed below 1.",
    )
    assert told.at(1, BTC).decision.result is DecisionResult.ENTRY


STOPPED = [FLAT, BOUGHT, (105, 106, 89, 100), FLAT]  # sold at 90: -10 - 2 - 1.8


def test_layer_3_tells_what_the_day_lost(tmp_path):
    # 0.5 % of 1,900
    told = replayed(tmp_path, STOPPED, entry_at(0, 2), risk={"daily_loss_limit": 0.005})
    assert refused_by(told, 3, RiskLayer.DAILY_LOSS).answer == (
        "The entry signal was refused by risk layer 3 of 10: realised P&L of the day -13.80, needed above -9.50.",
    )


def test_layer_4_tells_the_drawdown_and_that_it_halts(tmp_path):
    # the peak is 1900 - 2 + 5 = 1903 at candle 1; (1903 - 1886.2) / 1903 = 0.88 %
    told = replayed(tmp_path, STOPPED, entry_at(0, 2), risk={"max_drawdown": 0.005})
    first, second = refused_by(told, 3, RiskLayer.DRAWDOWN).answer
    assert first == (
        "The entry signal was refused by risk layer 4 of 10: drawdown from the peak 0.88 %, needed below 0.50 %."
    )
    assert second.startswith("This decision reached the drawdown limit")


def test_layer_5_tells_how_far_the_candle_went(tmp_path):
    told = replayed(tmp_path, [(100, 108, 100, 108), FLAT], entry_at(0))  # 108/100 - 1: equal trips
    assert refused_by(told, 1, RiskLayer.CIRCUIT_BREAKER).answer == (
        "The entry signal was refused by risk layer 5 of 10: the candle's move, open to close 8.00 %, needed below 8.00 %.",
    )


def test_layer_6_tells_how_long_ago_a_candle_tripped(tmp_path):
    risk = {"circuit_breaker_cooldown_minutes": 60}  # exactly one cooldown old still blocks
    told = replayed(tmp_path, [(100, 108, 100, 108), FLAT, FLAT], entry_at(1), risk=risk)
    assert refused_by(told, 2, RiskLayer.CIRCUIT_BREAKER_COOLDOWN).answer == (
        "The entry signal was refused by risk layer 6 of 10: time since a candle tripped 60 min, needed above 60 min.",
    )


def test_layer_7_tells_the_ratio(tmp_path):
    told = replayed(tmp_path, [FLAT, FLAT], entry_at(0, plan=(100.0, 90.0, 114.0)))  # 14 / 10
    assert refused_by(told, 1, RiskLayer.RISK_REWARD).answer == (
        "The entry signal was refused by risk layer 7 of 10: reward to risk 1.40, needed at least 1.50.",
    )


def test_layer_9_counts_what_the_group_holds_already(tmp_path):
    # BTC's pending 100 and ETH's 100, of 1,900; leverage would allow it
    rows = {BTC: [FLAT, FLAT], ETH: [FLAT, FLAT]}
    told = replayed(tmp_path, rows, entry_at(0), risk={"max_correlated_exposure": 0.08}, mode="portfolio")
    assert refused_by(told, 1, RiskLayer.CORRELATED_EXPOSURE, ETH).answer == (
        (
            "The entry signal was refused by risk layer 9 of 10: its correlation group, of equity 10.53 %, needed at most "
            "8.00 %."
        ),
    )


def test_layer_10_counts_all_positions(tmp_path):
    rows = {BTC: [FLAT, FLAT], SOL: [FLAT, FLAT]}
    told = replayed(tmp_path, rows, entry_at(0), risk={"max_leverage": 0.08}, mode="portfolio")
    assert refused_by(told, 1, RiskLayer.LEVERAGE, SOL).answer == (
        "The entry signal was refused by risk layer 10 of 10: all positions, times equity 0.11, needed at most 0.08.",
    )


def test_every_layer_that_failed_is_named(tmp_path):
    risk = {"max_leverage": 0.05, "min_risk_reward": 3.0}  # 100/1900 = 0.0526; 20/10
    told = replayed(tmp_path, [FLAT, FLAT], entry_at(0), risk=risk)
    assert told.at(1).answer == (
        "The entry signal was refused by risk layer 7 of 10: reward to risk 2.00, needed at least 3.00.",
        "Layer 10 would have refused it as well: all positions, times equity 0.053, needed at most 0.050.",
    )


# Which decision is shown.


def test_the_newest_decision_by_then_is_shown_and_said_to_be_so(tmp_path):
    told = replayed(tmp_path, [FLAT, None, FLAT], entry_at(5))
    assert told.at(1).exact
    story = told.at(2, minutes=30)  # within the hole: the decision of 01:00
    assert not story.exact
    assert (story.decision.timestamp.hour, story.asked.hour) == (1, 2)


def test_the_last_candle_answers_until_the_next_would_have_closed(tmp_path):
    told = replayed(tmp_path, [FLAT, FLAT], entry_at(5))
    assert told.at(2, minutes=59).decision.timestamp == datetime(2024, 1, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("hour", [0, 3])
def test_a_time_without_a_decision_is_refused_with_the_range(tmp_path, hour):
    told = replayed(tmp_path, [FLAT, FLAT], entry_at(5))
    with pytest.raises(LedgerError) as refused:
        told.at(hour)
    assert "2024-01-01" in str(refused.value)
    assert "02:00" in str(refused.value)


def test_the_plan_of_the_tests_is_the_documented_one():
    assert PLAN == (100.0, 90.0, 120.0)
