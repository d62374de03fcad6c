"""A tape that something else than ArgusNexus has changed is never believed, and never a traceback."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from argusnexus.errors import LedgerError
from argusnexus.model.conditions import Comparison, Condition
from argusnexus.truth.files import tape_path
from argusnexus.truth.tape import CONDITIONS, INDICATORS
from truth.ledger_rows import BTC, ETH, RUN, a_tape, read_tape, write_tape

NEEDED = (Condition("no_breakout", "close", Comparison.ABOVE, "atr"),)


@pytest.fixture
def rewritten(db):
    """Writes a sound tape of two symbols again, changed; options are those of the Parquet writer."""
    write_tape(db, RUN, [a_tape(BTC, 50, conditions=NEEDED), a_tape(ETH, 50)])
    path = tape_path(db, RUN)

    def rewrite(change, row_group_size=50):
        pq.write_table(change(pq.read_table(path)), path, row_group_size=row_group_size)

    return rewrite


def noted(**changes):
    """A change of metadata."""
    keys = {"indicators": INDICATORS, "conditions": CONDITIONS}

    def change(table):
        notes = dict(table.schema.metadata)
        for name, text in changes.items():
            notes[keys[name]] = text
        return table.replace_schema_metadata(notes)

    return change


def with_cell(name, value):
    """A change of one line's cell."""

    def change(table):
        place, column = table.schema.get_field_index(name), table[name]
        kind = pa.string() if pa.types.is_dictionary(column.type) else column.type
        values = column.to_pylist()
        values[7] = value
        cells = pa.array(values, kind)
        cells = cells.dictionary_encode() if kind == pa.string() else cells
        return table.set_column(place, table.schema.field(name), cells)

    return change


def per_symbol(value):
    return json.dumps({BTC: value, ETH: []})


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.replace_schema_metadata(None),
        noted(indicators="[1"),
        noted(indicators="[1]"),
        noted(indicators=json.dumps({BTC: ["atr"]})),
        noted(indicators=per_symbol("atr")),
        noted(indicators=per_symbol([1])),
        noted(indicators=b"\xff"),
        noted(conditions="null"),
        noted(conditions=per_symbol([["a", "close", "?", "atr"]])),
        noted(conditions=per_symbol([["a", "close", ">"]])),
        noted(conditions=per_symbol([[1, "close", ">", "atr"]])),
        noted(conditions=per_symbol([["a", "close", ">", None]])),
        noted(conditions=per_symbol(5)),
        lambda table: table.drop_columns(["close"]),
        lambda table: table.drop_columns(["reason"]),
        lambda table: table.drop_columns(["indicator.atr"]),
        lambda table: table.set_column(7, "close", pc.cast(table["close"], pa.string())),
        lambda table: table.slice(0, 0),
        lambda table: table.slice(0, 50),
        with_cell("reason", None),
        with_cell("phase", "NOWHERE"),
        with_cell("as_of", None),
        with_cell("close", None),
    ],
)
def test_damage_is_an_error_that_names_the_tape(rewritten, db, change):
    rewritten(change)
    with pytest.raises(LedgerError, match=f"Tape .*{RUN}.parquet: "):
        read_tape(db, RUN, BTC)


def test_row_groups_of_several_symbols_are_refused(rewritten, db):
    rewritten(lambda table: table, row_group_size=70)
    with pytest.raises(LedgerError, match="row group 0 holds lines of BTC-USD to ETH-USD"):
        read_tape(db, RUN, ETH)


def test_other_row_groups_of_one_symbol_are_read(rewritten, db):
    sound = read_tape(db, RUN, ETH)
    rewritten(lambda table: table, row_group_size=10)
    np.testing.assert_array_equal(read_tape(db, RUN, ETH).equity, sound.equity)
    assert read_tape(db, RUN, BTC).conditions == NEEDED


def test_tapes_of_older_ledgers_have_neither_closes_nor_conditions(rewritten, db):
    notes = {INDICATORS: json.dumps({BTC: ["atr"], ETH: ["atr"]})}
    rewritten(lambda table: table.drop_columns(["close"]).replace_schema_metadata(notes))
    assert np.isnan(read_tape(db, RUN, BTC).close).all()


def test_a_flipped_bit_of_any_column_is_found(db):
    values = np.random.default_rng(0).random(500)  # nothing to compress: a flipped bit is a changed number
    write_tape(db, RUN, [a_tape(BTC, 500, indicators={"noise": values})])
    path = tape_path(db, RUN)
    sound = path.read_bytes()
    column = pq.ParquetFile(path).metadata.row_group(0)
    chunks = [column.column(place) for place in range(column.num_columns)]
    for chunk in chunks:
        damaged = bytearray(sound)
        damaged[chunk.data_page_offset + chunk.total_compressed_size - chunk_head(chunk) - 1] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(LedgerError, match="Tape"):
            read_tape(db, RUN, BTC)


def chunk_head(chunk):
    """Bytes of a dictionary page, which stands before the data."""
    first = chunk.dictionary_page_offset
    return 0 if first is None else chunk.data_page_offset - first
