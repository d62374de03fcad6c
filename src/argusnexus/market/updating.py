"""What a writer does to a stored series: add candles, keep those with data errors, or replace all."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.errors import DataError
from argusnexus.market.conflicts import unlike, write_conflicts
from argusnexus.market.hashing import data_hash
from argusnexus.market.manifest import Manifest
from argusnexus.market.merging import Conflict, combine, conflicts_of
from argusnexus.market.parts import RAW_PERIOD, by_period, period_of, write_part
from argusnexus.model.faults import data_errors
from argusnexus.model.spans import Span, subtract

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from argusnexus.market.merging import Combined
    from argusnexus.market.parts import Part
    from argusnexus.market.series import Damage, Series
    from argusnexus.model.candles import Candles


class Outcome(Enum):
    """What came of giving candles to the store; the value is its label."""

    NEW = "new"  # nothing was stored before
    EXTENDED = "extended"  # something was added to what is stored: candles, or that there are none
    IDENTICAL = "identical"  # all of it is stored already: nothing was written
    CONFLICTING = "conflicting"  # nothing was added, and some have other values than those stored
    REPLACED = "replaced"  # what was stored is gone, as asked


class Merge(NamedTuple):
    """What came of giving candles to the store.

    Attributes:
        added, identical: candles that are new, and that were stored already with the same values.
        conflicts: the others: those stored stay, and these are recorded.
    """

    added: int
    identical: int
    conflicts: tuple[Conflict, ...]
    outcome: Outcome


class Arrival(NamedTuple):
    """How candles came: from whom, when, and for which times they are all there is."""

    source: str
    at: datetime
    span: Span


class _Change(NamedTuple):
    """What a merge makes of a series.

    Attributes:
        touched: the parts that were read, of which `damages` could not be.
        combined: their candles with those that came.
        conflicts: all that are to be on record; None when none is added.
    """

    touched: tuple[Part, ...]
    damages: tuple[Damage, ...]
    combined: Combined
    conflicts: tuple[Conflict, ...] | None


def add(series: Series, candles: Candles, arrival: Arrival) -> Merge:
    """Join candles without data errors, or the knowledge that there are none, with what is stored.

    Raises:
        DataError: if what is stored has data errors, or can't be used.
        OSError: if it can't be written; what was stored is then as it was.
    """
    before = series.manifest()
    manifest = before or Manifest(series.symbol, str(series.granularity))
    touched = _touched(series, manifest, candles, arrival.span)
    stored, damages = series.read_parts(touched)
    _refuse_unsound(series, manifest, stored, damages)
    combined = combine(stored, candles)
    conflicts = conflicts_of(combined, arrival.source, arrival.at)
    change = _Change(touched, damages, combined, _to_record(series, manifest, conflicts))
    is_known = not (combined.added or damages or subtract([arrival.span], manifest.covered))
    if before is None or not is_known or change.conflicts is not None:
        _carry_out(series, manifest, change, arrival)
    outcome = _outcome(before, is_known=is_known, conflicts=conflicts)
    return Merge(combined.added, combined.identical, conflicts, outcome)


def keep(series: Series, candles: Candles, arrival: Arrival) -> Merge:
    """Store candles with data errors as they are, where nothing else is stored.

    Raises:
        DataError: if other candles are stored, or those stored can't be used.
        OSError: if they can't be written.
    """
    if not series.is_stored():
        return _written(series, [(RAW_PERIOD, candles)], arrival, Outcome.NEW)
    if data_hash({series.symbol: series.load()}) == data_hash({series.symbol: candles}):
        return Merge(0, len(candles), (), Outcome.IDENTICAL)
    raise DataError(
        f"{series.symbol} {series.granularity} is stored already, and the {len(candles)} candles from {arrival.source} "
        f"have data errors: {data_errors(candles)[0].message}. They can't be joined with what "
        "is stored. Nothing was changed; --replace replaces what is stored."
    )


def replace_all(series: Series, candles: Candles, arrival: Arrival) -> Merge:
    """Store candles instead of whatever is stored, which may be damaged.

    Raises:
        OSError: if they can't be written; what was stored is then as it was.
    """
    if _holds(series, candles):
        return Merge(0, len(candles), (), Outcome.IDENTICAL)
    outcome = Outcome.REPLACED if series.is_stored() else Outcome.NEW
    pieces = [(RAW_PERIOD, candles)] if data_errors(candles) else by_period(candles)
    return _written(series, pieces, arrival, outcome)


def _touched(series: Series, manifest: Manifest, candles: Candles, span: Span) -> tuple[Part, ...]:
    """The parts whose period the candles or the span reach."""
    if series.is_one_file(manifest):
        return manifest.parts
    firsts, lasts = [span.start, *candles.times[:1].tolist()], [span.stop - 1, *candles.times[-1:].tolist()]
    low, high = period_of(min(firsts), series.granularity), period_of(max(lasts), series.granularity)
    return tuple(part for part in manifest.parts if low <= part.period <= high)


def _refuse_unsound(series: Series, manifest: Manifest, stored: Candles, damages: tuple[Damage, ...]) -> None:
    """A DataError when nothing can be joined with what is stored; one damaged part of many is no reason."""
    is_one_file = series.is_one_file(manifest)
    if is_one_file and damages:
        raise series.explained(damages[0])
    if manifest.is_raw or (is_one_file and data_errors(stored)):
        raise DataError(
            f"{series.symbol} {series.granularity}: what is stored ({manifest.rows} candles from "
            f"{', '.join(source.name for source in manifest.sources)}) has data errors, so nothing can be joined with it. "
            "Nothing was changed; `argus data import` with --replace and a corrected file replaces it."
        )


def _to_record(
    series: Series, manifest: Manifest, found: tuple[Conflict, ...]
) -> tuple[Conflict, ...] | None:
    """The conflicts on record and those found that aren't; None when all are."""
    recorded = series.conflicts(manifest) if found else ()
    fresh = unlike(recorded, found)
    return (*recorded, *fresh) if fresh else None


