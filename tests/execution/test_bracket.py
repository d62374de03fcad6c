"""A bracket is sent as the venue takes it, rounded the safe way, or refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.errors import ConfigError, OrderError
from argusnexus.execution import (
    BracketConfig,
    BracketOrderBuilder,
    ProductSpecs,
    calculate_worst_case_risk,
    client_order_id,
)
from argusnexus.model.orders import EntryType, OrderRole, Side

AS_OF = datetime(2024, 5, 3, 20, tzinfo=UTC)
RUN = "replay_1a2b3c4d"


class NoClock:
    def now(self):
        raise AssertionError("a given timestamp must be enough")


class StandingClock:
    def now(self):
        return AS_OF


def build_long(builder=None, **changed):
    order = {
        "symbol": "BTC-USD",
        "side": "BUY",
        "quantity": Decimal("0.000689"),
        "entry_price": Decimal(104_500),
        "take_profit_price": Decimal(108_778),
        "stop_trigger_price": Decimal(102_361),
        "timestamp": AS_OF,
    }
    return (builder or BracketOrderBuilder(RUN, clock=NoClock())).build(**(order | changed))


def test_a_limit_entry_goes_out_exactly_as_the_venue_takes_it():
    request = build_long()
    assert request.payload == {
        "client_order_id": client_order_id(RUN, "BTC-USD", AS_OF, OrderRole.ENTRY),
        "product_id": "BTC-USD",
        "side": "BUY",
        "order_configuration": {
            "limit_limit_gtc": {"base_size": "0.00068900", "limit_price": "104500.00", "post_only": False}
        },
        "attached_order_configuration": {
            "trigger_bracket_gtc": {"limit_price": "108778.00", "stop_trigger_price": "102361.00"}
        },
    }


def test_a_market_entry_carries_the_same_bracket():
    limit, market = build_long(), build_long(entry_type=EntryType.MARKET)
    assert market.payload["order_configuration"] == {"market_market_ioc": {"base_size": "0.00068900"}}
    assert market.payload["attached_order_configuration"] == limit.payload["attached_order_configuration"]
    assert market.entry_type is EntryType.MARKET


def test_post_only_comes_from_the_configuration():
    builder = BracketOrderBuilder(RUN, BracketConfig(post_only=True))
    entry = build_long(builder).payload["order_configuration"]["limit_limit_gtc"]
    assert entry["post_only"] is True


def test_the_request_says_what_its_payload_says():
    request = build_long()
    assert request.client_order_id == request.payload["client_order_id"]
    assert (request.symbol, request.side, request.entry_type) == ("BTC-USD", Side.BUY, EntryType.LIMIT)
    assert request.quantity == Decimal("0.000689")
    assert request.entry_price == Decimal(104_500)
    assert request.take_profit_price == Decimal(108_778)
    assert request.stop_trigger_price == Decimal(102_361)


def test_the_attached_order_has_no_size_of_its_own():
    child = build_long().payload["attached_order_configuration"]["trigger_bracket_gtc"]
    assert child.keys() == {"limit_price", "stop_trigger_price"}


def test_a_payload_survives_json_without_losing_a_digit():
    payload = build_long(quantity=Decimal("0.00001234"), entry_price=Decimal("104500.10")).payload
    assert json.loads(json.dumps(payload)) == payload


def test_a_long_bracket_rounds_entry_and_take_profit_down_and_the_stop_up():
    request = build_long(
        quantity="0.0006898527",
        entry_price="104500.019",
        take_profit_price="108778.019",
        stop_trigger_price="102361.011",
    )
    assert request.quantity == Decimal("0.00068985")
    assert request.entry_price == Decimal("104500.01")
    assert request.take_profit_price == Decimal("108778.01")
    assert request.stop_trigger_price == Decimal("102361.02")


def test_a_short_bracket_rounds_the_other_way():
    request = build_long(
        side=Side.SELL,
        entry_price="104500.011",
        take_profit_price="102361.011",
        stop_trigger_price="108778.019",
    )
    assert request.side is Side.SELL
    assert request.entry_price == Decimal("104500.02")
    assert request.take_profit_price == Decimal("102361.02")
    assert request.stop_trigger_price == Decimal("108778.01")


@pytest.mark.parametrize("side", ["BUY", "buy", Side.BUY])
def test_a_side_may_be_a_word(side):
    assert build_long(side=side).side is Side.BUY


def test_another_side_is_refused():
    with pytest.raises(OrderError, match="expected BUY or SELL, was 'HODL'"):
        build_long(side="HODL")


@pytest.mark.parametrize(
    "prices",
    [
        {"stop_trigger_price": "104499.991"},  # rounds up onto the entry
        {"stop_trigger_price": 0},
        {"stop_trigger_price": -5},
        {"stop_trigger_price": 104_501},
        {"take_profit_price": "104500.009"},  # rounds down onto the entry
        {"take_profit_price": 104_000},
    ],
)
def test_a_long_bracket_that_is_none_after_rounding_is_refused(prices):
    with pytest.raises(
        OrderError, match=r"0 < stop < entry < take profit after rounding to .*, was entry 104500"
    ):
        build_long(**prices)


@pytest.mark.parametrize(
    "prices",
    [
        {"take_profit_price": "104499.991", "stop_trigger_price": 108_778},
        {"take_profit_price": 0, "stop_trigger_price": 108_778},
        {"take_profit_price": 102_361, "stop_trigger_price": "104500.009"},
        {"take_profit_price": 108_778, "stop_trigger_price": 102_361},
    ],
)
def test_a_short_bracket_that_is_none_after_rounding_is_refused(prices):
    with pytest.raises(OrderError, match="0 < take profit < entry < stop"):
        build_long(side="SELL", **prices)


@pytest.mark.parametrize("quantity", [0, "0.000000009", -1])
def test_an_order_for_nothing_is_refused(quantity):
    with pytest.raises(OrderError, match=r"a quantity of at least 0\.00000001 BTC"):
        build_long(quantity=quantity)


@pytest.mark.parametrize("quantity", ["0.000009", 10])
def test_an_order_that_the_venue_finds_too_small_or_too_large_is_refused(quantity):
    with pytest.raises(OrderError, match=r"a value of 1 to 1000000 USD, was (0\.94|1045000\.0)"):
        build_long(quantity=quantity)


@pytest.mark.parametrize("name", ["quantity", "entry_price", "take_profit_price", "stop_trigger_price"])
@pytest.mark.parametrize("value", ["many", float("nan"), float("inf"), "1e40"])
def test_a_value_that_cannot_be_used_is_named(name, value):
    with pytest.raises(OrderError, match=f"^{name}: expected"):
        build_long(**{name: value})


def test_an_unknown_product_is_refused():
    with pytest.raises(ConfigError, match="ADA-USD"):
        build_long(symbol="ADA-USD")


def test_configured_products_set_the_increments():
    coarse = replace(
        ProductSpecs.get("BTC-USD"), quote_increment=Decimal(5), base_increment=Decimal("0.0001")
    )
    builder = BracketOrderBuilder(RUN, products={"BTC-USD": coarse})
    request = build_long(builder, entry_price="104504.99", stop_trigger_price="102361")
    entry = request.payload["order_configuration"]["limit_limit_gtc"]
    child = request.payload["attached_order_configuration"]["trigger_bracket_gtc"]
    assert (entry["base_size"], entry["limit_price"]) == ("0.0006", "104500")
    assert (child["limit_price"], child["stop_trigger_price"]) == ("108775", "102365")


def test_a_decision_at_another_price_keeps_its_order_id():
    assert build_long().client_order_id == build_long(entry_price=104_499, quantity="0.0005").client_order_id


def test_without_a_timestamp_the_clock_is_asked():
    builder = BracketOrderBuilder(RUN, clock=StandingClock())
    assert build_long(builder, timestamp=None) == build_long()


def test_without_a_clock_the_machine_tells_the_time():
    before = datetime.now(UTC)
    made = build_long(BracketOrderBuilder(), timestamp=None).client_order_id.split("_")[3]
    after = datetime.now(UTC)
    assert f"{before:%Y%m%dT%H%M%S}" <= made <= f"{after:%Y%m%dT%H%M%S}"


def test_a_market_exit_sells_the_quantity_and_nothing_else():
    order_id, payload = BracketOrderBuilder(RUN).build_market_exit("BTC-USD", "SELL", "0.0006898527", AS_OF)
    assert order_id == client_order_id(RUN, "BTC-USD", AS_OF, OrderRole.EXIT)
    assert payload == {
        "client_order_id": order_id,
        "product_id": "BTC-USD",
        "side": "SELL",
        "order_configuration": {"market_market_ioc": {"base_size": "0.00068985"}},
    }


def test_a_market_exit_of_nothing_is_refused():
    with pytest.raises(OrderError, match="after rounding down"):
        BracketOrderBuilder(RUN).build_market_exit("BTC-USD", Side.SELL, "0.000000009", AS_OF)


def test_a_market_exit_without_a_timestamp_asks_the_clock():
    builder = BracketOrderBuilder(RUN, clock=StandingClock())
    assert builder.build_market_exit("BTC-USD", "SELL", 1) == builder.build_market_exit(
        "BTC-USD", "SELL", 1, AS_OF
    )


def test_five_hundred_dollars_at_one_per_cent_risk_buy_0_000689_btc():
    entry, stop = Decimal(104_500), Decimal(102_361)
    per_unit = calculate_worst_case_risk(entry, stop, 1)
    assert per_unit == Decimal("7257.05")
    budget = Decimal(500) * Decimal("0.01")
    quantity = ProductSpecs.get("BTC-USD").round_quantity(budget / per_unit)
    assert round(quantity, 6) == Decimal("0.000689")
    assert (
        budget - per_unit * Decimal("0.00000001") < calculate_worst_case_risk(entry, stop, quantity) <= budget
    )


def test_the_worst_case_of_a_long_is_a_fill_below_its_stop():
    assert calculate_worst_case_risk(100, 90, 2) == Decimal("29.0")  # 2 * (100 - 85.5)


def test_the_worst_case_of_a_short_is_a_fill_above_its_stop():
    assert calculate_worst_case_risk(100, 110, 2) == Decimal("31.0")  # 2 * (115.5 - 100)


def test_the_builder_uses_its_configured_buffer():
    builder = BracketOrderBuilder(config=BracketConfig(stop_buffer_percent=Decimal("0.10")))
    assert builder.calculate_worst_case_risk(100, 90, 2) == Decimal(38)  # 2 * (100 - 81)
    assert BracketOrderBuilder().calculate_worst_case_risk(100, 90, 2) == Decimal(29)


@pytest.mark.parametrize("values", [(100, 100, 1), (100, 0, 1), (-100, 90, 1), (100, 90, 0)])
def test_a_worst_case_of_no_position_is_refused(values):
    with pytest.raises(OrderError, match="Worst-case risk"):
        calculate_worst_case_risk(*values)


def test_a_worst_case_of_no_number_is_refused():
    with pytest.raises(OrderError, match=r"^stop_trigger_price: expected a decimal number, was 'low'"):
        calculate_worst_case_risk(100, "low", 1)


def test_a_stop_buffer_must_be_a_fraction():
    with pytest.raises(ConfigError, match=re.escape("bracket.stop_buffer_percent")):
        BracketConfig(stop_buffer_percent=Decimal(5))


INCREMENTS = ["0.00000001", "0.001", "0.010", "0.05", "1", "2.5", "10", "1E-5", "1E+2"]


@st.composite
def brackets(draw):
    """A product and the raw figures of a bracket that stays one after rounding."""
    product = replace(
        ProductSpecs.get("BTC-USD"),
        base_increment=Decimal(draw(st.sampled_from(INCREMENTS))),
        quote_increment=Decimal(draw(st.sampled_from(INCREMENTS))),
        min_market_funds=Decimal(0),
        max_market_funds=Decimal(10) ** 20,
    )
    units = st.decimals(min_value=2, max_value=10**6, places=5)
    low = draw(units)
    middle, high = low + draw(units), low + draw(units) + 10**6
    side = draw(st.sampled_from(Side))
    ordered = (high, low) if side is Side.BUY else (low, high)
    take_profit, stop = (value * product.quote_increment for value in ordered)
    return product, {
        "side": side,
        "quantity": draw(units) * product.base_increment,
        "entry_price": middle * product.quote_increment,
        "take_profit_price": take_profit,
        "stop_trigger_price": stop,
    }


@given(brackets())
def test_rounding_moves_less_than_one_increment_and_never_the_wrong_way(bracket):
    product, asked = bracket
    made = build_long(BracketOrderBuilder(products={"BTC-USD": product}), **asked)
    outward = 1 if asked["side"] is Side.BUY else -1
    tick = product.quote_increment
    assert 0 <= asked["quantity"] - made.quantity < product.base_increment
    assert 0 <= (asked["entry_price"] - made.entry_price) * outward < tick
    assert 0 <= (asked["take_profit_price"] - made.take_profit_price) * outward < tick
    assert 0 <= (made.stop_trigger_price - asked["stop_trigger_price"]) * outward < tick


@given(brackets())
def test_every_number_sent_is_a_plain_multiple_of_its_increment(bracket):
    product, asked = bracket
    made = build_long(BracketOrderBuilder(products={"BTC-USD": product}), **asked)
    entry = made.payload["order_configuration"]["limit_limit_gtc"]
    child = made.payload["attached_order_configuration"]["trigger_bracket_gtc"]
    sent = [
        (entry["base_size"], made.quantity, product.base_increment),
        (entry["limit_price"], made.entry_price, product.quote_increment),
        (child["limit_price"], made.take_profit_price, product.quote_increment),
        (child["stop_trigger_price"], made.stop_trigger_price, product.quote_increment),
    ]
    for text, value, increment in sent:
        assert re.fullmatch(r"\d+(\.\d+)?", text)
        assert Decimal(text) == value
        assert Decimal(text) % increment == 0


@given(brackets())
def test_the_same_decision_always_makes_the_same_request(bracket):
    product, asked = bracket
    builders = (BracketOrderBuilder(RUN, products={"BTC-USD": product}, clock=NoClock()) for _ in range(2))
    first, second = (build_long(builder, **asked) for builder in builders)
    assert first == second
