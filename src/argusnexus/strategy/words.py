"""The words and names that a strategy may use in the ledger: texts, and none that says something else there."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from argusnexus.errors import did_you_mean
from argusnexus.model.conditions import CLOSE, Comparison, Condition
from argusnexus.model.decisions import Reason, RiskLayer
from argusnexus.model.trades import ExitReason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

RESERVED_REASONS = frozenset(one.label for kind in (Reason, RiskLayer, ExitReason) for one in kind)
"""What the engine itself gives as a reason; the same word of a strategy would be read as the engine's."""

RESERVED_NAMES = frozenset(
    {
        CLOSE,
        "as_of",
        "decision_id",
        "equity",
        "market_context",
        "open_time",
        "order_id",
        "phase",
        "reason",
        "result",
        "result_reason",
        "risk_checks",
        "run_id",
        "signal_values",
        "strategy_name",
        "symbol",
        "timestamp",
        "trailing_stop",
    }
)
"""Columns beside which indicators stand, in the tape, in frames and in exports."""


def wrong_reasons(words: Any) -> Iterator[str]:
    """What is wrong with a strategy's reasons to hold."""
    if not isinstance(words, tuple | list) or not all(isinstance(word, str) for word in words):
        example, was = (
            (f"({words!r},)", "one text") if isinstance(words, str) else ("('no_signal',)", repr(words))
        )
        yield f"hold_reasons is a tuple of texts, for example {example}, was {was}."
        return
    for word in words:
        if not word.strip():
            yield f"hold_reasons has an empty text; each says why nothing was done, was {words!r}."
        if word in RESERVED_REASONS:
            yield f"hold reason {word!r} is one of the engine's own; call it something else, for example 'my_{word}'."


def wrong_names(names: Collection[Any]) -> Iterator[str]:
    """What is wrong with the names of a strategy's indicators."""
    for name in names:
        if not isinstance(name, str) or not name.strip():
            yield f"indicators: expected a text as a name, was {name!r}."
        elif name in RESERVED_NAMES:
            yield (
                f"indicator {name!r} has the name of a column that every decision has; call it something else, for "
                f"example 'my_{name}'."
            )


def wrong_conditions(conditions: Any, indicators: Collection[str]) -> Iterator[str]:
    """What is wrong with the conditions of a strategy that logs these indicators."""
    if not isinstance(conditions, tuple | list) or not all(isinstance(one, Condition) for one in conditions):
        yield f"conditions is a tuple of Condition, was {conditions!r}."
        return
    for condition in conditions:
        yield from _malformed(condition)
        yield from _not_logged(condition, {CLOSE, *indicators})


def _malformed(condition: Condition) -> Iterator[str]:
    parts: tuple[Any, ...] = (condition.name, condition.left, condition.comparison, condition.right)
    name, left, comparison, right = parts
    if not isinstance(name, str) or not name.strip():
        yield f"name of condition {condition!r}: expected a text, was {name!r}."
    if not isinstance(left, str):
        yield f"left of condition {name!r}: expected the name of an indicator or {CLOSE!r}, was {left!r}."
    if not isinstance(comparison, Comparison):
        allowed = ", ".join(one.name for one in Comparison)
        yield f"comparison of condition {name!r}: expected a Comparison ({allowed}), was {comparison!r}."
    if not isinstance(right, str) and not (isinstance(right, int | float) and isfinite(right)):
        yield (
            f"right of condition {name!r}: expected the name of an indicator, {CLOSE!r} or a finite int or float, was "
            f"{right!r}."
        )


def _not_logged(condition: Condition, sides: set[str]) -> Iterator[str]:
    for side in (condition.left, condition.right):
        if isinstance(side, str) and side not in sides:
            yield (
                f"condition {condition} names {side!r}, which isn't logged; expected one of "
                f"{', '.join(sorted(sides))}, or a number.{did_you_mean(side, sides)}"
            )
