"""Whole replays of a few candles: phases in the spec's order, over one account and several symbols."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import ClassVar

from argusnexus.model.times import HOUR
from engine.hand_made import START, candles, product
from oracle import OracleSignal
from replay.both_engines import disagreements, told_by_the_batch, told_by_the_oracle
from replay.random_cases import Case

QUIET = OracleSignal(False, math.nan, math.nan, math.nan, False, "", math.nan, "no_signal")
LONG = OracleSignal(True, 100.0, 90.0, 120.0, False, "", math.nan, "no_signal")
LEAVE = QUIET._replace(exit=True, exit_reason="signal")
FLAT = (100, 101, 99, 100)
FREE = {"slippage_bps": 0.0, "maker_fee": 0.0, "taker_fee": 0.0, "max_participation": 0.0}
LENIENT = {
    "max_trades_per_hour": 9,
    "daily_loss_limit": 1.0,
    "max_drawdown": 1.0,
    "min_risk_reward": 0.0,
    "stop_buffer": 0.1,
}


def told(rows, signals, *, risk=None, mode="portfolio", capital=1000, spec=None, **execution):
    """`rows` and `signals` by symbol; signals are those of the first candles, then there are none."""
    markets = {symbol: candles(symbol, all_) for symbol, all_ in rows.items()}
    case = Case(
        candles=markets,
        products={symbol: product(symbol=symbol, base_currency=symbol[:3], **spec or {}) for symbol in rows},
        strategy={},
        risk=LENIENT | (risk or {}),
        execution=FREE | execution,
        capital=Decimal(capital),
        mode=mode,
        injected={
            symbol: [*signals[symbol], *[QUIET] * (len(market) - len(signals[symbol]))]
            for symbol, market in markets.items()
        },
    )
    ours = told_by_the_batch(case)
    assert not disagreements(case, ours, told_by_the_oracle(case))
    return ours


def one(rows, signals, **changes):
    return told({"BTC-USD": rows}, {"BTC-USD": signals}, **changes)


def reasons(run, symbol="BTC-USD"):
    return [reason for _, _, reason in run.decisions[symbol]]


def hour(number):
    return START + number * HOUR


class TestOrderOfPhases:
    def test_an_order_meets_the_market_from_the_next_candle_on(self):
        run = one([FLAT, FLAT, FLAT], [LONG])
        assert reasons(run) == ["long", "position_held", "position_held"]

    def test_after_an_exit_the_same_candles_close_may_signal_again(self):
        run = one([FLAT, (100, 101, 80, 100), FLAT], [LONG, LONG])
        assert reasons(run) == ["long", "long", "position_held"]
        assert [trade.exit_reason for trade in run.trades] == ["stop_loss"]

    def test_an_expired_entry_makes_way_for_its_candles_own_decision(self):
        above = (105, 106, 104, 105)
        run = one([FLAT, above, above, FLAT], [LONG, QUIET, LONG], entry_ttl=2)
        assert reasons(run) == ["long", "entry_pending", "long", "position_held"]
        assert run.expired == {"BTC-USD": 1}

    def test_the_time_to_live_counts_candles_that_are_present(self):
        above = (105, 106, 104, 105)
        run = one([FLAT, above, None, None, above, above], [LONG], entry_ttl=3)
        assert reasons(run) == ["long", "entry_pending", "entry_pending", "no_breakout"]

    def test_a_fill_on_the_last_candle_of_its_life_counts(self):
        above = (105, 106, 104, 105)
        run = one([FLAT, above, (105, 106, 99, 105), FLAT], [LONG], entry_ttl=2)
        assert reasons(run) == ["long", "entry_pending", "position_held", "position_held"]
        assert run.expired == {"BTC-USD": 0}

    def test_a_cash_hold_ends_with_an_expiry_before_anothers_decision_of_that_time(self):
        """The second symbol's entry expires at the close at which the first one, earlier in the order, decides."""
        above = (105, 106, 104, 105)
        big = {
            "risk_per_trade": 0.9,
            "max_asset_concentration": 0.9,
            "max_correlated_exposure": 9.0,
            "max_leverage": 9.0,
        }
        run = told(
            {"BTC-USD": [FLAT, FLAT, FLAT], "ETH-USD": [FLAT, above, FLAT]},
            {"BTC-USD": [QUIET, LONG], "ETH-USD": [LONG]},
            risk=big,
            entry_ttl=1,
        )
        assert reasons(run) == ["no_breakout", "long", "position_held"]


