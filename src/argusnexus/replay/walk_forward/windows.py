"""Which days are trained on and which are tested on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.errors import ConfigError
from argusnexus.model.spans import Span
from argusnexus.model.times import DAY, from_ns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.model.candles import Candles


class Window(NamedTuple):
    """Parameters are chosen on `train`, which ends where `test` begins, and used in `test`."""

    number: int
    train: Span
    test: Span


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """How windows are laid, in whole UTC days.

    Attributes:
        train, test: length of each; an anchored training is the first one's length, and grows.
        step: from one test to the next; None is the length of a test.
        anchored: every training begins with the first candle.
        embargo: days before a test in which no training trade may still be open.

    Raises:
        ConfigError: if a length is none, tests would overlap, or the embargo leaves no training.
    """

    train: int
    test: int
    step: int | None = None
    anchored: bool = False
    embargo: int = 0

    def __post_init__(self) -> None:
        for name, days in (("train", self.train), ("test", self.test), ("step", self.stride)):
            if days < 1:
                raise ConfigError(f"--{name}: expected at least 1 day, was {days}.")
        if self.stride < self.test:
            raise ConfigError(
                f"--step {self.stride} is shorter than --test {self.test}: tests would overlap, and each day can be traded "
                "only once."
            )
        if not 0 <= self.embargo < self.train:
            raise ConfigError(
                f"--embargo: expected 0 to {self.train - 1} days of the training, was {self.embargo}."
            )

    @property
    def stride(self) -> int:
        return self.test if self.step is None else self.step


def make_windows(plan: WindowPlan, candles: Sequence[Candles]) -> tuple[Window, ...]:
    """All windows that lie wholly in the time of which every symbol has candles.

    Raises:
        ConfigError: if there is no time for a single one.
    """
    first = -(-max(int(one.times[0]) for one in candles) // DAY) * DAY
    last = min(int(one.close_times[-1]) for one in candles)
    windows: list[Window] = []
    start = first + plan.train * DAY
    while start + plan.test * DAY <= last:
        begin = first if plan.anchored else start - plan.train * DAY
        windows.append(Window(len(windows), Span(begin, start), Span(start, start + plan.test * DAY)))
        start += plan.stride * DAY
    if not windows:
        raise ConfigError(
            f"The candles of all symbols span {from_ns(first):%Y-%m-%d} to {from_ns(last):%Y-%m-%d %H:%M}, "
            f"{(last - first) // DAY} days: --train {plan.train} and --test {plan.test} days don't fit in."
        )
    return tuple(windows)
