"""One engine: compiled or interpreted, whole arrays or one candle at a time, the story is the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from argusnexus.config import Settings
from argusnexus.engine import TradingEngine
from argusnexus.engine.columns import signal_columns
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


def tick_rows(candles, settings, window=5):
    """The rows that `run_tick` leaves, fed with a sliding window of frames."""
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
    frame = to_frame(candles)
    for last, close_time in enumerate(candles.close_times.tolist()):
        engine.run_tick(frame.iloc[max(0, last - window) : last + 1], as_of=from_ns(close_time))
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


def assert_same_journal(candles, settings):
    plain, plain_account = journal_of(candles, settings, native=False)
    native, native_account = journal_of(candles, settings, native=True)
    events, decisions = plain.counts
    assert events > 10
    assert np.array_equal(plain.counts, native.counts)
    assert np.array_equal(plain.events[:events], native.events[:events], equal_nan=True)
    for name in ("decisions", "layer_values", "layer_limits"):
        one, other = getattr(plain, name)[:decisions], getattr(native, name)[:decisions]
        assert np.array_equal(one, other, equal_nan=True), name
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
