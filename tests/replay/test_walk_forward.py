"""Parameters chosen on the past alone, and one run of what they traded after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argusnexus.config import load_settings
from argusnexus.errors import ConfigError, DataError, StrategyError
from argusnexus.market.sample import SAMPLE_SYMBOLS
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Candles
from argusnexus.model.spans import Span
from argusnexus.model.times import DAY, HOUR, from_ns, iso, to_ns
from argusnexus.model.trials import TrialTrade
from argusnexus.replay.sweep import Metric, SweepRunner
from argusnexus.replay.verify import verify_run
from argusnexus.replay.walk_forward import Rule, WalkForwardPlan, WindowPlan, walk_forward
from argusnexus.replay.walk_forward import schedule as schedules
from argusnexus.replay.walk_forward.choice import Choice, choose, kept
from argusnexus.replay.walk_forward.outcome import OutOfSample, WalkForward, WindowOutcome
from argusnexus.replay.walk_forward.runner import cut_market
from argusnexus.replay.walk_forward.schedule import OWN_REASONS, Schedule, make_schedule
from argusnexus.replay.walk_forward.windows import Window, make_windows
from argusnexus.strategy import Signals, Strategy, check_causality, signals_of
from argusnexus.truth.audit import audit_run
from argusnexus.truth.queries import LedgerReader
from argusnexus.truth.registry import sweeps, trials
from argusnexus.truth.tables import ORDERS
from replay.sweeps import BTC, BUSY, a_grid, a_market, a_plan

AXES = {"strategy.entry_period": [8, 16], "strategy.stop_atr": [1.5, 2.5]}
WINDOWS = WindowPlan(train=30, test=15)


def a_walk(windows=WINDOWS, axes=AXES, metric=Metric.EXPECTANCY_R, min_trades=5, symbols=(BTC,), **more):
    plan = a_plan(symbols, **more)
    rule = Rule(metric, min_trades, windows.embargo)
    return WalkForwardPlan(plan, a_grid(axes), windows, rule)


def walked(db, plan, **more):
    return walk_forward(db, plan, a_market(plan.replay), **more)


def hours(first, count):
    """Flat candles."""
    ones = np.ones(count)
    return Candles(BTC, a_plan().granularity, first + HOUR * np.arange(count), *(ones for _ in range(5)))


def days_of(window):
    return tuple((span.start // DAY, span.stop // DAY) for span in window[1:])


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (WindowPlan(8, 4), [((0, 8), (8, 12)), ((4, 12), (12, 16)), ((8, 16), (16, 20))]),
        (WindowPlan(8, 4, anchored=True), [((0, 8), (8, 12)), ((0, 12), (12, 16)), ((0, 16), (16, 20))]),
        (WindowPlan(8, 4, step=6), [((0, 8), (8, 12)), ((6, 14), (14, 18))]),
        (WindowPlan(8, 5), [((0, 8), (8, 13)), ((5, 13), (13, 18))]),
    ],
    ids=["rolling", "anchored", "step", "rest"],
)
def test_windows_lie_where_they_should(plan, expected):
    assert [days_of(one) for one in make_windows(plan, [hours(0, 20 * 24)])] == expected


def test_windows_lie_in_whole_days_of_which_every_symbol_has_candles():
    some = [hours(5 * HOUR, 20 * 24), hours(0, 15 * 24 + 3)]
    assert [days_of(one) for one in make_windows(WindowPlan(8, 4), some)] == [((1, 9), (9, 13))]


@given(
    train=st.integers(1, 40),
    test=st.integers(1, 20),
    extra=st.integers(0, 9),
    days=st.integers(1, 120),
    anchored=st.booleans(),
)
def test_tests_never_overlap_and_no_training_knows_its_test(train, test, extra, days, anchored):
    plan = WindowPlan(train, test, test + extra, anchored)
    if train + test > days:
        with pytest.raises(ConfigError, match="don't fit in"):
            make_windows(plan, [hours(0, 24 * days)])
        return
    windows = make_windows(plan, [hours(0, 24 * days)])
    for one, other in pairwise(windows):
        assert one.test.stop <= other.test.start
    for one in windows:
        assert one.train.start < one.train.stop == one.test.start < one.test.stop <= days * DAY


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"train": 0, "test": 5}, "--train: expected at least 1 day"),
        ({"train": 9, "test": 5, "step": 4}, "tests would overlap"),
        ({"train": 9, "test": 5, "embargo": 9}, "--embargo: expected 0 to 8 days"),
    ],
)
def test_windows_that_cant_be_are_refused(words, message):
    with pytest.raises(ConfigError, match=message):
        WindowPlan(**words)


@pytest.mark.parametrize(
    ("embargo", "left"),
    [(0, ["early", "near", "to the end"]), (1, ["early", "near"]), (2, ["early", "near"]), (3, ["early"])],
)
def test_training_trades_that_reach_into_the_embargo_or_the_test_are_purged(embargo, left):
    window = Window(0, Span(0, 10 * DAY), Span(10 * DAY, 15 * DAY))
    intervals = {"early": (1, 2), "near": (6, 8), "to the end": (7, 10), "into the test": (9, 12)}
    trades = [
        TrialTrade(name, entry * DAY, leave * DAY, "signal", Decimal(0), Decimal(1), Decimal(1))
        for name, (entry, leave) in intervals.items()
    ]
    assert [trade.symbol for trade in kept(trades, window, embargo)] == left


def chosen_in(db, plan, market, window):
    with SweepRunner(db, plan.replay, cut_market(market, window.train), plan.grid, checked=True) as runner:
        runner.run()
        return choose(runner.trials(), window, plan.rule, plan.replay.capital)


@settings(max_examples=8)
@given(factor=st.floats(0.3, 3), place=st.integers(0, 2), noise=st.integers(0, 2**32 - 1))
def test_candles_after_the_training_never_change_what_is_chosen(tmp_path_factory, factor, place, noise):
    folder = tmp_path_factory.mktemp("walk")
    plan = a_walk()
    market = a_market(plan.replay)
    window = make_windows(plan.windows, [one.candles for one in market.symbols])[place]
    drawn = np.random.default_rng(noise).uniform(0.9, 1.1, len(market.symbols[0].candles)) * factor
    changed = replace(
        market,
        symbols=tuple(
            replace(one, candles=later_times(one.candles, window, drawn)) for one in market.symbols
        ),
    )
    assert changed.data_hash != market.data_hash
    found, other = (
        chosen_in(folder / f"{name}.db", plan, one, window) for name, one in (("a", market), ("b", changed))
    )
    assert found == other


def later_times(candles, window, factors):
    """The same candles with other prices from the test on."""
    factors = np.where(candles.times >= window.test.start, factors, 1.0)
    prices = (column * factors for column in (candles.open, candles.high, candles.low, candles.close))
    return Candles(candles.symbol, candles.granularity, candles.times, *prices, candles.volume)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A walk-forward over two symbols, its ledger and its plan."""
    db = tmp_path_factory.mktemp("done") / "truth.db"
    plan = a_walk(symbols=SAMPLE_SYMBOLS[:2], windows=WindowPlan(30, 15, embargo=2))
    return walked(db, plan), db, plan


