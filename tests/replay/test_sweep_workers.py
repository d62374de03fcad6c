"""Trials in other processes: the same results bit for bit, and nothing is lost with a worker that is killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import date

import distributed
import pytest

from argusnexus.config import load_settings
from argusnexus.errors import ConfigError, StrategyError, WorkerError
from argusnexus.replay.market import ReplayMarket, SymbolMarket
from argusnexus.replay.sweep import SweepRunner, backends, dask_cluster, local_backend
from argusnexus.replay.sweep.backends import InThisProcess, LocalProcesses
from argusnexus.replay.sweep.recipe import make_recipe
from argusnexus.replay.sweep.trial import TrialTask
from argusnexus.replay.sweep.worker import load_candles, run_chunk, store_candles
from replay.sweeps import BUSY, a_grid, a_market, a_plan, swept, without_times

MANY = a_grid({"strategy.entry_period": list(range(5, 20)), "strategy.exit_period": [4, 8, 0]})

STRATEGY = """
import os, signal
from dataclasses import dataclass
from pathlib import Path
from beside import MULTIPLE
from argusnexus.strategy import Signals, Strategy

@dataclass(frozen=True)
class Fragile(Strategy):
    \"\"\"Kills its process once at a number, with the rest of the trials to do.\"\"\"

    window: int = 5
    fatal: int = 0
    mark: str = ""

    def signals(self, candles):
        if self.fatal and self.window == self.fatal and self._first_time():
            os.kill(os.getpid(), signal.SIGKILL)
        high = candles.close * MULTIPLE
        return Signals(
            entry=candles.close > candles.open * (1 + self.window / 1e4),
            entry_price=candles.close, stop=candles.close * 0.98, take_profit=high, warmup=20,
        )

    def _first_time(self):
        if self.mark == "always":
            return True
        try:
            Path(self.mark).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True
"""


@pytest.fixture
def fragile(tmp_path, monkeypatch):
    """Settings of the strategy in a file that has a neighbour."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "fragile.py").write_text(STRATEGY)
    (folder / "beside.py").write_text("MULTIPLE = 1.04\n")
    monkeypatch.chdir(folder)

    def settings(**parameters):
        overrides = [f"strategy.{name}={value}" for name, value in parameters.items()]
        loaded = load_settings(None, overrides, strategy="fragile.py:Fragile")
        return replace(BUSY, strategy=loaded.strategy)

    return settings


def test_any_number_of_processes_gives_the_same_results_bit_for_bit(tmp_path):
    plan = a_plan(end=date(2023, 2, 28))
    results = [swept(tmp_path / f"{jobs}.db", plan, MANY, backend=local_backend(jobs)) for jobs in (1, 2)]
    one, *others = [without_times(result.trials) for result in results]
    assert len(one) == len(MANY)
    assert sum(trial.error is not None for trial in one) == 15
    for other in others:
        assert other == one


def test_a_strategy_file_with_its_neighbours_goes_to_the_workers(tmp_path, fragile):
    plan = a_plan(settings=fragile())
    grid = a_grid({"strategy.window": list(range(2, 14))})
    one = swept(tmp_path / "1.db", plan, grid)
    two = swept(tmp_path / "2.db", plan, grid, backend=LocalProcesses(2))
    assert without_times(two.trials) == without_times(one.trials)
    assert not one.failed


def test_a_worker_with_another_strategy_file_is_refused(fragile, tmp_path):
    plan = a_plan(settings=fragile())
    recipe = make_recipe("sweep_00000001", plan, native=False)
    (tmp_path / "own" / "fragile.py").write_text(STRATEGY + "\n# changed\n")
    candles = tuple(one.candles for one in a_market(plan).symbols)
    with pytest.raises(StrategyError, match="a worker's file isn't the one"):
        run_chunk(recipe, candles, [TrialTask(0, {})])


def test_a_worker_with_another_version_is_refused():
    plan = a_plan()
    recipe = replace(make_recipe("sweep_00000002", plan, native=False), version="0.0.1")
    with pytest.raises(ConfigError, match=r"the sweep was started with 0.0.1"):
        run_chunk(recipe, tuple(one.candles for one in a_market(plan).symbols), [])


