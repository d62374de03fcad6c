"""A trial is a replay: the same trades, the same figures, whatever the signals were computed for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argusnexus.market.sample import SAMPLE_SYMBOLS
from argusnexus.model.times import from_ns
from argusnexus.model.trades import TradeStatus
from argusnexus.replay import ReplayRunner
from argusnexus.replay.market import ReplayMarket, SymbolMarket
from argusnexus.replay.simulation import Simulator
from argusnexus.replay.sweep.trial import TrialTask, Workshop
from argusnexus.report import build_report
from argusnexus.strategy import Signals, Strategy
from argusnexus.truth.queries import LedgerReader
from argusnexus.truth.registry import decoded
from replay.sweeps import BTC, BUSY, a_market, a_plan


def trial(plan, market, parameters, *, native=False):
    return Workshop(plan, [one.candles for one in market.symbols], native=native).done(
        TrialTask(3, parameters)
    )


def replayed_trades(plan, market):
    """The closed trades of a whole replay, in the report's order."""
    rows = Simulator(plan, market, "replay_00000000", native=False, progress=lambda *_: None).run().rows
    order = {symbol: place for place, symbol in enumerate(plan.symbols)}
    closed = [trade for trade in rows.trades if trade.status is TradeStatus.CLOSED]
    closed.sort(key=lambda t: (t.exit_timestamp, order[t.symbol], t.entry_timestamp))
    return closed, len(rows.trades), len(rows.halts)


def told(trade):
    times = (from_ns(trade.entry_time), from_ns(trade.exit_time))
    return (trade.symbol, *times, trade.exit_reason, trade.fees, trade.net_pnl, trade.r_multiple)


def expected(trade):
    times = (trade.entry_timestamp, trade.exit_timestamp)
    return (trade.symbol, *times, trade.exit_reason, trade.fees, trade.net_pnl, trade.r_multiple)


def assert_the_same(plan, market):
    outcome = trial(plan, market, {})
    closed, opened, halts = replayed_trades(plan, market)
    assert outcome.error is None
    assert [told(one) for one in decoded(outcome.trades)] == [expected(one) for one in closed]
    assert (outcome.figures.trades_opened, outcome.figures.halts) == (opened, halts)
    return outcome


@pytest.mark.parametrize("mode", ["independent", "portfolio"])
def test_a_trial_closes_the_trades_of_a_whole_replay(mode):
    plan = a_plan(SAMPLE_SYMBOLS, mode=mode)
    assert assert_the_same(plan, a_market(plan)).figures.trades_closed > 50


@pytest.mark.parametrize("mode", ["independent", "portfolio"])
def test_a_trial_on_real_candles_closes_the_trades_of_a_whole_replay(mode, real_candles):
    parts = [SymbolMarket(one.rows(slice(2000, 5000)), "a file", None) for one in real_candles.values()]
    plan = a_plan(tuple(real_candles), end=None, mode=mode)
    assert assert_the_same(plan, ReplayMarket(tuple(parts), ())).figures.trades_closed > 50


@settings(max_examples=8)
@given(
    entry=st.integers(2, 60),
    leave=st.integers(2, 60),
    stop=st.floats(0.2, 4),
    profit=st.floats(0.2, 6),
    drawdown=st.floats(0.02, 1),
    market=st.booleans(),
    slippage=st.floats(0, 80),
)
def test_any_trial_closes_the_trades_of_its_replay(entry, leave, stop, profit, drawdown, market, slippage):
    plan = a_plan(SAMPLE_SYMBOLS[:2], mode="portfolio")
    found = a_market(plan)
    parameters = {
        "strategy.entry_period": entry,
        "strategy.exit_period": leave,
        "strategy.stop_atr": stop,
        "strategy.take_profit_atr": profit,
        "risk.max_drawdown": drawdown,
        "risk.min_risk_reward": 0.1,
        "execution.entry_type": "market" if market else "limit",
        "execution.slippage_bps": slippage,
    }
    outcome = trial(plan, found, parameters)
    risk = replace(BUSY.risk, max_drawdown=drawdown, min_risk_reward=0.1)
    strategy = replace(
        BUSY.strategy, entry_period=entry, exit_period=leave, stop_atr=stop, take_profit_atr=profit
    )
    kind = type(BUSY.execution.entry_type)
    execution = replace(
        BUSY.execution, entry_type=kind("market" if market else "limit"), slippage_bps=slippage
    )
    whole = replace(plan, settings=replace(BUSY, strategy=strategy, risk=risk, execution=execution))
    closed, opened, halts = replayed_trades(whole, found)
    assert [told(one) for one in decoded(outcome.trades)] == [expected(one) for one in closed]
    assert (outcome.figures.trades_opened, outcome.figures.halts) == (opened, halts)


