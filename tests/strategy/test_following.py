"""A strategy asked about candles as they come in: the rows of the whole answer, and nothing lost by a failure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.errors import LookAheadError, StrategyError
from argusnexus.strategy import (
    DonchianBreakout,
    IncrementalStrategy,
    Memory,
    Strategy,
    check_causality,
    check_continuity,
    following,
    signals_of,
)
from argusnexus.strategy.base import COLUMNS
from replay.random_cases import random_case
from strategy.made_strategies import made, said, walk

SMALL = DonchianBreakout(
    entry_period=5, exit_period=4, atr_period=3, trend_period=9, volume_avg_period=4, warmup=12
)
MARKET = walk(400)


def part(candles, start, stop):
    return candles.rows(slice(start, stop))


def assert_the_same(signals, whole, start, stop):
    rows = slice(start, stop)
    for name in COLUMNS:
        assert getattr(signals, name).tobytes() == getattr(whole, name)[rows].tobytes(), name
    assert list(signals.indicators) == list(whole.indicators)
    for name, column in signals.indicators.items():
        np.testing.assert_array_equal(column, whole.indicators[name][rows], err_msg=name)
    assert signals.warmup == max(0, whole.warmup - start)
    assert (signals.hold_reasons, signals.exit_reason) == (whole.hold_reasons, whole.exit_reason)
    assert signals.conditions == whole.conditions


def check_in_parts(strategy, candles, cuts):
    whole, follower = signals_of(strategy, candles), following(strategy)
    bounds = [0, *sorted(min(cut, len(candles)) for cut in cuts), len(candles)]
    for start, stop in pairwise(bounds):
        assert follower.seen == start
        assert_the_same(follower.signals(part(candles, start, stop)), whole, start, stop)


class Average(IncrementalStrategy):
    """Enters above its average; remembers nothing else."""

    def next_signals(self, candles, memory):
        average = memory.ema(candles.close, 10)
        return said(candles, entry=candles.close > average, indicators={"average": average})


def plain(candles):
    return {"entry": candles.close > np.maximum.accumulate(candles.close) * 0.99}


class TestRows:
    @given(seed=st.integers(0, 10_000), cuts=st.lists(st.integers(0, 200), max_size=8))
    def test_the_donchian_breakout_in_parts_is_the_one_at_once(self, seed, cuts):
        case = random_case(seed)
        for candles in case.candles.values():
            check_in_parts(DonchianBreakout(**case.strategy), candles, cuts)

    @pytest.mark.parametrize("symbol", ["BTC-USD", "ETH-USD", "SOL-USD"])
    @pytest.mark.parametrize("rows", [997, 4001, 17_000])
    def test_it_is_on_real_candles_in_parts_of_any_size(self, real_candles, symbol, rows):
        candles = real_candles[symbol]
        check_in_parts(DonchianBreakout(), candles, range(rows, len(candles), rows))

    def test_it_is_on_real_candles_one_by_one(self, real_candles):
        candles = part(real_candles["BTC-USD"], 0, 3000)
        check_in_parts(DonchianBreakout(), candles, range(1, len(candles)))

    def test_any_other_strategy_is_asked_about_all_candles_again(self):
        asked = []

        def recorded(candles):
            asked.append(len(candles))
            return plain(candles)

        check_in_parts(made(recorded), MARKET, [3, 100, 101])
        assert asked == [400, 3, 100, 101, 400]

    def test_a_strategy_with_signals_of_its_own_over_an_inherited_rule_is_asked_for_those(self):
        class Reversed(Average):
            def signals(self, candles):
                above = super().signals(candles)
                return replace(above, entry=~above.entry)

        check_in_parts(Reversed(), MARKET, [60, 61])

    def test_an_incremental_strategy_is_given_the_new_candles_only(self):
        asked = []

        class Recording(Average):
            def next_signals(self, candles, memory):
                asked.append((memory.seen, candles.times.tolist()))
                return super().next_signals(candles, memory)

        follower = following(Recording())
        for start, stop in ((0, 5), (5, 6), (6, 9)):
            follower.signals(part(MARKET, start, stop))
        times = MARKET.times.tolist()
        assert asked == [(0, times[:5]), (5, times[5:6]), (6, times[6:9])]


@dataclass
class Moody(Average):
    """Fails at the candles it is told; `says` what it does there."""

    at: int
    says: str

    def next_signals(self, candles, memory):
        if memory.seen != self.at:
            return super().next_signals(candles, memory)
        if self.says == "a failure":
            raise ValueError("not today")
        if self.says == "a price that is none":
            signals = super().next_signals(candles, memory)
            return replace(signals, entry=signals.entry | True, stop=signals.stop * np.nan)
        if self.says == "a row too few":
            return super().next_signals(candles, memory).rows(slice(1, None))
        if self.says == "less of its memory":
            return said(candles, entry=np.zeros(len(candles), np.bool_))
        memory.sma(candles.close, 3)
        return super().next_signals(candles, memory)


EXPECTED = {
    "a failure": r"Moody: next_signals\(\) failed on 5 candles .*: ValueError: not today",
    "a price that is none": r"Moody: stop of the entry signal at candle .*row 0.* is nan",
    "a row too few": r"Moody: column 'entry' has 4 rows for 5 candles",
    "less of its memory": r"Moody: memory was asked 1 times .*ema\(10\) is missing",
    "something else of its memory": r"Moody: call 1 of memory is sma\(3\) and was ema\(10\)",
}


class TestFailure:
    @pytest.mark.parametrize("says", EXPECTED)
    def test_it_names_the_strategy_and_leaves_the_follower_where_it_was(self, says):
        strategy = Moody(60, says)
        follower = following(strategy)
        follower.signals(part(MARKET, 0, 60))
        with pytest.raises(StrategyError, match=EXPECTED[says]) as refused:
            follower.signals(part(MARKET, 60, 65))
        assert "with 5 candles that follow 60 others" in str(refused.value)
        assert follower.seen == 60
        strategy.at = -1
        whole = signals_of(Average(), MARKET)
        assert_the_same(follower.signals(part(MARKET, 60, 70)), whole, 60, 70)

    def test_in_the_first_pass_nothing_went_before(self):
        with pytest.raises(StrategyError, match="not today") as refused:
            following(Moody(0, "a failure")).signals(part(MARKET, 0, 5))
        assert "That was with" not in str(refused.value)

    def test_a_plain_strategy_that_fails_leaves_the_follower_where_it_was_too(self):
        limit = [100]

        def greedy(candles):
            if len(candles) > limit[0]:
                raise ValueError("too many")
            return plain(candles)

        follower = following(made(greedy))
        follower.signals(part(MARKET, 0, 90))
        with pytest.raises(StrategyError, match="too many"):
            follower.signals(part(MARKET, 90, 110))
        assert follower.seen == 90
        limit[0] = 400
        whole = signals_of(made(plain), MARKET)
        assert_the_same(follower.signals(part(MARKET, 90, 120)), whole, 90, 120)


def carrying(rule, name):
    """An incremental strategy made of a rule of candles and memory."""

    class Made(IncrementalStrategy):
        def next_signals(self, candles, memory):
            return said(candles, **rule(candles, memory))

    Made.name = name
    return Made()


def steps(candles, _):
    return {"entry": np.diff(candles.close, prepend=np.nan) > 0}


def sums(candles, memory):
    return {
        "entry": candles.close > memory.sma(candles.close, 5),
        "indicators": {"total": np.cumsum(candles.volume)},
    }


def late_warmup(candles, memory):
    return {"entry": candles.close > memory.sma(candles.close, 5), "warmup": max(0, 50 - memory.seen)}


def other_words(candles, memory):
    words = ("beginning",) if not memory.seen else ("later",)
    return {"entry": candles.close > memory.sma(candles.close, 5), "hold_reasons": words}


class TestContinuity:
    @pytest.mark.parametrize("strategy", [SMALL, DonchianBreakout(), Average(), made(plain)])
    @pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 13, 14, 60, 61, 400])
    def test_what_carries_on_rightly_passes(self, strategy, count):
        candles = part(MARKET, 0, count)
        check_continuity(strategy, candles, signals_of(strategy, candles))

    @pytest.mark.parametrize(
        ("rule", "what"),
        [
            (steps, r"entry at candle .* is True .* and False"),
            (sums, r"indicator total at candle .* \(row 1, "),
            (late_warmup, "warmup of BTC-USD is 49 .* and 48"),
            (other_words, "hold_reason at candle "),
        ],
    )
    def test_what_carries_on_wrongly_is_refused_with_the_first_candle(self, rule, what):
        strategy = carrying(rule, "forgetful")
        with pytest.raises(StrategyError, match=f"forgetful carries on wrongly: {what}"):
            check_continuity(strategy, MARKET, signals_of(strategy, MARKET))

    def test_what_is_kept_between_two_calls_is_refused(self):
        calls = []

        def counting(candles, memory):
            calls.append(len(candles))
            return sums(candles, memory) | {"indicators": {"calls": np.full(len(candles), float(len(calls)))}}

        strategy = carrying(counting, "counting")
        with pytest.raises(StrategyError, match=r"indicator calls at candle .* is 1.0 .* and 2.0"):
            check_continuity(strategy, MARKET, signals_of(strategy, MARKET))

    def test_a_strategy_that_fails_on_a_part_is_refused(self):
        strategy = carrying(
            lambda candles, memory: sums(candles, memory) | {"entry": candles.close[2:] > 1}, "short"
        )
        whole = signals_of(Average(), MARKET)
        with pytest.raises(StrategyError, match="short: column 'entry' has 0 rows for 1 candles"):
            check_continuity(strategy, MARKET, whole)

    @pytest.mark.parametrize("singles", [4, 20, 2000])
    def test_parts_of_one_candle_and_longer_ones_are_tried_whatever_is_asked(self, singles):
        tried = []

        def recorded(candles, memory):
            tried.append((memory.seen, len(candles)))
            return {"entry": candles.close > memory.sma(candles.close, 5)}

        strategy = carrying(recorded, "recorded")
        signals = signals_of(strategy, MARKET)
        tried.clear()
        check_continuity(strategy, MARKET, signals, singles=singles)
        assert [before + rows for before, rows in tried[:-1]] == [before for before, _ in tried[1:]]
        alone = [before for before, rows in tried if rows == 1]
        assert {0, 1, 50, 51, 399} <= set(alone)
        assert signals.entry[alone].sum() >= min(singles, 100) // 2
        assert len({rows for _, rows in tried}) > 3

    def test_what_shows_only_where_a_part_begins_with_an_entry_is_found(self):
        def above_the_close_before(candles, memory):
            rising = candles.close > np.roll(candles.close, 1)
            return {"entry": rising & (candles.close > memory.highest_before(candles.close, 20))}

        strategy = carrying(above_the_close_before, "rolled")
        with pytest.raises(StrategyError, match=r"rolled carries on wrongly: entry at candle .* is True"):
            check_continuity(strategy, MARKET, signals_of(strategy, MARKET))

    def test_only_so_many_candles_are_read(self, monkeypatch):
        monkeypatch.setattr("argusnexus.strategy.continuity.CANDLES_READ", 100)
        asked = []

        def recorded(candles, memory):
            asked.append(memory.seen + len(candles))
            return {"entry": candles.close > memory.sma(candles.close, 5)}

        strategy = carrying(recorded, "recorded")
        check_continuity(strategy, MARKET, signals_of(strategy, MARKET))
        assert max(asked[1:]) == 100


class TestCausality:
    """Of a strategy that carries on: its cuts are made in one pass."""

    def test_each_candle_is_read_once_and_the_cuts_are_those_of_any_other_strategy(self):
        read = []

        def rule(candles, memory):
            read.append((memory.seen, len(candles)))
            return {"entry": candles.close > memory.highest_before(candles.close, 20)}

        def plain_rule(candles):
            return rule(candles, Memory(len(candles)))

        carried = carrying(rule, "carried")
        signals = signals_of(carried, MARKET)
        read.clear()
        cuts = check_causality(carried, MARKET, signals)
        afresh = [rows for seen, rows in read if not seen and rows < len(MARKET) // 2]
        assert sum(rows for seen, rows in read if seen) <= 2 * len(MARKET)
        assert len(afresh) < 10 < cuts
        assert cuts == check_causality(made(plain_rule), MARKET, signals)

    @pytest.mark.parametrize("rows", [1, 3])
    def test_what_knows_the_next_candles_is_refused_as_looking_ahead(self, rows):
        def rule(candles, memory):
            later = np.append(candles.close[rows:], [candles.close[-1]] * min(rows, len(candles)))
            return {
                "entry": (later > candles.close) & (candles.close > memory.highest_before(candles.close, 20))
            }

        knowing = carrying(rule, "knowing")
        with pytest.raises(LookAheadError, match=r"knowing looks ahead: entry at candle .* is True with all"):
            check_causality(knowing, MARKET, signals_of(knowing, MARKET))

    @pytest.mark.parametrize("rule", [steps, sums, late_warmup, other_words])
    def test_what_only_carries_on_wrongly_is_not_called_so(self, rule):
        forgetful = carrying(rule, "forgetful")
        assert check_causality(forgetful, MARKET, signals_of(forgetful, MARKET))


def test_a_plain_strategy_is_no_incremental_one():
    with pytest.raises(TypeError, match="next_signals"):
        type("Vague", (IncrementalStrategy,), {})()
    assert issubclass(IncrementalStrategy, Strategy)
