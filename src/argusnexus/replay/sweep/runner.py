"""`SweepRunner`: a sweep from its row in the ledger to its last trial."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, NamedTuple, Self

from argusnexus._version import __version__
from argusnexus.clock import Clock, SystemClock
from argusnexus.errors import ArgusError, ConfigError, DataError, LookAheadError
from argusnexus.model.times import from_ns
from argusnexus.model.trials import Sweep, Trial, TrialStatus
from argusnexus.replay.batch import NATIVE_FROM
from argusnexus.replay.provenance import git_sha
from argusnexus.replay.recorded_plan import recorded_plan
from argusnexus.replay.sweep.backends import InThisProcess
from argusnexus.replay.sweep.grid import make_grid
from argusnexus.replay.sweep.recipe import make_recipe, plan_with, refuse_unknown_axes
from argusnexus.replay.sweep.result import FIGURES, SweepResult, read_result
from argusnexus.replay.sweep.trial import TrialTask
from argusnexus.strategy import check_causality, signals_of
from argusnexus.truth.logger import TruthLogger
from argusnexus.truth.registry import trials, trials_done

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from argusnexus.replay.market import ReplayMarket
    from argusnexus.replay.plan import ReplayPlan
    from argusnexus.replay.simulation import Progress
    from argusnexus.replay.sweep.backends import Backend, Outcomes
    from argusnexus.replay.sweep.grid import Grid
    from argusnexus.replay.sweep.trial import TrialOutcome

CHUNK_SECONDS = 1.0
"""About how long a worker is busy before its results are kept; less towards the end."""


class WindowOf(NamedTuple):
    """Which window of which walk-forward a sweep chooses parameters for."""

    walk_forward: str
    number: int


class SweepRunner:
    """A sweep in a ledger; constructing it makes the ledger and the sweep's row, or finds what of it is done.

    Use it as a context manager, or call `close`: it holds the ledger's writer lock. Trials are kept chunk by chunk, so
    that whatever stops a sweep leaves what was done.

    Args:
        db_path: the ledger; made if it isn't there.
        plan: what all trials share.
        market: its candles.
        grid: what the trials try.
        sweep: to be continued; None is a new one.
        backend: where trials are replayed; None is this process.
        native: compiled or interpreted step, with the same results; None chooses by the number of candles and trials.
        window: of a walk-forward.
        checked: whether the strategy is known to be causal already.

    Raises:
        ConfigError: if a parameter isn't known or of another type; the ledger is untouched then.
        LookAheadError: if the strategy looks ahead with the first parameters that can be used.
        LedgerError: if the ledger can't be written.
    """

    def __init__(
        self,
        db_path: str | Path,
        plan: ReplayPlan,
        market: ReplayMarket,
        grid: Grid,
        *,
        sweep: Sweep | None = None,
        backend: Backend | None = None,
        created_by: str = "argusnexus.replay.sweep",
        clock: Clock | None = None,
        native: bool | None = None,
        window: WindowOf | None = None,
        checked: bool = False,
    ) -> None:
        refuse_unknown_axes(grid.axes, plan.settings)
        self._plan = plan
        self._grid = grid
        self._candles = tuple(one.candles for one in market.symbols)
        self._clock = clock or SystemClock()
        self._logger = TruthLogger(db_path, clock=self._clock)
        self._held = ExitStack()
        self._held.callback(self._logger.close)
        sweep_id = sweep.sweep_id if sweep else f"sweep_{secrets.token_hex(4)}"
        try:
            numbers = range(len(grid)) if sweep is None else self._left(sweep_id)
            self._backend = backend if backend and len(numbers) > 1 else InThisProcess()
            recipe = make_recipe(sweep_id, plan, native=self._is_native(len(numbers), native))
            # Begun before the check, which takes as long as workers do to start.
            self._crew = self._held.enter_context(self._backend.crew(recipe, self._candles))
            if not checked:
                self._refuse_looking_ahead()
            self._logger.initialize()
            self.sweep = sweep or self._started(sweep_id, market, created_by, window)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the ledger free, and let the workers go."""
        self._held.close()

    def run(self, progress: Progress | None = None) -> None:
        """Do the trials that are left.

        Raises:
            WorkerError: if worker processes die again and again.
            KeyboardInterrupt: what was done by then is kept.
        """
        tell = progress or _silent
        left = self._left(self.sweep.sweep_id)
        kept = len(self._grid) - len(left)
        tell("trials", kept, len(self._grid))
        with closing(self._outcomes(sorted(left, key=self._signals_first))) as chunks:
            for outcomes in chunks:
                self._keep(outcomes)
                kept += len(outcomes)
                tell("trials", kept, len(self._grid))

    def result(self) -> SweepResult:
        """All that is done by now."""
        with self._logger.reader() as reader:
            return read_result(reader, self.sweep.sweep_id)

    def trials(self) -> list[Trial]:
        """Those that are done by now, with their closed trades."""
        with self._logger.reader() as reader:
            return trials(reader, self.sweep.sweep_id, with_trades=True)

    def _left(self, sweep_id: str) -> list[int]:
        """The numbers of a sweep's trials that aren't in the ledger."""
        with self._logger.reader() as reader:
            done = trials_done(reader, sweep_id)
        return [number for number in range(len(self._grid)) if number not in done]

    def _is_native(self, trials: int, wanted: bool | None) -> bool:  # noqa: FBT001 (None is its third value)
        return trials * sum(map(len, self._candles)) >= NATIVE_FROM if wanted is None else wanted

    def _outcomes(self, numbers: list[int]) -> Outcomes:
        """The first trial alone: it tells how long the others take."""
        if not numbers:
            return
        first, *rest = (TrialTask(number, self._grid.parameters(number)) for number in numbers)
        with closing(self._crew(((first,),))) as found:
            ((timed,),) = found
        yield (timed,)
        with closing(self._crew(_chunks(rest, timed.seconds, self._backend.workers))) as found:
            yield from found

    def _signals_first(self, number: int) -> tuple[tuple[int, ...], int]:
        """Trials whose strategy is the same stand together, so that a worker computes its signals once."""
        steps = zip(self._grid.axes, self._grid.steps(number), strict=True)
        return tuple(step for axis, step in steps if axis.name.startswith("strategy.")), number

    def _keep(self, outcomes: Sequence[TrialOutcome]) -> None:
        self._logger.log_trials([self._trial(outcome) for outcome in outcomes])

    def _trial(self, outcome: TrialOutcome) -> Trial:
        figures = outcome.figures
        known = {} if figures is None else {name: getattr(figures, name) for name in FIGURES}
        return Trial(
            sweep_id=self.sweep.sweep_id,
            number=outcome.number,
            parameters=outcome.parameters,
            config_hash=outcome.config_hash,
            data_hash=self.sweep.data_hash,
            status=TrialStatus.FAILED if figures is None else TrialStatus.COMPLETED,
            finished_at=self._clock.now(),
            error=outcome.error,
            trades=outcome.trades,
            **known,
        )

    def _started(
        self, sweep_id: str, market: ReplayMarket, created_by: str, window: WindowOf | None
    ) -> Sweep:
        sweep = Sweep(
            sweep_id=sweep_id,
            created_by=created_by,
            created_at=self._clock.now(),
            git_sha=git_sha(),
            package_version=__version__,
            strategy_hash=self._plan.settings.strategy_source.sha256,
            config=self._plan.as_config(),
            axes=self._grid.axes,
            seed=self._grid.seed,
            planned=len(self._grid),
            data_hash=market.data_hash,
            symbols=self._plan.symbols,
            first_open_time=from_ns(min(int(one.times[0]) for one in self._candles)),
            last_close_time=from_ns(max(int(one.close_times[-1]) for one in self._candles)),
            walk_forward=window.walk_forward if window else None,
            walk_window=window.number if window else None,
        )
        self._logger.start_sweep(sweep)
        return sweep

    def _refuse_looking_ahead(self) -> None:
        """The whole check, as in every replay, for the first parameters with which a strategy can be made."""
        for number in range(len(self._grid)):
            try:
                strategy = plan_with(self._plan, self._grid.parameters(number)).settings.strategy
                for one in self._candles:
                    check_causality(strategy, one, signals_of(strategy, one))
            except LookAheadError:
                raise
            except ArgusError:
                continue
            return


