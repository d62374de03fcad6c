"""Every defect that the notes of the real files list, and that one series can show, is reported."""

from __future__ import annotations

import numpy as np
import pytest

from argusnexus.market.checks import Code, Severity, check
from argusnexus.market.importing import read_candles
from argusnexus.model.times import from_iso, from_ns, iso, to_ns

COINBASE = ("BTC-USD", "ETH-USD", "SOL-USD")
ERRORS = {
    "bitmex_XBTUSD_1m": {Code.LOW_ABOVE_BODY, Code.HIGH_BELOW_BODY},
    "yahoo_BTC-USD_15m": {Code.DUPLICATE_TIME, Code.OUT_OF_ORDER, Code.OFF_GRID},
    "yahoo_BTC-USD_1d": {Code.NOT_FINITE},
}
# (holes, missing candles, longest hole) as the notes count them
HOLES = {
    "binance_BTC-USDT_1h": (28, 128, 33),
    "coinbase_BTC-USD_15m": (4, 56, 25),
    "coinbase_BTC-USD_1d": (8, 34, 20),
    "coinbase_BTC-USD_1h": (2, 10, 5),
    "coinbase_BTC-USD_1m": (99, 775_257, 472_320),
    "coinbase_ETH-USD_1h": (2, 10, 5),
    "coinbase_ETH-USD_1m": (3, 304_271, 303_840),
    "coinbase_SOL-USD_15m": (5, 57, 25),
    "coinbase_SOL-USD_1h": (2, 10, 5),
    "kraken_BTC-USD_1h": (3_254, 10_856, 56),
    "yahoo_BTC-USD_15m": (9, 243, 222),
}
ZERO_VOLUME = {
    "binance_BTC-USDT_1h": 4,
    "bitmex_XBTUSD_1m": 52_905,
    "bitstamp_BTC-USD_1h": 5,
    "cdd-coinbase_ETH-USD_1h": 9,
    "yahoo_BTC-USD_15m": 2_084,
}


@pytest.fixture(scope="module")
def checked(real_data):
    """The candles and findings of each file, by its name without the ending."""
    return {path.stem: _checked(path) for path in sorted(real_data.glob("*.parquet"))}


@pytest.fixture(scope="module")
def real_data(real_file):
    return real_file("README.md").parent


@pytest.fixture(scope="module")
def finding(checked):
    return lambda name, code: checked[name][1][code]


def _checked(path):
    _, symbol, granularity = path.stem.split("_")
    candles = read_candles(path, symbol, None).candles
    assert str(candles.granularity) == granularity
    return candles, {finding.code: finding for finding in check(candles)}


def times(finding):
    return [iso(from_ns(place.first_time)) for place in finding.places]


def test_only_what_the_notes_call_broken_is_an_error(checked):
    found = {
        name: {code for code, one in findings.items() if one.severity is Severity.ERROR}
        for name, (_, findings) in checked.items()
    }
    assert {name: codes for name, codes in found.items() if codes} == ERRORS


def test_the_clean_files_have_their_holes_and_nothing_else(checked):
    for symbol in COINBASE:
        assert checked[f"coinbase_{symbol}_6h"][1] == {}
        assert checked[f"coinbase_{symbol}_1h"][1].keys() == {Code.HOLES}
        assert checked[f"coinbase_{symbol}_1h"][1][Code.HOLES].severity is Severity.INFO
    assert checked["binance_BTC-USDT_5m"][1] == {}
    for symbol in ("BTC-USD", "SOL-USD"):
        assert checked[f"coinbase_{symbol}_15m"][1].keys() == {Code.HOLES}


def test_all_holes_are_counted(checked):
    found = {name: one[Code.HOLES] for name, (_, one) in checked.items() if Code.HOLES in one}
    assert found.keys() == HOLES.keys()
    for name, (holes, missing, longest) in HOLES.items():
        assert (len(found[name].rows), found[name].count) == (holes, missing)
        assert f"the longest has {longest:,}" in found[name].message


