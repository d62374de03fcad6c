"""The conflicts of a series as a file: what came with other values than those that are stored."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from argusnexus.errors import DataError
from argusnexus.market.durable import write_whole
from argusnexus.market.manifest import ConflictFile
from argusnexus.market.merging import Conflict, Values
from argusnexus.model.times import from_iso, from_ns, iso, to_ns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def write_conflicts(folder: Path, conflicts: Sequence[Conflict]) -> ConflictFile:
    """The conflicts in a file that is named by its content.

    Raises:
        OSError: if it can't be written.
    """
    content = json.dumps([_as_json(conflict) for conflict in conflicts], allow_nan=False).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"conflicts-{sha256[:12]}.json"
    write_whole(folder / name, lambda file: file.write(content))
    return ConflictFile(name, len(conflicts), sha256)


def read_conflicts(folder: Path, named: ConflictFile | None) -> tuple[Conflict, ...]:
    """The conflicts of a manifest.

    Raises:
        DataError: saying in a few words how the file is damaged.
    """
    if named is None:
        return ()
    try:
        content = (folder / named.file).read_bytes()
    except OSError as error:
        raise DataError(f"it can't be read ({error.strerror})") from error
    if hashlib.sha256(content).hexdigest() != named.sha256:
        raise DataError("its content hash doesn't hold")
    return tuple(map(_from_json, json.loads(content)))


def unlike(known: Sequence[Conflict], found: Sequence[Conflict]) -> tuple[Conflict, ...]:
    """Those found whose values haven't been refused for their time before."""
    refused = {(one.time, one.refused) for one in known}
    return tuple(one for one in found if (one.time, one.refused) not in refused)


def _as_json(conflict: Conflict) -> list[Any]:
    time, at = iso(from_ns(conflict.time)), iso(conflict.at)
    return [time, list(conflict.kept), list(conflict.refused), conflict.source, at]


def _from_json(values: list[Any]) -> Conflict:
    time, kept, refused, source, at = values
    return Conflict(to_ns(from_iso(time)), Values(*kept), Values(*refused), source, from_iso(at))
