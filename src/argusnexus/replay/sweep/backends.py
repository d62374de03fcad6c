"""Where trials are replayed: in this process, in processes of this machine, or on a Dask cluster."""

from __future__ import annotations

import signal
import sys
import time
import warnings
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

from argusnexus.clock import stopwatch
from argusnexus.errors import ConfigError, WorkerError
from argusnexus.replay.sweep.worker import run_chunk, store_candles

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from contextlib import AbstractContextManager

    from argusnexus.model.candles import Candles
    from argusnexus.replay.sweep.recipe import Recipe
    from argusnexus.replay.sweep.trial import TrialOutcome, TrialTask

    Chunks = Sequence[tuple[TrialTask, ...]]
    Outcomes = Generator[Sequence[TrialOutcome]]
    Crew = Callable[[Chunks], Outcomes]
    _Placed = tuple[int, list[TrialOutcome]]

MOST_DEATHS = 3
"""Worker processes that may die one after another without a single chunk being done between."""

CONNECT_SECONDS = 10

POLL_SECONDS = 0.01

PATIENCE_SECONDS = 60
"""Without a result, after which a cluster is asked whether it still has workers."""


class Backend(Protocol):
    """Where trials are replayed."""

    @property
    def workers(self) -> int:
        """How many trials are replayed at a time."""
        ...

    def crew(self, recipe: Recipe, candles: tuple[Candles, ...]) -> AbstractContextManager[Crew]:
        """Workers for the trials of a sweep, which are started meanwhile; they stop when it is left.

        What it gives takes chunks of trials, each done by one worker, and gives the outcomes of each as it is done, in
        any order.

        Raises:
            ArgusError: if the workers can't do any of it.
        """
        ...


@dataclass(frozen=True, slots=True)
class InThisProcess:
    """One trial after another, without any worker."""

    workers: int = 1

    @contextmanager
    def crew(self, recipe: Recipe, candles: tuple[Candles, ...]) -> Iterator[Crew]:
        yield lambda chunks: (run_chunk(recipe, candles, chunk) for chunk in chunks)


@dataclass(frozen=True, slots=True)
class LocalProcesses:
    """Processes of this machine; the trials of one that dies are done again by another."""

    workers: int

    @contextmanager
    def crew(self, recipe: Recipe, candles: tuple[Candles, ...]) -> Iterator[Crew]:
        with TemporaryDirectory(prefix="argus-sweep-") as folder:
            path = Path(folder) / "candles.npz"
            store_candles(candles, path)
            with self._parallel(recipe, path, dict.fromkeys(range(self.workers), ())) as ready:
                yield partial(self._run, recipe, path, ready)

    def _run(self, recipe: Recipe, path: Path, ready: Iterator[_Placed], chunks: Chunks) -> Outcomes:
        left = dict(enumerate(chunks))
        deaths = 0
        while left:
            try:
                deque(ready, maxlen=0)  # until all have started, or one of them has died
                with self._parallel(recipe, path, left) as results:
                    for place, outcomes in results:
                        deaths = 0
                        del left[place]
                        yield outcomes
            except _terminated() as error:
                deaths += 1
                _refuse_more_deaths(deaths, error)

    @contextmanager
    def _parallel(
        self, recipe: Recipe, path: Path, chunks: dict[int, tuple[TrialTask, ...]]
    ) -> Iterator[Iterator[_Placed]]:
        """Chunks by their places, as they are done."""
        joblib: Any = import_module("joblib")
        with joblib.parallel_config(backend="loky", n_jobs=self.workers, inner_max_num_threads=1):
            parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1)
            with _deaf_to_interrupts():
                results = parallel(
                    joblib.delayed(_placed)(place, recipe, path, chunk)
                    for place, chunk in list(chunks.items())
                )
        try:
            yield results
        finally:
            with warnings.catch_warnings(action="ignore", category=UserWarning):
                results.close()  # which warns of what is left undone


