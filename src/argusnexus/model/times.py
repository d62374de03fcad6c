"""Times are whole nanoseconds since 1970 UTC inside, aware datetimes at the edges, ISO-8601 text in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MICROSECOND = 1_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_ns(ns: int) -> datetime:
    """The aware UTC datetime of nanoseconds since the epoch (whole microseconds)."""
    return _EPOCH + timedelta(microseconds=int(ns) // MICROSECOND)


def to_ns(moment: datetime) -> int:
    """Nanoseconds since the epoch of an aware datetime.

    Raises:
        ValueError: if it is naive.
    """
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with a time zone, was {moment.isoformat()}")
    return (moment - _EPOCH) // timedelta(microseconds=1) * MICROSECOND


def iso(moment: datetime) -> str:
    """ISO-8601 UTC text, `2024-05-03T22:00:00Z`; microseconds only where there are some."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def compact(text: str) -> str:
    """The seconds of what `iso` gives as `20240503T220000`, for ids."""
    return text[:19].replace("-", "").replace(":", "")


def from_iso(text: str) -> datetime:
    """The aware UTC datetime of ISO-8601 text; text without an offset is UTC."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
