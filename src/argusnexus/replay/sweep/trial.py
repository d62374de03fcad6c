"""One trial: parameters in, closed trades and their figures out; an error is a result too."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus.clock import stopwatch
from argusnexus.config import config_hash
from argusnexus.errors import ArgusError
from argusnexus.metrics import equity_curve, max_drawdown, trade_figures
from argusnexus.money import amount
from argusnexus.replay.sweep.lean import lean_is_compiled, replay_lean
from argusnexus.replay.sweep.recipe import config_with, plan_with
from argusnexus.strategy import Signals, check_causality, signals_of
from argusnexus.strategy.difference import first_difference, known
from argusnexus.strategy.evaluate import answer_of
from argusnexus.truth.registry import encoded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argusnexus.model.candles import Candles
    from argusnexus.model.trials import TrialTrade
    from argusnexus.money import Amount
    from argusnexus.replay.plan import ReplayPlan
    from argusnexus.replay.sweep.lean import LeanReplay
    from argusnexus.strategy import Strategy

_NOTHING = amount(0)
_FEW = 2


class TrialTask(NamedTuple):
    """A trial to be done: its number, and what it tries by "table.key"."""

    number: int
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TrialFigures:
    """What a trial's closed trades were worth; the fields of `Trial` with these names."""

    trades_opened: int
    trades_closed: int
    halts: int
    causality_cuts: int
    net_pnl: Amount
    fees: Amount
    return_percent: Amount | None
    win_rate: Amount | None
    expectancy: Amount | None
    expectancy_r: Amount | None
    profit_factor: Amount | None
    max_drawdown_dollars: Amount
    max_drawdown_percent: Amount | None


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What came of a trial.

    Attributes:
        figures: None when it failed; `error` says why.
        trades: closed ones, as the ledger keeps them.
        seconds: how long it took.
    """

    number: int
    parameters: Mapping[str, Any]
    config_hash: str
    figures: TrialFigures | None
    error: str | None
    trades: str = "[]"
    seconds: float = field(default=0.0, compare=False)


class _Said(NamedTuple):
    """A strategy's signals by symbol, and how many cuts agreed with them."""

    strategy: Strategy
    signals: dict[str, Signals]
    cuts: int


class Workshop:
    """Replays trials of one sweep in one process; it keeps the newest signals for the next trial with the same ones.

    Args:
        plan: of the sweep.
        candles: of its symbols.
        native: compiled instead of interpreted.
    """

    def __init__(self, plan: ReplayPlan, candles: Sequence[Candles], *, native: bool) -> None:
        self._plan = plan
        self._candles = {one.symbol: one for one in candles}
        self._native = native
        self._said: _Said | None = None

    def done(self, task: TrialTask) -> TrialOutcome:
        """The outcome of one trial, whatever it is."""
        started = stopwatch()
        outcome = self._outcome(task)
        return replace(outcome, seconds=stopwatch() - started)

    def _outcome(self, task: TrialTask) -> TrialOutcome:
        try:
            plan = plan_with(self._plan, task.parameters)
        except ArgusError as error:
            hashed = config_hash(config_with(self._plan, task.parameters))
            return TrialOutcome(task.number, task.parameters, hashed, None, str(error))
        hashed = config_hash(plan.as_config())
        try:
            said = self._signals(plan.settings.strategy)
            replayed = replay_lean(plan, self._candles, said.signals, native=self._native)
        except ArgusError as error:
            return TrialOutcome(task.number, task.parameters, hashed, None, str(error))
        except Exception as error:  # noqa: BLE001 (one trial's trouble must not stop the others)
            words = f"{type(error).__name__}: {error}"
            return TrialOutcome(task.number, task.parameters, hashed, None, words)
        figures = figures_of(replayed, plan.capital * len(plan.accounts()), said.cuts)
        return TrialOutcome(task.number, task.parameters, hashed, figures, None, encoded(replayed.trades))

    @property
    def is_compiled(self) -> bool:
        """Whether the step need only be loaded."""
        return all(lean_is_compiled(self._plan, symbols) for symbols in self._plan.accounts())

    def compile(self) -> None:
        """Have the step compiled, by a replay of the first candles on which nothing is signalled."""
        few = {symbol: one.rows(slice(0, _FEW)) for symbol, one in self._candles.items()}
        replay_lean(self._plan, few, {symbol: _nothing(one) for symbol, one in few.items()}, native=True)

    def _signals(self, strategy: Strategy) -> _Said:
        """Where only risk and execution differ, the signals are those of the trial before."""
        if self._said is None or self._said.strategy != strategy:
            signals = {symbol: signals_of(strategy, one) for symbol, one in self._candles.items()}
            cuts = sum(checked_once(strategy, self._candles[symbol], one) for symbol, one in signals.items())
            self._said = _Said(strategy, signals, cuts)
        return self._said


def _nothing(candles: Candles) -> Signals:
    no, unknown = np.zeros(len(candles), np.bool_), np.full(len(candles), np.nan)
    return Signals(entry=no, entry_price=unknown, stop=unknown, take_profit=unknown)


def checked_once(strategy: Strategy, candles: Candles, signals: Signals) -> int:
    """How many recomputations on truncated candles agreed: one, cut after the entry signal nearest to the middle.

    A whole check takes some twenty times as long as a trial; it is made once for a sweep.

    Raises:
        LookAheadError: if one differed, and the whole check finds so too.
        StrategyError: if the strategy fails on fewer candles.
    """
    entries = np.flatnonzero(signals.entry[:-1])
    entries = entries[entries >= signals.warmup]
    if not len(entries):
        return 0
    cut = 1 + int(entries[np.abs(entries - len(candles) // 2).argmin()])
    said = answer_of(strategy, candles.rows(slice(0, cut)))
    if first_difference(known(signals), said, 0, 0) is None:
        return 1
    return check_causality(strategy, candles, signals)


def figures_of(replayed: LeanReplay, start_capital: Amount, cuts: int) -> TrialFigures:
    """The figures of the trades in their order, from the start capital of all accounts on."""
    nets = [trade.net_pnl for trade in replayed.trades]
    fees = [trade.fees for trade in replayed.trades]
    grosses = [trade.net_pnl + trade.fees for trade in replayed.trades]
    figures = trade_figures(nets, fees, grosses, start_capital)
    drawdown = max_drawdown(equity_curve(start_capital, nets))
    return TrialFigures(
        trades_opened=replayed.opened,
        trades_closed=figures.trades_closed,
        halts=replayed.halts,
        causality_cuts=cuts,
        net_pnl=figures.net_pnl,
        fees=figures.fees,
        return_percent=figures.return_percent,
        win_rate=figures.win_rate,
        expectancy=figures.expectancy,
        expectancy_r=_mean_r(replayed.trades),
        profit_factor=figures.profit_factor,
        max_drawdown_dollars=drawdown.dollars,
        max_drawdown_percent=drawdown.percent,
    )


def _mean_r(trades: Sequence[TrialTrade]) -> Amount | None:
    return sum((trade.r_multiple for trade in trades), _NOTHING) / len(trades) if trades else None
