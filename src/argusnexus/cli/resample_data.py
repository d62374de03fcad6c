"""`argus data resample`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from argusnexus.cli.options import DEFAULT_DATA, AsJson, DataDir, cache_of, print_json
from argusnexus.errors import DataError
from argusnexus.market.exporting import check_target, write_file
from argusnexus.market.resample import Partial, Resampled, resample
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Granularity
from argusnexus.model.faults import refuse_errors


def resample_command(
    symbol: Annotated[str, typer.Argument(help="For example BTC-USD.", metavar="SYMBOL")],
    from_: Annotated[str, typer.Option("--from", help="Length of the stored candles, for example 1h.")],
    to: Annotated[str, typer.Option("--to", help="Length of the candles to make: any whole multiple of it.")],
    out: Annotated[
        Path, typer.Option("--out", help="Where to write them: .parquet or .csv.", metavar="FILE")
    ],
    partial: Annotated[
        Partial, typer.Option(help="Leave out candles made of fewer than all, or keep and mark them.")
    ] = Partial.DROP,
    data_dir: DataDir = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Write stored candles as longer ones, aligned to UTC. A replay does this for itself; here they can be looked at."""
    check_target(out)
    candles = CandleStore(cache_of(data_dir)).load(symbol, Granularity.parse(from_))
    refuse_errors(candles)
    made = resample(candles, Granularity.parse(to), partial)
    if not len(made.candles):
        raise DataError(f"No {to} candle of {symbol} is complete in {len(candles):,} of {from_}.")
    write_file(out, made.candles, made.complete if partial is Partial.KEEP else None)
    if as_json:
        print_json(_summary(made, out))
    else:
        typer.echo(_told(made, out))


def _incomplete(made: Resampled) -> int:
    return len(made.candles) - int(made.complete.sum())


def _summary(made: Resampled, out: Path) -> dict[str, str | int]:
    return {
        "symbol": made.candles.symbol,
        "source": str(made.source),
        "granularity": str(made.candles.granularity),
        "candles": len(made.candles),
        "incomplete": _incomplete(made),
        "dropped": made.dropped_buckets,
        "path": str(out),
    }


def _told(made: Resampled, out: Path) -> str:
    candles = made.candles
    kept = f", {_incomplete(made):,} of them incomplete" if _incomplete(made) else ""
    dropped = f", {made.dropped_buckets:,} incomplete left out" if made.dropped_buckets else ""
    return f"{candles.symbol}: {len(candles):,} {candles.granularity} candles from {made.source}{kept}{dropped}: {out}"
