"""The venue by the name of its endpoint."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from argusnexus.coinbase.endpoint import checked_base_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from argusnexus.coinbase.venue import Venue


class VenueSource(Enum):
    """Which of the venue's endpoints candles come from."""

    EXCHANGE = "exchange"  # the public Exchange endpoint
    ADVANCED = "advanced"  # Advanced Trade's public market endpoint, through the venue's own client


def open_venue(
    source: VenueSource,
    base_url: str | None = None,
    *,
    requests_per_second: float | None = None,
    on_trouble: Callable[[str], None] | None = None,
) -> Venue:
    """The venue behind an endpoint, at another address or asked at another rate where these are given.

    `on_trouble` is told of each failure that is tried again, from any thread.

    Raises:
        ConfigError: if the address is no http or https URL.
    """
    # The HTTP libraries take a fifth of a second to import: commands that fetch nothing shouldn't wait for them.
    from argusnexus.coinbase.advanced import AdvancedCandles  # noqa: PLC0415
    from argusnexus.coinbase.exchange import ExchangeCandles  # noqa: PLC0415
    from argusnexus.coinbase.venue import Venue  # noqa: PLC0415

    kind = AdvancedCandles if source is VenueSource.ADVANCED else ExchangeCandles
    endpoint = kind() if base_url is None else kind(checked_base_url(base_url))
    return Venue(endpoint, requests_per_second=requests_per_second, on_trouble=on_trouble)