def test_the_run_is_one_that_report_audit_and_verify_believe(done, tmp_path):
    result, db, _ = done
    with LedgerReader(db) as reader:
        assert verify_run(reader, result.run_id, CandleStore(tmp_path)).identical
        audit = audit_run(reader, result.run_id)
        run = reader.run(result.run_id)
    assert not audit.findings
    assert run.created_by.endswith(result.walk_id)
    assert run.trades_closed == result.out_of_sample.closed > 20


def test_no_trade_is_decided_outside_of_a_test(done):
    result, db, _ = done
    with LedgerReader(db) as reader:
        entries = [row for row in reader.cells(ORDERS, result.run_id) if row["role"] == "entry"]
    tests = [one.window.test for one in result.windows]
    opened = sum(one.out_of_sample.opened for one in result.windows)
    assert len(entries) >= opened > 0
    for entry in entries:
        candle = (
            to_ns(
                np.datetime64(str(entry["submitted_at"]).removesuffix("Z"), "us")
                .item()
                .replace(tzinfo=from_ns(0).tzinfo)
            )
            - HOUR
        )
        assert any(test.start <= candle < test.stop for test in tests)


def test_every_trial_of_every_training_is_in_the_registry(done):
    result, db, plan = done
    with LedgerReader(db) as reader:
        found = [sweep for sweep in sweeps(reader) if sweep.walk_forward == result.walk_id]
        counts = {sweep.walk_window: len(trials(reader, sweep.sweep_id)) for sweep in found}
    assert counts == {one.window.number: len(plan.grid) for one in result.windows}
    assert len({sweep.data_hash for sweep in found}) == len(found)
    assert {sweep.sweep_id for sweep in found} == {one.sweep_id for one in result.windows}