def resumed_plan(sweep: Sweep) -> ReplayPlan:
    """The plan of a sweep in the ledger.

    Raises:
        ConfigError: if it can't be used today, or another version of the package or the strategy began the sweep.
        StrategyError: if the strategy can't be loaded.
    """
    plan = recorded_plan(sweep.config)
    today = (__version__, plan.settings.strategy_source.sha256)
    if today != (sweep.package_version, sweep.strategy_hash):
        raise ConfigError(
            f"Sweep {sweep.sweep_id} was begun with argusnexus {sweep.package_version} and a strategy file of SHA-256 "
            f"{sweep.strategy_hash}; today they are {today[0]} and {today[1]}. Its trials would not be comparable: "
            "start a new sweep."
        )
    return plan


def resumed_grid(sweep: Sweep) -> Grid:
    """What the trials of a sweep in the ledger try."""
    if sweep.seed is None:
        return make_grid(sweep.axes)
    return make_grid(sweep.axes, sweep.planned, sweep.seed)


def refuse_other_candles(sweep: Sweep, market: ReplayMarket) -> None:
    """A DataError unless the candles are those that the sweep was begun on."""
    if market.data_hash != sweep.data_hash:
        raise DataError(
            f"Sweep {sweep.sweep_id} was begun on other candles (data hash {sweep.data_hash}, today {market.data_hash}): "
            "its trials would not be comparable. Start a new sweep."
        )


def _chunks(tasks: Sequence[TrialTask], seconds: float, workers: int) -> tuple[tuple[TrialTask, ...], ...]:
    """Neighbours together: enough work for the trip to a worker, ever less, so that all are busy to the end."""
    most = max(1, int(CHUNK_SECONDS / seconds))
    chunks = []
    start = 0
    while left := len(tasks) - start:
        size = min(most, max(1, left // (2 * workers)))
        chunks.append(tuple(tasks[start : start + size]))
        start += size
    return tuple(chunks)


def _silent(what: str, done: int, total: int) -> None:
    """Tell nobody."""
