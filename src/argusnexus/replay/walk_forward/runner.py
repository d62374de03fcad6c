"""`walk_forward`: parameters chosen window by window, and one run of what they would have traded."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from argusnexus.errors import ArgusError, ConfigError, DataError
from argusnexus.model.times import DAY, from_ns, iso
from argusnexus.replay.runner import ReplayRunner
from argusnexus.replay.sweep.recipe import plan_with, refuse_unknown_axes
from argusnexus.replay.sweep.runner import SweepRunner, WindowOf
from argusnexus.replay.walk_forward.choice import choose
from argusnexus.replay.walk_forward.outcome import WalkForward, WindowOutcome, trades_by_window
from argusnexus.replay.walk_forward.schedule import make_schedule
from argusnexus.replay.walk_forward.windows import make_windows
from argusnexus.strategy import signals_of
from argusnexus.truth.queries import LedgerReader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from argusnexus.clock import Clock
    from argusnexus.model.candles import Candles
    from argusnexus.model.spans import Span
    from argusnexus.replay.market import ReplayMarket
    from argusnexus.replay.plan import ReplayPlan
    from argusnexus.replay.simulation import Progress
    from argusnexus.replay.sweep import Grid
    from argusnexus.replay.sweep.backends import Backend
    from argusnexus.replay.walk_forward.choice import Choice, Rule
    from argusnexus.replay.walk_forward.windows import Window, WindowPlan
    from argusnexus.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of one window's training.

    Attributes:
        choice: None where no trial had enough trades.
        strategy: with the parameters chosen.
    """

    window: Window
    sweep_id: str
    choice: Choice | None
    strategy: Strategy | None


@dataclass(frozen=True, slots=True)
class WalkForwardPlan:
    """A walk-forward's arguments.

    Attributes:
        replay: what all trials and the run share.
        grid: the strategy's parameters to choose from.
        windows: how they are laid.
        rule: how parameters are chosen.

    Raises:
        ConfigError: if something else than a parameter of the strategy is to be chosen.
    """

    replay: ReplayPlan
    grid: Grid
    windows: WindowPlan
    rule: Rule

    def __post_init__(self) -> None:
        refuse_unknown_axes(self.grid.axes, self.replay.settings)
        for axis in self.grid.axes:
            if not axis.name.startswith("strategy."):
                raise ConfigError(
                    f"{axis.name}: a walk-forward chooses parameters of the strategy. Risk and execution belong to the "
                    "account, which goes through all windows as one: give it a single value."
                )


def walk_forward(
    db_path: str | Path,
    plan: WalkForwardPlan,
    market: ReplayMarket,
    *,
    backend: Backend | None = None,
    created_by: str = "argusnexus.replay.walk_forward",
    clock: Clock | None = None,
    native: bool | None = None,
    progress: Progress | None = None,
) -> WalkForward:
    """Choose parameters in each training, trade them in the test that follows it, and leave that as one run.

    Every trial of every training is kept in the registry. The account goes from window to window with its cash and its
    position: what is open when a window ends stays behind its bracket, and leaves by the next window's rules.

    Args:
        db_path: the ledger; made if it isn't there.
        plan: what is asked for.
        market: the candles.
        backend: where trials are replayed; None is this process.
        created_by: who or what asked for it, for the rows.
        clock: None is the machine's.
        native: compiled or interpreted step, with the same results; None chooses by the number of candles.
        progress: told what is being done.

    Raises:
        ConfigError: if the windows don't fit in.
        LookAheadError: if the strategy looks ahead.
        LedgerError: if the ledger can't be written.
    """
    walk_id = f"walk_{secrets.token_hex(4)}"
    tell = progress or _silent
    windows = make_windows(plan.windows, [one.candles for one in market.symbols])
    trained = []
    for window in windows:
        with SweepRunner(
            db_path,
            _between_days(plan.replay, window.train),
            cut_market(market, window.train),
            plan.grid,
            backend=backend,
            created_by=created_by,
            clock=clock,
            native=native,
            window=WindowOf(walk_id, window.number),
            checked=window.number > 0,
        ) as runner:
            runner.run(_named(tell, f"window {window.number + 1} of {len(windows)}"))
            trained.append(_trained(plan, window, runner))
    run_id = _run(db_path, plan, market, trained, f"{created_by} {walk_id}", clock, tell, native=native)
    with LedgerReader(db_path) as reader:
        outside = trades_by_window(reader, run_id, windows, plan.replay.granularity)
    outcomes = tuple(
        WindowOutcome(one.window, one.sweep_id, one.choice, outside[one.window.number]) for one in trained
    )
    return WalkForward(walk_id, run_id, plan.windows, plan.rule, len(plan.grid), outcomes)


