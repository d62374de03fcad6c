"""A symbol's tape, held against the grid of its candles, its episodes and the account's equity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argusnexus.model.decisions import DecisionResult, Phase, Reason, phase_after
from argusnexus.model.orders import EntryType
from argusnexus.truth.audit.episodes import phases_of

if TYPE_CHECKING:
    from argusnexus.model.candles import FloatColumn
    from argusnexus.truth.audit.findings import Findings
    from argusnexus.truth.audit.rules import Rules
    from argusnexus.truth.audit.stories import Story
    from argusnexus.truth.tape import TapeTable

_PHASES = [phase.name for phase in Phase]


def check_grid(tape: TapeTable, step: int, findings: Findings) -> None:
    """One decision per candle: every line at a candle's close, each later than the one before."""
    findings.lines(tape, "as_of", tape.as_of // step * step, tape.as_of, "a candle closes on the grid")
    findings.lines(
        tape, "open_time", tape.as_of - step, tape.open_time, "a candle is as long as the granularity"
    )
    later = np.concatenate([[True], np.diff(tape.as_of) > 0])
    findings.lines(
        tape, "as_of", np.ones(len(tape), np.bool_), later, "each decision is later than the one before"
    )


def check_phases(tape: TapeTable, rules: Rules, stories: list[Story], findings: Findings) -> None:
    """Every line's phase follows from its decision, and from what became of the entries."""
    decided = _phases_decided(tape)
    findings.lines(tape, "phase", decided, tape.phase, "its decision leaves this phase", _PHASES)
    told = phases_of(tuple(story.episode for story in stories), len(tape))
    findings.lines(tape, "phase", told, tape.phase, "its entries and exits leave this phase", _PHASES)
    held = (tape.phase == Phase.POSITION_OPEN) | (tape.phase == Phase.EXIT_PENDING)
    trailing = ~np.isnan(tape.trailing_stop)
    findings.lines(tape, "trailing_stop", held, trailing, "there is one exactly while a position is held")
    for story in stories:
        _check_lifetime(tape, story, rules.execution.entry_ttl, findings)


def _phases_decided(tape: TapeTable) -> np.ndarray:
    by_label = np.array(
        [[phase_after(result, label) for label in tape.reasons] for result in DecisionResult], np.int64
    ).reshape(len(DecisionResult), -1)
    phases: np.ndarray = by_label[tape.result, tape.reason]
    return phases


def _check_lifetime(tape: TapeTable, story: Story, ttl: int, findings: Findings) -> None:
    entry, settled = story.episode.entry, story.episode.settled
    if story.episode.left is not None and story.episode.closed is not None:
        closed = story.episode.closed - story.episode.left
        findings.line(tape, story.episode.closed, "phase", 1, closed, "candles until a market exit is filled")
    if story.rules.entry_type is EntryType.LIMIT and story.bought is None:
        lived = len(tape) - 1 - entry if settled is None else settled - entry
        expected = ttl if settled is not None else min(lived, ttl - 1)
        findings.line(tape, entry, "phase", expected, lived, "candles that the entry waited")


def check_equity(tape: TapeTable, equity: FloatColumn, findings: Findings) -> None:
    """Every line's equity is the account's: cash from its fills, positions at their newest closes."""
    findings.lines(
        tape, "equity", equity, tape.equity, "cash from the fills and positions at the newest closes"
    )


def warmup_of(tape: TapeTable) -> int:
    """How many lines are in warm-up at the tape's beginning."""
    label = Reason.WARMUP.label
    if label not in tape.reasons:
        return 0
    others = np.flatnonzero((tape.reason != tape.reasons.index(label)) | (tape.result != DecisionResult.HOLD))
    return int(others[0]) if len(others) else len(tape)
