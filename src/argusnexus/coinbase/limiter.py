"""How often a venue is asked, by all threads together."""

from __future__ import annotations

from threading import Lock
from time import monotonic, sleep


class RateLimiter:
    """Lets requests go one at a time, evenly apart, so that they never bunch up after a pause.

    Attributes:
        granted: how many have gone.
    """

    def __init__(self, per_second: float) -> None:
        self.granted = 0
        self._spacing = 1.0 / per_second
        self._next = 0.0
        self._held_until = 0.0
        self._turn = Lock()

    def wait(self) -> None:
        """Return when the next request may go."""
        with self._turn:
            while (pause := max(self._next, self._held_until) - monotonic()) > 0:
                sleep(pause)
            self._next = monotonic() + self._spacing
            self.granted += 1

    def hold(self, seconds: float) -> None:
        """Let none go for so long: the venue asked for it."""
        self._held_until = max(self._held_until, monotonic() + seconds)
