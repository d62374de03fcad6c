"""One engine: compiled or interpreted, whole arrays or one candle at a time, the story is the same."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import chain, cycle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from argusnexus._jit import compiled
from argusnexus.config import Settings
from argusnexus.engine import TradingEngine
from argusnexus.engine.columns import signal_columns
from argusnexus.engine.loops import run_one
from argusnexus.engine.setup import start_account, step_params
from argusnexus.engine.state import EventKind
from argusnexus.execution import PaperExecutor, ProductSpecs, paper
from argusnexus.market.sample import SAMPLE_SYMBOLS, sample_candles
from argusnexus.model.decisions import DecisionResult
from argusnexus.model.frames import to_frame
from argusnexus.model.orders import EntryType
from argusnexus.model.runs import CapitalMode
from argusnexus.model.settings import ExecutionConfig
from argusnexus.model.times import from_ns, to_ns
from argusnexus.money import amount
from argusnexus.replay import batch as batch_driver
from argusnexus.replay.batch import run_batch
from argusnexus.replay.collector import RowCollector
from argusnexus.replay.market import ReplayMarket, SymbolMarket
from argusnexus.replay.plan import make_plan
from argusnexus.replay.simulation import Simulator
from argusnexus.risk import RiskConfig, RiskManager
from argusnexus.strategy import DonchianBreakout

RUN_ID = "replay_0123abcd"
CAPITAL = 500

# Short channels and no halt: more trades, of every kind, in fewer candles.
BUSY = Settings(
    strategy=DonchianBreakout(
        entry_period=10,
        exit_period=8,
        trend_period=0,
        volume_multiplier=0.0,
        warmup=30,
        stop_atr=1.0,
        take_profit_atr=2.0,
    ),
    risk=RiskConfig(max_drawdown=1.0, daily_loss_limit=1.0),
    execution=ExecutionConfig(maker_fee=0.0005, taker_fee=0.001, entry_ttl=2),
)
BUSY_MARKET_ENTRIES = replace(BUSY, execution=replace(BUSY.execution, entry_type=EntryType.MARKET))


def first(candles, count):
    return candles.rows(slice(0, count))


def batch_rows(candles, settings, *, native=False):
    """The rows that the batch driver leaves of one symbol, and its tape."""
    plan = make_plan(
        [candles.symbol], None, None, CAPITAL, granularity=candles.granularity, settings=settings
    )
    market = ReplayMarket((SymbolMarket(candles, "test", None),), ())
    done = Simulator(plan, market, RUN_ID, native=native, progress=lambda *_: None).run()
    return done.rows, done.tapes[0]


def tick_rows(candles, settings, window=5, steps=(1,)):
    """The rows that `run_tick` leaves, fed with a sliding window of frames.

    The first tick has one candle; those after it come in turn with as many as `steps` say, over and over.
    """
    ledger = RowCollector()
    engine = TradingEngine(
        settings.strategy,
        RiskManager(settings.risk),
        PaperExecutor(CAPITAL),
        ledger,
        candles.symbol,
        CAPITAL,
        run_id=RUN_ID,
        granularity=candles.granularity,
        execution=settings.execution,
    )
    frame, close_times = to_frame(candles), candles.close_times.tolist()
    seen, sizes = 0, chain((1,), cycle(steps))
    while seen < len(candles):
        stop = min(seen + next(sizes), len(candles))
        engine.run_tick(frame.iloc[max(0, seen - window) : stop], as_of=from_ns(close_times[stop - 1]))
        seen = stop
    return ledger


def assert_same_story(batch, tape, ticks):
    signalled = [decision for decision in ticks.decisions if decision.result is not DecisionResult.HOLD]
    assert signalled == batch.decisions
    assert ticks.orders == batch.orders
    assert ticks.fills == batch.fills
    assert ticks.trades == batch.trades
    assert [to_ns(decision.timestamp) for decision in ticks.decisions] == tape.as_of.tolist()
    told = [tape.reasons[code] for code in tape.reason]
    assert [decision.result_reason for decision in ticks.decisions] == told


SETTINGS = pytest.mark.parametrize(
    "settings", [Settings(), BUSY, BUSY_MARKET_ENTRIES], ids=["default", "busy", "market-entries"]
)


@SETTINGS
def test_tick_by_tick_leaves_the_rows_of_the_batch_on_the_sample_market(settings):
    candles = first(sample_candles(SAMPLE_SYMBOLS[0]), 1500)
    batch, tape = batch_rows(candles, settings)
    assert len(batch.trades) > 5
    assert_same_story(batch, tape, tick_rows(candles, settings))


@pytest.mark.parametrize("symbol", ["BTC-USD", "ETH-USD", "SOL-USD"])
def test_tick_by_tick_leaves_the_rows_of_the_batch_on_real_candles(real_candles, symbol):
    candles = first(real_candles[symbol], 5000)
    batch, tape = batch_rows(candles, Settings())
    assert len(batch.trades) > 20
    assert_same_story(batch, tape, tick_rows(candles, Settings()))


@pytest.mark.parametrize("symbol", ["BTC-USD", "ETH-USD", "SOL-USD"])
def test_ticks_of_many_sizes_leave_the_rows_of_the_batch_on_all_real_candles(real_candles, symbol):
    candles = real_candles[symbol]
    batch, tape = batch_rows(candles, Settings())
    assert_same_story(batch, tape, tick_rows(candles, Settings(), steps=(1, 7, 55, 1, 200, 1, 1, 31)))


class RecomputedBreakout(DonchianBreakout):
    """The same rule, as a strategy that is asked about all candles again."""

    name = DonchianBreakout.name

    def signals(self, candles):
        return super().signals(candles)


def test_a_strategy_that_cannot_carry_on_leaves_the_same_rows(real_candles):
    candles = first(real_candles["ETH-USD"], 1200)
    settings = replace(BUSY, strategy=RecomputedBreakout(**asdict(BUSY.strategy)))
    batch, tape = batch_rows(candles, settings)
    ticks = tick_rows(candles, settings)
    assert len(ticks.trades) > 10
    assert_same_story(batch, tape, ticks)
    assert ticks.decisions == tick_rows(candles, BUSY, steps=(1, 50)).decisions


PARAMETERS = st.fixed_dictionaries(
    {
        "entry_period": st.integers(1, 30),
        "exit_period": st.integers(1, 30),
        "atr_period": st.integers(1, 20),
        "trend_period": st.integers(0, 60),
        "volume_avg_period": st.integers(1, 30),
        "volume_multiplier": st.sampled_from([0.0, 0.5, 1.5]),
        "stop_atr": st.sampled_from([0.5, 1.0, 2.0]),
        "warmup": st.integers(0, 60),
    }
)


@trials(max_examples=20)
@given(
    parameters=PARAMETERS,
    steps=st.lists(st.integers(1, 120), min_size=1, max_size=6),
    window=st.integers(0, 8),
    begin=st.integers(0, 17_000),
    market_entries=st.booleans(),
)
def test_ticks_of_any_size_and_any_parameters_leave_the_rows_of_the_batch(
    real_candles, parameters, steps, window, begin, market_entries
):
    busy = BUSY_MARKET_ENTRIES if market_entries else BUSY
    settings = replace(busy, strategy=DonchianBreakout(**parameters))
    candles = real_candles["BTC-USD"].rows(slice(begin, begin + 400))
    batch, tape = batch_rows(candles, settings)
    assert_same_story(batch, tape, tick_rows(candles, settings, window, steps))


@pytest.mark.campaign
@SETTINGS
@pytest.mark.parametrize("symbol", ["BTC-USD", "ETH-USD", "SOL-USD"])
def test_tick_by_tick_leaves_the_rows_of_the_batch_on_all_real_candles(real_candles, symbol, settings):
    batch, tape = batch_rows(real_candles[symbol], settings)
    assert_same_story(batch, tape, tick_rows(real_candles[symbol], settings))


def journal_of(candles, settings, *, native):
    """What one account over all the candles leaves in its journal."""
    risk = RiskManager(settings.risk)
    groups = [risk.group_of(one.symbol) for one in candles]
    done = run_batch(
        candles,
        [signal_columns(settings.strategy.signals(one)) for one in candles],
        [step_params(ProductSpecs.get(one.symbol), risk, settings.execution) for one in candles],
        [groups.index(group) for group in groups],
        start_account(amount(CAPITAL), risk, candles[0].granularity, len(candles)),
        native=native,
    )
    return done.journal, done.account


def test_columns_that_may_not_be_written_take_no_code_of_their_own():
    candles = first(sample_candles("SIM-BTC-USD"), 200)
    journal_of([candles], BUSY, native=True)
    versions = len(compiled(run_one).signatures)
    journal_of([candles.read_only()], BUSY, native=True)
    assert len(compiled(run_one).signatures) == versions


def assert_same_journal(candles, settings):
    assert_same(journal_of(candles, settings, native=False), journal_of(candles, settings, native=True))


def assert_same(one, other):
    (plain, plain_account), (native, native_account) = one, other
    events, decisions = plain.counts
    assert events > 10 or plain.halt[0] >= 0
    assert np.array_equal(plain.counts, native.counts)
    assert np.array_equal(plain.events[:events], native.events[:events], equal_nan=True)
    for name in ("decisions", "layer_values", "layer_limits"):
        rows, others = getattr(plain, name)[:decisions], getattr(native, name)[:decisions]
        assert np.array_equal(rows, others, equal_nan=True), name
    assert np.array_equal(plain.halt, native.halt)
    for name, column in plain.tape._asdict().items():
        assert np.array_equal(column, getattr(native.tape, name), equal_nan=True), name
    assert plain_account == native_account


@SETTINGS
def test_compiled_and_interpreted_are_identical_to_the_last_bit_on_the_sample_market(settings):
    candles = [first(sample_candles(symbol), 5000) for symbol in SAMPLE_SYMBOLS]
    assert_same_journal(candles, settings)
    assert_same_journal(candles[:1], settings)


@SETTINGS
def test_compiled_and_interpreted_are_identical_to_the_last_bit_on_real_candles(real_candles, settings):
    candles = [first(one, 5000) for one in real_candles.values()]
    assert_same_journal(candles, settings)
    for one in candles:
        assert_same_journal([one], settings)


@pytest.mark.campaign
@SETTINGS
def test_compiled_and_interpreted_are_identical_on_all_real_candles(real_candles, settings):
    assert_same_journal(list(real_candles.values()), settings)
    for one in real_candles.values():
        assert_same_journal([one], settings)


NERVOUS = replace(BUSY, risk=replace(BUSY.risk, circuit_breaker=0.01, circuit_breaker_cooldown_minutes=600))
HALTED = replace(BUSY, risk=replace(BUSY.risk, max_drawdown=0.02))
HALTED_AT_ONCE = replace(BUSY, risk=replace(BUSY.risk, max_drawdown=0.0))


@pytest.mark.parametrize("settings", [Settings(), BUSY, NERVOUS, HALTED, HALTED_AT_ONCE])
@pytest.mark.parametrize("symbols", [1, 3])
def test_a_rest_leaves_what_its_steps_would_leave(monkeypatch, real_candles, settings, symbols):
    candles = [first(one, 4000) for one in real_candles.values()][:symbols]
    rested = journal_of(candles, settings, native=False)
    monkeypatch.setattr(batch_driver, "_quiet_until", lambda market: np.arange(len(market.entry)))
    assert_same(rested, journal_of(candles, settings, native=False))


@SETTINGS
def test_the_loop_of_one_symbol_leaves_what_the_loop_of_many_does(monkeypatch, real_candles, settings):
    """Compiled, one symbol has a loop of its own; here it is interpreted, for coverage and for the debugger."""
    candles = [first(real_candles["ETH-USD"], 3000)]
    many = journal_of(candles, settings, native=False)
    monkeypatch.setattr(batch_driver, "compiled", lambda loop: loop)
    monkeypatch.setattr(batch_driver, "remember_compiled", lambda _: None)
    assert_same(many, journal_of(candles, settings, native=True))


def test_compiled_and_interpreted_replays_leave_the_same_rows():
    candles = first(sample_candles(SAMPLE_SYMBOLS[0]), 3000)
    plain, _ = batch_rows(candles, BUSY, native=False)
    native, _ = batch_rows(candles, BUSY, native=True)
    assert plain.trades
    for name in ("decisions", "orders", "fills", "trades", "halts"):
        assert getattr(plain, name) == getattr(native, name), name


def test_a_portfolio_of_one_symbol_is_the_same_as_independent():
    candles = first(sample_candles(SAMPLE_SYMBOLS[0]), 3000)
    stories = []
    for mode in CapitalMode:
        plan = make_plan(
            [candles.symbol], None, None, CAPITAL, capital_mode=mode, granularity="1h", settings=BUSY
        )
        market = ReplayMarket((SymbolMarket(candles, "test", None),), ())
        stories.append(
            Simulator(plan, market, RUN_ID, native=False, progress=lambda *_: None).run().rows.trades
        )
    assert stories[0] == stories[1] != []


def test_a_rule_changed_for_one_driver_alone_is_noticed(monkeypatch):
    """The planted change: the paper venue sells one tick better than the batch does."""
    candles = first(sample_candles(SAMPLE_SYMBOLS[0]), 1500)
    batch, tape = batch_rows(candles, BUSY)
    rule = paper.match

    def generous(state, candle, params):
        event = rule(state, candle, params)
        return event._replace(price=event.price + 0.01) if event.kind == EventKind.EXIT_FILLED else event

    assert_same_story(batch, tape, tick_rows(candles, BUSY))
    monkeypatch.setattr(paper, "match", generous)
    with pytest.raises(AssertionError):
        assert_same_story(batch, tape, tick_rows(candles, BUSY))