def test_candles_are_written_and_read_bit_for_bit(tmp_path, real_candles):
    given = tuple(real_candles.values())
    store_candles(given, tmp_path / "candles.npz")
    for one, other in zip(given, load_candles(tmp_path / "candles.npz"), strict=True):
        assert (one.symbol, one.granularity) == (other.symbol, other.granularity)
        for name in ("times", "open", "high", "low", "close", "volume"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_a_killed_worker_loses_nothing(tmp_path, fragile):
    mark = tmp_path / "killed"
    grid = a_grid({"strategy.window": list(range(2, 30))})
    plan = a_plan(settings=fragile(fatal=17, mark=mark))
    result = swept(tmp_path / "2.db", plan, grid, backend=LocalProcesses(2))
    assert mark.exists()
    assert (result.missing, len(result.failed)) == (0, 0)
    calm = swept(tmp_path / "1.db", plan, grid)
    assert without_times(result.trials) == without_times(calm.trials)


def test_workers_that_die_again_and_again_stop_the_sweep_and_keep_what_is_done(tmp_path, fragile):
    db = tmp_path / "2.db"
    plan = a_plan(settings=fragile(fatal=3, mark="always"))
    grid = a_grid({"strategy.window": [2, 3]})
    with pytest.raises(WorkerError, match="3 worker processes died one after another"):
        swept(db, plan, grid, backend=LocalProcesses(2))


def test_the_number_of_processes_is_at_least_one():
    with pytest.raises(ConfigError, match="--jobs: expected a number of processes of at least 1, was 0"):
        local_backend(0)
    assert local_backend(1) == InThisProcess()


@contextmanager
def child(*words):
    """A process that is gone afterwards."""
    with subprocess.Popen(
        [sys.executable, "-m", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def cluster(tmp_path):
    """A Dask scheduler with two workers on loopback: its address and its workers' processes."""
    with ExitStack() as stack:
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        scheduler = stack.enter_context(child("distributed.cli.dask_scheduler", *options))
        address = next(found[0] for line in scheduler.stderr if (found := re.search(r"tcp://[\d.:]+", line)))
        options = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--memory-limit", "0")
        place = ("--local-directory", str(tmp_path / "dask"))
        workers = [
            stack.enter_context(child("distributed.cli.dask_worker", address, *options, *place))
            for _ in range(2)
        ]
        yield address, workers


def both_at_work(address):
    """The cluster, once both workers have come."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(ConfigError):
            found = dask_cluster(address)
            if found.workers == 2:
                return found
        time.sleep(0.2)
    raise AssertionError("the workers never came")


class KillsOneWorker:
    """The cluster, one of whose workers is killed after its first results; it takes those it holds along.

    `noticed`: nothing more is fetched before the scheduler knows that the worker is gone.
    """

    def __init__(self, cluster, victim, *, noticed):
        self.cluster, self.victim, self.noticed, self.killed_after = cluster, victim, noticed, None
        self.workers = cluster.workers

    @contextmanager
    def crew(self, recipe, candles):
        with self.cluster.crew(recipe, candles) as run:
            yield lambda chunks: self._killing(run(tuple((task,) for chunk in chunks for task in chunk)))

    def _killing(self, found):
        for place, outcomes in enumerate(found):
            if place == 3:
                os.kill(self.victim.pid, signal.SIGKILL)
                self.killed_after = place
                self._wait_until_noticed()
            yield outcomes

    def _wait_until_noticed(self):
        with distributed.Client(self.cluster.scheduler, set_as_default=False) as client:
            while self.noticed and len(client.nthreads()) > 1:
                time.sleep(0.001)


@pytest.mark.parametrize("noticed", [False, True])
def test_a_dask_cluster_gives_the_local_results_even_when_a_worker_is_killed(tmp_path, cluster, noticed):
    address, workers = cluster
    found = both_at_work(address)
    plan = a_plan(end=date(2023, 2, 28))
    local = without_times(swept(tmp_path / "local.db", plan, MANY).trials)
    assert without_times(swept(tmp_path / "dask.db", plan, MANY, backend=found).trials) == local
    killing = KillsOneWorker(found, workers[0], noticed=noticed)
    result = swept(tmp_path / "killed.db", plan, MANY, backend=killing)
    assert killing.killed_after == 3
    assert workers[0].wait(timeout=10) == -signal.SIGKILL
    assert result.missing == 0
    assert without_times(result.trials) == local


def test_a_cluster_that_lost_all_its_workers_is_not_waited_for_in_vain(
    tmp_path, cluster, fragile, monkeypatch
):
    found = both_at_work(cluster[0])
    monkeypatch.setattr(backends, "PATIENCE_SECONDS", 2)
    plan = a_plan(settings=fragile(fatal=3, mark="always"))
    with pytest.raises(WorkerError, match="has had no worker for 2 seconds"):
        swept(tmp_path / "dask.db", plan, a_grid({"strategy.window": [2, 3]}), backend=found)


def test_a_scheduler_that_isnt_there_is_named(monkeypatch):
    monkeypatch.setattr(backends, "CONNECT_SECONDS", 1)
    with pytest.raises(ConfigError, match=r"--scheduler tcp://127.0.0.1:1: nobody answers there"):
        dask_cluster("tcp://127.0.0.1:1")


FIVE_HUNDRED = a_grid(
    {
        "strategy.entry_period": list(range(10, 60)),
        "strategy.stop_atr": [round(1 + step / 5, 1) for step in range(10)],
    }
)


def five_hundred(db, plan, market, backend):
    """The trials, as they must be the same everywhere."""
    with SweepRunner(db, plan, market, FIVE_HUNDRED, backend=backend, native=True, checked=True) as runner:
        runner.run()
        return without_times(runner.trials())


@pytest.mark.campaign
def test_five_hundred_sets_on_real_candles_are_the_same_everywhere(tmp_path, real_candles, cluster):
    plan = a_plan(tuple(real_candles), end=None)
    market = ReplayMarket(tuple(SymbolMarket(one, "a file", None) for one in real_candles.values()), ())
    one = five_hundred(tmp_path / "one.db", plan, market, InThisProcess())
    assert not any(trial.error for trial in one)
    assert five_hundred(tmp_path / "two.db", plan, market, LocalProcesses(2)) == one
    assert five_hundred(tmp_path / "dask.db", plan, market, both_at_work(cluster[0])) == one
