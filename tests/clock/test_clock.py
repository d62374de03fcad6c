"""The only reader of wall time."""

from __future__ import annotations

from datetime import UTC, datetime

from argusnexus.clock import SystemClock


def test_the_systems_time_is_aware_and_in_utc():
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)
