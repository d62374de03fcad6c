"""The run: its row, its counts, its ledger, under the names that others build on."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus import __version__
from argusnexus.clock import SystemClock
from argusnexus.config import Settings, config_hash
from argusnexus.errors import ConfigError, DataError, LedgerError, StrategyError
from argusnexus.market.sample import SAMPLE_SYMBOLS, sample_candles
from argusnexus.market.source import SampleSource
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.model.decisions import DecisionResult
from argusnexus.model.frames import from_frame, to_frame
from argusnexus.model.runs import CapitalMode, RunStatus
from argusnexus.model.trades import TradeStatus
from argusnexus.replay import DataLoader, ReplayRunner, ReportGenerator
from argusnexus.replay.market import ReplayMarket, SymbolMarket, load_market
from argusnexus.replay.plan import make_plan
from argusnexus.replay.simulation import Simulator
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout
from argusnexus.truth.queries import LedgerReader
from venue.candle_venue import CandleVenue
from venue.made_candles import FIRST, bars, made_candles

BTC = SAMPLE_SYMBOLS[0]
HOUR = Granularity.parse("1h")
BUSY = Settings(
    strategy=DonchianBreakout(
        entry_period=10, exit_period=8, trend_period=0, volume_multiplier=0.0, warmup=20
    ),
    risk=RiskConfig(max_drawdown=1.0),
)


@pytest.fixture
def db(tmp_path):
    return tmp_path / "truth.db"


@pytest.fixture
def sample():
    """The sample market of some symbols, whole days from the first one on."""

    def load(symbols=(BTC,), days=90):
        last = (pd.Timestamp("2023-01-01") + pd.Timedelta(days=days - 1)).date()
        return load_market(SampleSource(), symbols, HOUR, date(2023, 1, 1), last)

    return load


def column(db, query):
    with sqlite3.connect(db) as connection:
        found = [value for (value,) in connection.execute(query)]
    connection.close()
    return found


def test_constructing_a_runner_makes_the_ledger_and_the_run_row(db):
    with ReplayRunner(str(db), ["BTC-USD"], "2024-01-01", "2024-06-30", Decimal(500)) as runner:
        assert re.fullmatch(r"replay_[0-9a-f]{8}", runner.run_id)
        assert column(db, "SELECT run_id FROM runs") == [runner.run_id]
        with LedgerReader(db) as reader:
            run = reader.run(runner.run_id)
    assert run.run_mode.value == "replay_backtest"
    assert run.market_time_basis.value == "candle_timestamp"
    assert run.capital_mode is CapitalMode.INDEPENDENT
    assert (run.start_date, run.end_date, run.symbols) == ("2024-01-01", "2024-06-30", ("BTC-USD",))
    assert (run.status, run.data_integrity) == (RunStatus.RUNNING, "ok")
    assert run.package_version == __version__
    assert run.config_hash == config_hash(run.config)
    assert run.config["strategy"]["entry_period"] == 55


def test_a_skipped_volume_filter_is_in_the_run_row(db):
    with ReplayRunner(db, ["BTC-USD"], None, None, 500, skip_volume_filter=True) as runner:
        assert column(db, "SELECT data_integrity FROM runs") == ["degraded_skip_volume"]
        assert runner.plan.settings.strategy.volume_multiplier == 0


def test_every_run_has_an_id_of_its_own(db):
    runners = [ReplayRunner(db, ["BTC-USD"], None, None, 500) for _ in range(3)]
    assert len({runner.run_id for runner in runners}) == 3
    for runner in runners:
        runner.close()


def test_trades_are_counted_and_the_counts_survive_completion(db):
    with ReplayRunner(db, ["BTC-USD"], None, None, 500) as runner:
        runner.record_trade_opened()
        runner.record_trade_opened()
        runner.record_trade_closed()
        assert (runner.trades_opened, runner.trades_closed) == (2, 1)
        runner.complete(notes="by hand")
    assert column(db, "SELECT trades_opened || '/' || trades_closed FROM runs") == ["2/1"]
    assert column(db, "SELECT status || ' ' || notes FROM runs") == ["completed by hand"]
    assert column(db, "SELECT completed_at IS NOT NULL FROM runs") == [1]


def test_a_run_that_was_not_completed_is_found_as_interrupted(db):
    first = ReplayRunner(db, ["BTC-USD"], None, None, 500)
    first.close()
    with ReplayRunner(db, ["BTC-USD"], None, None, 500):
        assert column(db, "SELECT status FROM runs ORDER BY rowid") == ["interrupted", "running"]


@pytest.mark.parametrize("mode", list(CapitalMode))
def test_a_replay_is_whole_in_the_ledger(db, sample, mode):
    market = sample(SAMPLE_SYMBOLS)
    with ReplayRunner(
        db, SAMPLE_SYMBOLS, None, None, 500, mode, "1h", settings=BUSY, market=market
    ) as runner:
        runner.run()
    with LedgerReader(db) as reader:
        run = reader.run(runner.run_id)
        trades = reader.trades(runner.run_id)
        decisions = list(reader.decisions(runner.run_id))
        explained = reader.explanations(runner.run_id)
        walks = [reader.walk(trade.trade_id) for trade in trades]
    assert run.status is RunStatus.COMPLETED
    assert run.data_hash == market.data_hash
    assert (run.trades_opened, run.trades_closed) == (runner.trades_opened, runner.trades_closed)
    assert run.trades_closed == sum(trade.status is TradeStatus.CLOSED for trade in trades) > 20
    assert all(not explanation.missing for explanation in explained)
    assert len(decisions) == sum(len(one.candles) for one in market.symbols)
    assert len({(decision.symbol, decision.timestamp) for decision in decisions}) == len(decisions)
    for walk in walks:
        assert walk.orders[0].client_order_id.startswith("ANX4_")
        assert walk.orders[0].payload["client_order_id"] == walk.orders[0].client_order_id
        assert walk.decisions[0].result is DecisionResult.ENTRY


def test_pnl_of_every_trade_follows_from_its_fills_exactly(db, sample):
    with ReplayRunner(db, [BTC], None, None, 500, granularity="1h", settings=BUSY, market=sample()) as runner:
        runner.run()
    with LedgerReader(db) as reader:
        closed = reader.trades(runner.run_id, TradeStatus.CLOSED)
        fills = {trade.trade_id: reader.walk(trade.trade_id).fills for trade in closed}
    for trade in closed:
        entry, leaving = fills[trade.trade_id]
        flow = leaving.price * leaving.quantity - entry.price * entry.quantity
        assert trade.gross_pnl == flow
        assert trade.fees == entry.fee + leaving.fee
        assert trade.net_pnl == flow - entry.fee - leaving.fee
        assert trade.mae <= 0 <= trade.mfe


def test_a_strategy_that_fails_leaves_a_failed_run_without_trades(db, sample):
    class Short(DonchianBreakout):
        def signals(self, candles):
            return super().signals(candles.rows(slice(0, len(candles) - 1)))

    with (
        ReplayRunner(
            db, [BTC], None, None, 500, granularity="1h", settings=Settings(strategy=Short()), market=sample()
        ) as runner,
        pytest.raises(StrategyError, match="one row a candle"),
    ):
        runner.run()
    assert column(db, "SELECT status FROM runs") == ["failed"]
    assert "one row a candle" in column(db, "SELECT notes FROM runs")[0]
    assert column(db, "SELECT trade_id FROM trades") == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"symbols": []}, "at least one"),
        ({"symbols": ["DOGE-USD"]}, "DOGE-USD"),
        ({"symbols": ["BTC-USD", "BTC-USD"]}, "more than once"),
        ({"capital": Decimal(0)}, "above 0"),
        ({"capital_mode": "protfolio"}, "Did you mean 'portfolio'"),
        ({"granularity": "4 hours"}, "4h"),
        ({"start_date": "yesterday"}, "expected a date"),
        ({"start_date": "2025-01-01", "end_date": "2024-01-01"}, "starts after it ends"),
    ],
)
def test_arguments_that_cannot_be_used_leave_no_ledger(db, changed, said):
    given_arguments = {
        "symbols": ["BTC-USD"],
        "start_date": None,
        "end_date": None,
        "capital": Decimal(500),
    } | changed
    with pytest.raises(ConfigError, match=said):
        ReplayRunner(db, **given_arguments)
    assert not db.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"granularity": "4h"}, "expected 4h candles"),
        ({"symbols": ["SIM-ETH-USD"]}, "of SIM-ETH-USD, in this order"),
        ({"start_date": "2024-01-01"}, "outside the days asked for"),
        ({"end_date": "2023-01-31"}, "outside the days asked for"),
    ],
)
def test_candles_that_are_not_those_of_the_run_are_refused(db, sample, changed, said):
    words = {
        "symbols": [BTC],
        "start_date": None,
        "end_date": None,
        "capital": 500,
        "granularity": "1h",
    } | changed
    with pytest.raises(ConfigError, match=said):
        ReplayRunner(db, **words, market=sample())
    assert not db.exists()


def test_the_sample_market_needs_not_be_handed_in_and_is_said_to_be_synthetic(db):
    with ReplayRunner(db, [BTC], "2023-01-01", "2023-03-31", 500, granularity="1h", settings=BUSY) as runner:
        runner.run()
    assert runner.trades_closed > 5
    assert column(db, "SELECT data_integrity FROM runs") == ["synthetic"]
    handed_in = load_market(SampleSource(), [BTC], HOUR, date(2023, 1, 1), date(2023, 3, 31))
    assert column(db, "SELECT data_hash FROM runs") == [handed_in.data_hash]


def test_days_are_utc_days():
    plan = make_plan([BTC], datetime(2025, 6, 1, 23, tzinfo=timezone(timedelta(hours=-5))), None, 500)
    assert plan.start == date(2025, 6, 2)


def test_a_ledger_that_cannot_be_opened_is_an_error_that_keeps_no_lock(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(LedgerError):
        ReplayRunner(tmp_path / "file" / "truth.db", ["BTC-USD"], None, None, 500)


class ForbiddenClock:
    def now(self):
        raise AssertionError("a rule asked the wall clock")


def test_no_rule_asks_the_wall_clock(sample, monkeypatch):
    monkeypatch.setattr(SystemClock, "now", ForbiddenClock.now)
    plan = make_plan([BTC], None, None, 500, granularity="1h", settings=BUSY)
    done = Simulator(plan, sample(), "replay_00000000", native=False, progress=lambda *_: None).run()
    assert done.rows.trades


@given(days=st.integers(min_value=15, max_value=40))
def test_a_replay_of_a_prefix_is_a_prefix_of_the_replay(days):
    candles = sample_candles(BTC).rows(slice(0, 45 * 24))
    whole, part = (simulated(candles.rows(slice(0, count))) for count in (len(candles), days * 24))
    cut = part.tapes[0].as_of[-1]
    assert part.rows.decisions == [one for one in whole.rows.decisions if one.timestamp <= as_time(cut)]
    closed = [trade for trade in part.rows.trades if trade.status is TradeStatus.CLOSED]
    assert closed == whole.rows.trades[: len(closed)]
    for name in ("equity", "reason", "phase", "trailing_stop"):
        one, other = getattr(part.tapes[0], name), getattr(whole.tapes[0], name)
        assert np.array_equal(one, other[: len(one)], equal_nan=True), name


@given(seed=st.integers(min_value=0, max_value=2**32 - 1), cut=st.integers(min_value=400, max_value=900))
def test_nothing_up_to_a_decision_depends_on_later_candles(seed, cut):
    """Equity never uses a price after `as_of`, nor does anything else: the future is replaced, the past stays."""
    candles = sample_candles(BTC).rows(slice(0, 1000))
    scale = 1 + 0.5 * np.random.default_rng(seed).random(len(candles) - cut)
    frame = to_frame(candles)
    for name in ("open", "high", "low", "close"):
        frame.loc[cut:, name] = (frame.loc[cut:, name] * scale).round(2)
    one, other = simulated(candles), simulated(from_frame(frame, BTC, HOUR))
    for name in ("equity", "reason", "phase", "trailing_stop"):
        columns = [getattr(done.tapes[0], name)[:cut] for done in (one, other)]
        assert np.array_equal(*columns, equal_nan=True), name


def simulated(candles):
    plan = make_plan([BTC], None, None, 500, granularity="1h", settings=BUSY)
    market = ReplayMarket((SymbolMarket(candles, "test", None),), ())
    return Simulator(plan, market, "replay_00000000", native=False, progress=lambda *_: None).run()


def as_time(ns):
    return datetime.fromtimestamp(int(ns) / 1e9, UTC)


def test_the_loader_gives_the_days_asked_for_both_inclusive(tmp_path):
    loader = DataLoader(cache_dir=str(tmp_path / "cache"))
    hours = sample_candles(BTC)
    CandleStore(loader.cache_dir).save(
        from_frame(to_frame(hours), "BTC-USD", HOUR), "test", datetime(2026, 1, 1, tzinfo=UTC)
    )
    frame = loader.load("BTC-USD", "2023-02-01", "2023-02-02", granularity="1h")
    assert list(frame.columns) == ["timestamp", "open", "high", "low", "close", "volume"]
    assert str(frame["timestamp"].dt.tz) == "UTC"
    assert frame["timestamp"].iloc[0] == pd.Timestamp("2023-02-01", tz="UTC")
    assert frame["timestamp"].iloc[-1] == pd.Timestamp("2023-02-02 23:00", tz="UTC")
    assert len(loader.load("BTC-USD", "2023-02-01", "2023-02-02")) == 12  # 4h is the default
    assert loader.load(BTC, "2023-02-01", "2023-02-02", "1h", use_cache=False).equals(frame)


def test_the_loader_fetches_all_of_it_when_it_may_not_use_the_cache(tmp_path):
    truth = made_candles(count=100)
    with CandleVenue(bars(truth), now=FIRST + 200 * HOUR.ns) as venue:
        loader = DataLoader(tmp_path / "cache", base_url=venue.url)
        frame = loader.load("BTC-USD", "2024-01-02", "2024-01-03", "1h", use_cache=False)
    assert frame.equals(to_frame(truth.between(FIRST + 24 * HOUR.ns, FIRST + 72 * HOUR.ns)))
    assert not loader.cache_dir.exists()


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("ETH-USD", "2024-01-01", "2024-01-02"), DataError, "argus data import"),
        ((BTC, "2024-02-01", "2024-01-01"), ConfigError, "starts after"),
        ((BTC, "1999-01-01", "1999-01-02"), DataError, "span"),
        ((BTC, "soon", None), ConfigError, "expected a date"),
        (("ETH-USD", None, None, "4h", False), ConfigError, "first day must be named"),
    ],
)
def test_the_loader_says_why_it_has_nothing(tmp_path, words, error, said):
    with pytest.raises(error, match=said):
        DataLoader(tmp_path).load(*words)


def test_an_unknown_run_is_an_empty_report(db):
    for path in (db, db.with_name("never_made.db")):
        if path is db:
            ReplayRunner(path, ["BTC-USD"], None, None, 500).close()
        report = ReportGenerator(path, "unknown").generate()
        assert report["run_id"] == "unknown"
        assert report["trades"]["trades_closed"] == 0
        assert {"run_info", "risk", "data_quality", "generated_at"} <= set(report)


def test_expectancy_follows_the_formula_and_is_a_number():
    generator = ReportGenerator("none.db", "unknown")
    assert generator._calculate_expectancy(60.0, 100.0, 50.0) == pytest.approx(0.6 * 100 - 0.4 * 50)
    assert generator._calculate_expectancy(0.0, 0.0, 50.0) == pytest.approx(-50)


def test_the_report_prints_what_it_generates(db, sample, capsys):
    with ReplayRunner(db, [BTC], None, None, 500, granularity="1h", settings=BUSY, market=sample()) as runner:
        runner.run()
    generator = ReportGenerator(db, runner.run_id)
    generator.print_console()
    assert f"{generator.generate()['trades']['wins']} won" in capsys.readouterr().out
    assert runner.run_id in generator.to_json(indent=2)
