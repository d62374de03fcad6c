"""A local HTTP server that serves candles as Coinbase does, on both of its endpoints, quirks and faults included."""

from __future__ import annotations

import json
import re
import threading
import time
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, urlsplit

from argusnexus.model.times import SECOND, from_iso, from_ns, iso

if TYPE_CHECKING:
    from collections.abc import Mapping

ADVANCED = "/api/v3/brokerage"
ADVANCED_SECONDS = {
    "ONE_MINUTE": 60,
    "FIVE_MINUTE": 300,
    "FIFTEEN_MINUTE": 900,
    "THIRTY_MINUTE": 1800,
    "ONE_HOUR": 3600,
    "TWO_HOUR": 7200,
    "FOUR_HOUR": 14400,
    "SIX_HOUR": 21600,
    "ONE_DAY": 86400,
}
_CANDLES = re.compile(rf"(?P<advanced>{ADVANCED}/market)?/products/(?P<symbol>[^/]+)/candles")

EXCHANGE_SECONDS = (60, 300, 900, 3600, 21600, 86400)
EXCHANGE_MOST = 300
ADVANCED_MOST = 350


class Answer(NamedTuple):
    """What goes over the wire; `after` seconds, `cut` to so many bytes of what its header promises."""

    status: int
    body: bytes
    headers: Mapping[str, str] = MappingProxyType({})
    after: float = 0.0
    cut: int | None = None


class Asked(NamedTuple):
    """One request as it arrived; `at` is monotonic seconds."""

    at: float
    path: str
    query: dict[str, str]
    headers: dict[str, str]


class Bar(NamedTuple):
    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float


def html(status=200):
    return Answer(
        status,
        b"<html><body>Cloudflare is checking your browser</body></html>",
        {"Content-Type": "text/html"},
    )


def failure(status, message="trouble", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps({"message": message}).encode(), named)


def too_many(retry_after=None):
    return failure(
        429, "rate limit exceeded", **({} if retry_after is None else {"Retry_After": str(retry_after)})
    )


def hung(seconds):
    return Answer(200, b"[]", after=seconds)


CUT_SHORT = Answer(200, b"[[1704067200, 1, 2, 1.5, 1.7, 10], [17040", {})
"""Whole for HTTP, but not for JSON."""

CONNECTION_LOST = Answer(200, b"[[1704067200, 1, 2, 1.5, 1.7, 10], [17040", {}, cut=20)
"""Its header promises more bytes than come."""


