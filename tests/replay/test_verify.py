"""A run that is replayed again is the same, or what differs is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from argusnexus.engine import step
from argusnexus.errors import ConfigError, DataError, LedgerError, StrategyError, UnknownRunError
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.model.decisions import Phase
from argusnexus.replay import ReplayRunner
from argusnexus.replay.market import ReplayMarket, SymbolMarket
from argusnexus.replay.verify_result import DifferenceKind, Subject
from argusnexus.truth.files import tape_path
from replay.recorded_runs import (
    BUSY,
    HOUR,
    NOW,
    copied,
    sample_hours,
    sample_run,
    stored_run,
    tamper,
    verified,
)

MODES = ["independent", "portfolio"]

OWN = """
from dataclasses import dataclass
from argusnexus.strategy import Signals, Strategy
from argusnexus.strategy.indicators import atr, highest_before

@dataclass(frozen=True)
class Own(Strategy):
    window: int = 20

    def signals(self, candles):
        high, spread = highest_before(candles.high, self.window), atr(candles.high, candles.low, candles.close, 14)
        return Signals(
            entry=candles.close > high,
            entry_price=candles.close,
            stop=candles.close - 2 * spread,
            take_profit=candles.close + 4 * spread,
            warmup=self.window,
            indicators={"high": high},
        )
"""


@pytest.fixture
def db(tmp_path):
    return tmp_path / "truth.db"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A run on the sample market, made once."""
    db = tmp_path_factory.mktemp("recorded") / "truth.db"
    return db, sample_run(db, end="2023-02-28")


@pytest.fixture
def run(recorded, db):
    """The ledger with that run, to be tampered with, and the run's id."""
    return copied(recorded[0], db), recorded[1]


def verdict_of(verification, table):
    return next(one for one in verification.tables if one.table == table)