class TestExits:
    def test_a_signal_exit_sells_at_the_next_open(self):
        run = one([FLAT, FLAT, (110, 111, 50, 100)], [LONG, LEAVE])
        (trade,) = run.trades
        assert (trade.exit_reason, trade.exit_price, trade.exit_time) == ("signal", 110, hour(2))

    def test_next_is_the_next_candle_that_is_present(self):
        run = one([FLAT, FLAT, None, None, (110, 111, 50, 100)], [LONG, LEAVE])
        assert run.trades[0].exit_time == hour(4)

    def test_a_jumped_stop_is_sold_at_market_at_the_next_open(self):
        run = one([FLAT, FLAT, (70, 80, 60, 75), (72, 73, 71, 72)], [LONG])
        (trade,) = run.trades
        assert (trade.exit_reason, trade.exit_price, trade.exit_time) == ("emergency", 72, hour(3))
        assert reasons(run) == ["long", "position_held", "exit_pending", "no_breakout"]

    def test_what_happens_at_the_open_has_its_time_and_what_happens_later_the_closes(self):
        run = one(
            [FLAT, FLAT, (85, 86, 84, 85), FLAT, (105, 121, 99, 118), (105, 106, 104, 105)],
            [LONG, QUIET, LONG],
        )
        assert [(trade.entry_time, trade.exit_time) for trade in run.trades] == [
            (hour(1), hour(2)),
            (hour(3), hour(5)),
        ]

    def test_nothing_is_closed_at_the_end_of_the_data(self):
        assert not one([FLAT, FLAT], [LONG, LEAVE]).trades

    def test_a_candle_that_reaches_both_is_counted_and_the_stop_taken(self):
        run = one([FLAT, FLAT, (100, 125, 85, 100)], [LONG])
        assert run.ambiguous == {"BTC-USD": 1}
        assert run.trades[0].exit_reason == "stop_loss"


class TestAccounts:
    BOTH: ClassVar = {"BTC-USD": [FLAT, FLAT], "ETH-USD": [FLAT, FLAT]}
    AT_ONCE: ClassVar = {"BTC-USD": [LONG], "ETH-USD": [LONG]}

    def test_entries_submitted_earlier_at_the_same_time_count(self):
        run = told(self.BOTH, self.AT_ONCE, risk={"max_trades_per_hour": 1})
        assert (reasons(run)[0], reasons(run, "ETH-USD")[0]) == ("long", "trade_frequency")

    def test_in_accounts_of_their_own_symbols_do_not_count_for_each_other(self):
        run = told(self.BOTH, self.AT_ONCE, risk={"max_trades_per_hour": 1}, mode="independent")
        assert reasons(run, "ETH-USD")[0] == "long"

    def test_bitcoin_and_ether_share_one_bound(self):
        run = told(self.BOTH, self.AT_ONCE, risk={"max_correlated_exposure": 0.1})
        assert reasons(run, "ETH-USD")[0] == "correlated_exposure"

    def test_other_symbols_are_alone(self):
        run = told(
            {"BTC-USD": [FLAT, FLAT], "SOL-USD": [FLAT, FLAT]},
            {"BTC-USD": [LONG], "SOL-USD": [LONG]},
            risk={"max_correlated_exposure": 0.1},
        )
        assert reasons(run, "SOL-USD")[0] == "long"

    def test_a_halt_stops_anothers_entry_of_the_same_time_and_every_later_one(self):
        crash = (100, 101, 50, 50)
        rows = {"BTC-USD": [FLAT, (99, 100, 95, 96), crash, crash], "ETH-USD": [FLAT] * 4}
        signals = {"BTC-USD": [LONG._replace(stop=10.0)], "ETH-USD": [QUIET, QUIET, LONG, LONG]}
        run = told(rows, signals, risk={"max_drawdown": 0.01, "risk_per_trade": 0.1})
        assert reasons(run, "ETH-USD") == ["no_breakout", "no_breakout", "trading_halted", "trading_halted"]
        assert run.halts["portfolio"][0] == hour(3)

    def test_a_halt_neither_closes_a_position_nor_cancels_an_entry(self):
        rows = {
            "BTC-USD": [FLAT, FLAT, (100, 101, 50, 50), (50, 125, 50, 121)],
            "ETH-USD": [FLAT, FLAT, FLAT, (100, 101, 97, 100)],
        }
        signals = {
            "BTC-USD": [LONG._replace(stop=10.0)],
            "ETH-USD": [QUIET, LONG._replace(entry_price=98.0)],
        }
        run = told(rows, signals, risk={"max_drawdown": 0.01, "risk_per_trade": 0.1})
        assert run.halts["portfolio"][0] == hour(3)
        assert [trade.exit_reason for trade in run.trades] == ["take_profit"]
        assert reasons(run, "ETH-USD") == ["no_breakout", "long", "entry_pending", "position_held"]

    def test_a_realised_loss_blocks_until_the_day_is_over(self):
        rows = [FLAT, FLAT, (100, 101, 80, 95), *[FLAT] * 21, FLAT]
        signals = [LONG, QUIET, *[LONG] * 22]
        run = one(rows, signals, risk={"daily_loss_limit": 0.001})
        told_reasons = reasons(run)
        assert set(told_reasons[2:23]) == {"daily_loss"}
        assert told_reasons[23] == "long"  # decided at 00:00

    def test_a_market_entry_is_filled_at_any_open(self):
        run = one([FLAT, (110, 111, 109, 110), FLAT], [LONG, LEAVE], entry_type="market")
        assert (run.trades[0].entry_price, run.trades[0].entry_time) == (110, hour(1))
