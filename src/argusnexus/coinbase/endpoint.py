"""What a candle endpoint is, whichever of the venue's two it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

from argusnexus.errors import ConfigError

if TYPE_CHECKING:
    from requests import PreparedRequest

    from argusnexus.coinbase.rows import Row
    from argusnexus.model.candles import Granularity
    from argusnexus.model.spans import Span

CANDLES_PER_REQUEST = 300
"""Exchange refuses more; Advanced Trade is said to take 350, and has refused at 300 before."""


class Timeout(NamedTuple):
    """How long to wait for a connection, and then for each piece of an answer; seconds."""

    connect: float = 10.0
    read: float = 30.0


DEFAULT_TIMEOUT = Timeout()


class CandleLine(Protocol):
    """One connection to an endpoint, for one thread.

    Every call is one request, tried once. It raises requests.RequestException when there is no answer or one with an
    error status, and ValueError when the answer isn't of the form that was expected.
    """

    def rows(self, symbol: str, granularity: Granularity, page: Span) -> list[Row]:
        """What the venue answers for the candles that open in `page`, at most `CANDLES_PER_REQUEST`, as it comes."""
        ...

    def products(self) -> tuple[str, ...]:
        """The symbols that the venue has."""
        ...

    def now(self) -> int:
        """The venue's time, nanoseconds since the epoch."""
        ...

    def close(self) -> None: ...


class CandleEndpoint(Protocol):
    """Where candles are served, and by which rules; needs no key and is never sent one."""

    @property
    def name(self) -> str: ...

    @property
    def base_url(self) -> str: ...

    @property
    def granularities(self) -> tuple[Granularity, ...]:
        """What it serves, shortest first."""
        ...

    @property
    def uncertain(self) -> tuple[Granularity, ...]:
        """Those of them that it may refuse after all."""
        ...

    @property
    def requests_per_second(self) -> float:
        """How often it may be asked, with a margin to what it allows."""
        ...

    def connect(self) -> CandleLine: ...


def checked_base_url(text: str) -> str:
    """The URL that paths are appended to.

    Raises:
        ConfigError: if it is no plain http or https URL.
    """
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable or parts.query or parts.fragment or parts.username is not None:
        raise ConfigError(
            f"Base URL {text!r} can't be used: expected http:// or https:// and a host, without user, query or "
            "fragment, for example https://api.exchange.coinbase.com."
        )
    return text.strip().rstrip("/")


def no_authentication(request: PreparedRequest) -> PreparedRequest:
    """Leaves a request as it is; as a session's `auth` it keeps out what a .netrc would add."""
    return request
