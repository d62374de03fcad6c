"""All checks of one series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.market.checks.activity import find_inactivity
from argusnexus.market.checks.errors import find_errors
from argusnexus.market.checks.findings import Finding, Severity
from argusnexus.market.checks.grid import find_holes
from argusnexus.market.checks.increments import find_off_increment, find_steps
from argusnexus.market.checks.opens import find_synthetic_opens
from argusnexus.market.checks.repeats import find_repeats
from argusnexus.market.checks.spikes import find_spikes
from argusnexus.market.checks.usable import usable
from argusnexus.market.checks.volume_unit import find_volume_units

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argusnexus.model.candles import Candles

_ORDER = tuple(Severity)


def check(candles: Candles, increment: float | None = None) -> tuple[Finding, ...]:
    """All that one series shows of itself, the gravest first; nothing for clean candles.

    Args:
        candles: in any state and order.
        increment: the product's smallest price step, in quote currency; None if it isn't known.
    """
    series = usable(candles)
    found = (
        *find_errors(candles),
        *find_holes(candles),
        *find_inactivity(candles),
        *find_repeats(series, candles),
        *find_volume_units(series, candles),
        *find_spikes(series, candles),
        *find_synthetic_opens(series, candles),
        *find_steps(series, candles),
        *find_off_increment(series, candles, increment),
    )
    return gravest_first(found)


def gravest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """In their order within one severity."""
    return tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity)))


def warnings_of(candles: Candles, increment: float | None = None) -> tuple[Finding, ...]:
    """What a reader of a run over these candles must know; the arguments are those of `check`."""
    return tuple(finding for finding in check(candles, increment) if finding.severity is Severity.WARNING)