def test_compiled_and_interpreted_trials_are_the_same():
    plan = a_plan()
    market = a_market(plan)
    assert trial(plan, market, {}, native=True) == trial(plan, market, {}, native=False)


def test_the_figures_are_those_of_the_report_and_the_hash_that_of_the_run(tmp_path):
    db = tmp_path / "truth.db"
    plan = a_plan(SAMPLE_SYMBOLS)
    market = a_market(plan)
    with ReplayRunner(
        db, plan.symbols, None, plan.end, 500, granularity="1h", settings=BUSY, market=market
    ) as runner:
        runner.run()
    with LedgerReader(db) as reader:
        run = reader.run(runner.run_id)
        report = build_report(reader, runner.run_id, run.started_at)
    outcome = trial(plan, market, {})
    assert outcome.config_hash == run.config_hash
    for name in ("trades_opened", "trades_closed", "net_pnl", "fees", "return_percent", "win_rate"):
        assert getattr(outcome.figures, name) == getattr(report.trades, name), name
    for name in ("expectancy", "expectancy_r", "profit_factor"):
        assert getattr(outcome.figures, name) == getattr(report.trades, name), name
    for name in ("max_drawdown_dollars", "max_drawdown_percent"):
        assert getattr(outcome.figures, name) == getattr(report.risk, name), name


def test_a_trial_after_others_is_the_same_as_alone():
    plan = a_plan()
    market = a_market(plan)
    shop = Workshop(plan, [one.candles for one in market.symbols], native=False)
    tasks = [
        TrialTask(place, {"strategy.entry_period": period, "risk.risk_per_trade": risk})
        for place, (period, risk) in enumerate([(10, 0.01), (10, 0.02), (20, 0.01), (10, 0.01)])
    ]
    together = [shop.done(task) for task in tasks]
    alone = [
        Workshop(plan, [one.candles for one in market.symbols], native=False).done(task) for task in tasks
    ]
    assert together == alone


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"strategy.entry_period": 0}, "strategy.entry_period: expected a number of at least 1, was 0"),
        ({"risk.risk_per_trade": 5.0}, "risk.risk_per_trade: expected a fraction"),
    ],
)
def test_parameters_that_are_refused_are_a_failed_trial_with_the_reason(parameters, words):
    plan = a_plan()
    outcome = trial(plan, a_market(plan), parameters)
    assert outcome.figures is None
    assert words in outcome.error
    assert outcome.parameters == parameters


@dataclass(frozen=True)
class Moody(Strategy):
    """Fails, or looks ahead, with some of its parameters."""

    name: ClassVar[str] = "moody"
    window: int = 5

    def signals(self, candles):
        if self.window == 13:
            raise ZeroDivisionError("unlucky")
        ahead = np.roll(candles.close, -1) if self.window == 7 else np.roll(candles.close, 1)
        ahead[0] = candles.close[0]
        return Signals(
            entry=candles.close > ahead * (1 + self.window / 1e4),
            entry_price=candles.close,
            stop=candles.close * 0.98,
            take_profit=candles.close * 1.04,
            warmup=20,
            indicators={"other": ahead},
        )


def test_a_strategy_that_fails_or_looks_ahead_with_some_parameters_fails_those_trials_only():
    plan = a_plan(settings=replace(BUSY, strategy=Moody()))
    market = a_market(plan)
    fine, failing, leaking = (trial(plan, market, {"strategy.window": window}) for window in (5, 13, 7))
    assert fine.error is None
    assert fine.figures.causality_cuts == 1
    assert "ZeroDivisionError: unlucky" in failing.error
    assert "moody looks ahead" in leaking.error


def test_a_trial_without_trades_has_no_ratios():
    plan = a_plan((BTC,))
    outcome = trial(plan, a_market(plan), {"strategy.warmup": 100_000})
    assert (outcome.figures.trades_closed, outcome.figures.net_pnl) == (0, 0)
    assert outcome.figures.expectancy is outcome.figures.win_rate is outcome.figures.profit_factor is None