def test_each_window_has_the_best_parameters_of_its_own_sweep(done):
    result, db, plan = done
    for one in result.windows:
        with LedgerReader(db) as reader:
            found = trials(reader, one.sweep_id)
        assert one.choice.parameters == found[one.choice.number].parameters
        assert one.choice.figures.trades_closed >= plan.rule.min_trades
        assert one.choice.purged >= 0


def test_efficiency_is_r_a_day_outside_over_r_a_day_inside(done):
    result, _, _ = done
    for one in result.windows:
        inside, outside = one.choice.total_r, one.out_of_sample.total_r
        expected = None if inside <= 0 else (outside / 15) / (inside / 30)
        assert one.efficiency == (expected if expected is None else pytest.approx(expected))


def a_window_outcome(inside, outside):
    """Ten days of training that earned so many R, five of test."""
    window = Window(0, Span(0, 10 * DAY), Span(10 * DAY, 15 * DAY))
    figures = None  # not looked at
    choice = Choice(0, {}, figures, 0, Decimal(inside)) if inside else None
    return WindowOutcome(window, "sweep_0", choice, OutOfSample(1, 1, Decimal(0), Decimal(outside)))


def test_efficiency_compares_r_a_day():
    assert a_window_outcome(10, 4).efficiency == Decimal("0.8")
    assert a_window_outcome(10, -5).efficiency == -1
    assert a_window_outcome(-10, 4).efficiency is None
    windows = tuple(a_window_outcome(*one) for one in ((10, 4), (-5, 1), (0, 0)))
    whole = WalkForward("walk_0", "run", WINDOWS, Rule(Metric.NET_PNL, 1, 0), 2, windows)
    assert whole.efficiency == 2  # 5 R in 10 days of tests over 5 R in 20 days of trainings


def test_a_window_in_which_nothing_qualifies_enters_nothing(tmp_path):
    plan = a_walk(min_trades=10_000)
    result = walked(tmp_path / "truth.db", plan)
    assert [one.choice for one in result.windows] == [None] * len(result.windows)
    assert result.out_of_sample.opened == 0
    assert result.efficiency is None
    with LedgerReader(tmp_path / "truth.db") as reader:
        reasons = reader.hold_reasons(result.run_id)[BTC]
    assert set(reasons) == {"no_parameters_chosen"}


def test_the_same_walk_gives_the_same_run(done, tmp_path):
    result, db, plan = done
    again = walked(tmp_path / "again.db", plan)
    with LedgerReader(db) as one, LedgerReader(tmp_path / "again.db") as other:
        nets = [
            [(trade.symbol, trade.entry_timestamp, trade.net_pnl) for trade in reader.trades(run)]
            for reader, run in ((one, result.run_id), (other, again.run_id))
        ]
    assert nets[0] == nets[1]
    assert [w.choice for w in again.windows] == [w.choice for w in result.windows]


@pytest.mark.parametrize("name", ["risk.risk_per_trade", "execution.slippage_bps"])
def test_what_belongs_to_the_account_is_not_chosen(name):
    with pytest.raises(ConfigError, match="a walk-forward chooses parameters of the strategy"):
        a_walk(axes={name: [0.01, 0.02]})


def test_a_window_without_candles_is_named():
    market = a_market(a_plan())
    with pytest.raises(DataError, match=f"{BTC} has no candles from 2020-01-01"):
        cut_market(market, Span(to_ns(from_ns(0).replace(year=2020)), to_ns(from_ns(0).replace(year=2021))))


# the schedule itself


def a_schedule(*windows, warmup=40):
    """Days of 2023 from 1 January on: (first, stop, entry_period or None)."""
    first = to_ns(from_ns(0).replace(year=2023))
    return make_schedule(
        [
            (
                iso(from_ns(first + start * DAY)),
                iso(from_ns(first + stop * DAY)),
                replace(BUSY.strategy, entry_period=period) if period else None,
            )
            for start, stop, period in windows
        ],
        BUSY.strategy,
        warmup,
    )


