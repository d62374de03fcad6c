"""What the report says of the ledger's own answers, and of the check for look-ahead."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from argusnexus.clock import SystemClock
from argusnexus.replay import ReplayRunner
from argusnexus.report import build_report, empty_report, to_dict, to_json
from argusnexus.report.glass_box import SAMPLE, lookup_times
from argusnexus.truth.files import tape_path
from argusnexus.truth.queries import LedgerReader
from report.report_rows import GENERATED_AT, in_one_line, printed
from truth.ledger_rows import BTC, ETH, a_run_symbol


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A quarter of a year of the sample market, in a ledger."""
    db = tmp_path_factory.mktemp("glass") / "sample.db"
    with ReplayRunner(db, "SIM-BTC-USD", None, "2023-03-31", 500, granularity="1h", native=False) as runner:
        runner.run()
    return db, runner.run_id


def reported(sample):
    db, run_id = sample
    with LedgerReader(db) as reader:
        return build_report(reader, run_id, SystemClock().now())


def test_the_ledger_is_measured_and_audited(sample):
    sections = json.loads(to_json(reported(sample)))
    times, audit = sections["glass_box"]["why_lookup_ms"], sections["glass_box"]["audit"]
    assert set(times) == {"avg", "p95", "max", "lookups"}
    assert 0 < times["avg"] <= times["p95"] <= times["max"]
    assert times["lookups"] == 2 * SAMPLE
    assert (audit["coverage_percent"], audit["findings"]) == (100.0, 0)
    assert audit["checks"] > 1000


def test_the_console_says_both_in_words(sample):
    text = in_one_line(printed(reported(sample)))
    assert f"argus why: {2 * SAMPLE} lookups" in text
    assert "audit: 100.00 % of the rows recomputed and found right · 0 findings" in text


def test_a_run_of_very_many_trades_is_left_to_the_audit_command(sample, monkeypatch):
    monkeypatch.setattr("argusnexus.report.glass_box.TRADES_AUDITED", 1)
    report = reported(sample)
    assert report.glass_box.audit.coverage_percent is None
    assert "audit: not made for so many trades · `argus audit` makes it" in in_one_line(printed(report))


def test_all_other_figures_are_the_same_each_time(sample):
    one, other = (to_dict(replace(reported(sample), generated_at=GENERATED_AT)) for _ in range(2))
    assert one["glass_box"].pop("why_lookup_ms")
    assert other["glass_box"].pop("why_lookup_ms")
    assert one == other


def test_without_a_tape_trades_alone_are_looked_up(sample):
    db, run_id = sample
    path = tape_path(db, run_id)
    aside = path.rename(path.with_suffix(".aside"))
    try:
        assert reported(sample).glass_box.why_lookup_ms.lookups == SAMPLE
    finally:
        aside.rename(path)


def test_an_unknown_run_has_no_glass_box():
    box = to_dict(empty_report("replay_none", GENERATED_AT))["glass_box"]
    assert box["why_lookup_ms"] == {"avg": None, "p95": None, "max": None, "lookups": 0}
    assert box["audit"] == {"coverage_percent": None, "checks": 0, "findings": 0}


@pytest.mark.parametrize(("count", "p95"), [(1, 1), (16, 16), (20, 19), (100, 95)])
def test_95_per_cent_stay_within_the_p95(count, p95):
    times = lookup_times([place / 1000 for place in range(1, count + 1)])
    assert (times.p95, times.max, times.lookups) == pytest.approx((p95, count, count))
    assert times.avg == pytest.approx((count + 1) / 2)


def test_rows_that_contradict_each_other_are_pointed_out(story):
    story.trade("5")  # by hand: nothing can have led to it
    text = in_one_line(printed(story.report()))
    assert "`argus audit` names each row" in text


def test_look_ahead_is_said_to_be_unchecked_unless_every_symbol_was(two):
    two.logger.log_run_symbol(a_run_symbol(symbol=ETH, position=0, causality_cuts=12))
    two.logger.log_run_symbol(a_run_symbol(symbol=BTC, position=1))
    report = two.report()
    assert report.data_quality.causality_cuts is None
    assert [one.data_quality.causality_cuts for one in report.symbols] == [12, None]
    assert "Look-ahead: not checked" in printed(report)


def test_look_ahead_is_said_with_the_number_of_cuts(two):
    two.logger.log_run_symbol(a_run_symbol(symbol=ETH, position=0, causality_cuts=1200))
    two.logger.log_run_symbol(a_run_symbol(symbol=BTC, position=1, causality_cuts=34))
    sections = to_dict(two.report())
    assert sections["data_quality"]["causality_cuts"] == 1234
    assert [one["data_quality"]["causality_cuts"] for one in sections["symbols"]] == [1200, 34]
    words = "Look-ahead: none found, checked at 1,234 cuts of the candles (evidence, not proof)"
    assert words in in_one_line(printed(two.report()))
