"""Answers to many requests, asked for by several threads at a time."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING

from argusnexus.market.fetch_pages import Answer

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from argusnexus.coinbase.venue import Venue
    from argusnexus.model.candles import Granularity
    from argusnexus.model.spans import Span

_THREADS = 6


def answers(venue: Venue, symbol: str, granularity: Granularity, pages: Sequence[Span]) -> Generator[Answer]:
    """An answer for every page, as they come; once this is closed, no further request is made.

    Raises:
        DataError: the first that a page comes to.
    """
    waiting: SimpleQueue[Span] = SimpleQueue()
    came: SimpleQueue[Answer | Exception] = SimpleQueue()
    for page in pages:
        waiting.put(page)
    stopped = Event()

    def work() -> None:
        try:
            with venue.line(stopped.is_set) as line:
                while not stopped.is_set():
                    page = waiting.get_nowait()
                    came.put(Answer(page, line.candles(symbol, granularity, page)))
        except Empty:
            return
        except Exception as error:  # noqa: BLE001 (whatever it is, who waits for the answers must hear of it)
            came.put(error)

    # Daemons, because a thread that waits to ask again can't be interrupted, and Ctrl-C shouldn't wait for it.
    threads = [Thread(target=work, daemon=True) for _ in range(min(_THREADS, len(pages)))]
    for thread in threads:
        thread.start()
    try:
        for _ in pages:
            answer = came.get()
            if isinstance(answer, Exception):
                raise answer
            yield answer
    finally:
        stopped.set()
    for thread in threads:
        thread.join()
