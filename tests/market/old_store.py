"""Writes a series the way the store once laid it out: one file, which describes itself."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from argusnexus.market.hashing import data_hash


def write_old(root, candles, source="old.csv"):
    root.mkdir(parents=True, exist_ok=True)
    footer = {
        "symbol": candles.symbol,
        "granularity": str(candles.granularity),
        "first": str(candles.times.min()),
        "last": str(candles.times.max()),
        "source": source,
        "imported_at": "2025-05-05T00:00:00Z",
        "content_sha256": data_hash({candles.symbol: candles}),
    }
    values = {name: getattr(candles, name) for name in ("open", "high", "low", "close", "volume")}
    times = pa.array(candles.times).cast(pa.timestamp("ns", tz="UTC"))
    table = pa.table({"timestamp": times} | values)
    path = root / f"{candles.symbol}_{candles.granularity}.parquet"
    pq.write_table(table.replace_schema_metadata(footer), path)
    return path
