"""The only reader of clocks: rules take time as data, drivers and bookkeeping ask here."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time; tests pass one that raises or stands still."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def stopwatch() -> float:
    """Seconds on a clock that only goes forward: the difference of two readings is how long something took."""
    return time.perf_counter()