def some_candles(days=60):
    return a_market(a_plan(end=date(2023, 3, 1))).symbols[0].candles.rows(slice(0, days * 24))


def test_a_schedule_says_in_each_window_what_its_strategy_says():
    candles = some_candles()
    schedule = a_schedule((10, 20, 8), (20, 25, 20), (30, 40, None))
    said = signals_of(schedule, candles)
    for days, period in ((slice(10, 20), 8), (slice(20, 25), 20)):
        rows = slice(days.start * 24, days.stop * 24)
        own = signals_of(replace(BUSY.strategy, entry_period=period), candles)
        for name in ("entry", "exit", "stop", "take_profit", "trailing_distance"):
            np.testing.assert_array_equal(getattr(said, name)[rows], getattr(own, name)[rows])
        np.testing.assert_array_equal(said.indicators["upper"][rows], own.indicators["upper"][rows])
        words = [said.hold_reasons[number] for number in said.hold_reason[rows]]
        assert words == [own.hold_reasons[number] for number in own.hold_reason[rows]]
    assert not said.entry[: 10 * 24].any()
    assert not said.entry[25 * 24 :].any()
    gap = slice(25 * 24, 30 * 24)
    own = signals_of(replace(BUSY.strategy, entry_period=20), candles)
    np.testing.assert_array_equal(said.exit[gap], own.exit[gap])  # what is open still leaves by its rules
    assert {said.hold_reasons[number] for number in said.hold_reason[gap]} == {"outside_windows"}
    assert {said.hold_reasons[number] for number in said.hold_reason[30 * 24 : 40 * 24]} == {
        "no_parameters_chosen"
    }
    assert np.isnan(said.trailing_distance[30 * 24 :]).all()


def test_a_schedule_is_causal():
    candles = some_candles()
    schedule = a_schedule((10, 20, 8), (20, 40, 20), (40, 60, 12))
    assert check_causality(schedule, candles, signals_of(schedule, candles), exhaustive=True) > 1000


@dataclass(frozen=True)
class Slow(Strategy):
    """Needs more candles the larger its window is, and logs other columns with some."""

    window: int = 5

    def signals(self, candles):
        entry = np.ones(len(candles), np.bool_)
        logged = {"extra": candles.close} if self.window > 100 else {}
        return Signals(
            entry=entry,
            entry_price=candles.close,
            stop=candles.close * 0.9,
            take_profit=candles.close * 1.2,
            warmup=self.window,
            indicators={"close_again": candles.close, **logged},
        )


def test_a_strategy_that_is_not_warm_yet_enters_nothing_and_says_so():
    candles = some_candles(20)
    first = to_ns(from_ns(0).replace(year=2023))
    moments = [iso(from_ns(first + day * DAY)) for day in (5, 10, 15)]
    schedule = make_schedule(
        [(moments[0], moments[1], Slow(130)), (moments[1], moments[2], Slow(5))], Slow(), 0
    )
    said = signals_of(schedule, candles)
    assert np.flatnonzero(said.entry)[0] == 130
    assert {said.hold_reasons[number] for number in said.hold_reason[120:130]} == {"warming_up"}
    assert np.isnan(said.indicators["extra"][240:]).all()
    assert set(said.indicators) == {"extra", "close_again"}
    assert said.hold_reasons[:3] == OWN_REASONS


def test_a_schedule_of_a_file_that_changed_is_refused(tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(
        "from dataclasses import dataclass\nfrom argusnexus.strategy import DonchianBreakout, Strategy\n\n"
        "@dataclass(frozen=True)\nclass Own(DonchianBreakout):\n    pass\n"
    )
    monkeypatch.chdir(tmp_path)
    own = load_settings(None, strategy="own.py:Own").strategy
    schedule = make_schedule([("2023-01-05", "2023-01-09", own)], own, 0)
    assert not signals_of(schedule, some_candles(20)).entry[: 4 * 24].any()
    schedules._loaded.clear()
    schedules._strategy.cache_clear()
    with (tmp_path / "own.py").open("a") as file:
        file.write("# changed\n")
    with pytest.raises(StrategyError, match="isn't the file that the windows' parameters were chosen for"):
        signals_of(schedule, some_candles(20))


def test_a_schedule_needs_all_of_each_window():
    with pytest.raises(ConfigError, match="a start, a stop and parameters"):
        Schedule("donchian", ("2023-01-05",), (), ("",))
