"""The run's own row: what was asked for, and what came of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from argusnexus.config.canonical import config_hash
from argusnexus.model.runs import IntegrityTag, MarketTimeBasis, RunMode, RunStatus
from argusnexus.truth.tables import RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argusnexus.truth.audit.cells import StoredRow
    from argusnexus.truth.audit.findings import Findings

_HASH = re.compile("[0-9a-f]{64}")
_FORMS = {
    "run_id": re.compile(".*[0-9a-f]{8}"),
    "package_version": re.compile(r"\d+(\.\w+)*([.+-]\w+)*"),
    "config_hash": _HASH,
    "data_hash": _HASH,
    "strategy_hash": _HASH,
    "git_sha": re.compile("[0-9a-f]{40}(-dirty)?"),
}
_ASKED = {
    "symbols": "symbols",
    "granularity": "granularity",
    "capital": "capital",
    "capital_mode": "capital_mode",
    "start_date": "start",
    "end_date": "end",
}
_BASIS = {
    RunMode.REPLAY.value: MarketTimeBasis.CANDLE_TIMESTAMP.value,
    RunMode.PAPER.value: MarketTimeBasis.WALL_CLOCK.value,
    RunMode.LIVE.value: MarketTimeBasis.WALL_CLOCK.value,
}
_SAMPLE = "sample market"


def check_run(run: StoredRow, findings: Findings) -> None:
    """What the row says of itself: every cell readable, hashes of their form, the configuration the one hashed."""
    check_readable(run, findings)
    for column, form in _FORMS.items():
        text = run.cell(column)
        if text is not None:
            good = form.fullmatch(str(text)) is not None
            findings.require(RUNS.name, run.row_id, column, text, f"like {form.pattern}", holds=good)
    cells = run.cells
    findings.check(
        RUNS.name,
        run.row_id,
        "market_time_basis",
        _BASIS.get(str(cells["run_mode"])),
        cells["market_time_basis"],
        "that of its run_mode",
    )
    config = run.read("config")
    if isinstance(config, dict):
        with findings.guarded(RUNS.name, run.row_id, "config"):
            _check_config(run, config, findings)
    _check_status(run, findings)


def check_readable(row: StoredRow, findings: Findings) -> None:
    """A finding for each cell that can't be read."""
    for column, stored in row.cells.items():
        findings.checks += 1
        if stored is not None and row.read(column) is None:
            findings.add(row.table.name, row.row_id, column, "a value of its kind", stored, "unreadable")


def _check_config(run: StoredRow, config: Mapping[str, Any], findings: Findings) -> None:
    words = "the hash of the recorded configuration"
    findings.check(RUNS.name, run.row_id, "config_hash", config_hash(config), run.cell("config_hash"), words)
    asked = config.get("replay")
    if not isinstance(asked, dict):
        return
    for column, key in _ASKED.items():
        stored = run.cell(column)
        found = list(run.read("symbols") or ()) if column == "symbols" else stored
        findings.check(RUNS.name, run.row_id, column, asked.get(key), found, "the configuration's")


def _check_status(run: StoredRow, findings: Findings) -> None:
    status, started, completed = (run.read(name) for name in ("status", "started_at", "completed_at"))
    open_ended = status in (RunStatus.RUNNING, RunStatus.INTERRUPTED)
    holds = completed is None if open_ended else completed is not None
    words = "nothing: it was never completed" if open_ended else "a time: it ended"
    findings.require(RUNS.name, run.row_id, "completed_at", completed, words, holds=holds)
    if started is not None and completed is not None:
        words = f"not before it started, {run.cells['started_at']}"
        findings.require(RUNS.name, run.row_id, "completed_at", completed, words, holds=completed >= started)


def check_outcome(
    run: StoredRow, trades: Sequence[StoredRow], sources: Sequence[str], findings: Findings
) -> None:
    """Counts and tags of a completed run, by its trades and where its candles came from."""
    if sources:
        known = run.cell("data_hash") is not None
        findings.require(RUNS.name, run.row_id, "data_hash", None, "a hash: it had candles", holds=known)
    closed = sum(trade.cell("status") == "closed" for trade in trades)
    for column, expected in (("trades_opened", len(trades)), ("trades_closed", closed)):
        findings.check(RUNS.name, run.row_id, column, expected, run.cell(column), "its trades, counted")
    config = run.read("config")
    asked = config.get("replay") if isinstance(config, dict) else None
    if isinstance(asked, dict):
        _check_tags(
            run, bool(asked.get("skip_volume_filter")), any(_SAMPLE in one for one in sources), findings
        )


def _check_tags(run: StoredRow, skipped: bool, synthetic: bool, findings: Findings) -> None:  # noqa: FBT001
    """The tags that the run itself tells are there exactly when they apply; others must be known ones."""
    text = str(run.cell("data_integrity"))
    tags = [] if text == "ok" else text.split("+")
    told = {IntegrityTag.DEGRADED_SKIP_VOLUME.value: skipped, IntegrityTag.SYNTHETIC.value: synthetic}
    known = {tag.value for tag in IntegrityTag}
    holds = known.issuperset(tags) and len(set(tags)) == len(tags)
    holds &= all((tag in tags) is applies for tag, applies in told.items())
    expected = "+".join(tag for tag, applies in told.items() if applies) or "ok"
    findings.require(RUNS.name, run.row_id, "data_integrity", text, expected, holds=holds)
