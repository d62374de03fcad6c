"""What is asked again, when, and how often."""

from __future__ import annotations

import logging
import random
from concurrent.futures import CancelledError
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import stamina
from requests.exceptions import HTTPError, RequestException

from argusnexus.coinbase.troubles import brief, is_refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from requests import Response

    from argusnexus.clock import Clock
    from argusnexus.coinbase.limiter import RateLimiter

Answer = TypeVar("Answer")

# stamina reports each attempt through logging, which prints warnings where nobody has set it up.
logging.getLogger("stamina").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request is tried for.

    Attributes:
        attempts: at most so many.
        seconds: none begins later than this after the first.
        first_wait: seconds after the first failure; each further wait is twice as long, plus up to `jitter`.
        longest_wait: seconds that no wait exceeds, unless the venue asks for it.
        longest_asked_wait: seconds that the venue may ask for; when it asks for more, that is the end.
    """

    attempts: int = 8
    seconds: float = 180.0
    first_wait: float = 0.5
    longest_wait: float = 30.0
    jitter: float = 1.0
    longest_asked_wait: float = 120.0


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks within a rate limit, and again where that may help.

    Attributes:
        on_trouble: told, in words, of each failure that is tried again; called from any thread.
    """

    patience: Patience
    limiter: RateLimiter
    clock: Clock
    on_trouble: Callable[[str], None]

    def ask(self, call: Callable[[], Answer], is_stopped: Callable[[], bool]) -> Answer:
        """The answer of a call.

        Raises:
            RequestException, ValueError: the call's last failure, when patience has ended or asking again can't help.
            CancelledError: if nobody waits for the answer any more.
        """

        def attempt() -> Answer:
            self.limiter.wait()
            if is_stopped():
                raise CancelledError
            return call()

        patience = self.patience
        caller = stamina.RetryingCaller(
            attempts=patience.attempts,
            timeout=patience.seconds,
            wait_initial=patience.first_wait,
            wait_max=patience.longest_wait,
            wait_jitter=patience.jitter,
        )
        return caller(self._again, attempt)

    def _again(self, error: Exception) -> bool | float:
        """Whether to ask again, or after how many seconds."""
        again = self._wait(error)
        if again is not False:
            self.on_trouble(brief(error))
        return again

    def _wait(self, error: Exception) -> bool | float:
        if not isinstance(error, HTTPError) or error.response is None:
            return isinstance(error, RequestException | ValueError)
        if is_refusal(error):
            return False
        asked = retry_after(error.response, self.clock.now())
        if asked is not None and asked > self.patience.longest_asked_wait:
            return False
        if error.response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            self.limiter.hold(self.patience.first_wait if asked is None else asked)
        return True if asked is None else asked + random.uniform(0.0, self.patience.jitter)  # noqa: S311 (spreads load)


def retry_after(response: Response, now: datetime) -> float | None:
    """Seconds that the venue asks to wait, given as such or as an HTTP date; None if it doesn't say, or unreadably."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    until = _http_date(text)
    if until is None:
        return None
    # The venue's clock is in its answer; ours may differ from it.
    sent = _http_date(response.headers.get("Date", "")) or now
    return max(0.0, (until - sent).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
