from __future__ import annotations

import dataclasses
import hashlib
import struct

import numpy as np
import pytest

from argusnexus.market.hashing import data_hash
from argusnexus.model.candles import Granularity


def hash_of(*many):
    return data_hash({candles.symbol: candles for candles in many})


def test_the_order_of_symbols_and_the_layout_in_memory_do_not_count(hours):
    btc, eth = hours(range(9)), hours(range(5), symbol="ETH-USD")
    big_endian = dataclasses.replace(btc, times=btc.times.astype(">i8"), open=btc.open.astype(">f8"))
    strided = dataclasses.replace(btc, close=np.repeat(btc.close, 2)[::2])
    assert hash_of(btc, eth) == hash_of(eth, btc) == hash_of(eth, big_endian) == hash_of(strided, eth)


@pytest.mark.parametrize("column", ["times", "open", "high", "low", "close", "volume"])
def test_every_value_counts(hours, column):
    candles = hours(range(9))
    values = getattr(candles, column).copy()
    values[-1] = np.nextafter(values[-1], np.inf) if values.dtype.kind == "f" else values[-1] + 1
    assert hash_of(dataclasses.replace(candles, **{column: values})) != hash_of(candles)


def test_symbol_and_granularity_count(hours):
    candles = hours(range(9))
    assert hash_of(candles) != hash_of(dataclasses.replace(candles, symbol="ETH-USD"))
    assert hash_of(candles) != hash_of(dataclasses.replace(candles, granularity=Granularity.parse("4h")))


def test_the_hash_can_be_computed_by_anyone(hours):
    candles = hours(range(2))
    content = b"BTC-USD\n1h\n2\n" + struct.pack("<2q", *candles.times.tolist())
    for column in (candles.open, candles.high, candles.low, candles.close, candles.volume):
        content += struct.pack("<2d", *column.tolist())
    assert hash_of(candles) == hashlib.sha256(content).hexdigest()
