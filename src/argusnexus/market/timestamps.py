"""Open times out of whatever a file or frame calls them, as int64 nanoseconds since the epoch, UTC."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from argusnexus._arrow import numpy_of

if TYPE_CHECKING:
    from argusnexus.model.candles import IntColumn

_ISO_DATE = r"^\d{4}-\d{2}-\d{2}"


class TimeUnit(Enum):
    """How a file writes its times; the value is its label.

    Whole numbers since the epoch are told apart by magnitude. The ranges are the times from 1979-07-05 to 2286-11-20
    (nanoseconds: to 2262-04-11, where int64 ends) and don't touch: seconds 3e8 to 1e10, milliseconds 3e11 to 1e13,
    microseconds 3e14 to 1e16, nanoseconds 3e17 to 9.2e18. A number outside all of them is refused.
    """

    ISO = "ISO 8601"
    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    MICROSECONDS = "microseconds"
    NANOSECONDS = "nanoseconds"

    @property
    def label(self) -> str:
        return self.value


class Times(NamedTuple):
    """Open times in nanoseconds since the epoch and the unit they were written in."""

    ns: IntColumn
    unit: TimeUnit


_NS_PER_UNIT = {
    TimeUnit.SECONDS: 1_000_000_000,
    TimeUnit.MILLISECONDS: 1_000_000,
    TimeUnit.MICROSECONDS: 1_000,
    TimeUnit.NANOSECONDS: 1,
}
_EARLIEST_SECOND = 300_000_000
_LATEST_SECOND = 10_000_000_000
_ARROW_UNITS = {
    "s": TimeUnit.SECONDS,
    "ms": TimeUnit.MILLISECONDS,
    "us": TimeUnit.MICROSECONDS,
    "ns": TimeUnit.NANOSECONDS,
}


def read_times(column: pa.Array) -> Times:
    """Times of an Arrow column: timestamps, dates, whole numbers, or text of either kind; without an offset is UTC.

    Raises:
        ValueError: if a value is none of these, is missing, or doesn't have the unit of the others.
    """
    if column.null_count:
        raise ValueError("a time is missing")
    if pa.types.is_timestamp(column.type):
        return Times(_nanoseconds(column), _ARROW_UNITS[column.type.unit])
    if pa.types.is_date(column.type):
        return Times(_nanoseconds(column), TimeUnit.ISO)
    if is_number(column.type):
        return _from_numbers(column.cast(pa.int64()))
    return _from_text(pc.utf8_trim_whitespace(column.cast(pa.string())))


def is_number(arrow_type: pa.DataType) -> bool:
    return bool(pa.types.is_integer(arrow_type) or pa.types.is_floating(arrow_type))


def _nanoseconds(column: pa.Array) -> IntColumn:
    zone = column.type.tz if pa.types.is_timestamp(column.type) else None
    moments: IntColumn = numpy_of(column.cast(pa.timestamp("ns", tz=zone)).cast(pa.int64()))
    return moments


def _from_text(column: pa.Array) -> Times:
    if pc.all(pc.match_substring_regex(column, _ISO_DATE)).as_py():
        from argusnexus.model.frames import ns_of_iso_texts  # noqa: PLC0415 (with pandas, which numbers don't need)

        return Times(ns_of_iso_texts(column.to_numpy(zero_copy_only=False)), TimeUnit.ISO)
    return _from_numbers(_whole_numbers(column))


def _whole_numbers(column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column.cast(pa.float64()).cast(pa.int64())  # 1714773600.0, as float columns are written


def _from_numbers(column: pa.Array) -> Times:
    numbers = numpy_of(column)
    for unit, ns in _NS_PER_UNIT.items():
        per_second = 1_000_000_000 // ns
        earliest = _EARLIEST_SECOND * per_second
        latest = min(_LATEST_SECOND * per_second, np.iinfo(np.int64).max)
        if ((numbers >= earliest) & (numbers < latest)).all():
            return Times(numbers * ns, unit)
    raise ValueError("not all are whole seconds, milliseconds, microseconds or nanoseconds since 1970")
