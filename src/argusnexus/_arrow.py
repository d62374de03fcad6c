"""Arrow's arrays as numpy's, by ways on which pyarrow doesn't import pandas: half a second that few commands need."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

_NAN = pa.Array.from_buffers(pa.float64(), 1, [None, pa.py_buffer(np.full(1, np.nan))])[0]
"""`pa.scalar` imports pandas, as `Array.to_numpy` of nulls does and `combine_chunks` of no chunks."""


def numpy_of(values: pa.Array) -> Any:
    """A numpy array of its own, of whole numbers without nulls, or of floats with NaN for null."""
    return np.array(np.from_dlpack(values.fill_null(_NAN) if values.null_count else values))
