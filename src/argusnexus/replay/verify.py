"""A recorded run, replayed again from its own configuration: the same to the last digit, or what differs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from argusnexus._version import __version__
from argusnexus.config import config_hash
from argusnexus.errors import ArgusError, LedgerError
from argusnexus.model.runs import RunMode, RunStatus
from argusnexus.model.times import from_ns
from argusnexus.replay.provenance import git_sha
from argusnexus.replay.recorded_plan import recorded_plan
from argusnexus.replay.run_row import run_row
from argusnexus.replay.simulation import Simulator
from argusnexus.replay.verify_market import recorded_market
from argusnexus.replay.verify_result import (
    Change,
    Difference,
    DifferenceKind,
    Subject,
    TableVerdict,
    Verification,
)
from argusnexus.replay.verify_rows import compare_rows
from argusnexus.replay.verify_tape import DAMAGED, compare_tapes, unreadable
from argusnexus.truth.tables import DECISIONS, FILLS, HALTS, ORDERS, RUN_SYMBOLS, RUNS, TRADES
from argusnexus.truth.tapes import MemoryTapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from argusnexus.market.store import CandleStore
    from argusnexus.model.runs import Run
    from argusnexus.replay.market import ReplayMarket
    from argusnexus.replay.plan import ReplayPlan
    from argusnexus.replay.simulation import Progress, Simulation
    from argusnexus.replay.verify_rows import Cells
    from argusnexus.truth.queries import LedgerReader
    from argusnexus.truth.tables import Table
    from argusnexus.truth.tapes import Tapes

_DIRTY = "-dirty"


def verify_run(
    reader: LedgerReader,
    run_id: str,
    store: CandleStore,
    *,
    strategy: str | None = None,
    native: bool | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Replay a run in memory and compare every row, and every line of its tape, with what the ledger has.

    Args:
        reader: the ledger, which is only read.
        run_id: in full.
        store: where stored candles are.
        strategy: where the strategy is to be found today; None is where it was.
        native: compiled or interpreted step; None chooses by the number of candles.
        progress: as for a replay.

    Raises:
        UnknownRunError: if there is no such run.
        LedgerError: if it is no replay, or was never completed.
        DataError: if its candles aren't there.
        ConfigError, StrategyError: if its configuration can't be used today.
    """
    run = _recorded_run(reader, run_id)
    run_symbols = reader.cells(RUN_SYMBOLS, run_id)
    config = _recorded_config(run)
    try:
        plan = recorded_plan(config, strategy)
        by_symbol = {str(row["symbol"]): row for row in run_symbols}
        market = recorded_market(plan, run, by_symbol, store, reader.tapes)
        simulation = Simulator(plan, market, run_id, native=native, progress=progress or _silent).run()
    except ArgusError as error:
        if _fits_its_hash(config, run):
            raise
        return _not_the_configuration(run, error)
    replayed = _replayed_run(plan, market, simulation, run_id, config)
    recorded = {table.name: reader.cells(table, run_id) for table in _TABLES}
    verdicts = [
        compare_rows(table, recorded[table.name], [table.values(row) for row in rows])
        for table, rows in _replayed_rows(replayed, simulation)
    ]
    verdicts.append(_compare_tape(reader.tapes, run_id, simulation))
    return Verification(run_id, tuple(_changes(run, replayed, config)), tuple(verdicts))


_TABLES: tuple[Table[Any], ...] = (RUNS, RUN_SYMBOLS, DECISIONS, ORDERS, FILLS, TRADES, HALTS)


def _recorded_run(reader: LedgerReader, run_id: str) -> Cells:
    rows = reader.cells(RUNS, run_id)
    if not rows:
        reader.run(run_id)  # says that there is none, with a suggestion
    run = rows[0]
    if run["run_mode"] != RunMode.REPLAY.value:
        raise LedgerError(f"Run {run_id} is {run['run_mode']}: only a replay can be made again and compared.")
    if run["status"] != RunStatus.COMPLETED.value:
        raise LedgerError(
            f"Run {run_id} is {run['status']}: only a completed replay has rows to compare. "
            "Replay it again; what stopped it stands in its report."
        )
    return run


def _recorded_config(run: Cells) -> Any:
    """The configuration as JSON; its text where it is none."""
    text = str(run["config"])
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _fits_its_hash(config: Any, run: Cells) -> bool:
    return isinstance(config, dict) and config_hash(config) == run["config_hash"]


def _not_the_configuration(run: Cells, error: ArgusError) -> Verification:
    """A configuration that was changed and can't even be replayed: nothing else can be compared."""
    run_id, text = str(run["run_id"]), str(run["config"])
    difference = Difference(
        RUNS.name, run_id, DifferenceKind.CHANGED, "config", recorded=text, replayed=f"nothing: {error}"
    )
    return Verification(run_id, (), (TableVerdict(RUNS.name, 1, 0, 1, difference),))


def _replayed_run(
    plan: ReplayPlan, market: ReplayMarket, simulation: Simulation, run_id: str, recorded: Mapping[str, Any]
) -> Run:
    """The row that the replay would have left; a strategy that was moved keeps its recorded name."""
    config = plan.as_config()
    config["strategy"]["name"] = recorded["strategy"].get("name")
    return replace(
        run_row(plan, market, run_id, created_by="", started_at=from_ns(0)),
        config=config,
        config_hash=config_hash(config),
        status=RunStatus.COMPLETED,
        trades_opened=len(simulation.rows.trades),
        trades_closed=simulation.rows.trades_closed,
    )


def _replayed_rows(run: Run, simulation: Simulation) -> Iterable[tuple[Table[Any], Sequence[Any]]]:
    rows = simulation.rows
    made = ([run], simulation.run_symbols, rows.decisions, rows.orders, rows.fills, rows.trades, rows.halts)
    return zip(_TABLES, made, strict=True)


def _compare_tape(tapes: Tapes, run_id: str, simulation: Simulation) -> TableVerdict:
    again = MemoryTapes()
    again.write(run_id, simulation.tapes)
    replayed = _whole_tape(again, run_id)
    try:
        recorded = _whole_tape(tapes, run_id)
        return compare_tapes(recorded, replayed)
    except DAMAGED as error:
        return unreadable(str(error), replayed)


def _whole_tape(tapes: Tapes, run_id: str) -> pa.Table:
    with tapes.opened(run_id) as tape:
        return tape.whole()


def _changes(run: Cells, replayed: Run, config: Mapping[str, Any]) -> Iterator[Change]:
    """What is different today, the code first."""
    pairs = (
        (Subject.GIT_SHA, run["git_sha"], git_sha()),
        (Subject.PACKAGE_VERSION, run["package_version"], __version__),
        (Subject.STRATEGY_HASH, run["strategy_hash"], replayed.strategy_hash),
        (Subject.CONFIG_HASH, run["config_hash"], config_hash(config)),
        (Subject.DATA_HASH, run["data_hash"], replayed.data_hash),
    )
    for subject, recorded, current in pairs:
        if recorded != current or (current or "").endswith(_DIRTY):
            yield Change(subject, None if recorded is None else str(recorded), current)


def _silent(what: str, done: int, total: int) -> None:
    """Tell nobody."""
