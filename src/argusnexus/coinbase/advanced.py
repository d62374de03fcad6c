"""Advanced Trade's public market endpoint, through the venue's own client."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from coinbase.rest import RESTClient
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException

from argusnexus.coinbase.endpoint import (
    CANDLES_PER_REQUEST,
    DEFAULT_TIMEOUT,
    Timeout,
    checked_base_url,
    no_authentication,
)
from argusnexus.coinbase.rows import Row
from argusnexus.model.candles import Granularity
from argusnexus.model.times import HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest, Response

    from argusnexus.model.spans import Span

Answer = TypeVar("Answer")

_NAMES = {
    Granularity(MINUTE): "ONE_MINUTE",
    Granularity(5 * MINUTE): "FIVE_MINUTE",
    Granularity(15 * MINUTE): "FIFTEEN_MINUTE",
    Granularity(30 * MINUTE): "THIRTY_MINUTE",
    Granularity(HOUR): "ONE_HOUR",
    Granularity(2 * HOUR): "TWO_HOUR",
    Granularity(4 * HOUR): "FOUR_HOUR",
    Granularity(6 * HOUR): "SIX_HOUR",
    Granularity(24 * HOUR): "ONE_DAY",
}

# The client prints every HTTP error by itself; ours are told once, in words.
logging.getLogger("coinbase.RESTClient").handlers[:] = [logging.NullHandler()]


@dataclass(frozen=True, slots=True)
class AdvancedCandles:
    """Nine granularities, values as text; what it allows is not published (10 requests a second are said to pass)."""

    base_url: str = "https://api.coinbase.com"
    timeout: Timeout = DEFAULT_TIMEOUT

    name: ClassVar[str] = "advanced"
    granularities: ClassVar[tuple[Granularity, ...]] = tuple(_NAMES)
    uncertain: ClassVar[tuple[Granularity, ...]] = (Granularity(4 * HOUR),)
    requests_per_second: ClassVar[float] = 4.0

    def connect(self) -> _Line:
        return _Line(checked_base_url(self.base_url), self.timeout)


class _Line:
    def __init__(self, base_url: str, timeout: Timeout) -> None:
        parts = urlsplit(base_url)
        host = parts.netloc + parts.path
        # Said outright: by default the client would take keys from the environment, and send them here too.
        self._client = RESTClient(api_key=None, api_secret=None, base_url=host, timeout=timeout)
        self._client.session.auth = no_authentication
        if parts.scheme == "http":
            self._client.session.mount(f"https://{parts.netloc}", _WithoutTls())

    def rows(self, symbol: str, granularity: Granularity, page: Span) -> list[Row]:
        answer = _readable(
            lambda: self._client.get_public_candles(
                symbol,
                start=str(page.start // SECOND),
                end=str((page.stop - granularity.ns) // SECOND),  # both ends are inclusive in practice
                granularity=_NAMES[granularity],
                limit=CANDLES_PER_REQUEST,
            )
        )
        return [_row(candle) for candle in _listed(answer, "candles")]

    def products(self) -> tuple[str, ...]:
        answer = _readable(self._client.get_public_products)
        return tuple(str(product["product_id"]) for product in _listed(answer, "products"))

    def now(self) -> int:
        answer = _readable(self._client.get_unix_time)
        try:
            return int(answer["epoch_seconds"]) * SECOND
        except (TypeError, ValueError):
            raise ValueError("expected the venue's time") from None

    def close(self) -> None:
        self._client.session.close()


class _WithoutTls(HTTPAdapter):
    """Speaks http where the client insists on https."""

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        request.url = "http" + str(request.url).removeprefix("https")
        return super().send(request, *args, **options)


def _readable(call: Callable[[], Answer]) -> Answer:
    """What the client made of an answer; where it stumbles over the answer's form, that is a ValueError."""
    try:
        return call()
    except RequestException:
        raise
    except (TypeError, AttributeError, KeyError) as error:
        raise ValueError(f"the answer can't be read: {error}") from error


def _listed(answer: Any, name: str) -> list[Any]:
    listed = answer[name]
    if listed is None:
        raise ValueError(f"expected {name}, was {str(answer)[:80]}")
    return list(listed)


def _row(candle: Any) -> Row:
    try:
        prices = (float(candle[name]) for name in ("open", "high", "low", "close", "volume"))
        return Row(int(candle["start"]) * SECOND, *prices)
    except (TypeError, ValueError):
        raise ValueError(
            f"expected start, open, high, low, close and volume, was {str(candle)[:120]}"
        ) from None
