"""One stored series on disk: a folder of parts and the manifest that names them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.errors import DataError
from argusnexus.market.advice import fetch_command, span_words
from argusnexus.market.conflicts import read_conflicts
from argusnexus.market.durable import write_whole
from argusnexus.market.manifest import Manifest, decode, encode, is_file_name
from argusnexus.market.merging import joined
from argusnexus.market.old_layout import old_manifest
from argusnexus.market.parts import RAW_PERIOD, Part, read_part
from argusnexus.model.spans import Span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from argusnexus.market.merging import Conflict
    from argusnexus.model.candles import Candles, Granularity

MANIFEST = "manifest.json"


class Damage(NamedTuple):
    """A part that can't be used, and why, in a few words."""

    part: Part
    reason: str


class Reading(NamedTuple):
    """What came of reading some parts."""

    candles: Candles
    damages: tuple[Damage, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Where a series lies; none of its files need to be there.

    A writer may replace parts while somebody reads: a reader who misses one looks at the manifest again.

    Attributes:
        folder: of the parts and the manifest.
        old_file: where the old layout would have it.
    """

    symbol: str
    granularity: Granularity
    folder: Path
    old_file: Path

    def is_stored(self) -> bool:
        return (self.folder / MANIFEST).exists() or self.old_file.exists()

    def manifest(self) -> Manifest | None:
        """None when nothing is stored.

        Raises:
            DataError: if the manifest, or the file of the old layout, can't be used.
        """
        path = self.folder / MANIFEST
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return self._old_manifest() if self.old_file.exists() else None
        except OSError as error:
            raise self._unusable(path, f"it can't be read ({error.strerror})") from error
        try:
            return self._own(decode(content))
        except DataError as error:
            raise self._unusable(path, str(error)) from error

    def load(self, span: Span | None = None) -> Candles:
        """The candles that open in a span, or all of them; none when there are none.

        Raises:
            DataError: naming the damaged part, or what else can't be used.
        """
        candles, damages = self.read(span)
        if damages:
            raise self.explained(damages[0])
        return candles

    def read(self, span: Span | None = None) -> Reading:
        """The candles that open in a span, from the intact parts, and the parts it touches that are damaged.

        Candles that may have data errors are never cut.
        """
        intact: dict[Part, Candles] = {}
        manifest = self.manifest()
        while True:
            reading = self._read(self._touched(manifest, span), intact)
            before, manifest = manifest, self.manifest() if reading.damages else manifest
            if manifest == before:
                break
        may_be_cut = manifest and not self.is_one_file(manifest)
        return reading._replace(candles=reading.candles.between(*span)) if span and may_be_cut else reading

    def read_parts(self, parts: Sequence[Part]) -> Reading:
        """The candles of some parts; for the writer, whose parts nobody replaces."""
        return self._read(parts, {})

    def explained(self, damage: Damage) -> DataError:
        """The error that tells of a damage and its cure."""
        part = damage.part
        span = Span(part.first, part.last + self.granularity.ns)
        return DataError(
            f"The stored part {self._path(part)} is damaged and was not used: {damage.reason}. "
            f"It holds {part.rows} candles of {self.symbol} {self.granularity}, {span_words(span)}. "
            + self._cure(part, span)
        )

    def conflicts(self, manifest: Manifest) -> tuple[Conflict, ...]:
        """What came with other values than those stored.

        Raises:
            DataError: if their file is damaged.
        """
        try:
            return read_conflicts(self.folder, manifest.conflicts)
        except DataError as error:
            name = manifest.conflicts.file if manifest.conflicts else ""
            raise self._unusable(self.folder / name, str(error)) from error

    def commit(self, manifest: Manifest) -> None:
        """Make a manifest, whose files are written, the one that counts.

        Raises:
            OSError: if it can't be written; the one before still counts then.
        """
        content = encode(manifest).encode()
        write_whole(self.folder / MANIFEST, lambda file: file.write(content))

    def sweep(self) -> None:
        """Remove what this writer and earlier ones left: files that the manifest doesn't name."""
        manifest = self.manifest()
        if manifest is None or self.is_old(manifest):
            return
        left = [path for path in self.folder.iterdir() if is_file_name(path.name) or path.suffix == ".tmp"]
        for path in (self.old_file, *left):
            if path.name not in manifest.files:
                with suppress(OSError):  # all is written: what can't be removed is left to the next writer
                    path.unlink(missing_ok=True)

    def set_aside(self, part: Part) -> None:
        """Keep a damaged part's file under another name, for somebody who may mend it."""
        path = self._path(part)
        if path.exists():
            path.replace(path.with_suffix(".damaged"))

    def is_old(self, manifest: Manifest) -> bool:
        """It stands for a file of the old layout."""
        return any(part.file == self.old_file.name for part in manifest.parts)

    def is_one_file(self, manifest: Manifest) -> bool:
        """Its candles are in one file, whatever their times, and may have data errors."""
        return manifest.is_raw or self.is_old(manifest)

    def _touched(self, manifest: Manifest | None, span: Span | None) -> tuple[Part, ...]:
        """The parts with candles that may open in a span."""
        parts = manifest.parts if manifest else ()
        if span is None or (manifest and self.is_one_file(manifest)):
            return parts
        return tuple(part for part in parts if part.first < span.stop and span.start <= part.last)

    def _read(self, parts: Sequence[Part], intact: dict[Part, Candles]) -> Reading:
        """The parts' candles, each part read once only."""
        damages = []
        for part in parts:
            try:
                intact[part] = (
                    intact[part]
                    if part in intact
                    else read_part(self._path(part), part, self.symbol, self.granularity)
                )
            except DataError as error:
                damages.append(Damage(part, str(error)))
        pieces = [intact[part] for part in parts if part in intact]
        return Reading(joined(self.symbol, self.granularity, pieces), tuple(damages))

    def _path(self, part: Part) -> Path:
        return self.old_file if part.file == self.old_file.name else self.folder / part.file

    def _cure(self, part: Part, span: Span) -> str:
        if part.period == RAW_PERIOD or part.file == self.old_file.name:
            return "Import the series again with --replace."
        command = fetch_command(self.symbol, self.granularity, span)
        return f"{command} fetches them again; so does an import of a file that holds them."

    def _own(self, manifest: Manifest) -> Manifest:
        named = f"{manifest.symbol} {manifest.granularity}"
        if named != f"{self.symbol} {self.granularity}":
            raise DataError(f"it is about {named}, which isn't its folder")
        return manifest

    def _old_manifest(self) -> Manifest:
        try:
            return old_manifest(self.old_file, self.symbol, self.granularity)
        except DataError as error:
            raise self._unusable(self.old_file, str(error)) from error

    def _unusable(self, path: Path, reason: str) -> DataError:
        return DataError(
            f"The stored file {path} is damaged and was not used: {reason}. Import all of {self.symbol} "
            f"{self.granularity} again with --replace, or remove {self.folder} and {self.old_file.name} and fetch it."
        )
