"""A run row that somebody damaged is told as such, on every way out, and never a traceback."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from argusnexus.errors import LedgerError
from argusnexus.report import record_to_dict, to_json
from argusnexus.report.why import explain_trade
from argusnexus.truth.queries import LedgerReader
from report.report_rows import printed


def damage(story, table, column, value):
    with closing(sqlite3.connect(story.db, isolation_level=None)) as raw:
        for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {trigger}")
        raw.execute(f"UPDATE {table} SET {column} = ?", (value,))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("config", "null"),
        ("config", "[]"),
        ("config", '{"strategy": "x"}'),
        ("config", '{"strategy": null}'),
        ("symbols", "[]"),
        ("symbols", "{}"),
        ("symbols", "[1]"),
        ("capital", "1e5000"),
        ("capital", "1e400"),
    ],
)
def test_a_damaged_run_row_is_an_error_that_names_the_audit(story, column, value):
    story.trade("10")
    damage(story, "runs", column, value)
    with pytest.raises(LedgerError, match=r"makes no sense.*argus audit"):
        to_json(story.report())
    with pytest.raises(LedgerError, match=r"makes no sense.*argus audit"):
        printed(story.report())


@pytest.mark.parametrize("column", ["net_pnl", "fees", "mae"])
@pytest.mark.parametrize("value", ["1e5000", "-1e400"])
def test_an_amount_that_no_machine_reads_is_an_error(story, column, value):
    trade = story.trade("10")
    damage(story, "trades", column, value)
    with pytest.raises(LedgerError, match=r"makes no sense.*argus audit"), LedgerReader(story.db) as reader:
        record_to_dict(explain_trade(reader, trade.trade_id))