def _carry_out(series: Series, manifest: Manifest, change: _Change, arrival: Arrival) -> None:
    """Write a change: first what it consists of, last the manifest, with which it counts."""
    series.folder.mkdir(parents=True, exist_ok=True)
    changed = manifest.without([damage.part for damage in change.damages], series.granularity)
    for damage in change.damages:
        series.set_aside(damage.part)
    if change.combined.added or series.is_old(manifest):
        changed = replace(changed, parts=_parts(series, changed, change.touched, change.combined.candles))
    if change.conflicts is not None:
        changed = replace(changed, conflicts=write_conflicts(series.folder, change.conflicts))
    series.commit(changed.credited(arrival.source, arrival.at, change.combined.added, arrival.span))


def _outcome(before: Manifest | None, *, is_known: bool, conflicts: tuple[Conflict, ...]) -> Outcome:
    if before is None:
        return Outcome.NEW
    if not is_known:
        return Outcome.EXTENDED
    return Outcome.CONFLICTING if conflicts else Outcome.IDENTICAL


def _parts(
    series: Series, manifest: Manifest, touched: tuple[Part, ...], candles: Candles
) -> tuple[Part, ...]:
    """The manifest's parts, with those that were touched written again."""
    others = [part for part in manifest.parts if part not in touched]
    written = [write_part(series.folder, period, piece) for period, piece in by_period(candles)]
    return tuple(sorted((*others, *written), key=lambda part: part.first))


def _written(
    series: Series, pieces: Iterable[tuple[str, Candles]], arrival: Arrival, outcome: Outcome
) -> Merge:
    """The series made of these pieces alone."""
    series.folder.mkdir(parents=True, exist_ok=True)
    parts = tuple(write_part(series.folder, period, piece) for period, piece in pieces)
    manifest = Manifest(series.symbol, str(series.granularity), parts)
    series.commit(manifest.credited(arrival.source, arrival.at, manifest.rows, arrival.span))
    return Merge(manifest.rows, 0, (), outcome)


def _holds(series: Series, candles: Candles) -> bool:
    """Exactly these candles are stored, undamaged."""
    try:
        return data_hash({series.symbol: series.load()}) == data_hash({series.symbol: candles})
    except DataError:
        return False
