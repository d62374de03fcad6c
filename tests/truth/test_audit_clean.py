"""A run that nobody touched has no finding, whatever its settings, and everything of it is covered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argusnexus.config import Settings
from argusnexus.model.orders import EntryType
from argusnexus.model.settings import ExecutionConfig
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout
from replay.random_cases import random_case
from truth.audited_runs import BUSY, audit, market_of, replayed, replayed_case, sample

THREE = ("SIM-BTC-USD", "SIM-ETH-USD", "SIM-SOL-USD")


def assert_clean(db, run_id):
    found = audit(db, run_id)
    assert found.findings == ()
    assert found.coverage_percent == 100.0
    assert found.notices == ()
    return found


@pytest.mark.parametrize("mode", ["independent", "portfolio"])
@pytest.mark.parametrize("entry_type", list(EntryType))
def test_a_replay_of_the_sample_market_is_clean(tmp_path, mode, entry_type):
    chosen = replace(BUSY, execution=ExecutionConfig(entry_type=entry_type))
    run_id = replayed(tmp_path / "a.db", sample(120, THREE), chosen, mode=mode)
    found = assert_clean(tmp_path / "a.db", run_id)
    rows = {count.table: count.rows for count in found.tables}
    assert rows["runs"] == 1
    assert rows["tape"] == 3 * 120 * 24 - 9
    assert min(rows["decisions"], rows["orders"], rows["fills"], rows["trades"]) > 40


@pytest.mark.parametrize("mode", ["independent", "portfolio"])
def test_real_hours_are_clean(tmp_path, real_candles, mode):
    unhalted = Settings(risk=RiskConfig(max_drawdown=1.0))
    db = tmp_path / "a.db"
    assert_clean(db, replayed(db, market_of(real_candles.values()), unhalted, mode=mode))


def test_a_run_in_which_nothing_happened_is_clean(tmp_path):
    db = tmp_path / "a.db"
    quiet = Settings(strategy=DonchianBreakout(entry_period=500, warmup=600))
    found = assert_clean(db, replayed(db, sample(10), quiet))
    assert {count.table: count.rows for count in found.tables}["decisions"] == 0


def assert_clean_case(folder, seed):
    db = folder / "a.db"
    assert_clean(db, replayed_case(db, random_case(seed)))


@settings(max_examples=25)
@given(seed=st.integers(0, 10**9))
def test_random_replays_are_clean(tmp_path_factory, seed):
    assert_clean_case(tmp_path_factory.mktemp("random"), seed)


@pytest.mark.campaign
@settings(max_examples=5_000)
@given(seed=st.integers(0, 10**9))
def test_many_random_replays_are_clean(tmp_path_factory, seed):
    assert_clean_case(tmp_path_factory.mktemp("random"), seed)
