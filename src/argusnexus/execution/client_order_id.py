"""Order ids that the same decision always gets again, so that a retry is recognised as one."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from argusnexus.errors import OrderError
from argusnexus.model.times import compact, iso

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from argusnexus.model.orders import OrderRole

MAX_LENGTH: Final = 64
"""Longest id, which leaves a symbol 25 letters and digits."""

_DIGITS: Final = 8
_SYMBOL: Final = re.compile("[A-Za-z0-9]+(-[A-Za-z0-9]+)*")


def client_order_id(run_id: str | None, symbol: str, as_of: datetime, role: OrderRole) -> str:
    """`ANX4_{run8}_{SYMBOL}_{YYYYMMDDTHHMMSS}_{hash8}`: letters, digits and `_`, at most `MAX_LENGTH` of them.

    run8 is the last 8 hex digits of `run_id`, or of its SHA-256 where it has fewer (None counts as empty text).
    SYMBOL is the symbol without its hyphens, the time is UTC. hash8 covers the whole `run_id`, symbol, time and
    role, never price or quantity: asking again at another price must not make a second order.

    Raises:
        OrderError: if the time is naive, or the symbol has other characters or would make the id too long.
    """
    if as_of.tzinfo is None:
        raise OrderError(
            f"An order's time: expected one with a time zone, was {as_of.isoformat()}. Pass UTC times."
        )
    return client_order_ids(run_id, symbol, role)(iso(as_of))


def client_order_ids(run_id: str | None, symbol: str, role: OrderRole) -> Callable[[str], str]:
    """`client_order_id` of many times, each given as the text that `iso` makes of it.

    Raises:
        OrderError: as `client_order_id`.
    """
    if not _SYMBOL.fullmatch(symbol):
        raise OrderError(f"Symbol {symbol!r}: expected letters, digits and hyphens, for example BTC-USD.")
    identity = json.dumps([run_id, symbol, "TIME", role.value])
    before, after = identity.rsplit("TIME", 1)
    name = f"ANX4_{_run8(run_id or '')}_{symbol.replace('-', '')}_"

    def made(time: str) -> str:
        return f"{name}{compact(time)}_{_hex(before + time + after)[:_DIGITS]}"

    longest = made("2024-05-03T22:00:00Z")
    if len(longest) > MAX_LENGTH:
        raise OrderError(
            f"Symbol {symbol!r} is too long: {longest} has {len(longest)} characters, at most {MAX_LENGTH} fit."
        )
    return made


def _run8(run_id: str) -> str:
    digits = re.sub("[^0-9a-f]", "", run_id.lower())
    return (digits if len(digits) >= _DIGITS else _hex(run_id))[-_DIGITS:]


def _hex(text: str) -> str:
    return sha256(text.encode()).hexdigest()
