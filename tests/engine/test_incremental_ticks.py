"""The engine with a strategy that carries on: only new candles are read, none is kept, and a failure costs nothing."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from argusnexus.errors import DataError, StrategyError
from argusnexus.strategy import IncrementalStrategy, Signals
from engine.paper_session import FLAT, Scripted

RISING = tuple((100 + row, 101 + row, 99 + row, 100 + row) for row in range(30))


@dataclass(frozen=True)
class Carried(IncrementalStrategy):
    """Never enters; says the mean of the last three closes and what it was asked."""

    name: ClassVar[str] = "carried"

    asked: list
    failing: set

    def next_signals(self, candles, memory):
        self.asked.append((memory.seen, len(candles)))
        mean = memory.sma(candles.close, 3)
        if memory.seen in self.failing:
            raise ValueError("not today")
        none = np.zeros(len(candles), np.bool_)
        return Signals(
            entry=none,
            entry_price=candles.close,
            stop=candles.close,
            take_profit=candles.close,
            warmup=2,
            indicators={"mean": mean},
        )


def carried(failing=()):
    return Carried([], set(failing))


def means(session):
    rows = session.ask("SELECT json_extract(signal_values, '$.mean') FROM decisions ORDER BY timestamp")
    return [value for (value,) in rows]


def test_a_tick_asks_about_the_new_candles_only(session):
    strategy = carried()
    one = session(strategy)
    one.tick(RISING[:4])
    one.tick(RISING[:5])
    one.tick(RISING[2:9], first=2)
    one.tick(RISING[2:9], first=2)
    assert strategy.asked == [(0, 4), (4, 1), (5, 4)]
    assert means(one) == [102.0, 103.0, 104.0, 105.0, 106.0, 107.0]


def test_one_candle_a_tick_is_decided_on_as_all_in_one_frame(session):
    one, other = session(carried()), session(carried())
    one.live(list(RISING))
    other.tick(RISING[:1])
    other.tick(RISING)
    assert one.decisions() == other.decisions()
    assert one.reasons() == ["warmup"] * 2 + ["no_signal"] * 28
    assert means(one) == means(other)


def test_the_warmup_counts_from_the_first_candle_of_all(session):
    one = session(carried())
    one.live(list(RISING[:5]))
    assert one.reasons() == ["warmup", "warmup", "no_signal", "no_signal", "no_signal"]


def test_the_engine_keeps_no_candles(session):
    def state_size(rows):
        one = session(carried())
        one.tick(rows)
        return len(pickle.dumps((one.engine._follower, one.engine._state, one.engine._account)))

    assert state_size([FLAT] * 3000) <= state_size([FLAT] * 30) + 20


class TestFailure:
    def test_the_candle_is_decided_on_at_the_next_tick_and_nothing_is_lost(self, session):
        strategy, untroubled = carried(failing=[4]), session(carried())
        untroubled.live(list(RISING[:8]))
        one = session(strategy)
        one.live(list(RISING[:4]))
        for _ in range(2):
            with pytest.raises(
                StrategyError, match=r"carried: next_signals\(\) failed on 1 candles .* not today"
            ):
                one.tick(RISING[4:5], first=4)
        strategy.failing.clear()
        one.tick(RISING[4:8], first=4)
        assert one.decisions() == untroubled.decisions()
        assert means(one) == means(untroubled)

    def test_bad_candles_are_not_remembered(self, session):
        one, untroubled = session(carried()), session(carried())
        for both in (one, untroubled):
            both.live(list(RISING[:4]))
        with pytest.raises(DataError):
            one.tick([RISING[4], (100, 99, 98, 100)], first=4)
        for both in (one, untroubled):
            both.tick(RISING[4:7], first=4)
        assert means(one) == means(untroubled)


def test_the_words_to_hold_are_those_of_the_tick(session):
    """They may be numbered anew with each answer, as the check for look-ahead allows."""

    class Wordy(Scripted):
        def signals(self, candles):
            signals = super().signals(candles)
            words = ("even", "odd") if len(candles) % 2 == 0 else ("odd", "even")
            return Signals(
                entry=signals.entry,
                entry_price=signals.entry_price,
                stop=signals.stop,
                take_profit=signals.take_profit,
                hold_reason=np.full(len(candles), words.index("odd" if len(candles) % 2 else "even")),
                hold_reasons=words,
            )

    one = session(Wordy(), granularity="1h")
    one.live([FLAT] * 4)
    assert one.reasons() == ["odd", "even", "odd", "even"]