@dataclass
class CandleVenue:
    """What is served, and what was asked.

    Attributes:
        bars: by symbol and seconds, oldest first.
        now: the venue's time in nanoseconds; the bar that is open then is served with values that move.
        per_second: requests in any one second; those above are answered with 429.
        faults: answers to the next requests for candles, before any true one is given.
        fault: asked for an answer to each request for candles; None is the true one.
        instead: answers by path, instead of those that are no candles.
        refused_seconds: granularities that the advanced endpoint doesn't know.
    """

    bars: dict[tuple[str, int], list[Bar]]
    now: int
    per_second: float = 10_000.0
    faults: deque = field(default_factory=deque)
    fault: object = None
    instead: dict[str, Answer] = field(default_factory=dict)
    refused_seconds: tuple[int, ...] = ()
    asked: list[Asked] = field(default_factory=list)
    refused_for_rate: int = 0
    _served: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self):
        venue = self

        class Handler(_Handler):
            pass

        Handler.venue = venue
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def candle_requests(self):
        return [one for one in self.asked if one.path.endswith("/candles")]

    def busiest_second(self):
        """The most requests that arrived within any one second."""
        times = sorted(one.at for one in self.asked)
        return max((bisect_left(times, at + 1.0) - place for place, at in enumerate(times)), default=0)

    def answer(self, asked):
        with self._lock:
            self.asked.append(asked)
            recent = sum(1 for one in self.asked[-2000:] if one.at > asked.at - 1.0)
            if recent > self.per_second:
                self.refused_for_rate += 1
                return too_many()
        named = _CANDLES.fullmatch(asked.path)
        if named:
            return self._fault(asked) or self._candles(
                named["symbol"], asked.query, is_advanced=bool(named["advanced"])
            )
        return self.instead.get(asked.path) or self._other(asked.path)

    def _fault(self, asked):
        with self._lock:
            if self.faults:
                return self.faults.popleft()
        return self.fault(asked) if self.fault else None

    def _other(self, path):
        symbols = sorted({symbol for symbol, _ in self.bars})
        moment = iso(from_ns(self.now))
        if path == "/time":
            return _json({"iso": moment, "epoch": self.now / SECOND})
        if path == f"{ADVANCED}/time":
            seconds = self.now // SECOND
            return _json({"iso": moment, "epochSeconds": str(seconds), "epochMillis": str(seconds * 1000)})
        if path == "/products":
            return _json([{"id": symbol, "status": "online"} for symbol in symbols])
        if path == f"{ADVANCED}/market/products":
            return _json(
                {"products": [{"product_id": symbol} for symbol in symbols], "num_products": len(symbols)}
            )
        return html(404)

    def _candles(self, symbol, query, *, is_advanced):
        if not any(symbol == known for known, _ in self.bars):
            return failure(404, "NotFound")
        return self._advanced(symbol, query) if is_advanced else self._exchange(symbol, query)

    def _exchange(self, symbol, query):
        seconds = int(query["granularity"])
        if seconds not in EXCHANGE_SECONDS:
            return failure(400, "Unsupported granularity")
        first, last = (int(from_iso(query[name]).timestamp()) for name in ("start", "end"))
        if (last - first) / seconds > EXCHANGE_MOST:
            return failure(
                400,
                "granularity too small for the requested time range. Count of aggregations requested exceeds 300",
            )
        return _json(
            [
                [bar.time // SECOND, bar.low, bar.high, bar.open, bar.close, bar.volume]
                # Exchange may answer with bars before the start.
                for bar in self._newest_first(symbol, seconds, first - 2 * seconds, last)
            ]
        )

    def _advanced(self, symbol, query):
        seconds = ADVANCED_SECONDS.get(query["granularity"])
        if seconds is None or seconds in self.refused_seconds:
            return failure(400, "invalid granularity")
        first, last = int(query["start"]), int(query["end"])
        if (last - first) / seconds >= ADVANCED_MOST or int(query.get("limit", 350)) > ADVANCED_MOST:
            return failure(400, "number of candles requested should be less than 350")
        bars = self._newest_first(symbol, seconds, first, last)[: int(query.get("limit", 350))]
        return _json({"candles": [_texts(bar) for bar in bars]})

    def _newest_first(self, symbol, seconds, first, last):
        """The bars between both ends, inclusive; the one that is forming has no final values."""
        bars = self.bars.get((symbol, seconds), [])
        start = bisect_left(bars, (first * SECOND,))
        stop = bisect_left(bars, (last * SECOND + 1,))
        chosen = [bar for bar in bars[start:stop] if bar.time <= self.now]
        if chosen and chosen[-1].time + seconds * SECOND > self.now:
            chosen[-1] = self._moving(chosen[-1])
        return chosen[::-1]

    def _moving(self, bar):
        with self._lock:
            self._served += 1
        return bar._replace(close=(bar.low + bar.high) / 2, volume=bar.volume * 0.01 * self._served)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    venue: CandleVenue

    def do_GET(self):
        at = time.monotonic()
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.rfile.read(int(self.headers.get("Content-Length", 0)))  # the client sends a body with GET
        answer = self.venue.answer(Asked(at, parts.path, query, dict(self.headers)))
        if answer.after:
            time.sleep(answer.after)
        self._send(answer)

    def _send(self, answer):
        head = [f"HTTP/1.1 {answer.status} Whatever", f"Content-Length: {len(answer.body)}"]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        body = answer.body if answer.cut is None else answer.body[: answer.cut]
        try:
            self.wfile.write("\r\n".join([*head, "", ""]).encode() + body)
        except OSError:
            self.close_connection = True  # who asked has gone
        if answer.cut is not None:
            self.close_connection = True

    def log_message(self, *_):
        pass


def bars_of(candles):
    """The truth to serve."""
    columns = (candles.open, candles.high, candles.low, candles.close, candles.volume)
    rows = zip(candles.times.tolist(), *(column.tolist() for column in columns), strict=True)
    return [Bar(*row) for row in rows]


def http_date(ns):
    return f"{datetime.fromtimestamp(ns / SECOND, from_ns(0).tzinfo):%a, %d %b %Y %H:%M:%S} GMT"


def _texts(bar):
    values = {name: repr(getattr(bar, name)) for name in ("low", "high", "open", "close", "volume")}
    return {"start": str(bar.time // SECOND), **values}


def _json(value):
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})
