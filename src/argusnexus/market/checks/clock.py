"""Whether two series keep the same time: their returns are compared at many shifts, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.errors import DataError
from argusnexus.market.checks.findings import Code, Finding, Place, Severity, time_text
from argusnexus.market.checks.shifts import Evidence, Stretch, evidence_of, likeliest
from argusnexus.market.checks.usable import usable
from argusnexus.model.times import HOUR, MINUTE

if TYPE_CHECKING:
    from argusnexus.market.checks.usable import Usable
    from argusnexus.model.candles import Candles

_FARTHEST = 14 * HOUR
_FEWEST = 240


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two series say of each other's clocks.

    Attributes:
        common: returns that both series have, unshifted.
        correlation: of these returns, each over its typical size; None when there are too few.
        findings: stretches that keep another time than the reference, or none that can be told.
    """

    common: int
    correlation: float | None
    findings: tuple[Finding, ...]


class _Told(NamedTuple):
    """A stretch and the number of nanoseconds by which its labels are behind the reference; None is not known."""

    place: Place
    behind: int | None


def compare_clocks(candles: Candles, reference: Candles) -> Comparison:
    """Stretches whose times are hours off those of a second series of related prices.

    A return of the reference is taken between its closes at the same moments, so it may have shorter candles. Shifts of
    whole hours up to 14 are tried, and of one candle. A stretch counts when it is likelier under one shift than under
    none and than unrelated, by a likelihood ratio of e^12 for every change of mind.

    Raises:
        DataError: if the reference has longer candles.
    """
    if candles.granularity.ns % reference.granularity.ns:
        raise DataError(
            f"The clocks of {candles.granularity} candles can't be compared with {reference.granularity} candles: "
            "expected the same length, or one that it is a whole multiple of."
        )
    series, other = usable(candles), usable(reference)
    if not len(series) or not len(other):
        return Comparison(0, None, ())
    evidence = evidence_of(series.candles, other.candles, _shifts(candles.granularity.ns))
    if evidence.common < _FEWEST:
        return Comparison(evidence.common, None, ())
    told = [_told(series, evidence, stretch) for stretch in likeliest(evidence)]
    findings = (*_shifted(series, told, evidence), *_unrelated(series, told))
    return Comparison(evidence.common, evidence.correlation, findings)


def _shifts(step: int) -> tuple[int, ...]:
    """The shifts to try in nanoseconds, all whole multiples of the candles' length."""
    hours = {
        hours * HOUR for hours in range(-_FARTHEST // HOUR, _FARTHEST // HOUR + 1) if hours * HOUR % step == 0
    }
    return tuple(sorted(hours | {-step, 0, step}))


def _told(series: Usable, evidence: Evidence, stretch: Stretch) -> _Told:
    first, last = evidence.first + stretch.first, evidence.first + stretch.stop - 1
    times = series.candles.times
    place = Place(int(series.rows[first]), int(times[first]), int(times[last]), last - first + 1)
    return _Told(place, stretch.shift)


def _shifted(series: Usable, told: list[_Told], evidence: Evidence) -> tuple[Finding, ...]:
    off = [one for one in told if one.behind]
    if not off:
        return ()
    named = "; ".join(
        f"{time_text(one.place.first_time)} to {time_text(one.place.last_time)} are {_behind(one.behind or 0)}"
        for one in off
    )
    message = (
        f"times that aren't those of the reference (correlation {evidence.correlation:.2f} over all): {named}"
    )
    return (_finding(series, Code.CLOCK_SHIFT, Severity.WARNING, off, message),)


def _behind(shift: int) -> str:
    hours = abs(shift) / HOUR
    length = f"{hours:g} h" if hours >= 1 else f"{abs(shift) // MINUTE} min"
    return f"{length} {'behind (true time is later)' if shift > 0 else 'ahead (true time is earlier)'}"


def _unrelated(series: Usable, told: list[_Told]) -> tuple[Finding, ...]:
    unknown = [one for one in told if one.behind is None]
    if not unknown:
        return ()
    named = "; ".join(
        f"{time_text(one.place.first_time)} to {time_text(one.place.last_time)}" for one in unknown
    )
    message = f"no shift fits these stretches better than chance: {named}"
    return (_finding(series, Code.UNRELATED, Severity.INFO, unknown, message),)


def _finding(series: Usable, code: Code, severity: Severity, told: list[_Told], message: str) -> Finding:
    places = tuple(one.place for one in told)
    times = series.candles.times
    inside = np.zeros(len(series), dtype=np.bool_)
    for place in places:
        inside |= (times >= place.first_time) & (times <= place.last_time)
    return Finding(
        code, severity, int(np.count_nonzero(inside)), np.sort(series.rows[inside]), places, message
    )
