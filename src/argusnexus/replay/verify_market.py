"""The candles of a recorded run, found again and cut to exactly the range that it used."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.errors import DataError
from argusnexus.market.sample import SAMPLE_SYMBOLS
from argusnexus.market.source import SampleSource, StoredSource
from argusnexus.model.candles import Granularity
from argusnexus.model.runs import IntegrityTag
from argusnexus.model.times import from_iso, from_ns, iso, to_ns
from argusnexus.replay.market import ReplayMarket, SymbolMarket, load_market
from argusnexus.replay.verify_tape import DAMAGED
from argusnexus.truth.tape_file import numbers_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argusnexus.market.store import CandleStore
    from argusnexus.model.candles import Candles
    from argusnexus.replay.plan import ReplayPlan
    from argusnexus.replay.verify_rows import Cells
    from argusnexus.truth.tape_file import TapeFile
    from argusnexus.truth.tapes import Tapes

_STORED = re.compile(r"(?:resampled from )?stored (\d+[mhd])\b")
_SAMPLE = re.compile(r"(?:resampled from )?sample market\b")


class _Range(NamedTuple):
    """The candles that a run used, nanoseconds: from the first one's open to the last one's close."""

    first: int
    stop: int


def recorded_market(
    plan: ReplayPlan, run: Cells, run_symbols: Mapping[str, Cells], store: CandleStore, tapes: Tapes
) -> ReplayMarket:
    """The candles that a run used, as far as they are there today.

    Where a stored range was recorded, the words about its source are taken over: they tell of all that was stored then.
    Candles that were added since between those that the run used are left out where its tape tells them apart.

    Args:
        plan: of the run.
        run: its row.
        run_symbols: its rows by symbol, as they are in the ledger.
        store: where candles are.
        tapes: where the run's tape is.

    Raises:
        DataError: if candles of the run aren't there, or can't be believed.
    """
    if _is_sample(plan, run, run_symbols):
        return load_market(SampleSource(), plan.symbols, plan.granularity, plan.start, plan.end)
    parts = [_stored(plan, symbol, run_symbols.get(symbol), store) for symbol in plan.symbols]
    market = ReplayMarket(tuple(parts), ())
    if market.data_hash == run["data_hash"]:
        return market
    taped = _as_taped(market, tapes, str(run["run_id"]))
    if taped.data_hash == run["data_hash"]:
        return taped
    for part in parts:
        _refuse_unless_whole(part.candles, _range(run_symbols.get(part.candles.symbol)), store)
    return market


def _as_taped(market: ReplayMarket, tapes: Tapes, run_id: str) -> ReplayMarket:
    """Only the candles that the run's tape has; all of them where it can't be read."""
    try:
        with tapes.opened(run_id) as tape:
            parts = [_on_tape(part, tape) for part in market.symbols]
    except DAMAGED:
        return market
    return replace(market, symbols=tuple(parts))


def _on_tape(part: SymbolMarket, tape: TapeFile) -> SymbolMarket:
    times = numbers_of(tape.columns(part.candles.symbol, ["open_time"])["open_time"])
    return replace(part, candles=part.candles.rows(np.isin(part.candles.times, times)))


def _is_sample(plan: ReplayPlan, run: Cells, run_symbols: Mapping[str, Cells]) -> bool:
    """By any of the two places that say so, so that one that was tampered with doesn't decide."""
    said = IntegrityTag.SYNTHETIC.value in str(run["data_integrity"]).split("+")
    sources = [str(row["source"]) for row in run_symbols.values()]
    return set(plan.symbols) <= set(SAMPLE_SYMBOLS) and (said or any(map(_SAMPLE.match, sources)))


def _stored(plan: ReplayPlan, symbol: str, row: Cells | None, store: CandleStore) -> SymbolMarket:
    words = "" if row is None else str(row["source"])
    match = _STORED.match(words)
    if row is not None and match is None:
        raise DataError(
            f"{symbol}: the run's candles came from {words!r}, which can't be asked again. Only runs on the sample "
            "market or on stored candles (`argus data import`) can be verified."
        )
    made_from = Granularity.parse(match[1]) if match else None
    source = StoredSource(store, made_from)
    used = _range(row)
    if row is None or used is None:
        sourced = source.candles(symbol, plan.granularity, plan.start, plan.end)
        return SymbolMarket(sourced.candles, sourced.description, sourced.clipped)
    candles = source.candles(symbol, plan.granularity).candles.between(*used)
    if not len(candles):
        raise _not_stored(candles, used, store)
    clipped = row["clipped"]
    return SymbolMarket(candles, words, None if clipped is None else str(clipped))


def _range(row: Cells | None) -> _Range | None:
    """What was recorded; None where it can't be read."""
    if row is None:
        return None
    try:
        return _Range(*(to_ns(from_iso(str(row[name]))) for name in ("first_open_time", "last_close_time")))
    except (ValueError, OverflowError):
        return None


def _refuse_unless_whole(candles: Candles, used: _Range | None, store: CandleStore) -> None:
    if used and (candles.times[0] > used.first or candles.close_times[-1] < used.stop):
        raise _not_stored(candles, used, store)


def _not_stored(candles: Candles, used: _Range, store: CandleStore) -> DataError:
    there = (
        f"only from {iso(from_ns(candles.times[0]))} to {iso(from_ns(candles.close_times[-1]))}"
        if len(candles)
        else "none of them"
    )
    symbol, granularity = candles.symbol, candles.granularity
    return DataError(
        f"The run used {granularity} candles of {symbol} from {iso(from_ns(used.first))} to {iso(from_ns(used.stop))}; "
        f"stored in {store.root}: {there}. "
        f"`argus data import FILE --symbol {symbol} --granularity {granularity}` adds some."
    )
