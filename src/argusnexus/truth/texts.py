"""Columns as the ledger's texts: exactly those that its codecs make of single values."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from argusnexus.model.times import SECOND, from_ns, iso

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from argusnexus.model.candles import FloatColumn

_NULL = "null"
_SMALLEST_ALIKE, _LARGEST_ALIKE = 1e-4, 1e10


class Form(NamedTuple):
    """Texts of one form.

    Attributes:
        pattern: `%s` stands where they differ.
        columns: what to put there.
    """

    pattern: str
    columns: tuple[Sequence[str], ...]

    def texts(self, count: int) -> list[str]:
        """All of them; there must be as many as the columns are long."""
        if not self.columns:
            return [self.pattern % ()] * count
        return [self.pattern % row for row in zip(*self.columns, strict=True)]


def same(text: str) -> Form:
    """One text for all."""
    return Form(text.replace("%", "%%"), ())


def null() -> Form:
    """No value in any of them."""
    return same(_NULL)


def quoted(texts: Sequence[str]) -> Form:
    """JSON strings of texts that need no escapes."""
    return Form('"%s"', (texts,))


def numbers(column: FloatColumn) -> Form:
    """JSON numbers; null where JSON has none."""
    bits = column.view(np.int64)  # tells 0.0 from -0.0
    first = np.flatnonzero(bits[1:] != bits[:-1]) + 1
    if len(bits) and not len(first):
        return same(_number(column[0].item()))
    if 2 * len(first) >= len(bits):
        return Form("%s", (_numbers(column),))
    starts = np.concatenate(([0], first))
    repeated = np.diff(starts, append=len(bits))
    return Form("%s", (np.repeat(np.array(_numbers(column[starts]), object), repeated).tolist(),))


def _numbers(column: FloatColumn) -> list[str]:
    """Arrow writes the same shortest digits in half of `repr`'s time, where neither needs an exponent or adds a `.0`."""
    size = np.abs(column)
    alike = (size >= _SMALLEST_ALIKE) & (size < _LARGEST_ALIKE) & (column != np.floor(column))
    others = np.flatnonzero(~alike)
    if 2 * len(others) > len(column):
        texts = list(map(repr, column.tolist()))
    else:
        texts = _arrow_texts(column)
        for place, value in zip(others.tolist(), column[others].tolist(), strict=True):
            texts[place] = repr(value)
    for place in np.flatnonzero(~np.isfinite(column)).tolist():
        texts[place] = _NULL
    return texts


def _arrow_texts(column: FloatColumn) -> list[str]:
    values = pa.py_buffer(np.ascontiguousarray(column))
    written = pa.Array.from_buffers(pa.float64(), len(column), [None, values]).cast(pa.string())
    _, ends, digits = written.buffers()
    text = digits.to_pybytes().decode()
    return [
        text[first:last] for first, last in pairwise(np.frombuffer(ends, np.int32, len(column) + 1).tolist())
    ]


def _number(value: float) -> str:
    return repr(value) if math.isfinite(value) else _NULL


def objects(columns: Mapping[str, Form]) -> Form:
    """JSON objects from columns of JSON texts: keys sorted, no spaces."""
    items = [_item(name, columns[name]) for name in sorted(columns)]
    return Form(f"{{{','.join(item.pattern for item in items)}}}", _columns(items))


def lists(items: Sequence[Form]) -> Form:
    """JSON lists of so many items, each a column of JSON texts."""
    return Form(f"[{','.join(item.pattern for item in items)}]", _columns(items))


def _item(name: str, form: Form) -> Form:
    return Form(f"{same(json.dumps(name)).pattern}:{form.pattern}", form.columns)


def _columns(items: Sequence[Form]) -> tuple[Sequence[str], ...]:
    return tuple(column for item in items for column in item.columns)


def iso_texts(moments: npt.NDArray[Any]) -> list[str]:
    """Nanoseconds since the epoch as `iso` writes them."""
    if (moments % SECOND).any():
        return [iso(from_ns(moment)) for moment in moments.tolist()]
    texts = np.datetime_as_string(moments.astype("datetime64[ns]"), unit="s", timezone="UTC")
    listed: list[str] = texts.tolist()
    return listed