class TestIdentical:
    @pytest.mark.parametrize("mode", MODES)
    def test_on_the_sample_market(self, db, folder, mode):
        verification = verified(db, sample_run(db, mode), folder)
        assert verification.identical
        assert verification.first is None
        counts = {table.table: table.recorded for table in verification.tables}
        assert min(counts[name] for name in ("decisions", "orders", "fills", "trades", "tape")) > 50
        assert all(table.recorded == table.replayed for table in verification.tables)

    @pytest.mark.parametrize("mode", MODES)
    def test_on_real_hours(self, db, folder, real_candles, mode):
        candles = [one.rows(slice(6_000)) for one in real_candles.values()]
        run_id = stored_run(db, folder, candles, mode)
        assert verified(db, run_id, folder).identical

    def test_of_a_market_that_was_cut_and_made_of_shorter_candles(self, db, folder):
        hours = sample_hours("SIM-BTC-USD")
        days = date(2023, 1, 3), date(2023, 3, 1)
        run_id = stored_run(
            db, folder, [hours], granularity=Granularity.parse("4h"), start=days[0], end=days[1]
        )
        assert verified(db, run_id, folder).identical

    def test_after_the_store_has_grown_on_both_sides_and_by_longer_candles(self, db, folder):
        run_id = stored_run(
            db, folder, [sample_hours("SIM-BTC-USD", 500, 800)], granularity=Granularity.parse("2h")
        )
        store = CandleStore(folder)
        store.save(sample_hours("SIM-BTC-USD", 0, 500), "earlier", NOW)
        store.save(sample_hours("SIM-BTC-USD", 1300, 400), "later", NOW)
        other = replace(sample_hours("SIM-ETH-USD", 0, 2, "BTC-USD"), granularity=Granularity.parse("2h"))
        store.save(other.rows(slice(1)), "another granularity", NOW)
        assert verified(db, run_id, folder).identical

    def test_after_a_hole_in_the_store_was_filled(self, db, folder):
        whole = sample_hours("SIM-BTC-USD", 0, 900)
        lacking = whole.rows(np.r_[0:400, 460:900])
        run_id = stored_run(db, folder, [lacking])
        CandleStore(folder).save(whole, "the missing ones", NOW, replace=True)
        assert verified(db, run_id, folder).identical

    def test_with_a_strategy_of_a_file_wherever_that_is(self, db, folder, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        Path("own.py").write_text(OWN)
        done = argus(tmp_path, "replay", "--strategy", "own.py:Own", "--symbols", "SIM-BTC-USD", "--end",
                     "2023-03-31", "--db-path", db, "--json")  # fmt: skip
        run_id = json.loads(done)["run_id"]
        assert verified(db, run_id, folder).identical
        Path("own.py").rename("moved.py")
        with pytest.raises((ConfigError, StrategyError), match=r"--strategy FILE\.py:Class"):
            verified(db, run_id, folder)
        assert verified(db, run_id, folder, strategy="moved.py:Own").identical
        Path("moved.py").write_text(OWN.replace("4 * spread", "5 * spread"))
        changed = verified(db, run_id, folder, strategy="moved.py:Own")
        assert Subject.STRATEGY_HASH in [change.subject for change in changed.changes]
        assert not changed.identical

    def test_in_another_process_with_another_hash_seed_and_the_interpreter(self, tmp_path):
        run = json.loads(argus(tmp_path, "replay", "--end", "2023-02-28", "--symbols", "SIM-BTC-USD,SIM-ETH-USD",
                               "--set", "strategy.warmup=200", "--capital-mode", "portfolio", "--compiled", "--json",
                               seed="1"))  # fmt: skip
        told = json.loads(argus(tmp_path, "verify", run["run_id"], "--interpreted", "--json", seed="4711"))
        assert told["identical"] is True
        assert told["rows"] > 2_000


def argus(folder, *words, seed="0"):
    done = subprocess.run(
        [sys.executable, "-m", "argusnexus", *map(str, words)],
        cwd=folder, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestTheDifferenceIsNamed:
    def test_of_a_parameter_in_the_recorded_configuration(self, run, folder):
        db, run_id = run
        tamper(db, "UPDATE runs SET config = replace(config, '\"entry_period\":10', '\"entry_period\":11')")
        verification = verified(db, run_id, folder)
        assert [change.subject for change in verification.changes if change.recorded != change.current] == [
            Subject.CONFIG_HASH
        ]
        assert (verification.first.table, verification.first.column) == ("runs", "config_hash")
        assert verdict_of(verification, "decisions").different
        assert verdict_of(verification, "tape").first.column in {"indicator.upper", "result"}

    def test_of_a_candle_in_the_store(self, db, folder):
        candles = sample_hours("SIM-BTC-USD", 0, 900)
        run_id = stored_run(db, folder, [candles])
        close = candles.close.copy()
        close[700] = candles.low[700] if candles.close[700] != candles.low[700] else candles.high[700]
        CandleStore(folder).save(replace(candles, close=close), "corrected", NOW, replace=True)
        verification = verified(db, run_id, folder)
        assert Subject.DATA_HASH in [change.subject for change in verification.changes]
        first = verdict_of(verification, "tape").first
        closed = np.datetime_as_string(candles.close_times[700].astype("datetime64[ns]"), unit="s")
        assert first.row == f"BTC-USD {closed}Z"
        assert (first.column, float(first.recorded), float(first.replayed)) == (
            "close", candles.close[700], close[700],
        )  # fmt: skip

    def test_of_a_rule(self, run, folder, monkeypatch):
        db, run_id = run
        match = step.match

        def one_that_never_takes_a_profit(state, candle, params):
            if state.phase != Phase.POSITION_OPEN.value:
                return match(state, candle, params)
            return match(state, candle._replace(high=min(candle.high, state.plan.take_profit)), params)

        monkeypatch.setattr(step, "match", one_that_never_takes_a_profit)
        verification = verified(db, run_id, folder, native=False)
        assert not verification.identical
        first = verdict_of(verification, "fills").first
        recorded = verdict_of(verification, "trades").first
        assert recorded.kind in DifferenceKind
        assert first is not None

    def test_of_a_single_cell_with_the_path_inside_json(self, run, folder):
        db, run_id = run
        tamper(
            db,
            "UPDATE decisions SET market_context = json_set(market_context, '$.account.equity', 1.5)"
            " WHERE rowid = (SELECT rowid FROM decisions ORDER BY timestamp LIMIT 1 OFFSET 7)",
        )
        verification = verified(db, run_id, folder)
        assert (verification.different, verification.first.column) == (1, "market_context")
        assert (verification.first.path, verification.first.recorded) == ("account.equity", "1.5")

    def test_of_rows_that_are_missing_extra_or_of_another_run(self, run, folder):
        db, run_id = run
        tamper(
            db,
            "DELETE FROM fills WHERE rowid = 3",
            "UPDATE trades SET run_id = NULL WHERE rowid = 2",
            (
                "INSERT INTO halts VALUES (?, 'X-USD', '2023-02-01T00:00:00Z', 'drawdown', 1.0, 2.0, 0.2)",
                (run_id,),
            ),
        )
        verification = verified(db, run_id, folder)
        kinds = {name: verdict_of(verification, name).first.kind for name in ("fills", "trades", "halts")}
        missing, extra = DifferenceKind.MISSING, DifferenceKind.EXTRA
        assert kinds == {"fills": missing, "trades": missing, "halts": extra}
        assert verification.different == 3

    def test_of_cells_that_cannot_be_read(self, run, folder):
        db, run_id = run
        tamper(
            db,
            "UPDATE runs SET symbols = 'no json', capital = 'much', started_at = 'once'",
            "UPDATE run_symbols SET first_open_time = 'once', first_open = '' WHERE position = 1",
            "UPDATE decisions SET risk_checks = '{', timestamp = 'never', result = 'MAYBE' WHERE rowid = 5",
            "UPDATE orders SET quantity = 'some' WHERE rowid = 5",
        )
        different = {table.table: table.different for table in verified(db, run_id, folder).tables}
        assert [different[name] for name in ("runs", "run_symbols", "decisions", "orders", "trades")] == [
            1,
            1,
            1,
            1,
            0,
        ]

    @pytest.mark.parametrize(
        "config", ["no json", "[]", "{}", '{"strategy":{"name":"donchian","entry_period":-4}}']
    )
    def test_of_a_configuration_that_is_none(self, run, folder, config):
        db, run_id = run
        tamper(db, ("UPDATE runs SET config = ?", (config,)))
        verification = verified(db, run_id, folder)
        assert not verification.identical
        assert (verification.first.column, verification.first.recorded) == ("config", config)

    def test_of_a_tape_that_is_gone_or_damaged(self, run, folder):
        db, run_id = run
        path = tape_path(db, run_id)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        assert verdict_of(verified(db, run_id, folder), "tape").different > 1_000
        path.unlink()
        first = verified(db, run_id, folder).first
        assert (first.table, first.kind) == ("tape", DifferenceKind.MISSING)

    def test_what_changed_since_is_told_and_is_no_difference(self, run, folder):
        db, run_id = run
        tamper(db, "UPDATE runs SET git_sha = 'abc', package_version = '0.0.1', strategy_hash = 'def'")
        verification = verified(db, run_id, folder)
        assert verification.identical
        told = {change.subject: change.recorded for change in verification.changes}
        assert told == {
            Subject.GIT_SHA: "abc", Subject.PACKAGE_VERSION: "0.0.1", Subject.STRATEGY_HASH: "def",
        }  # fmt: skip


class TestWhatCannotBeReplayed:
    def test_an_unknown_run(self, run, folder):
        db, _ = run
        with pytest.raises(UnknownRunError, match="no run 'replay_x'"):
            verified(db, "replay_x", folder)

    def test_a_run_that_was_not_completed_or_is_no_replay(self, run, folder):
        db, run_id = run
        tamper(db, "UPDATE runs SET status = 'failed'")
        with pytest.raises(LedgerError, match=f"Run {run_id} is failed"):
            verified(db, run_id, folder)
        tamper(db, "UPDATE runs SET status = 'completed', run_mode = 'live'")
        with pytest.raises(LedgerError, match="is live: only a replay"):
            verified(db, run_id, folder)

    def test_candles_that_are_not_stored(self, db, folder, tmp_path):
        run_id = stored_run(db, folder, [sample_hours("SIM-BTC-USD", 200, 400)])
        with pytest.raises(DataError, match="BTC-USD"):
            verified(db, run_id, tmp_path / "elsewhere")
        store = CandleStore(tmp_path / "less")
        store.save(sample_hours("SIM-BTC-USD", 300, 200), "fewer", NOW)
        with pytest.raises(
            DataError, match=r"1h candles of BTC-USD from 2023-01-09.*only from .*argus data import"
        ):
            verified(db, run_id, store.root)
        (other := CandleStore(tmp_path / "others")).save(sample_hours("SIM-BTC-USD", 5000, 20), "later", NOW)
        with pytest.raises(DataError, match="none of them"):
            verified(db, run_id, other.root)

    def test_candles_that_were_given_from_python(self, db, folder):
        candles = sample_hours("SIM-BTC-USD", 0, 400)
        market = ReplayMarket((SymbolMarket(candles, "1h candles given from Python", None),), ())
        with ReplayRunner(
            db, ["BTC-USD"], None, None, 500, granularity=HOUR, settings=BUSY, market=market
        ) as runner:
            runner.run()
        with pytest.raises(DataError, match="given from Python', which can't be asked again"):
            verified(db, runner.run_id, folder)

    def test_a_configuration_of_another_version_is_an_error_and_no_difference(self, run, folder, monkeypatch):
        db, run_id = run

        def refuse(_config):
            raise ConfigError("Unknown key 'x'.")

        monkeypatch.setattr("argusnexus.replay.recorded_plan.settings_of", refuse)
        with pytest.raises(ConfigError, match="recorded configuration can't be used: Unknown key 'x'"):
            verified(db, run_id, folder)
