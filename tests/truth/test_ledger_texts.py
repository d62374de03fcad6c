"""Columns as texts: exactly what the ledger's codecs make of single values."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.model.times import from_ns, iso
from argusnexus.truth.codecs import canonical_json
from argusnexus.truth.texts import Form, iso_texts, lists, null, numbers, objects, quoted, same

FLOATS = st.one_of(
    st.floats(),
    st.floats(1e-5, 1e17),
    st.integers(-(10**17), 10**17).map(float),
    st.decimals(0, 10**11, places=2).map(float),
)


def texts(form, count):
    return form.texts(count)


@given(st.lists(FLOATS, min_size=1, max_size=60))
def test_numbers_are_written_as_the_codec_writes_them(values):
    assert texts(numbers(np.array(values)), len(values)) == [canonical_json(value) for value in values]


@given(st.lists(st.tuples(FLOATS, st.integers(1, 9)), min_size=1, max_size=9))
def test_numbers_that_repeat_are_written_as_often(runs):
    values = [value for value, count in runs for _ in range(count)]
    assert texts(numbers(np.array(values)), len(values)) == [canonical_json(value) for value in values]


def test_zero_keeps_its_sign():
    assert texts(numbers(np.array([0.0, -0.0, 0.0])), 3) == ["0.0", "-0.0", "0.0"]


def test_a_column_without_values_has_no_texts():
    assert texts(numbers(np.zeros(0)), 0) == []


@given(st.lists(st.integers(0, 4 * 10**9), min_size=1), st.sampled_from([1_000, 1_000_000_000]))
def test_times_are_written_as_the_codec_writes_them(counts, unit):
    moments = np.array(counts, np.int64) * unit
    assert iso_texts(moments) == [iso(from_ns(moment)) for moment in moments.tolist()]


@pytest.mark.parametrize("name", ["a", 'quoted "b"', "100 %", "ä"])
def test_objects_and_lists_are_canonical(name):
    column = np.array([1.5, 2.0, np.nan])
    form = lists([objects({"z": numbers(column), name: quoted(["x", "y", "%s"]), "b": null()}), same("5%")])
    wanted = [
        {"z": value, name: text, "b": None} for value, text in zip(column, ["x", "y", "%s"], strict=True)
    ]
    assert form.texts(3) == [canonical_json([one]).removesuffix("]") + ",5%]" for one in wanted]
    assert json.loads(form.texts(3)[0].replace("5%", "5"))[1] == 5


def test_one_text_stands_for_all():
    assert Form("a", ()).texts(2) == ["a", "a"]