@pytest.mark.parametrize("symbol", COINBASE)
def test_the_two_outages_of_the_hourly_files_are_placed(finding, symbol):
    places = finding(f"coinbase_{symbol}_1h", Code.HOLES).places
    assert [(iso(from_ns(one.first_time)), iso(from_ns(one.last_time))) for one in places] == [
        ("2025-10-25T16:00:00Z", "2025-10-25T20:00:00Z"),
        ("2026-05-08T02:00:00Z", "2026-05-08T06:00:00Z"),
    ]


def test_the_outages_of_the_quarter_hours_are_placed(finding):
    bitcoin = [
        "2024-05-31T22:15:00Z",
        "2024-10-26T16:15:00Z",
        "2025-10-25T15:15:00Z",
        "2026-05-08T01:30:00Z",
    ]
    assert times(finding("coinbase_BTC-USD_15m", Code.HOLES)) == bitcoin
    solana = times(finding("coinbase_SOL-USD_15m", Code.HOLES))
    assert solana == [*bitcoin[:2], "2024-12-09T07:00:00Z", *bitcoin[2:]]


def test_the_launch_of_the_daily_file_is_placed(finding):
    found = finding("coinbase_BTC-USD_1d", Code.HOLES)
    assert times(found)[0] == "2014-12-05T00:00:00Z"
    assert iso(from_ns(found.places[-1].last_time)) == "2015-01-18T00:00:00Z"
    longest = max(found.places, key=lambda place: place.candles)
    assert (longest.candles, iso(from_ns(longest.last_time))) == (20, "2015-01-07T00:00:00Z")


def test_whole_months_between_the_days_of_the_minute_files_are_missing(finding):
    found = finding("coinbase_BTC-USD_1m", Code.HOLES)
    assert found.severity is Severity.WARNING
    early = finding("coinbase_ETH-USD_1m", Code.HOLES)
    assert "2018-04-04T16:53:00Z" in times(early)


def test_hours_of_krakens_first_years_are_missing(finding):
    found = finding("kraken_BTC-USD_1h", Code.HOLES)
    assert found.severity is Severity.WARNING
    by_year = dict(
        part.split(": ")
        for part in found.message.partition("most of them in ")[2].rstrip(")").split(", ")
        if ": " in part
    )
    counted = sum(int(by_year[year].replace(",", "")) for year in ("2013", "2014", "2015"))
    assert counted == pytest.approx(10_609, abs=10)  # by the year in which a hole begins
    assert finding("kraken_BTC-USD_1h", Code.ONE_PRICE).count == 2_688


def test_binances_longest_halt_is_placed(finding):
    found = finding("binance_BTC-USDT_1h", Code.HOLES)
    longest = max(found.places, key=lambda place: place.candles)
    assert (longest.candles, iso(from_ns(longest.last_time))) == (33, "2018-02-09T09:00:00Z")
    assert times(finding("binance_BTC-USDT_1h", Code.ZERO_VOLUME)) == [
        "2017-09-06T16:00:00Z",
        "2019-06-07T21:00:00Z",
        "2021-02-11T03:00:00Z",
        "2023-03-24T12:00:00Z",
    ]


def test_all_candles_without_volume_are_counted(checked):
    found = {
        name: one[Code.ZERO_VOLUME].count for name, (_, one) in checked.items() if Code.ZERO_VOLUME in one
    }
    assert found == ZERO_VOLUME


def test_bitstamps_hours_without_volume_are_placed(finding):
    places = finding("bitstamp_BTC-USD_1h", Code.ZERO_VOLUME).places
    assert [(iso(from_ns(one.first_time)), one.candles) for one in places] == [
        ("2020-04-25T20:00:00Z", 4),
        ("2022-01-05T09:00:00Z", 1),
    ]


def test_the_switches_of_bitstamps_volume_are_placed_both_ways(finding):
    found = finding("bitstamp_BTC-USD_1h", Code.VOLUME_UNIT)
    assert times(found) == ["2019-03-03T01:00:00Z", "2019-04-13T17:00:00Z", "2020-10-12T09:00:00Z"]
    assert [word for word in found.message.split() if word in ("up", "down")] == ["down", "up", "down"]


