"""Every exception that ArgusNexus raises on purpose.

::

    ArgusError                  anything a user can be told in one message
    ├── ConfigError             an option, key or value that cannot be used
    ├── DataError               candles that cannot be read, found or believed
    │   └── VenueRefusalError   the venue won't serve them, however often it is asked
    ├── OrderError              an order that must not be sent as asked
    ├── StrategyError           a strategy that broke its contract
    │   └── LookAheadError      its signals depend on candles that had not closed yet
    ├── WorkerError             the processes that replay trials die or can't be used
    └── LedgerError             the truth ledger cannot be used as asked
        ├── LedgerBusyError     another process is writing to it
        ├── LedgerVersionError  it was written by a newer ArgusNexus
        └── UnknownRunError     it has no run of that id

A message says what was expected, what came and what to do.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ArgusError(Exception):
    """Base of all errors that are shown to a user without a traceback."""


class ConfigError(ArgusError):
    pass


class DataError(ArgusError):
    pass


class VenueRefusalError(DataError):
    pass


class OrderError(ArgusError):
    pass


class StrategyError(ArgusError):
    pass


class LookAheadError(StrategyError):
    pass


class WorkerError(ArgusError):
    pass


class LedgerError(ArgusError):
    pass


class LedgerBusyError(LedgerError):
    pass


class LedgerVersionError(LedgerError):
    pass


class UnknownRunError(LedgerError):
    pass


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint to append to a message, empty when nothing known is close to `word`."""
    by_folded = {name.casefold(): name for name in known}
    matches = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f" Did you mean {by_folded[matches[0]]!r}?" if matches else ""
