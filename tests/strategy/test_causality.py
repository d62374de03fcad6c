"""The check for look-ahead: what it refuses and names, what it lets pass, and how much it asks."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.errors import LookAheadError, StrategyError
from argusnexus.model.trades import ExitReason
from argusnexus.strategy import causality as module
from argusnexus.strategy import check_causality, signals_of
from strategy.honest_strategies import HONEST, all_time_high, momentum, sma_cross, worded
from strategy.leaky_strategies import (
    LEAKY,
    breakout,
    entry_that_counts,
    entry_that_knows,
    entry_that_knows_its_history,
    exit_that_knows,
    only_the_newest_candles,
)
from strategy.made_strategies import made, walk

MARKET = walk(3000)
LONG_MARKET = walk(10_000)


def check(strategy, candles=MARKET, **how):
    return check_causality(strategy, candles, signals_of(strategy, candles), **how)


def refused(strategy, candles=MARKET, **how):
    """What a look-ahead is refused with: the message, and the row and the length that it names (None: none)."""
    with pytest.raises(LookAheadError) as caught:
        check(strategy, candles, **how)
    message = str(caught.value)
    row = re.search(r"\(row (\d+), the first is 0\)", message)
    length = int(re.search(r"only the first (\d+)", message)[1])
    return message, int(row[1]) if row else None, length


def asked_lengths(rule, candles=MARKET, **how):
    """Rows of all candles (first, stop) that a rule was asked about, and the number of cuts."""
    asked = []

    def spying(part):
        first = int(np.searchsorted(candles.times, part.times[0])) if len(part) else 0
        asked.append((first, first + len(part)))
        return rule(part)

    cuts = check(made(spying), candles, **how)
    return asked[1:], cuts


def plainly_differs(whole, part, row):
    """Whether one row differs in anything that matters, one value at a time."""

    def far(columns, others, tolerance):
        return not np.isclose(columns[row], others[row], rtol=tolerance, atol=1e-14, equal_nan=True)

    if any(far(column, part.indicators[name], 1e-9) for name, column in whole.indicators.items()):
        return True
    if far(whole.trailing_distance, part.trailing_distance, 1e-12):
        return True
    if row < whole.warmup:
        return False
    if whole.entry[row] != part.entry[row] or whole.exit[row] != part.exit[row]:
        return True
    if whole.entry[row]:
        prices = ("entry_price", "stop", "take_profit")
        return any(far(getattr(whole, name), getattr(part, name), 1e-12) for name in prices)
    return whole.hold_reasons[whole.hold_reason[row]] != part.hold_reasons[part.hold_reason[row]]


class TestRefused:
    @pytest.mark.parametrize("name", LEAKY)
    def test_a_strategy_that_looks_ahead_is_refused_by_the_first_candle_that_differs(self, name):
        strategy = LEAKY[name]
        message, row, length = refused(strategy)
        assert message.startswith(f"{name} looks ahead: ")
        assert "with all 3000 candles" in message
        if row is None:
            assert name in {"warmup_in_per_cent", "threshold_in_a_condition"}
            return
        whole, part = strategy.signals(MARKET), strategy.signals(MARKET.rows(slice(0, length)))
        differing = [at for at in range(length) if plainly_differs(whole, part, at)]
        assert row == differing[0]

    def test_it_says_what_was_said_with_all_candles_and_without_the_later_ones(self):
        message, row, _ = refused(entry_that_knows(MARKET.times[1234]))
        assert row == 1234
        assert (
            "entry at candle 2024-03-08T07:00:00Z (row 1234, the first is 0) of BTC-USD is True with all 3000 candles and "
            "False with only the first 1235. What it says about row i may depend on candles 0 to i only"
        ) in re.sub(r"candle \S+ ", "candle 2024-03-08T07:00:00Z ", message)

    def test_words_are_compared_and_said_as_words(self):
        message, _, _ = refused(LEAKY["holds_for_tomorrow"])
        assert re.search(r"hold_reason at .* is (down|up) with all .* and (down|up) with only", message)

    @pytest.mark.parametrize("row", [50, 51, 617, 4999, 5000, 7311, 9997, 9998])
    def test_one_entry_in_ten_thousand_candles_is_found(self, row):
        strategy = entry_that_knows(LONG_MARKET.times[row])
        assert strategy.signals(LONG_MARKET).entry.sum() < module.CUTS_AT_ENTRIES
        _, found, length = refused(strategy, LONG_MARKET)
        assert (found, length) == (row, row + 1)

    def test_one_entry_is_found_where_the_strategy_counts_candles(self):
        """A window of the newest candles counts them differently, and so could not tell."""
        for row in np.flatnonzero(breakout(LONG_MARKET))[[30, -30]]:
            assert refused(entry_that_counts(row), LONG_MARKET)[1] == row

    @given(row=st.integers(50, 9998))
    def test_one_entry_is_found_wherever_it_is(self, row):
        assert refused(entry_that_knows(LONG_MARKET.times[row]), LONG_MARKET)[1] == row

    @pytest.mark.parametrize("row", [60, 3000, 7311, 9998])
    def test_one_exit_in_ten_thousand_candles_is_found(self, row):
        strategy = exit_that_knows(LONG_MARKET.times[row])
        assert strategy.signals(LONG_MARKET).exit.sum() < module.CUTS_AT_EXITS
        assert refused(strategy, LONG_MARKET)[1] == row

    @pytest.mark.parametrize("row", [60, 3210, 5998])
    def test_one_entry_is_found_where_no_window_can_tell(self, row):
        candles = walk(6000)
        assert refused(entry_that_knows_its_history(candles.times[row]), candles)[1] == row

    def test_what_no_single_newest_candle_shows_is_found_at_whole_histories(self):
        """At every cut its newest candle is among the newest: only the older ones are said differently."""
        long_market = walk(9000)
        _, row, length = refused(made(only_the_newest_candles), long_market)
        assert row < length - 1

    def test_other_indicators_for_fewer_candles_are_refused_by_name(self):
        def more_when_longer(candles):
            names = ("early", "late") if len(candles) > 2000 else ("early",)
            return {"entry": breakout(candles), "indicators": dict.fromkeys(names, candles.close)}

        message, row, _ = refused(made(more_when_longer))
        assert row is None
        assert "indicators of BTC-USD is early, late with all 3000 candles and early with only" in message

    def test_another_exit_reason_for_fewer_candles_is_refused(self):
        def moody(candles):
            loud = candles.volume.mean() > MARKET.volume.mean() - 1e-9
            return {
                "entry": breakout(candles),
                "exit_reason": ExitReason.CHANNEL if loud else ExitReason.SIGNAL,
            }

        assert "exit_reason" in refused(made(moody))[0]

    def test_an_indicator_may_have_the_name_of_a_price(self):
        def doubled(candles):
            future = np.append(candles.close[1:], 0.0)
            return {"entry": breakout(candles), "indicators": {"stop": future}}

        assert "indicator stop at candle" in refused(made(doubled))[0]

    def test_a_missed_entry_is_found_when_every_candle_is_cut(self):
        """The check of every run cuts where there are signals: it is evidence, not proof."""

        def one_loser_avoided(candles):
            entry = np.array(breakout(candles))
            entry[loser : loser + 1] &= not (candles.close[loser + 1 : loser + 2] > 0).any()
            return {"entry": entry}

        loser = int(np.flatnonzero(breakout(MARKET))[40])
        strategy = made(one_loser_avoided)
        assert check(strategy) > 100
        message, row, _ = refused(strategy, exhaustive=True)
        assert row == loser
        assert "is False with all 3000 candles and True with only" in message


class TestHonest:
    def test_there_are_more_than_twenty(self):
        assert len(HONEST) > 20

    @pytest.mark.parametrize("name", HONEST)
    def test_an_honest_strategy_passes(self, name):
        assert check(HONEST[name]) >= 50

    @pytest.mark.parametrize("name", HONEST)
    def test_an_honest_strategy_passes_on_real_candles(self, name, real_candles):
        assert check(HONEST[name], real_candles["BTC-USD"].rows(slice(-3000, None))) >= 50

    @pytest.mark.parametrize("name", HONEST)
    def test_an_honest_strategy_passes_a_cut_at_every_candle(self, name):
        assert check(HONEST[name], walk(400, seed=3), exhaustive=True) == 399

    @pytest.mark.campaign
    @pytest.mark.parametrize("symbol", ["BTC-USD", "ETH-USD", "SOL-USD"])
    @pytest.mark.parametrize("name", HONEST)
    def test_an_honest_strategy_passes_on_all_real_candles(self, name, symbol, real_candles):
        assert check(HONEST[name], real_candles[symbol]) >= 50

    @pytest.mark.campaign
    @pytest.mark.parametrize("symbol", ["BTC-USD", "ETH-USD", "SOL-USD"])
    @pytest.mark.parametrize("name", HONEST)
    def test_an_honest_strategy_passes_a_cut_at_every_real_candle(self, name, symbol, real_candles):
        candles = real_candles[symbol]
        assert check(HONEST[name], candles, exhaustive=True) == len(candles) - 1

    def test_the_last_digits_of_indicators_and_prices_may_differ(self):
        """The same sum in another order; the newest candle's are different for every length."""

        def noisy(candles):
            noise = 1 + 1e-15 * (len(candles) % 7)
            return {
                "entry": breakout(candles),
                "stop": candles.close * 0.9 * noise,
                "trailing_distance": candles.close * noise,
                "indicators": {"mean": candles.close * noise, "flat": np.full(len(candles), 0.0)},
            }

        assert check(made(noisy)) > 100

    @pytest.mark.parametrize(("size", "passes"), [(5e-13, True), (5e-12, False)])
    def test_prices_may_differ_by_less_than_a_billionth_of_a_thousandth(self, size, passes):
        def noisy(candles):
            return {"entry": breakout(candles), "stop": candles.close * (0.9 + size * (len(candles) % 2))}

        outcome = check if passes else refused
        assert outcome(made(noisy))

    @pytest.mark.parametrize(("size", "passes"), [(5e-10, True), (5e-9, False)])
    def test_indicators_may_differ_by_less_than_a_billionth(self, size, passes):
        def noisy(candles):
            level = candles.close * (1 + size * (len(candles) % 2))
            return {"entry": breakout(candles), "indicators": {"level": level}}

        outcome = check if passes else refused
        assert outcome(made(noisy))

    def test_noise_beside_zero_is_noise(self):
        def noisy(candles):
            difference = np.where(np.arange(len(candles)) % 2, candles.close, 1e-13 * (len(candles) % 3))
            return {"entry": breakout(candles), "indicators": {"difference": difference}}

        assert check(made(noisy)) > 100

    def test_what_does_not_matter_may_differ(self):
        """Prices without an entry, reasons beside an entry, signals before the warm-up is over."""

        def careless(candles):
            rows = np.arange(len(candles))
            entry = breakout(candles)
            newest = rows == len(candles) - 1
            return {
                "entry": entry | (newest & (rows < 50)),
                "exit": newest & (rows < 50),
                "stop": np.where(entry, candles.close * 0.9, len(candles)),
                "hold_reason": (entry & newest).astype(np.int64),
                "hold_reasons": ("calm", "new"),
            }

        assert check(made(careless), exhaustive=True) == 2999


