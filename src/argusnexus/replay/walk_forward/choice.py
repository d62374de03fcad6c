"""The parameters that a training would have chosen, and nothing but the training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from argusnexus.model.times import DAY
from argusnexus.model.trials import TrialStatus
from argusnexus.money import amount
from argusnexus.replay.sweep.lean import LeanReplay
from argusnexus.replay.sweep.trial import TrialFigures, figures_of
from argusnexus.truth.registry import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from argusnexus.model.trials import Trial, TrialTrade
    from argusnexus.money import Amount
    from argusnexus.replay.sweep import Metric
    from argusnexus.replay.walk_forward.windows import Window

NOTHING = amount(0)


@dataclass(frozen=True, slots=True)
class Rule:
    """How parameters are chosen.

    Attributes:
        metric: whose best value is taken.
        min_trades: closed trades that a trial must have, after purging.
        embargo: days before the test in which no trade may still be open.
    """

    metric: Metric
    min_trades: int
    embargo: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The trial chosen in one window.

    Attributes:
        figures: of its training trades after purging.
        purged: its trades that were left out, as they reached into the embargo or the test.
        total_r: the sum of its r_multiples.
    """

    number: int
    parameters: Mapping[str, Any]
    figures: TrialFigures
    purged: int
    total_r: Amount


def choose(trials: Iterable[Trial], window: Window, rule: Rule, start_capital: Amount) -> Choice | None:
    """The best trial of a window's sweep, the first of equal ones; None where none has enough trades."""
    completed = (trial for trial in trials if trial.status is TrialStatus.COMPLETED)
    choices = (_choice(trial, window, rule, start_capital) for trial in completed)
    usable = [
        (value if rule.metric.low_is_good else -value, one.number, one)
        for one in choices
        if one.figures.trades_closed >= rule.min_trades
        and (value := getattr(one.figures, rule.metric.value)) is not None
    ]
    return min(usable, key=lambda ranked: ranked[:2])[2] if usable else None


def kept(trades: Iterable[TrialTrade], window: Window, embargo: int) -> tuple[TrialTrade, ...]:
    """The trades whose interval from entry to exit ended in time before the test."""
    return tuple(trade for trade in trades if trade.exit_time + embargo * DAY <= window.test.start)


def _choice(trial: Trial, window: Window, rule: Rule, start_capital: Amount) -> Choice:
    trades = kept(decoded(trial.trades), window, rule.embargo)
    opened = trial.trades_opened or 0
    replayed = LeanReplay(trades, opened, trial.halts or 0)
    return Choice(
        number=trial.number,
        parameters=trial.parameters,
        figures=figures_of(replayed, start_capital, trial.causality_cuts or 0),
        purged=opened - len(trades),
        total_r=total_r(trade.r_multiple for trade in trades),
    )


def total_r(multiples: Iterable[Amount]) -> Amount:
    return sum(multiples, NOTHING)
