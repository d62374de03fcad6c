"""A sweep in its ledger: every trial kept, whatever stops it, and counted for ever."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

import argusnexus as an
from argusnexus.errors import ConfigError, DataError, LedgerError, LookAheadError
from argusnexus.market.sample import SAMPLE_SYMBOLS
from argusnexus.model.trials import TrialStatus
from argusnexus.replay import ReplayRunner
from argusnexus.replay.sweep import Metric, SweepRunner, read_result
from argusnexus.replay.sweep.backends import InThisProcess
from argusnexus.replay.sweep.heat_map import cells, write_heat_map
from argusnexus.replay.sweep.runner import _chunks, refuse_other_candles, resumed_grid, resumed_plan
from argusnexus.strategy import Signals, Strategy
from argusnexus.truth.queries import LedgerReader
from argusnexus.truth.registry import count_tried, decoded, sweep_named, unfinished_sweep
from replay.sweeps import BTC, BUSY, a_grid, a_market, a_plan, swept, without_times

SOME_FAIL = {"strategy.entry_period": [10, 0, 20], "risk.risk_per_trade": [0.01, 2.0]}


@pytest.fixture
def db(tmp_path):
    return tmp_path / "truth.db"


def test_every_trial_is_kept_the_failed_ones_too(db):
    result = swept(db, grid=a_grid(SOME_FAIL))
    with LedgerReader(db) as reader:
        kept = read_result(reader, result.sweep_id)
    assert kept == replace(result, trials=tuple(replace(trial, trades="[]") for trial in result.trials))
    assert [trial.number for trial in result.trials] == list(range(6))
    assert [trial.number for trial in result.completed] == [0, 4]
    assert result.missing == 0
    errors = {trial.number: trial.error for trial in result.failed}
    assert "strategy.entry_period: expected a number of at least 1, was 0" in errors[2]
    assert "risk.risk_per_trade: expected a fraction" in errors[1]
    assert all(trial.trades_closed is None for trial in result.failed)
    assert all(len(decoded(trial.trades)) == trial.trades_closed > 0 for trial in result.completed)


def test_trials_and_sweeps_are_never_changed_nor_deleted(db):
    swept(db, grid=a_grid({"strategy.entry_period": [10, 20]}))
    with closing(sqlite3.connect(db)) as connection:
        for deed in ("UPDATE {} SET data_hash = ''", "DELETE FROM {}"):
            for table in ("trials", "sweeps"):
                with pytest.raises(sqlite3.IntegrityError, match=f"{table} are append-only"):
                    connection.execute(deed.format(table))


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ({"strategy.entry_perod": [10]}, "Did you mean 'entry_period'"),
        ({"strtegy.entry_period": [10]}, "Did you mean 'strategy'"),
        ({"strategy.entry_period": ["ten"]}, "strategy.entry_period: .* was 'ten'"),
    ],
)
def test_a_misspelt_parameter_is_refused_before_anything_is_touched(db, axes, words):
    with pytest.raises(ConfigError, match=words):
        swept(db, grid=a_grid(axes))
    assert not db.exists()


@dataclass(frozen=True)
class Psychic(Strategy):
    """Buys what will have risen."""

    window: int = 5

    def signals(self, candles):
        return Signals(
            entry=np.roll(candles.close, -self.window) > candles.close * 1.01,
            entry_price=candles.close,
            stop=candles.close * 0.98,
            take_profit=candles.close * 1.04,
        )


def test_a_strategy_that_looks_ahead_is_refused_before_anything_is_touched(db):
    plan = a_plan(settings=replace(BUSY, strategy=Psychic()))
    with pytest.raises(LookAheadError):
        swept(db, plan, a_grid({"strategy.window": [3, 5]}))
    assert not db.exists()


class StoppedAfter(InThisProcess):
    """A backend during which somebody presses Ctrl-C."""

    def __init__(self, chunks):
        super().__init__()
        object.__setattr__(self, "chunks", chunks)

    @contextmanager
    def crew(self, recipe, candles):
        with super().crew(recipe, candles) as run:
            yield lambda chunks: self._stopped(run(chunks))

    def _stopped(self, found):
        for place, outcomes in enumerate(found):
            if place == self.chunks:
                raise KeyboardInterrupt
            yield outcomes


@pytest.mark.parametrize("grid", [a_grid(), a_grid(at_random=6, seed=3)], ids=["grid", "random"])
def test_what_is_stopped_goes_on_where_it_was_with_the_same_result(db, tmp_path, grid):
    plan = a_plan()
    market = a_market(plan)
    with SweepRunner(db, plan, market, grid, backend=StoppedAfter(1)) as runner:
        with pytest.raises(KeyboardInterrupt):
            runner.run()
        kept = replace(runner.result(), trials=tuple(runner.trials()))
    assert 0 < len(kept.trials) < len(grid)
    with LedgerReader(db) as reader:
        sweep = unfinished_sweep(reader)
        assert sweep == sweep_named(reader, kept.sweep_id[-8:]) == kept.sweep
    assert (resumed_plan(sweep).as_config(), resumed_grid(sweep)) == (plan.as_config(), grid)
    told = []
    with SweepRunner(db, resumed_plan(sweep), market, resumed_grid(sweep), sweep=sweep) as runner:
        runner.run(lambda what, done, total: told.append((what, done, total)))
        result = replace(runner.result(), trials=tuple(runner.trials()))
    assert told[0] == ("trials", len(kept.trials), len(grid))
    assert told[-1] == ("trials", len(grid), len(grid))
    assert [trial for trial in result.trials if trial in kept.trials] == list(kept.trials)
    whole = swept(tmp_path / "other.db", grid=grid)
    assert without_times(result.trials) == without_times(whole.trials)
    with LedgerReader(db) as reader, pytest.raises(LedgerError, match="no sweep that isn't finished"):
        unfinished_sweep(reader)


def test_a_sweep_goes_on_only_with_the_candles_and_the_version_that_it_was_begun_with(db):
    result = swept(db)
    longer = a_market(a_plan(end=date(2023, 4, 1)))
    with pytest.raises(DataError, match="was begun on other candles"):
        refuse_other_candles(result.sweep, longer)
    with pytest.raises(ConfigError, match=r"was begun with argusnexus 0.0.1 .*: start a new sweep"):
        resumed_plan(replace(result.sweep, package_version="0.0.1"))


def test_a_finished_sweep_does_nothing_when_it_is_resumed(db):
    result = swept(db)
    plan = a_plan()
    with SweepRunner(db, plan, a_market(plan), a_grid(), sweep=result.sweep) as runner:
        runner.run()
        assert tuple(runner.trials()) == result.trials


def test_the_order_in_which_trials_are_done_changes_nothing(tmp_path):
    axes = {"risk.risk_per_trade": [0.005, 0.01], "strategy.entry_period": [10, 20, 30]}
    other = dict(reversed(axes.items()))
    one = swept(tmp_path / "one.db", grid=a_grid(axes))
    two = swept(tmp_path / "two.db", grid=a_grid(other))
    keyed = [
        {tuple(sorted(trial.parameters.items())): replace(trial, number=0) for trial in without_times(all_of)}
        for all_of in (one.trials, two.trials)
    ]
    assert keyed[0] == keyed[1]


def test_all_that_was_ever_tried_is_counted_once(db):
    first = swept(db, grid=a_grid({"strategy.entry_period": [10, 20]}))
    assert first.tried == (2, 2)
    again = swept(db, grid=a_grid({"strategy.entry_period": [20, 30, 0]}))
    assert again.tried == (4, 4)  # 20 is no new one; 0 failed, and was tried all the same
    plan = a_plan(settings=replace(BUSY, strategy=replace(BUSY.strategy, entry_period=40)))
    with ReplayRunner(
        db, plan.symbols, None, plan.end, 500, granularity="1h", settings=plan.settings, market=a_market(plan)
    ) as runner:
        runner.run()
    longer = a_plan(end=date(2023, 4, 30))
    other = swept(db, longer, a_grid({"strategy.entry_period": [10]}))
    assert other.tried == (1, 6)
    elsewhere = swept(db, a_plan((SAMPLE_SYMBOLS[1],)), a_grid({"strategy.entry_period": [10]}))
    assert elsewhere.tried == (1, 1)
    later = swept(
        db,
        a_plan(start=date(2023, 6, 1), end=date(2023, 7, 31)),
        a_grid({"strategy.entry_period": [10]}),
    )
    assert later.tried == (1, 1)
    sweep = first.sweep
    with LedgerReader(db) as reader:
        counted = count_tried(reader, sweep.data_hash, (BTC,), sweep.first_open_time, sweep.last_close_time)
    assert counted == (5, 6)


def test_trials_are_ranked_and_those_without_the_figure_come_last(db):
    result = swept(db, grid=a_grid({"strategy.entry_period": [10, 20, 40], "strategy.warmup": [20, 100_000]}))
    nets = [trial.net_pnl for trial in result.ranked(Metric.NET_PNL)]
    assert nets == sorted(nets, reverse=True)
    by_expectancy = [trial.expectancy for trial in result.ranked("expectancy")]
    known = [value for value in by_expectancy if value is not None]
    assert by_expectancy == [*sorted(known, reverse=True), None, None, None]
    falls = [trial.max_drawdown_percent for trial in result.ranked(Metric.MAX_DRAWDOWN_PERCENT)]
    assert falls == sorted(falls)
    assert all(trial.trades_closed >= 1 for trial in result.ranked("net_pnl", min_trades=1))
    with pytest.raises(ConfigError, match="metric: expected one of net_pnl"):
        result.ranked("luck")


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".json"])
def test_a_written_file_has_a_row_for_every_trial(db, tmp_path, suffix):
    result = swept(db, grid=a_grid(SOME_FAIL))
    path = result.save(tmp_path / "out" / f"trials{suffix}")
    readers = {".parquet": pd.read_parquet, ".csv": pd.read_csv, ".json": pd.read_json}
    frame = readers[suffix](path)
    assert list(frame["number"]) == list(range(6))
    assert list(frame["strategy.entry_period"]) == [10, 10, 0, 0, 20, 20]
    assert frame["net_pnl"].notna().tolist() == [True, False, False, False, True, False]
    assert float(result.trials[0].net_pnl) == pytest.approx(frame["net_pnl"][0])


def test_another_ending_is_refused(db, tmp_path):
    result = swept(db, grid=a_grid({"strategy.entry_period": [10, 20]}))
    with pytest.raises(ConfigError, match=r"ends in .parquet, .csv or .json"):
        result.save(tmp_path / "trials.xlsx")


def test_the_json_is_exact_and_whole(db):
    result = swept(db, grid=a_grid(SOME_FAIL))
    told = json.loads(json.dumps(result.to_dict("net_pnl"), allow_nan=False))
    assert (told["planned"], told["completed"], told["failed"], told["missing"]) == (6, 2, 4, 0)
    assert told["trials"][0]["net_pnl"] == str(result.ranked()[0].net_pnl)
    assert len(told["errors"]) == 4


def test_a_heat_map_has_the_median_of_each_cell(db, tmp_path):
    axes = {
        "strategy.entry_period": [10, 20],
        "strategy.exit_period": [5, 8, 12],
        "risk.risk_per_trade": [0.01],
    }
    result = swept(db, grid=a_grid(axes))
    down, across, _ = result.sweep.axes
    found = cells(result, Metric.NET_PNL, down, across)
    assert found == [[float(trial.net_pnl) for trial in result.trials[start : start + 3]] for start in (0, 3)]
    page = write_heat_map(result, Metric.NET_PNL, tmp_path / "map.html").read_text(encoding="utf-8")
    assert "strategy.exit_period" in page
    assert "https://cdn" not in page.split("<body>")[0]


def test_a_heat_map_needs_two_parameters(db, tmp_path):
    result = swept(db, grid=a_grid({"strategy.entry_period": [10, 20]}))
    with pytest.raises(ConfigError, match="needs two parameters"):
        write_heat_map(result, Metric.NET_PNL, tmp_path / "map.html")


def test_chunks_hold_every_task_once_and_keep_all_workers_busy():
    for tasks, seconds, workers in ((500, 0.1, 2), (7, 5.0, 2), (0, 1.0, 3), (10_000, 0.001, 4)):
        chunks = _chunks(range(tasks), seconds, workers)
        assert [task for chunk in chunks for task in chunk] == list(range(tasks))
        assert max(map(len, chunks), default=0) * seconds <= max(1.0, seconds)
        if tasks >= 8 * workers:
            assert len(chunks) >= 8 * workers


def test_failed_trials_say_so_in_the_ledger(db):
    result = swept(db, grid=a_grid(SOME_FAIL))
    assert {trial.status for trial in result.failed} == {TrialStatus.FAILED}


def test_from_python_a_sweep_is_a_dict_of_lists(tmp_path):
    result = an.sweep(
        {"entry_period": [10, 20], "risk.risk_per_trade": [0.005]},
        BUSY.strategy,
        BTC,
        end="2023-03-31",
        db_path=tmp_path / "py.db",
    )
    assert [dict(trial.parameters) for trial in result.trials] == [
        {"strategy.entry_period": period, "risk.risk_per_trade": 0.005} for period in (10, 20)
    ]
    frame = result.frame()
    assert frame["trades_closed"].min() > 0
    named = an.sweep(
        {"entry_period": [10, 20]}, "donchian", BTC, end="2023-02-28", db_path=tmp_path / "py.db"
    )
    assert (named.missing, len(named.failed)) == (0, 0)