class TestOwnFaults:
    def test_a_strategy_of_chance_is_no_look_ahead(self):
        def chance(candles):
            return {"entry": np.random.default_rng().random(len(candles)) < 0.1}

        with pytest.raises(
            StrategyError, match=r"chance: asked twice about the same .* candles of BTC-USD"
        ) as caught:
            check(made(chance))
        assert not isinstance(caught.value, LookAheadError)

    def test_a_strategy_with_a_memory_is_no_look_ahead(self):
        times = itertools.count()

        def counting(candles):
            return {
                "entry": breakout(candles),
                "indicators": {"calls": np.full(len(candles), float(next(times)))},
            }

        with pytest.raises(StrategyError, match="keep nothing between two calls") as caught:
            check(made(counting))
        assert not isinstance(caught.value, LookAheadError)

    def test_chance_with_a_seed_of_its_own_passes(self):
        def seeded(candles):
            return {"entry": np.random.default_rng(5).random(len(candles)) < 0.1}

        assert check(made(seeded)) > 100

    def test_a_strategy_that_fails_on_fewer_candles_is_told_so(self):
        def long_only(candles):
            if len(candles) < 1000:
                raise ValueError("too few")
            return {"entry": breakout(candles)}

        with pytest.raises(
            StrategyError, match=r"too few.* with only the first .* of 3000 candles; with all of them"
        ):
            check(made(long_only))

    def test_a_strategy_that_gives_the_same_columns_for_any_candles_is_told_so(self):
        whole = made(sma_cross).signals(MARKET)

        def stored(candles):
            return {"entry": whole.entry}

        with pytest.raises(StrategyError, match=r"has 3000 rows for .* candles.* with only the first"):
            check(made(stored))

    def test_fewer_candles_than_the_warm_up_are_tried_only_when_every_candle_is_cut(self):
        def unguarded(candles):
            if len(candles) < 50:
                raise ValueError("too few")
            return {"entry": breakout(candles)}

        assert check(made(unguarded)) > 100
        with pytest.raises(StrategyError, match="too few"):
            check(made(unguarded), exhaustive=True)


