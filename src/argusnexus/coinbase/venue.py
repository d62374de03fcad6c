"""An endpoint that is asked within its limits, by several threads, and whose refusals are explained."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from requests.exceptions import HTTPError, RequestException

from argusnexus.clock import SystemClock
from argusnexus.coinbase.limiter import RateLimiter
from argusnexus.coinbase.patience import Asker, Patience
from argusnexus.coinbase.rows import candles_of
from argusnexus.coinbase.troubles import brief, is_elsewhere, is_refusal
from argusnexus.errors import ConfigError, DataError, VenueRefusalError, did_you_mean
from argusnexus.model.spans import Span
from argusnexus.model.times import from_ns, iso, to_ns

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from argusnexus.clock import Clock
    from argusnexus.coinbase.endpoint import CandleEndpoint
    from argusnexus.model.candles import Candles, Granularity

_SYSTEM_CLOCK = SystemClock()
_PATIENCE = Patience()
_FIRST_CONTACT_ATTEMPTS = 3


def _never() -> bool:
    return False


def _say_nothing(_trouble: str) -> None:
    pass


class Venue:
    """One endpoint, its rate limit and our patience with it.

    `on_trouble` is told, in words and from any thread, of each failure that is tried again.
    """

    def __init__(
        self,
        endpoint: CandleEndpoint,
        *,
        requests_per_second: float | None = None,
        patience: Patience = _PATIENCE,
        clock: Clock = _SYSTEM_CLOCK,
        on_trouble: Callable[[str], None] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.clock = clock
        self._limiter = RateLimiter(requests_per_second or endpoint.requests_per_second)
        self._asker = Asker(patience, self._limiter, clock, on_trouble or _say_nothing)

    @property
    def requests(self) -> int:
        """How many were sent, those that failed included."""
        return self._limiter.granted

    def sources_of(self, granularity: Granularity) -> tuple[Granularity, ...]:
        """What it serves and `granularity` can be made from, longest first: itself, where it is served.

        Raises:
            ConfigError: if there is nothing.
        """
        served = self.endpoint.granularities
        dividing = tuple(one for one in reversed(served) if granularity.ns % one.ns == 0)
        if not dividing:
            raise ConfigError(
                f"Source {self.endpoint.name} has nothing that {granularity} candles can be made from: "
                f"it serves {', '.join(map(str, served))}."
            )
        return dividing

    def now(self) -> int:
        """The time that both clocks, the venue's and ours, have reached; nanoseconds since the epoch.

        Raises:
            DataError: if the venue doesn't answer, or nothing that answers there is the venue.
        """
        asker = self._asker
        attempts = min(asker.patience.attempts, _FIRST_CONTACT_ATTEMPTS)
        with VenueLine(
            self.endpoint, replace(asker, patience=replace(asker.patience, attempts=attempts))
        ) as line:
            return min(line.now(), to_ns(self.clock.now()))

    def serves(self, symbol: str, granularity: Granularity, time: int) -> bool:
        """Whether it answers for this granularity, asked for the one candle that opens at `time`.

        Raises:
            DataError: if it doesn't know the symbol, or there is no usable answer.
        """
        try:
            with self.line() as line:
                line.candles(symbol, granularity, Span(time, time + granularity.ns))
        except VenueRefusalError:
            return False
        return True

    def line(self, is_stopped: Callable[[], bool] = _never) -> VenueLine:
        """A connection for one thread, to be closed by it; once `is_stopped`, it asks no more."""
        return VenueLine(self.endpoint, self._asker, is_stopped)


class VenueLine:
    """One thread's connection to a venue."""

    def __init__(
        self, endpoint: CandleEndpoint, asker: Asker, is_stopped: Callable[[], bool] = _never
    ) -> None:
        self._endpoint = endpoint
        self._asker = asker
        self._is_stopped = is_stopped
        self._line = endpoint.connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._line.close()

    def candles(self, symbol: str, granularity: Granularity, page: Span) -> Candles:
        """The candles that open in `page` (at most `CANDLES_PER_REQUEST`), oldest first; fewer where there was no trade.

        Raises:
            VenueRefusalError: if the venue won't serve them.
            DataError: if it doesn't know the symbol, gives no usable answer, or candles that can't be.
            CancelledError: if the line's work was stopped.
        """
        what = f"{symbol} {granularity} candles from {iso(from_ns(page.start))} to {iso(from_ns(page.stop))}"
        try:
            rows = self._asker.ask(
                lambda: self._line.rows(symbol, granularity, page), is_stopped=self._is_stopped
            )
        except HTTPError as error:
            raise (
                self._refusal(error, symbol, what) if is_refusal(error) else self._no_answer(error, what)
            ) from error
        except (RequestException, ValueError) as error:
            raise self._no_answer(error, what) from error
        return candles_of(symbol, granularity, rows, page)

    def now(self) -> int:
        """The venue's time, nanoseconds since the epoch.

        Raises:
            DataError: if there is no usable answer.
        """
        try:
            return self._asker.ask(self._line.now, is_stopped=self._is_stopped)
        except (RequestException, ValueError) as error:
            raise self._no_answer(error, "the question for its time") from error

    def _refusal(self, error: HTTPError, symbol: str, what: str) -> DataError:
        products = self._products()
        if products and symbol not in products:
            return DataError(
                f"{self._base} has no product {symbol!r} (it has {len(products):,})."
                f"{did_you_mean(symbol, products)}"
            )
        hint = "" if products else " Is the symbol right, and the base URL?"
        return VenueRefusalError(f"{self._base} refuses {what}: {brief(error)}.{hint}")

    def _products(self) -> tuple[str, ...]:
        """What the venue has; nothing when it doesn't say."""
        try:
            return self._asker.ask(self._line.products, is_stopped=self._is_stopped)
        except (RequestException, ValueError):
            return ()

    def _no_answer(self, error: Exception, what: str) -> DataError:
        hint = " Is the base URL right, and the network up?" if is_elsewhere(error) else ""
        return DataError(f"{self._base} gives no usable answer to {what}: {brief(error)}.{hint}")

    @property
    def _base(self) -> str:
        return self._endpoint.base_url
