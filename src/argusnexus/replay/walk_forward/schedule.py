"""A strategy whose parameters change with the calendar, as somebody has them who chooses anew from time to time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from argusnexus.config import canonical_json, load_strategy_class, source_of
from argusnexus.config.records import values_of
from argusnexus.config.strategies import strategy_parameters
from argusnexus.errors import ConfigError, StrategyError
from argusnexus.model.times import from_iso, to_ns
from argusnexus.model.trades import ExitReason
from argusnexus.strategy import Signals, Strategy
from argusnexus.strategy.evaluate import answer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from argusnexus.model.candles import Candles, FloatColumn
    from argusnexus.model.conditions import Condition

OUTSIDE, UNCHOSEN, WARMING_UP = 0, 1, 2
OWN_REASONS = ("outside_windows", "no_parameters_chosen", "warming_up")

_loaded: dict[tuple[str, str], type[Strategy]] = {}
"""Classes that this process has, by name and hash: one from a notebook couldn't be loaded by its name."""


class _Part(NamedTuple):
    """One window's rows of the candles, and what its strategy says.

    Attributes:
        rows: from the window's start to the next window's.
        entries: those on which it may enter.
    """

    rows: slice
    entries: slice
    said: Signals


@dataclass(frozen=True, slots=True)
class Schedule(Strategy):
    """The same strategy with other parameters in each window; entries in windows only.

    A position that is open when a window ends keeps its bracket, and from then on leaves by the next window's rules;
    where that one has no parameters, by its bracket alone.

    Attributes:
        strategy: its name, as a configuration names it.
        strategy_sha256: of its file; empty where there is none.
        starts, stops: of the windows, ISO-8601 UTC, oldest first: candles that open in one belong to it.
        parameters: of each window, as JSON; empty where none were chosen, and nothing is entered.
        warmup: candles before the first window.
    """

    name: ClassVar[str] = "walk-forward"

    strategy: str
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    parameters: tuple[str, ...]
    strategy_sha256: str = ""
    warmup: int = 0

    def __post_init__(self) -> None:
        if not len(self.starts) == len(self.stops) == len(self.parameters) > 0:
            raise ConfigError(
                "strategy: a schedule needs a start, a stop and parameters for each of its windows."
            )

    def signals(self, candles: Candles) -> Signals:
        parts = list(self._parts(candles))
        reasons = (*OWN_REASONS, *_once(word for part in parts for word in part.said.hold_reasons))
        columns = {name: np.full(len(candles), np.nan) for name in _FLOATS}
        entry, leave = (np.zeros(len(candles), np.bool_) for _ in range(2))
        hold = np.full(len(candles), OUTSIDE)
        indicators = {
            name: np.full(len(candles), np.nan)
            for name in _once(name for part in parts for name in part.said.indicators)
        }
        for rows, entries, said in parts:
            entry[entries] = said.entry[entries] & (np.arange(len(said.entry))[entries] >= said.warmup)
            leave[rows] = said.exit[rows]
            hold[entries] = _hold(said, reasons)[entries]
            for name, column in columns.items():
                column[rows] = getattr(said, name)[rows]
            for name, values in said.indicators.items():
                indicators[name][rows] = values[rows]
        for rows in self._unchosen(candles):
            hold[rows] = UNCHOSEN
        return Signals(
            entry=entry,
            exit=leave,
            exit_reason=parts[0].said.exit_reason if parts else ExitReason.SIGNAL,
            hold_reason=hold,
            hold_reasons=reasons,
            warmup=self.warmup,
            indicators=indicators,
            conditions=_agreed([part.said.conditions for part in parts]),
            **columns,
        )

    def _parts(self, candles: Candles) -> Iterable[_Part]:
        """Each window's strategy on the candles up to the window's end; one for words alone where it has none yet."""
        firsts, lasts, nexts = self._bounds(candles)
        for place, parameters in enumerate(self.parameters):
            if not parameters:
                continue
            strategy = _strategy(self.strategy, self.strategy_sha256, parameters)
            rows, entries = slice(firsts[place], nexts[place]), slice(firsts[place], lasts[place])
            seen = rows.stop if rows.stop > rows.start else min(1, len(candles))
            yield _Part(rows, entries, answer_of(strategy, candles.rows(slice(0, seen))))

    def _unchosen(self, candles: Candles) -> Iterable[slice]:
        firsts, lasts, _ = self._bounds(candles)
        for place, parameters in enumerate(self.parameters):
            if not parameters:
                yield slice(firsts[place], lasts[place])

    def _bounds(self, candles: Candles) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
        """The first row of each window, the row after its last, and the next window's first."""
        firsts = _rows(candles, self.starts)
        return firsts, _rows(candles, self.stops), [*firsts[1:], len(candles)]


_FLOATS = ("entry_price", "stop", "take_profit", "trailing_distance")


def make_schedule(
    windows: Iterable[tuple[str, str, Strategy | None]], named_by: Strategy, warmup: int
) -> Schedule:
    """A schedule of windows: each one's start, stop and strategy, None for no entries.

    `named_by` says which strategy it is.
    """
    source = source_of(named_by)
    _loaded[source.name, source.sha256 or ""] = type(named_by)
    starts, stops, strategies = zip(*windows, strict=True)
    return Schedule(
        strategy=source.name,
        starts=starts,
        stops=stops,
        parameters=tuple(canonical_json(strategy_parameters(one)) if one else "" for one in strategies),
        strategy_sha256=source.sha256 or "",
        warmup=warmup,
    )


@lru_cache(maxsize=1024)
def _strategy(name: str, sha256: str, parameters: str) -> Strategy:
    """One window's strategy, whose file must be the one that the schedule was made with."""
    kind = _loaded.get((name, sha256)) or load_strategy_class(name)
    strategy = kind(**values_of("strategy", kind, json.loads(parameters)))
    found = source_of(strategy).sha256 or ""
    if found != sha256:
        raise StrategyError(
            f"{name} isn't the file that the windows' parameters were chosen for: its SHA-256 is {found or 'unknown'}, "
            f"expected {sha256 or 'none'}."
        )
    return strategy


def _rows(candles: Candles, moments: tuple[str, ...]) -> list[int]:
    """The first row at or after each moment."""
    found: list[int] = np.searchsorted(candles.times, [to_ns(from_iso(one)) for one in moments]).tolist()
    return found


def _hold(said: Signals, reasons: tuple[str, ...]) -> FloatColumn:
    """Its hold reasons as rows of all reasons; those of the schedule itself stand before."""
    numbers = np.array([reasons.index(word, len(OWN_REASONS)) for word in said.hold_reasons])
    warm = np.arange(len(said.entry)) >= said.warmup
    chosen: FloatColumn = np.where(warm, numbers[said.hold_reason], WARMING_UP)
    return chosen


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _agreed(said: Sequence[tuple[Condition, ...]]) -> tuple[Condition, ...]:
    """The conditions of an entry where they are the same in every window."""
    return said[0] if said and all(one == said[0] for one in said) else ()