def end_local_workers() -> None:
    """End the processes that a sweep leaves for the next one.

    A command has no next one, and Python would wait until each has ended in good order: a third of a second.
    """
    loky: Any = sys.modules.get("joblib.externals.loky")
    if loky is not None:
        loky.get_reusable_executor(reuse=True).shutdown(kill_workers=True)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes and threads begun meanwhile never hear of Ctrl-C; the one who begins them does so afterwards.

    A terminal sends it to them too, and each would write a traceback before it is stopped.
    """
    # Whoever starts one of these unblocks the signal.
    for tracker in ("multiprocessing", "joblib.externals.loky.backend"):
        import_module(f"{tracker}.resource_tracker").ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _placed(place: int, recipe: Recipe, path: Path, chunk: tuple[TrialTask, ...]) -> _Placed:
    return place, run_chunk(recipe, path, chunk)


def _terminated() -> type[Exception]:
    """What joblib raises when a worker is killed."""
    kind: type[Exception] = import_module("joblib.externals.loky.process_executor").BrokenProcessPool
    return kind


def _refuse_more_deaths(deaths: int, error: Exception) -> None:
    if deaths >= MOST_DEATHS:
        raise WorkerError(
            f"{deaths} worker processes died one after another without finishing a trial ({type(error).__name__}). If "
            "they were killed for want of memory, fewer of them need less: --jobs 1."
        ) from error


@dataclass(frozen=True, slots=True)
class DaskCluster:
    """The workers of a Dask scheduler; the trials of one that dies are done again by another.

    Trials go to the cluster directly and not by way of joblib's own Dask backend, which waits for ever where a task
    fails with its worker.

    Attributes:
        scheduler: its address, for example tcp://10.0.0.5:8786.
    """

    scheduler: str
    workers: int

    @contextmanager
    def crew(self, recipe: Recipe, candles: tuple[Candles, ...]) -> Iterator[Crew]:
        distributed = _distributed()
        with _client(distributed, self.scheduler) as client:
            # A result like any other: each worker fetches it once, and it is made again where its holder died.
            held = client.submit(tuple, candles, key=f"argus-candles-{recipe.key}")
            yield partial(self._run, distributed, client, recipe, held)

    def _run(self, distributed: Any, client: Any, recipe: Recipe, candles: Any, chunks: Chunks) -> Outcomes:
        def submitted(chunk: tuple[TrialTask, ...]) -> Any:
            return client.submit(run_chunk, recipe, candles, chunk, pure=False)

        waiting = {submitted(chunk): chunk for chunk in chunks}
        done = distributed.as_completed(list(waiting), loop=client.loop)
        deaths = 0
        for future in self._as_completed(client, done):
            chunk = waiting.pop(future)
            if future.status == "finished":
                deaths = 0
                yield future.result()
            else:
                deaths += 1
                _refuse_more_deaths(deaths, self._death(future))
                waiting[again := submitted(chunk)] = chunk
                done.add(again)

    def _as_completed(self, client: Any, done: Any) -> Iterator[Any]:
        """Each future when it is done; a cluster that lost its last worker is not waited for in vain."""
        since = stopwatch()
        while not done.is_empty():
            if done.has_ready():
                future = next(done)
                if future.status == "lost":  # with its worker: the scheduler has it made again
                    done.add(future)
                else:
                    yield future
                since = stopwatch()
            elif stopwatch() - since < PATIENCE_SECONDS:
                time.sleep(POLL_SECONDS)
            elif client.nthreads():
                since = stopwatch()
            else:
                raise WorkerError(
                    f"The Dask scheduler {self.scheduler} has had no worker for {PATIENCE_SECONDS} seconds; start some: "
                    f"dask worker {self.scheduler}"
                )

    def _death(self, future: Any) -> Exception:
        """What Dask says of a task whose worker died, and died again; any other error is raised."""
        if future.status != "error":
            raise WorkerError(
                f"The Dask scheduler {self.scheduler} gave up the trials ({future.status}): is it still running?"
            )
        error: Exception = future.exception()
        if type(error).__name__ != "KilledWorker":
            raise error
        return error


def dask_cluster(scheduler: str) -> DaskCluster:
    """The cluster behind a scheduler's address.

    Raises:
        ConfigError: if Dask isn't installed, nobody answers, or there are no workers.
    """
    distributed = _distributed()
    with _client(distributed, scheduler) as client:
        workers = sum(client.nthreads().values())
    if not workers:
        raise ConfigError(
            f"The Dask scheduler {scheduler} has no workers; start some: dask worker {scheduler}"
        )
    return DaskCluster(scheduler, workers)


def local_backend(jobs: int | None) -> Backend:
    """So many processes of this machine; None is one for each core that this process may use.

    Raises:
        ConfigError: if it is less than 1.
    """
    if jobs is not None and jobs < 1:
        raise ConfigError(f"--jobs: expected a number of processes of at least 1, was {jobs}.")
    workers = jobs or import_module("joblib").cpu_count()  # which knows of containers' limits
    return InThisProcess() if workers == 1 else LocalProcesses(workers)


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError as error:
        raise ConfigError(
            f"--backend dask needs Dask, which isn't installed ({error}): pip install 'argusnexus[dask]'"
        ) from None


def _client(distributed: Any, scheduler: str) -> Any:
    try:
        return distributed.Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ConfigError(
            f"--scheduler {scheduler}: nobody answers there as a Dask scheduler ({error}). Expected an address such "
            "as tcp://10.0.0.5:8786; `dask scheduler` prints its own."
        ) from None