def test_no_other_file_changes_its_unit_or_repeats_itself(checked):
    for code, names in (
        (Code.VOLUME_UNIT, {"bitstamp_BTC-USD_1h"}),
        (Code.REPEATED_BLOCK, {"cdd-coinbase_ETH-USD_1h"}),
        (Code.SYNTHETIC_OPEN, {"cdd-coinbase_ETH-USD_1h", "bitmex_XBTUSD_1m"}),
    ):
        assert {name for name, (_, findings) in checked.items() if code in findings} == names


def test_the_five_repeated_candles_are_placed(finding):
    found = finding("cdd-coinbase_ETH-USD_1h", Code.REPEATED_BLOCK)
    (place,) = found.places
    assert place.candles == found.count == 5
    assert (place.first_time, place.last_time) == (
        to_ns(from_iso("2017-11-12T04:00")),
        to_ns(from_iso("2017-11-12T08:00")),
    )
    assert "as they did from 2017-11-11T23:00:00Z" in found.message


def test_the_exports_opens_are_the_closes_before(finding):
    assert "99.9% of the candles" in finding("cdd-coinbase_ETH-USD_1h", Code.SYNTHETIC_OPEN).message
    assert ("2018-02-01T05:00:00Z", 3) in [
        (iso(from_ns(one.first_time)), one.candles)
        for one in finding("cdd-coinbase_ETH-USD_1h", Code.ZERO_VOLUME).places
    ]


def test_bitmexs_opens_are_outside_the_range_and_its_closes_never(finding):
    low, high = (finding("bitmex_XBTUSD_1m", code) for code in (Code.LOW_ABOVE_BODY, Code.HIGH_BELOW_BODY))
    assert len(np.union1d(low.rows, high.rows)) == 160_491
    assert "the close in 0" in low.message
    assert "the close in 0" in high.message


def test_bitmexs_price_step_is_half_a_dollar_by_december(finding):
    message = finding("bitmex_XBTUSD_1m", Code.PRICE_STEP).message
    assert message.endswith("0.1 from 2017-03-31T12:01:00Z on; 0.5 from 2017-11-09T18:22:00Z on")


def test_yahoos_overlapping_downloads_are_described(finding):
    duplicates = finding("yahoo_BTC-USD_15m", Code.DUPLICATE_TIME)
    assert duplicates.count == 32
    assert "21 identical to the earlier row, 11 conflicting" in duplicates.message
    backwards = finding("yahoo_BTC-USD_15m", Code.OUT_OF_ORDER)
    assert (backwards.count, times(backwards)) == (1, ["2021-10-27T06:00:00Z"])
    assert times(finding("yahoo_BTC-USD_15m", Code.OFF_GRID)) == [
        "2021-10-27T13:46:02Z",
        "2021-11-27T06:01:03Z",
        "2021-12-29T13:50:02Z",
    ]
    longest = max(finding("yahoo_BTC-USD_15m", Code.HOLES).places, key=lambda place: place.candles)
    assert iso(from_ns(longest.last_time)) == "2021-11-29T13:30:00Z"


def test_yahoos_empty_days_are_found(checked, finding):
    candles, _ = checked["yahoo_BTC-USD_1d"]
    found = finding("yahoo_BTC-USD_1d", Code.NOT_FINITE)
    days = [iso(from_ns(time))[:10] for time in candles.times[found.rows]]
    assert days == ["2020-04-17", "2020-10-09", "2020-10-12", "2020-10-13"]


def test_real_crashes_of_single_venues_are_pointed_out(checked):
    """Spikes that the notes don't list: a single trade at 0.06, a venue's own flash crash, an index gone astray."""
    found = {name: one[Code.PRICE_SPIKE] for name, (_, one) in checked.items() if Code.PRICE_SPIKE in one}
    assert times(found.pop("coinbase_BTC-USD_1d")) == ["2017-04-15T00:00:00Z"]
    assert times(found.pop("bitstamp_BTC-USD_1h")) == ["2019-05-17T03:00:00Z"]
    assert times(found.pop("binance_BTC-USDT_1h")) == ["2018-10-15T06:00:00Z"]
    assert found.keys() == {"bitmex_XBTUSD_1m", "kraken_BTC-USD_1h"}