def cut_market(market: ReplayMarket, span: Span) -> ReplayMarket:
    """The candles that open in a span.

    Raises:
        DataError: if a symbol has none there.
    """
    parts = tuple(replace(one, candles=one.candles.between(*span)) for one in market.symbols)
    for one in parts:
        if not len(one.candles):
            raise DataError(
                f"{one.candles.symbol} has no candles from {iso(from_ns(span.start))} to {iso(from_ns(span.stop))}: choose "
                "longer windows, or a range without such a hole."
            )
    return replace(market, symbols=parts)


def _trained(plan: WalkForwardPlan, window: Window, runner: SweepRunner) -> Trained:
    capital = plan.replay.capital * len(plan.replay.accounts())
    choice = choose(runner.trials(), window, plan.rule, capital)
    strategy = plan_with(plan.replay, choice.parameters).settings.strategy if choice else None
    return Trained(window, runner.sweep.sweep_id, choice, strategy)


def _run(
    db_path: str | Path,
    plan: WalkForwardPlan,
    market: ReplayMarket,
    trained: Sequence[Trained],
    created_by: str,
    clock: Clock | None,
    progress: Progress,
    *,
    native: bool | None,
) -> str:
    """Replay the tests as one; the candles before the first are there for the indicators alone."""
    first, last = trained[0].window.test, trained[-1].window.test
    span = first._replace(start=_history_start(market, trained, first.start), stop=last.stop)
    own = cut_market(market, span)
    before = min(int((one.candles.times < first.start).sum()) for one in own.symbols)
    moments = [
        (iso(from_ns(one.window.test.start)), iso(from_ns(one.window.test.stop)), one.strategy)
        for one in trained
    ]
    schedule = make_schedule(moments, plan.replay.settings.strategy, before)
    replay = _between_days(plan.replay, span)
    with ReplayRunner(
        db_path,
        replay.symbols,
        replay.start,
        replay.end,
        replay.capital,
        replay.capital_mode,
        replay.granularity,
        settings=replace(replay.settings, strategy=schedule),
        market=own,
        created_by=created_by,
        clock=clock,
        native=native,
    ) as runner:
        runner.run(progress)
        return runner.run_id


def _history_start(market: ReplayMarket, trained: Sequence[Trained], start: int) -> int:
    """The beginning of the day from which every chosen strategy is warm at the first test, as far as there are candles."""
    found = start
    for one in market.symbols:
        warmups = [_warmup(each.strategy, one.candles) for each in trained if each.strategy]
        place = int(one.candles.times.searchsorted(start)) - max(warmups, default=0)
        found = min(found, int(one.candles.times[max(place, 0)]))
    return found // DAY * DAY


def _warmup(strategy: Strategy, candles: Candles) -> int:
    try:
        return signals_of(strategy, candles).warmup
    except ArgusError:  # the run itself will say so
        return 0


def _between_days(plan: ReplayPlan, span: Span) -> ReplayPlan:
    return replace(plan, start=from_ns(span.start).date(), end=from_ns(span.stop - DAY).date())


def _named(tell: Progress, name: str) -> Progress:
    def show(what: str, done: int, total: int) -> None:
        tell(f"{name}: {what}", done, total)

    return show


def _silent(what: str, done: int, total: int) -> None:
    """Tell nobody."""
