"""How much to buy: the smallest of four bounds, rounded down to the base increment."""

from __future__ import annotations

from typing import NamedTuple

from argusnexus._jit import rule
from argusnexus.money import Increment, rounded_down

LOT_NOISE = 1e-8
"""Part of an increment that float64 equity may cost a quantity which in exact decimals is a whole number of them."""


class SizeInputs(NamedTuple):
    """What the size depends on; money in quote currency, quantities in base currency, rates as fractions.

    `free_cash` is cash less what pending entries hold; `max_participation` 0 switches that bound off.
    """

    equity: float
    free_cash: float
    entry: float
    stop: float
    volume: float
    taker_fee: float
    risk_per_trade: float
    worst_stop_factor: float
    max_asset_concentration: float
    max_participation: float


class Size(NamedTuple):
    """A quantity and the `SizeTerm` that bound it."""

    quantity: float
    term: int


@rule
def position_size(facts: SizeInputs, lot: Increment) -> Size:
    """The quantity whose loss at the stop's worst fill is within the risk budget, and which the other bounds allow.

    The budget bounds the price loss; fees come on top.
    """
    risk_per_unit = facts.entry - facts.stop * facts.worst_stop_factor
    quantity = facts.equity * facts.risk_per_trade / risk_per_unit
    term = 0
    affordable = facts.free_cash / (facts.entry * (1.0 + facts.taker_fee))
    if affordable < quantity:
        quantity = affordable
        term = 1
    concentrated = facts.equity * facts.max_asset_concentration / facts.entry
    if concentrated < quantity:
        quantity = concentrated
        term = 2
    if facts.max_participation > 0.0 and facts.max_participation * facts.volume < quantity:
        quantity = facts.max_participation * facts.volume
        term = 3
    return Size(rounded_down(quantity + LOT_NOISE * lot.numerator / lot.denominator, lot), term)
