"""What came of a walk-forward: each window in sample against out of sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from argusnexus.model.times import DAY, from_iso, from_ns, iso, to_ns
from argusnexus.model.trades import TradeStatus
from argusnexus.money import plain
from argusnexus.replay.walk_forward.choice import NOTHING, total_r
from argusnexus.truth.tables import ORDERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.model.candles import Granularity
    from argusnexus.model.spans import Span
    from argusnexus.model.trades import Trade
    from argusnexus.money import Amount
    from argusnexus.replay.walk_forward.choice import Choice, Rule
    from argusnexus.replay.walk_forward.windows import Window, WindowPlan
    from argusnexus.truth.queries import LedgerReader


class OutOfSample(NamedTuple):
    """The run's trades that were decided in one test, wherever they ended.

    Attributes:
        opened: closed and still open.
        net_pnl: of the closed ones, quote currency.
        total_r: the sum of their r_multiples.
    """

    opened: int
    closed: int
    net_pnl: Amount
    total_r: Amount

    @property
    def expectancy_r(self) -> Amount | None:
        return self.total_r / self.closed if self.closed else None


@dataclass(frozen=True, slots=True)
class WindowOutcome:
    """One window.

    Attributes:
        choice: None where no trial had enough trades; nothing was entered then.
    """

    window: Window
    sweep_id: str
    choice: Choice | None
    out_of_sample: OutOfSample

    @property
    def efficiency(self) -> Amount | None:
        """R earned a day in the test over R earned a day in the training; None unless the training earned."""
        if self.choice is None or self.choice.total_r <= 0:
            return None
        inside = self.choice.total_r / _days(self.window.train)
        return self.out_of_sample.total_r / _days(self.window.test) / inside


@dataclass(frozen=True, slots=True)
class WalkForward:
    """All windows, and the run of their tests.

    Attributes:
        trials: of each window.
    """

    walk_id: str
    run_id: str
    plan: WindowPlan
    rule: Rule
    trials: int
    windows: tuple[WindowOutcome, ...]

    @property
    def out_of_sample(self) -> OutOfSample:
        """All tests together."""
        parts = [one.out_of_sample for one in self.windows]
        return OutOfSample(
            sum(part.opened for part in parts),
            sum(part.closed for part in parts),
            sum((part.net_pnl for part in parts), NOTHING),
            sum((part.total_r for part in parts), NOTHING),
        )

    @property
    def efficiency(self) -> Amount | None:
        """As of one window: R a day of all tests over R a day of all trainings that something was chosen in."""
        chosen = [one for one in self.windows if one.choice]
        inside = sum((one.choice.total_r for one in chosen if one.choice), NOTHING)
        if inside <= 0:
            return None
        trained, tested = (
            sum(map(_days, spans)) for spans in zip(*(one.window[1:] for one in chosen), strict=True)
        )
        return (self.out_of_sample.total_r / tested) / (inside / trained)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; amounts are exact decimals as text."""
        return {
            "walk_id": self.walk_id,
            "run_id": self.run_id,
            "train_days": self.plan.train,
            "test_days": self.plan.test,
            "step_days": self.plan.stride,
            "anchored": self.plan.anchored,
            "embargo_days": self.rule.embargo,
            "chosen_by": self.rule.metric.value,
            "min_trades": self.rule.min_trades,
            "trials_per_window": self.trials,
            "efficiency": _text(self.efficiency),
            "out_of_sample": _outside(self.out_of_sample),
            "windows": [_window(one) for one in self.windows],
        }


def trades_by_window(
    reader: LedgerReader, run_id: str, windows: Sequence[Window], granularity: Granularity
) -> list[OutOfSample]:
    """What the run's trades came to in each window; a trade belongs to the candle that decided its entry."""
    decided = {
        str(order["order_id"]): to_ns(from_iso(str(order["submitted_at"]))) - granularity.ns
        for order in reader.cells(ORDERS, run_id)
    }
    trades = reader.trades(run_id)
    return [
        _summed([one for one in trades if _within(window.test, decided[one.entry_order_id or ""])])
        for window in windows
    ]


def _within(span: Span, moment: int) -> bool:
    return span.start <= moment < span.stop


def _summed(trades: Sequence[Trade]) -> OutOfSample:
    closed = [trade for trade in trades if trade.status is TradeStatus.CLOSED]
    return OutOfSample(
        len(trades),
        len(closed),
        sum((trade.net_pnl or NOTHING for trade in closed), NOTHING),
        total_r(trade.r_multiple or NOTHING for trade in closed),
    )


def _days(span: Span) -> int:
    return (span.stop - span.start) // DAY


def _window(one: WindowOutcome) -> dict[str, Any]:
    return {
        "number": one.window.number,
        "train_from": iso(from_ns(one.window.train.start)),
        "test_from": iso(from_ns(one.window.test.start)),
        "test_to": iso(from_ns(one.window.test.stop)),
        "sweep_id": one.sweep_id,
        "parameters": dict(one.choice.parameters) if one.choice else None,
        "in_sample": _inside(one.choice) if one.choice else None,
        "out_of_sample": _outside(one.out_of_sample),
        "efficiency": _text(one.efficiency),
    }


def _inside(choice: Choice) -> dict[str, Any]:
    figures = choice.figures
    return {
        "trial": choice.number,
        "closed": figures.trades_closed,
        "purged": choice.purged,
        "net_pnl": plain(figures.net_pnl),
        "total_r": plain(choice.total_r),
        "expectancy_r": _text(figures.expectancy_r),
    }


def _outside(part: OutOfSample) -> dict[str, Any]:
    return {
        "opened": part.opened,
        "closed": part.closed,
        "net_pnl": plain(part.net_pnl),
        "total_r": plain(part.total_r),
        "expectancy_r": _text(part.expectancy_r),
    }


def _text(value: Amount | None) -> str | None:
    return None if value is None else plain(value)