class TestCuts:
    def test_every_entry_signal_is_cut_off_directly_after_its_candle(self):
        asked, cuts = asked_lengths(momentum)
        entries = np.flatnonzero(made(momentum).signals(MARKET).entry)
        stops = [stop for _, stop in asked]
        assert set(entries[(entries >= 50) & (entries < 2999)] + 1) <= set(stops)
        assert cuts == len(set(stops))

    def test_beyond_a_thousand_entries_the_cuts_are_spread(self):
        asked, cuts = asked_lengths(lambda candles: {"entry": candles.close > 0}, LONG_MARKET)
        stops = sorted(stop for _, stop in asked)
        assert module.CUTS_AT_ENTRIES <= cuts <= module.CUTS_AT_ENTRIES + 10
        assert max(np.diff(stops)) < 25

    def test_exits_and_candles_without_signals_are_cut_too(self):
        def quiet(candles):
            return {"entry": np.zeros(len(candles), dtype=bool), "exit": np.arange(len(candles)) % 2 == 0}

        asked, _ = asked_lengths(quiet)
        newest = np.array([stop - 1 for _, stop in asked])
        assert sum(newest % 2 == 0) >= module.CUTS_AT_EXITS
        assert sum(newest % 2 == 1) >= module.CUTS_BETWEEN

    def test_a_short_memory_needs_a_short_window(self, monkeypatch):
        monkeypatch.setattr(module, "CANDLES_TO_READ_WHOLE", 0)
        asked, _ = asked_lengths(momentum, LONG_MARKET)
        long = [stop - first for first, stop in asked if stop - first > module.SMALLEST_WINDOW]
        assert sorted(long) == [1250, 2500, 5000, 9999]

    def test_a_long_memory_is_asked_again_with_all_candles(self):
        asked, _ = asked_lengths(all_time_high, LONG_MARKET)
        assert sum(first == 0 and stop > module.SMALLEST_WINDOW for first, stop in asked) > 10

    def test_a_strategy_that_needs_the_first_candle_is_asked_with_all_of_them(self):
        def anchored(candles):
            if len(candles) and candles.times[0] != MARKET.times[0]:
                raise ValueError("not my candles")
            return {"entry": breakout(candles)}

        assert check(made(anchored)) > 100

    def test_a_long_memory_of_many_candles_gets_fewer_cuts_evenly_spread(self, monkeypatch):
        def counted(candles):
            return {"entry": breakout(candles), "indicators": {"row": np.arange(len(candles))}}

        _, all_cuts = asked_lengths(counted, LONG_MARKET)
        monkeypatch.setattr(module, "CANDLES_TO_READ", 500_000)
        asked, cuts = asked_lengths(counted, LONG_MARKET)
        assert 50 < cuts < all_cuts / 3
        assert sum(stop - first for first, stop in asked) < 1_000_000
        assert max(stop for _, stop in asked[:-1]) > 9000

    def test_every_candle_is_cut_when_asked_for(self):
        asked, cuts = asked_lengths(worded, walk(1500), exhaustive=True)
        assert cuts == 1499
        assert {stop for _, stop in asked} == set(range(1, 1500))

    @pytest.mark.parametrize("count", [0, 1, 2, 50, 51])
    def test_too_few_candles_for_a_signal_need_no_cut(self, count):
        assert check(made(sma_cross), walk(count)) == 0

    def test_one_candle_after_the_warm_up_is_one_cut(self):
        assert check(made(sma_cross), walk(52)) == 1

    def test_progress_counts_up_to_all_cuts(self):
        told = []
        check(made(sma_cross), progress=lambda done, total: told.append((done, total)))
        assert [done for done, _ in told] == list(range(1, len(told) + 1))
        assert told[-1][0] == told[-1][1]
