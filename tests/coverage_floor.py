"""Fails when a room whose errors cost money is covered less than promised; reads what `pytest --cov` left."""

from __future__ import annotations

import io
import sys

import coverage

FLOOR = 95.0
ROOMS = ("engine", "risk", "money", "truth", "metrics")


def percent_of(data: coverage.Coverage, room: str) -> float:
    """Branch coverage of one room, in per cent."""
    pattern = f"*/argusnexus/{room}.py" if room == "money" else f"*/argusnexus/{room}/*"
    return data.report(include=[pattern], file=io.StringIO())


def main() -> int:
    data = coverage.Coverage()
    data.load()
    reached = {room: percent_of(data, room) for room in ROOMS}
    for room, percent in reached.items():
        print(f"branch coverage of {room}: {percent:.1f} % (at least {FLOOR:.0f} %)")
    return 0 if min(reached.values()) >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
