"""Series of the old layout: one Parquet file each, which describes itself in its footer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from argusnexus.errors import DataError
from argusnexus.market.manifest import Manifest, Source
from argusnexus.market.parts import Part
from argusnexus.model.spans import Span
from argusnexus.model.times import from_iso

if TYPE_CHECKING:
    from pathlib import Path

    from argusnexus.model.candles import Granularity


class _Footer(NamedTuple):
    """The file's metadata, as text."""

    symbol: str
    granularity: str
    first: str
    last: str
    source: str
    imported_at: str
    content_sha256: str


def old_manifest(path: Path, symbol: str, granularity: Granularity) -> Manifest:
    """What a manifest would say of such a file, with the file itself as its only part.

    Raises:
        DataError: saying in a few words why the file can't be used.
    """
    try:
        with pq.ParquetFile(path) as file:
            rows, footer = file.metadata.num_rows, _footer(file)
        first, last, moment = int(footer.first), int(footer.last), from_iso(footer.imported_at)
    except (OSError, pa.ArrowException, ValueError, TypeError) as error:
        raise DataError(f"it can't be read ({error})") from error
    if (footer.symbol, footer.granularity) != (symbol, str(granularity)):
        raise DataError(f"it holds {footer.symbol} {footer.granularity}, which isn't its name")
    source = Source(footer.source, moment, moment, rows, (Span(first, last + granularity.ns),))
    part = Part(path.name, rows, first, last, footer.content_sha256)
    return Manifest(symbol, str(granularity), (part,), (source,))


def _footer(file: pq.ParquetFile) -> _Footer:
    texts = {name.decode(): text.decode() for name, text in (file.schema_arrow.metadata or {}).items()}
    return _Footer(**{name: texts[name] for name in _Footer._fields if name in texts})
