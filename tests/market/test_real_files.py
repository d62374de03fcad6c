"""Every real candle file imports, and its known defects are found."""

from __future__ import annotations

import pytest

from argusnexus.market.checks import quality
from argusnexus.market.importing import read_candles
from argusnexus.market.timestamps import TimeUnit
from argusnexus.model.candles import Granularity
from argusnexus.model.faults import FaultCode, data_errors

# (gaps, missing candles, longest gap, candles without volume) of every file without data errors
CLEAN = {
    "binance_BTC-USDT_1h": (28, 128, 33, 4),
    "binance_BTC-USDT_5m": (0, 0, 0, 0),
    "bitstamp_BTC-USD_1h": (0, 0, 0, 5),
    "cdd-coinbase_ETH-USD_1h": (0, 0, 0, 9),
    "coinbase_BTC-USD_15m": (4, 56, 25, 0),
    "coinbase_BTC-USD_1d": (8, 34, 20, 0),
    "coinbase_BTC-USD_1h": (2, 10, 5, 0),
    "coinbase_BTC-USD_1m": (99, 775_257, 472_320, 0),
    "coinbase_BTC-USD_6h": (0, 0, 0, 0),
    "coinbase_ETH-USD_1h": (2, 10, 5, 0),
    "coinbase_ETH-USD_1m": (3, 304_271, 303_840, 0),
    "coinbase_ETH-USD_6h": (0, 0, 0, 0),
    "coinbase_SOL-USD_15m": (5, 57, 25, 0),
    "coinbase_SOL-USD_1h": (2, 10, 5, 0),
    "coinbase_SOL-USD_6h": (0, 0, 0, 0),
    "kraken_BTC-USD_1h": (3_254, 10_856, 56, 0),
}
DIRTY = {
    "bitmex_XBTUSD_1m": {FaultCode.LOW_ABOVE_BODY, FaultCode.HIGH_BELOW_BODY},
    "yahoo_BTC-USD_15m": {FaultCode.DUPLICATE_TIME, FaultCode.OUT_OF_ORDER, FaultCode.OFF_GRID},
    "yahoo_BTC-USD_1d": {FaultCode.NOT_FINITE},
}


def read(directory, name):
    _, symbol, granularity = name.split("_")
    imported = read_candles(directory / f"{name}.parquet", symbol, Granularity.parse(granularity))
    assert imported.time_unit is TimeUnit.MILLISECONDS
    return imported.candles


def found_in(candles):
    return {finding.code: finding for finding in data_errors(candles)}


def test_every_file_is_covered(real_data):
    assert {path.stem for path in real_data.glob("*.parquet")} == CLEAN.keys() | DIRTY.keys()


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_file_has_no_errors_and_the_known_gaps(real_data, name):
    candles = read(real_data, name)
    assert data_errors(candles) == ()
    found = quality(candles)
    assert (found.gaps_detected, found.missing_candles, found.longest_gap, found.zero_volume) == CLEAN[name]


@pytest.mark.parametrize("name", DIRTY)
def test_a_dirty_file_has_the_known_kinds_of_errors(real_data, name):
    assert found_in(read(real_data, name)).keys() == DIRTY[name]


def test_overlapping_downloads_are_found(real_data):
    found = found_in(read(real_data, "yahoo_BTC-USD_15m"))
    assert found[FaultCode.DUPLICATE_TIME].count == 32
    assert found[FaultCode.OUT_OF_ORDER].count == 1
    assert "2021-10-27T06:00:00Z" in found[FaultCode.OUT_OF_ORDER].message
    assert found[FaultCode.OFF_GRID].count == 3
    assert "2021-10-27T13:46:02Z" in found[FaultCode.OFF_GRID].message


def test_empty_days_are_found(real_data):
    candles = read(real_data, "yahoo_BTC-USD_1d")
    (finding,) = data_errors(candles)
    assert finding.count == 4
    assert "2020-04-17T00:00:00Z" in finding.message
    assert len(candles) == 666


def test_opens_that_were_not_traded_are_found(real_data):
    candles = read(real_data, "bitmex_XBTUSD_1m")
    found = found_in(candles)
    assert sum(finding.count for finding in found.values()) == 160_491
    assert len(candles) == 875_521
    assert quality(candles).zero_volume == 52_905
