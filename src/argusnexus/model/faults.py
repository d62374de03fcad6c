"""What makes candles unusable: the data errors that stop a replay before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from argusnexus.errors import DataError
from argusnexus.model.times import from_ns, iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from argusnexus.model.candles import BoolColumn, Candles, IntColumn

_LISTED_FAULTS = 5


class FaultCode(Enum):
    """A kind of data error; the value says what is wrong with a row."""

    DUPLICATE_TIME = "has the time of an earlier row"
    OUT_OF_ORDER = "is earlier than the row before it"
    OFF_GRID = "has a time that is no multiple of the granularity"
    NOT_FINITE = "has a price or volume that is no finite number"
    LOW_NOT_POSITIVE = "has a low that is not above 0"
    LOW_ABOVE_BODY = "has a low above its open or close"
    HIGH_BELOW_BODY = "has a high below its open or close"
    NEGATIVE_VOLUME = "has a negative volume"


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """All rows with one kind of data error.

    Attributes:
        rows: their numbers, counted from 0, ascending.
        first_time: open time of the first of them, nanoseconds since the epoch.
        message: names the first row, its time and values, and how many there are.
    """

    code: FaultCode
    rows: IntColumn
    first_time: int
    message: str

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def first_row(self) -> int:
        return int(self.rows[0])


def data_errors(candles: Candles) -> tuple[Fault, ...]:
    """What makes candles unusable, one fault per kind; empty when they can be used."""
    found = ((code, np.flatnonzero(is_wrong(candles))) for code, is_wrong in _CHECKS.items())
    return tuple(_fault(candles, code, rows) for code, rows in found if len(rows))


def refuse_errors(candles: Candles) -> None:
    """Nothing when the candles can be used.

    Raises:
        DataError: with all that is wrong, one line for each kind.
    """
    faults = data_errors(candles)
    if not faults:
        return
    lines = [f"  {fault.message}" for fault in faults[:_LISTED_FAULTS]]
    if len(faults) > _LISTED_FAULTS:
        lines.append(f"  and {len(faults) - _LISTED_FAULTS} more kinds of errors")
    raise DataError(
        f"{candles.symbol} {candles.granularity}: candles that can't be used "
        "(expected times in order and on the grid, finite numbers, 0 < low <= open, close <= high, volume >= 0):\n"
        + "\n".join(lines)
        + "\nNothing was mended: correct or drop these rows where the file comes from, then import it again."
    )


def _fault(candles: Candles, code: FaultCode, rows: IntColumn) -> Fault:
    row = int(rows[0])
    time = int(candles.times[row])
    others = f" ({len(rows)} such rows)" if len(rows) > 1 else ""
    values = ", ".join(
        f"{name} {getattr(candles, name)[row]!s}" for name in ("open", "high", "low", "close", "volume")
    )
    message = f"row {row} (the first is 0), {iso(from_ns(time))}, {code.value}{others}: {values}"
    return Fault(code, rows, time, message)


def _duplicate_time(candles: Candles) -> BoolColumn:
    """Rows whose time an earlier row has; the rows may be in any order."""
    order = np.argsort(candles.times, kind="stable")
    in_order = candles.times[order]
    repeated = np.zeros(len(candles), dtype=np.bool_)
    repeated[order[1:]] = in_order[1:] == in_order[:-1]
    return repeated


def _out_of_order(candles: Candles) -> BoolColumn:
    earlier = np.zeros(len(candles), dtype=np.bool_)
    earlier[1:] = candles.times[1:] < candles.times[:-1]
    return earlier


def _off_grid(candles: Candles) -> BoolColumn:
    return np.asarray(candles.times % candles.granularity.ns != 0)


def _not_finite(candles: Candles) -> BoolColumn:
    columns = (candles.open, candles.high, candles.low, candles.close, candles.volume)
    return np.asarray(~np.logical_and.reduce([np.isfinite(column) for column in columns]))


def _low_not_positive(candles: Candles) -> BoolColumn:
    return np.asarray(candles.low <= 0.0)


def _low_above_body(candles: Candles) -> BoolColumn:
    return np.asarray(candles.low > np.fmin(candles.open, candles.close))


def _high_below_body(candles: Candles) -> BoolColumn:
    return np.asarray(candles.high < np.fmax(candles.open, candles.close))


def _negative_volume(candles: Candles) -> BoolColumn:
    return np.asarray(candles.volume < 0.0)


_CHECKS: dict[FaultCode, Callable[[Candles], BoolColumn]] = {
    FaultCode.DUPLICATE_TIME: _duplicate_time,
    FaultCode.OUT_OF_ORDER: _out_of_order,
    FaultCode.OFF_GRID: _off_grid,
    FaultCode.NOT_FINITE: _not_finite,
    FaultCode.LOW_NOT_POSITIVE: _low_not_positive,
    FaultCode.LOW_ABOVE_BODY: _low_above_body,
    FaultCode.HIGH_BELOW_BODY: _high_below_body,
    FaultCode.NEGATIVE_VOLUME: _negative_volume,
}
