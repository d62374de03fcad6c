"""The only reader of clocks."""

from __future__ import annotations

from datetime import UTC, datetime

from argusnexus.clock import SystemClock, stopwatch


def test_the_systems_time_is_aware_and_in_utc():
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


def test_a_stopwatch_only_goes_forward():
    readings = [stopwatch() for _ in range(1000)]
    assert readings == sorted(readings)
