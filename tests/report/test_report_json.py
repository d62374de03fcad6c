"""The report as JSON: the names that readers rely on, numbers that JSON has."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.report import empty_report, to_dict, to_json
from argusnexus.truth.logger import TruthLogger
from report.report_rows import GENERATED_AT, Story
from truth.ledger_rows import BTC, a_halt, a_run, a_run_symbol

TRADES = {
    "trades_opened", "trades_closed", "wins", "losses", "breakeven", "win_rate", "avg_win", "avg_loss",
    "rr_actual", "expectancy", "profit_factor", "gross_pnl", "net_pnl", "fees",
}  # fmt: skip
RISK = {
    "max_drawdown_dollars", "max_drawdown_percent", "peak_equity", "final_equity", "max_consecutive_losses",
    "max_consecutive_loss_dollars", "halt", "start_capital",
}  # fmt: skip
DATA_QUALITY = {
    "candles_processed", "gaps_detected", "missing_candles", "volume_anomalies", "ambiguous_candles", "clipped",
}  # fmt: skip


def refuse_constant(text):
    raise AssertionError(f"{text} is no JSON")


def test_sections_have_their_names(story):
    sections = to_dict(story.report())
    assert {"run_id", "run_info", "generated_at", "trades", "risk", "data_quality", "symbols"} <= set(
        sections
    )
    for section in (sections, *sections["symbols"]):
        assert set(section["trades"]) >= TRADES
        assert set(section["risk"]) >= RISK
        assert set(section["data_quality"]) >= DATA_QUALITY


def test_money_and_ratios_are_numbers_and_prices_are_texts(story):
    story.logger.log_run_symbol(a_run_symbol())
    story.trade("10")
    story.trade("-4")
    story.position(entry_price=Decimal("62938.45"), quantity=Decimal("0.00114454"))
    sections = to_dict(story.report())
    assert (sections["trades"]["expectancy"], sections["trades"]["win_rate"]) == (3.0, 50.0)
    assert sections["generated_at"] == "2025-06-07T22:00:00Z"
    (position,) = sections["open_positions"]
    prices = (position["entry_price"], position["quantity"], position["mark"])
    assert prices == ("62938.45", "0.00114454", "65510.29")


def test_what_is_unknown_is_null(story):
    sections = to_dict(story.report())
    assert (sections["trades"]["win_rate"], sections["risk"]["halt"]) == (None, None)


def test_a_halt_is_in_the_risk_section(story):
    story.logger.log_halt(a_halt())
    (halt,) = to_dict(story.report())["risk"]["halt"]
    assert (halt["symbol"], halt["when"], halt["limit"]) == (BTC, "2024-05-04T03:00:00Z", 25.0)


def test_an_unknown_run_has_all_sections_and_nothing_in_them():
    sections = to_dict(empty_report("unknown", GENERATED_AT))
    assert (sections["run_id"], sections["run_info"], sections["symbols"]) == ("unknown", {}, [])
    assert set(sections["trades"]) >= TRADES
    assert sections["trades"]["trades_closed"] == 0


@pytest.mark.parametrize("indent", [None, 2])
def test_text_is_the_same_as_the_dict(story, indent):
    story.trade("10")
    report = story.report()
    assert json.loads(to_json(report, indent=indent)) == to_dict(report)
    assert (to_json(report, indent=indent).count("\n") == 0) is (indent is None)


@given(st.lists(st.decimals(-1000, 1000, places=8), max_size=5), st.sampled_from(["0", "500"]))
def test_every_report_is_json(tmp_path_factory, nets, capital):
    db = tmp_path_factory.mktemp("ledger") / "ledger.db"
    with TruthLogger(db) as logger:
        logger.start_run(a_run(symbols=(BTC,), capital=Decimal(capital)))
        story = Story(db, logger)
        with logger.transaction():
            for net in nets:
                story.trade(str(net))
        text = to_json(story.report())
    assert json.loads(text, parse_constant=refuse_constant)["trades"]["trades_closed"] == len(nets)
