"""Rows that are right are proven by the column; only what is odd is looked at one by one, with the same outcome."""

from __future__ import annotations

from dataclasses import replace

import pytest

from argusnexus.model.orders import EntryType
from argusnexus.model.settings import ExecutionConfig
from argusnexus.truth.audit import decided, entries
from truth.audited_runs import BUSY, Copy, audit, replayed, sample

THREE = ("SIM-BTC-USD", "SIM-ETH-USD", "SIM-SOL-USD")
ONE_BY_ONE = ((decided, "remade_entry"), (decided, "remade_exit"), (entries, "entry_order"))


@pytest.fixture(params=list(EntryType))
def recorded(request, tmp_path):
    """A run, and its id."""
    settings = replace(BUSY, execution=ExecutionConfig(entry_type=request.param))
    return tmp_path / "a.db", replayed(tmp_path / "a.db", sample(90, THREE), settings, mode="portfolio")


def forbid(monkeypatch, names):
    def refused(*arguments):
        pytest.fail(f"looked at one by one: {arguments}")

    for module, name in names:
        monkeypatch.setattr(module, name, refused)


def test_nothing_of_a_run_that_is_right_is_looked_at_one_by_one(recorded, monkeypatch):
    forbid(monkeypatch, ONE_BY_ONE)
    assert audit(*recorded).clean


def test_looking_at_everything_one_by_one_comes_to_the_same(recorded, monkeypatch):
    at_once = audit(*recorded)
    monkeypatch.setattr(decided.DecisionProof, "of", lambda *_: {})
    monkeypatch.setattr("argusnexus.truth.audit.plain.PlainStories.of", lambda _, known: [None] * len(known))
    assert audit(*recorded) == at_once


def test_a_text_that_means_the_same_is_no_finding_and_no_check_is_lost(recorded):
    db, run_id = recorded
    copy, as_written = Copy(db), audit(db, run_id)
    statement = "UPDATE {} SET {} WHERE rowid IN (3, 5, 8)"
    for table, change in (
        ("decisions", "market_context = replace(market_context, ':{', ': {')"),
        ("decisions", "risk_checks = replace(risk_checks, ',', ', ')"),
        ("orders", "payload = replace(payload, ':', ' : ')"),
        ("fills", "price = price || '0'"),
        ("trades", "net_pnl = net_pnl || '00'"),
    ):
        with copy.changed(statement.format(table, change)):
            assert copy.audit(run_id) == as_written
