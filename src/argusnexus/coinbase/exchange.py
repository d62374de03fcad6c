"""The public Exchange endpoint: `GET /products/{id}/candles`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

import requests

from argusnexus._version import __version__
from argusnexus.coinbase.endpoint import DEFAULT_TIMEOUT, Timeout, checked_base_url, no_authentication
from argusnexus.coinbase.rows import Row
from argusnexus.model.candles import Granularity
from argusnexus.model.times import SECOND, from_ns, iso

if TYPE_CHECKING:
    from argusnexus.model.spans import Span

_SECONDS = (60, 300, 900, 3_600, 21_600, 86_400)


@dataclass(frozen=True, slots=True)
class ExchangeCandles:
    """Six granularities, 300 candles a request; it allows 10 requests a second."""

    base_url: str = "https://api.exchange.coinbase.com"
    timeout: Timeout = DEFAULT_TIMEOUT

    name: ClassVar[str] = "exchange"
    granularities: ClassVar[tuple[Granularity, ...]] = tuple(Granularity(one * SECOND) for one in _SECONDS)
    uncertain: ClassVar[tuple[Granularity, ...]] = ()
    requests_per_second: ClassVar[float] = 8.0

    def connect(self) -> _Line:
        return _Line(checked_base_url(self.base_url), self.timeout)


class _Line:
    def __init__(self, base_url: str, timeout: Timeout) -> None:
        self._base_url = base_url
        self._timeout = timeout
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"argusnexus/{__version__}"
        self._session.auth = no_authentication

    def rows(self, symbol: str, granularity: Granularity, page: Span) -> list[Row]:
        answer = self._get(
            f"/products/{quote(symbol, safe='')}/candles",
            granularity=str(granularity.ns // SECOND),
            start=iso(from_ns(page.start)),
            end=iso(from_ns(page.stop - granularity.ns)),  # both ends are inclusive
        )
        return [_row(row) for row in _listed(answer)]

    def products(self) -> tuple[str, ...]:
        return tuple(_product_id(product) for product in _listed(self._get("/products")))

    def now(self) -> int:
        try:
            return int(float(self._get("/time")["epoch"]) * SECOND)
        except (TypeError, KeyError, OverflowError):
            raise ValueError("expected the venue's time") from None

    def close(self) -> None:
        self._session.close()

    def _get(self, path: str, **query: str) -> Any:
        response = self._session.get(self._base_url + path, params=query, timeout=self._timeout)
        response.raise_for_status()
        return response.json()


def _listed(answer: Any) -> list[Any]:
    if not isinstance(answer, list):
        raise ValueError(f"expected a list, was {str(answer)[:80]!r}")  # noqa: TRY004 (it is the answer that is wrong)
    return answer


def _row(values: Any) -> Row:
    try:
        time, low, high, open_, close, volume = values
        prices = (float(open_), float(high), float(low), float(close), float(volume))
        return Row(int(time) * SECOND, *prices)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(
            f"expected time, low, high, open, close and volume, was {str(values)[:80]}"
        ) from None


def _product_id(product: Any) -> str:
    try:
        return str(product["id"])
    except (TypeError, KeyError):
        raise ValueError(f"expected a product with an id, was {str(product)[:80]}") from None
