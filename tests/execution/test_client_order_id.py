"""The same decision always has the same order id, another decision another one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from argusnexus.errors import OrderError
from argusnexus.execution.client_order_id import MAX_LENGTH, client_order_id
from argusnexus.model.orders import OrderRole
from argusnexus.model.times import from_ns

AS_OF = datetime(2024, 5, 3, 20, tzinfo=UTC)

run_ids = st.none() | st.text(max_size=40) | st.from_regex(r"replay_[0-9a-f]{8}", fullmatch=True)
symbols = st.from_regex(r"[A-Z0-9]{1,8}(-[A-Z0-9]{1,8}){1,2}", fullmatch=True)
times = st.integers(0, 2**62).map(from_ns)
identities = st.tuples(run_ids, symbols, times, st.sampled_from(OrderRole))


def test_an_id_shows_run_symbol_and_time():
    made = client_order_id("replay_1a2b3c4d", "BTC-USD", AS_OF, OrderRole.ENTRY)
    assert re.fullmatch(r"ANX4_1a2b3c4d_BTCUSD_20240503T200000_[0-9a-f]{8}", made)


def test_an_id_made_today_is_the_id_made_by_every_later_release():
    made = client_order_id("replay_1a2b3c4d", "BTC-USD", AS_OF, OrderRole.ENTRY)
    assert made == "ANX4_1a2b3c4d_BTCUSD_20240503T200000_29e30235"


@given(identities)
def test_the_same_decision_always_has_the_same_id(identity):
    assert client_order_id(*identity) == client_order_id(*identity)


@given(identities, identities, st.integers(0, 3))
def test_any_changed_input_makes_another_id(identity, other, changed):
    assume(identity[changed] != other[changed])
    varied = (*identity[:changed], other[changed], *identity[changed + 1 :])
    assert client_order_id(*identity) != client_order_id(*varied)


@given(identities)
def test_ids_are_short_and_plain(identity):
    made = client_order_id(*identity)
    assert re.fullmatch(r"[A-Za-z0-9_]+", made)
    assert len(made) <= MAX_LENGTH


def test_symbols_that_differ_only_in_their_hyphen_have_different_ids():
    one = client_order_id("run", "BTC-USD", AS_OF, OrderRole.ENTRY)
    other = client_order_id("run", "BT-CUSD", AS_OF, OrderRole.ENTRY)
    assert one.split("_")[2] == other.split("_")[2]
    assert one != other


def test_no_run_and_a_nameless_run_have_different_ids():
    one, other = (client_order_id(run_id, "BTC-USD", AS_OF, OrderRole.ENTRY) for run_id in (None, ""))
    assert one != other


def test_the_time_zone_that_a_time_is_written_in_does_not_matter():
    elsewhere = AS_OF.astimezone(timezone(timedelta(hours=5, minutes=30)))
    one, other = (client_order_id("run", "BTC-USD", moment, OrderRole.EXIT) for moment in (AS_OF, elsewhere))
    assert one == other


@pytest.mark.parametrize(
    ("run_id", "run8"),
    [
        ("replay_1a2b3c4d", "1a2b3c4d"),
        ("6F9619FF-8B86-D011-B42D-00CF4FC964FF", "4fc964ff"),
        ("live", sha256(b"live").hexdigest()[-8:]),
        ("", sha256(b"").hexdigest()[-8:]),
        (None, sha256(b"").hexdigest()[-8:]),
    ],
)
def test_the_run_is_shown_by_its_last_eight_digits_or_those_of_its_hash(run_id, run8):
    assert client_order_id(run_id, "BTC-USD", AS_OF, OrderRole.ENTRY).split("_")[1] == run8


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(OrderError, match="time zone"):
        client_order_id("run", "BTC-USD", AS_OF.replace(tzinfo=None), OrderRole.ENTRY)


@pytest.mark.parametrize(
    "symbol", ["", "-", "BTC/USD", "BTC USD", "BTC_USD", "\u0392TC-USD", "BTC-", "BTC-USD\n"]
)
def test_a_symbol_with_other_characters_is_refused(symbol):
    with pytest.raises(OrderError, match="letters, digits and hyphens"):
        client_order_id("run", symbol, AS_OF, OrderRole.ENTRY)


def test_a_symbol_of_twenty_five_letters_fits_and_a_longer_one_is_refused():
    longest = client_order_id("run", "A" * 22 + "-USD", AS_OF, OrderRole.ENTRY)
    assert len(longest) == MAX_LENGTH
    with pytest.raises(OrderError, match="too long"):
        client_order_id("run", "A" * 23 + "-USD", AS_OF, OrderRole.ENTRY)
