from __future__ import annotations

import pytest

from argusnexus.coinbase.advanced import AdvancedCandles
from argusnexus.coinbase.endpoint import CANDLES_PER_REQUEST
from argusnexus.coinbase.exchange import ExchangeCandles
from argusnexus.coinbase.source import VenueSource, open_venue
from argusnexus.coinbase.venue import Venue
from argusnexus.errors import ConfigError, DataError, VenueRefusalError
from argusnexus.model.candles import Granularity
from argusnexus.model.spans import Span
from argusnexus.model.times import HOUR as HOUR_NS
from argusnexus.model.times import SECOND
from venue.candle_venue import Answer
from venue.made_candles import FIRST, HOUR, are_same, bars, made_candles


def hours(start, stop):
    return Span(FIRST + start * HOUR.ns, FIRST + stop * HOUR.ns)


def asked(venue, span, symbol="BTC-USD", granularity=HOUR):
    with venue.line() as line:
        return line.candles(symbol, granularity, span)


@pytest.mark.parametrize(("start", "stop"), [(0, CANDLES_PER_REQUEST), (300, 600), (7, 8), (990, 1_100)])
def test_a_page_is_what_the_venue_has_in_it_oldest_first(venue, truth, start, stop):
    span = hours(start, stop)
    assert are_same(asked(venue, span), truth.between(*span))


def test_a_page_after_all_candles_is_empty(venue):
    assert len(asked(venue, hours(1_500, 1_510))) == 0


def test_every_granularity_that_is_said_to_be_served_is_served(kind, served):
    venue = Venue(kind(served.url), requests_per_second=500.0)
    for granularity in venue.endpoint.granularities:
        truth = made_candles(count=20, granularity=granularity)
        served.bars = bars(truth)
        span = Span(FIRST, FIRST + 20 * granularity.ns)
        assert are_same(asked(venue, span, granularity=granularity), truth)


def test_more_than_the_venue_answers_at_once_is_refused_by_it(venue):
    with pytest.raises(VenueRefusalError, match="BTC-USD 1h candles from 2024-01-01T00:00:00Z"):
        asked(venue, hours(0, 400))


def test_an_unknown_product_is_told_with_the_nearest_known(venue):
    with pytest.raises(DataError, match=r"no product 'BTC-USDC'.*Did you mean 'BTC-USD'"):
        asked(venue, hours(0, 10), "BTC-USDC")


def test_a_refusal_is_not_asked_again(venue, served):
    served.fault = lambda _asked: Answer(403, b'{"message": "Forbidden"}')
    with pytest.raises(VenueRefusalError, match=r"HTTP 403 .*Forbidden"):
        asked(venue, hours(0, 10))
    assert len(served.candle_requests) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"low": 1e9}, "low above its open or close"),
        ({"high": 0.5}, "high below its open or close"),
        ({"volume": -1.0}, "negative volume"),
        ({"low": -1.0}, "low that is not above 0"),
        ({"time": FIRST + 5 * HOUR.ns + SECOND}, "no multiple of the granularity"),
        ({"close": float("inf")}, "no finite number"),
    ],
)
def test_candles_that_can_not_be_are_refused(venue, served, change, said):
    wrong = served.bars["BTC-USD", 3600]
    wrong[5] = wrong[5]._replace(**change)
    with pytest.raises(DataError, match=said):
        asked(venue, hours(0, 10))


def test_two_candles_for_one_time_are_refused_and_the_same_one_twice_is_one(venue, served, truth):
    bars_served = served.bars["BTC-USD", 3600]
    bars_served.insert(3, bars_served[3])
    assert are_same(asked(venue, hours(0, 10)), truth.between(*hours(0, 10)))
    bars_served[3] = bars_served[3]._replace(volume=99.0)
    with pytest.raises(DataError, match="time of an earlier row"):
        asked(venue, hours(0, 10))


def test_the_time_is_the_earlier_of_both_clocks(kind, served):
    class Early:
        def now(self):
            from argusnexus.model.times import from_ns

            return from_ns(FIRST)

    assert Venue(kind(served.url)).now() == served.now
    assert Venue(kind(served.url), clock=Early()).now() == FIRST


@pytest.mark.parametrize(
    ("source", "wanted", "longest"),
    [
        (VenueSource.EXCHANGE, "4h", "1h"),
        (VenueSource.EXCHANGE, "2h", "1h"),
        (VenueSource.EXCHANGE, "30m", "15m"),
        (VenueSource.EXCHANGE, "12h", "6h"),
        (VenueSource.EXCHANGE, "6h", "6h"),
        (VenueSource.ADVANCED, "4h", "4h"),
        (VenueSource.ADVANCED, "8h", "4h"),
        (VenueSource.ADVANCED, "7m", "1m"),
    ],
)
def test_what_is_not_served_is_made_from_the_longest_that_divides_it(source, wanted, longest):
    assert open_venue(source).sources_of(Granularity.parse(wanted))[0] == Granularity.parse(longest)


def test_nothing_is_made_from_what_is_too_long():
    with pytest.raises(ConfigError, match="1m, 5m, 15m, 1h, 6h, 1d"):
        open_venue(VenueSource.EXCHANGE).sources_of(Granularity(HOUR_NS // 61))


def test_no_key_leaves_and_the_client_prints_nothing(kind, served, tmp_path, monkeypatch, capfd):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    served.fault = lambda _asked: Answer(400, b'{"message": "no"}')
    with pytest.raises(VenueRefusalError):
        asked(Venue(kind(served.url)), hours(0, 10))
    assert served.asked
    for request in served.asked:
        assert "authorization" not in {name.lower() for name in request.headers}
        assert request.headers["User-Agent"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.coinbase.com",
        "ftp://api.coinbase.com",
        "https://",
        "https://a:b@c",
        "https://a?b",
        "http://a:x",
        "//a",
    ],
)
def test_an_address_that_is_none_is_refused(text):
    for source in VenueSource:
        with pytest.raises(ConfigError, match="http:// or https://"):
            open_venue(source, text)


def test_the_venue_may_lie_below_a_path(kind):
    assert kind("https://proxy.example/coinbase/").base_url.startswith("https://proxy.example/coinbase")
    venue = open_venue(VenueSource(kind.name), " https://proxy.example/coinbase/ ")
    assert venue.endpoint.base_url == "https://proxy.example/coinbase"


def test_both_are_where_the_venue_says_they_are():
    assert ExchangeCandles().base_url == "https://api.exchange.coinbase.com"
    assert AdvancedCandles().base_url == "https://api.coinbase.com"
