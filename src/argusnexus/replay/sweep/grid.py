"""Which parameters a sweep tries: lists and ranges, their combinations, and a choice among them."""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from argusnexus.config.settings import toml_value
from argusnexus.errors import ConfigError
from argusnexus.model.trials import Axis
from argusnexus.money import amount

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from argusnexus.money import Amount

MOST_VALUES = 100_000
"""On one axis."""

MOST_TRIALS = 1_000_000
"""In one sweep."""

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER}):({_NUMBER}):({_NUMBER})")
_WHOLE = re.compile(r"[-+]?\d+")
_ONE_VALUE = ("[", "{", '"', "'")


class Asked(NamedTuple):
    """What `--set` said.

    Attributes:
        fixed: the settings with one value, as they were given.
    """

    fixed: tuple[str, ...]
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """The trials of a sweep, numbered from 0.

    Attributes:
        axes: the last one changes fastest.
        chosen: places in the whole grid; None is all of it, in its order.
        seed: of the choice.
    """

    axes: tuple[Axis, ...]
    chosen: tuple[int, ...] | None = None
    seed: int | None = None

    def __len__(self) -> int:
        return combinations(self.axes) if self.chosen is None else len(self.chosen)

    def steps(self, number: int) -> tuple[int, ...]:
        """Where the trial lies on each axis."""
        place = number if self.chosen is None else self.chosen[number]
        found = []
        for axis in reversed(self.axes):
            place, step = divmod(place, len(axis.values))
            found.append(step)
        return tuple(reversed(found))

    def parameters(self, number: int) -> dict[str, Any]:
        """What the trial tries, by "table.key"."""
        return {
            axis.name: axis.values[step] for axis, step in zip(self.axes, self.steps(number), strict=True)
        }


def combinations(axes: Iterable[Axis]) -> int:
    return math.prod(len(axis.values) for axis in axes)


def make_grid(axes: Sequence[Axis], at_random: int | None = None, seed: int = 0) -> Grid:
    """The whole grid, or so many of its combinations, chosen by the seed and none twice.

    Raises:
        ConfigError: if there are no axes, or too many trials.
    """
    if not axes:
        raise ConfigError(
            "A sweep needs a parameter with several values, for example --set strategy.entry_period=20,40,55 "
            "or --set risk.risk_per_trade=0.005:0.02:0.005."
        )
    size = combinations(axes)
    if at_random is not None and at_random < 1:
        raise ConfigError(f"--random: expected a number of trials of at least 1, was {at_random}.")
    wanted = size if at_random is None else min(at_random, size)
    if wanted > MOST_TRIALS:
        raise ConfigError(
            f"{wanted:,} trials are more than the {MOST_TRIALS:,} of one sweep; give fewer values, or --random N."
        )
    if at_random is None or at_random >= size:
        return Grid(tuple(axes))
    return Grid(tuple(axes), _some(size, wanted, seed), seed)


def _some(size: int, wanted: int, seed: int) -> tuple[int, ...]:
    """Different places in the order drawn; only `random()` is promised to be the same in every Python."""
    source = random.Random(seed)  # noqa: S311 (to be repeatable, not to be secret)
    found: dict[int, None] = {}
    while len(found) < wanted:
        found.setdefault(int(source.random() * size))
    return tuple(found)


def parse_overrides(overrides: Iterable[str]) -> Asked:
    """Settings with one value apart from those with several: `table.key=20,40,55` or `=start:stop:step`.

    A range includes its stop where it is hit exactly; it is computed in decimals, and whole numbers stay whole.

    Raises:
        ConfigError: if a text is no setting, or a list or range can't be used.
    """
    fixed, axes = [], []
    for text in overrides:
        name, equals, value = text.partition("=")
        if equals and _is_several(value.strip()):
            axes.append(axis_of(name.strip(), value.strip()))
        else:
            fixed.append(text)
    return Asked(tuple(fixed), _each_once(axes))


def axes_of(parameters: Iterable[tuple[str, Sequence[Any]]]) -> tuple[Axis, ...]:
    """Axes from lists of values, by "table.key".

    Raises:
        ConfigError: if a list is empty, or a value stands twice.
    """
    return _each_once([_sound(Axis(name, tuple(values))) for name, values in parameters])


def axis_of(name: str, text: str) -> Axis:
    """One axis from its text.

    Raises:
        ConfigError: if the list or range can't be used.
    """
    values: list[Any] = []
    for part in text.split(","):
        values += _expanded(name, part.strip())
    return _sound(Axis(name, tuple(values)))


def _is_several(value: str) -> bool:
    return not value.startswith(_ONE_VALUE) and ("," in value or _RANGE.fullmatch(value) is not None)


def _expanded(name: str, text: str) -> list[Any]:
    if not text:
        raise ConfigError(f"--set {name}: a value between two commas is missing.")
    match = _RANGE.fullmatch(text)
    if match is None:
        return [toml_value(text)]
    start, stop, step = (amount(part) for part in match.groups())
    whole = all(_WHOLE.fullmatch(part) for part in match.groups())
    return [int(value) if whole else float(value) for value in _range(name, text, start, stop, step)]


def _range(name: str, text: str, start: Amount, stop: Amount, step: Amount) -> list[Amount]:
    if step == 0 or (stop - start) / step < 0:
        raise ConfigError(
            f"--set {name}={text}: a step of {step} never leads from {start} to {stop}; expected start:stop:step."
        )
    count = int((stop - start) // step) + 1
    if count > MOST_VALUES:
        raise ConfigError(f"--set {name}={text}: {count:,} values are more than {MOST_VALUES:,}.")
    return [start + place * step for place in range(count)]


def _sound(axis: Axis) -> Axis:
    if not axis.values:
        raise ConfigError(f"{axis.name}: expected at least one value.")
    twice = [value for place, value in enumerate(axis.values) if value in axis.values[:place]]
    if twice:
        raise ConfigError(f"{axis.name}: {twice[0]!r} stands more than once.")
    return axis


def _each_once(axes: list[Axis]) -> tuple[Axis, ...]:
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{name} is swept more than once: give all its values in one list.")
    return tuple(axes)
