"""Columns as the ledger's texts: exactly those that its codecs make of single values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from argusnexus.model.times import SECOND, from_ns, iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from argusnexus.model.candles import FloatColumn

NULL = "null"


def iso_texts(moments: npt.NDArray[Any]) -> list[str]:
    """Nanoseconds since the epoch as `iso` writes them."""
    if (moments % SECOND).any():
        return [iso(from_ns(moment)) for moment in moments.tolist()]
    texts = np.datetime_as_string(moments.astype("datetime64[ns]"), unit="s", timezone="UTC")
    listed: list[str] = texts.tolist()
    return listed


def numbers(column: FloatColumn) -> list[str]:
    """JSON numbers; null where JSON has none."""
    if not len(column):
        return []
    values = column.tolist()
    if values[0] == values[-1] and (column == values[0]).all():
        return [repr(values[0]) if np.isfinite(values[0]) else NULL] * len(values)
    texts = list(map(repr, values))
    for place in np.flatnonzero(~np.isfinite(column)).tolist():
        texts[place] = NULL
    return texts


def objects(columns: Mapping[str, Iterable[str]]) -> list[str]:
    """JSON objects from columns of JSON texts: keys sorted, no spaces."""
    names = sorted(columns)
    template = ",".join(json.dumps(name).replace("%", "%%") + ":%s" for name in names)
    template = f"{{{template}}}"
    return [template % row for row in zip(*(columns[name] for name in names), strict=False)]
