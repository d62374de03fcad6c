"""What a stored series consists of: its parts, which times were asked for, and where its candles came from."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from argusnexus.errors import DataError
from argusnexus.market.parts import RAW_PERIOD, Part, is_part_name
from argusnexus.model.spans import Span, subtract, union
from argusnexus.model.times import from_iso, from_ns, iso, to_ns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from argusnexus.model.candles import Granularity

FORMAT = 1

_CONFLICTS_NAME = re.compile(r"conflicts-[0-9a-f]{12}\.json")


class Source(NamedTuple):
    """Somebody who gave candles.

    Attributes:
        name: of the file or the venue.
        first_at, last_at: when it first and last changed the series.
        rows: how many candles it added.
        covered: what it was asked for and answered, or the span of its file.
    """

    name: str
    first_at: datetime
    last_at: datetime
    rows: int
    covered: tuple[Span, ...]


class ConflictFile(NamedTuple):
    """The file that holds the series' conflicts.

    Attributes:
        sha256: of its bytes.
    """

    file: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A stored series; whatever it doesn't name isn't part of it.

    Attributes:
        parts: in the order of their times.
        sources: in the order in which they first came.
        conflicts: None when there were none.
    """

    symbol: str
    granularity: str
    parts: tuple[Part, ...] = ()
    sources: tuple[Source, ...] = ()
    conflicts: ConflictFile | None = None

    @property
    def is_raw(self) -> bool:
        """Its candles have data errors: they are kept as they came and never joined with others."""
        return any(part.period == RAW_PERIOD for part in self.parts)

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    @property
    def covered(self) -> tuple[Span, ...]:
        """What is known: candles, or that there are none."""
        return union(span for source in self.sources for span in source.covered)

    def extent(self, granularity: Granularity) -> Span | None:
        """From the earliest candle to the end of the latest; None when there is none."""
        if not self.parts:
            return None
        first, last = min(part.first for part in self.parts), max(part.last for part in self.parts)
        return Span(first, last + granularity.ns)

    @property
    def files(self) -> frozenset[str]:
        named = {part.file for part in self.parts}
        return frozenset(named | {self.conflicts.file} if self.conflicts else named)

    def credited(self, name: str, at: datetime, rows: int, span: Span) -> Manifest:
        """The same, with what a source gave at a moment."""
        new = Source(name, at, at, rows, union([span]))
        known = {source.name: source for source in self.sources}
        known[name] = _added(known[name], new) if name in known else new
        return replace(self, sources=tuple(known.values()))

    def without(self, lost: Iterable[Part], granularity: Granularity) -> Manifest:
        """The same without some parts: nobody knows the candles of their times any more."""
        gone = set(lost)
        spans = [Span(part.first, part.last + granularity.ns) for part in gone]
        return replace(
            self,
            parts=tuple(part for part in self.parts if part not in gone),
            sources=tuple(
                source._replace(covered=subtract(source.covered, spans)) for source in self.sources
            ),
        )


def encode(manifest: Manifest) -> str:
    """JSON with its own checksum."""
    series = {
        "symbol": manifest.symbol,
        "granularity": manifest.granularity,
        "parts": [_part_values(part) for part in manifest.parts],
        "sources": [_source_values(source) for source in manifest.sources],
        "conflicts": manifest.conflicts._asdict() if manifest.conflicts else None,
    }
    return json.dumps({"format": FORMAT, "sha256": _checksum(series), "series": series}, indent=1) + "\n"


def decode(text: str | bytes) -> Manifest:
    """The manifest of such JSON.

    Raises:
        DataError: saying in a few words why it can't be used.
    """
    try:
        return _decoded(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"it can't be read ({type(error).__name__}: {error})") from error


def _decoded(value: dict[str, Any]) -> Manifest:
    if value["format"] != FORMAT:
        raise DataError(f"its format is {value['format']}, and this version of ArgusNexus knows {FORMAT}")
    series = value["series"]
    if value["sha256"] != _checksum(series):
        raise DataError("its checksum doesn't hold")
    manifest = Manifest(
        symbol=series["symbol"],
        granularity=series["granularity"],
        parts=tuple(_part(one) for one in series["parts"]),
        sources=tuple(_source(one) for one in series["sources"]),
        conflicts=ConflictFile(**series["conflicts"]) if series["conflicts"] else None,
    )
    _refuse_foreign_names(manifest)
    return manifest


def is_file_name(name: str) -> bool:
    """A file of that name is a series' own."""
    return is_part_name(name) or _CONFLICTS_NAME.fullmatch(name) is not None


def _refuse_foreign_names(manifest: Manifest) -> None:
    foreign = [name for name in manifest.files if not is_file_name(name)]
    if foreign:
        raise DataError(f"it names {min(foreign)!r}, which is no file of a series")


def _checksum(series: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(series, sort_keys=True).encode()).hexdigest()


def _part_values(part: Part) -> dict[str, Any]:
    return part._asdict() | {"first": _time_text(part.first), "last": _time_text(part.last)}


def _part(values: dict[str, Any]) -> Part:
    return Part(**values | {"first": _time(values["first"]), "last": _time(values["last"])})


def _source_values(source: Source) -> dict[str, Any]:
    return source._asdict() | {
        "first_at": iso(source.first_at),
        "last_at": iso(source.last_at),
        "covered": [[_time_text(span.start), _time_text(span.stop)] for span in source.covered],
    }


def _source(values: dict[str, Any]) -> Source:
    return Source(
        values["name"],
        from_iso(values["first_at"]),
        from_iso(values["last_at"]),
        values["rows"],
        tuple(Span(_time(start), _time(stop)) for start, stop in values["covered"]),
    )


def _added(one: Source, other: Source) -> Source:
    return one._replace(
        last_at=other.last_at, rows=one.rows + other.rows, covered=union(one.covered + other.covered)
    )


def _time_text(ns: int) -> str:
    return iso(from_ns(ns))


def _time(text: str) -> int:
    return to_ns(from_iso(text))
