"""Gate A's first half: enough closed trades, and each can be walked back to its decisions."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from report.report_rows import in_one_line, printed


@pytest.fixture
def damaged(story):
    """A run of two explained trades whose rows are changed behind the ledger's back."""
    for reason in ("stop_loss", "chandelier"):
        story.trade("1", reason=reason)

    def damage(statement):
        with closing(sqlite3.connect(story.db)) as connection, connection:
            for trigger in ("decisions_refuse_update", "fills_refuse_delete"):
                connection.execute(f"DROP TRIGGER {trigger}")
            connection.execute(statement)
        return story.report().verdict

    return damage


def test_a_hundred_explained_trades_pass(story):
    with story.logger.transaction():
        for number in range(100):
            story.trade("1", reason=("stop_loss", "take_profit", "channel", "emergency")[number % 4])
    verdict = story.report().verdict
    assert (verdict.closed_trades, verdict.explained, verdict.passed) == (100, 100, True)
    assert verdict.words == "100 closed trades (100+ are asked for), all fully explained"


def test_ninety_nine_do_not(story):
    with story.logger.transaction():
        for _ in range(99):
            story.trade("1")
    verdict = story.report().verdict
    assert (verdict.closed_trades, verdict.explained, verdict.passed) == (99, 99, False)


def test_an_open_position_is_not_asked_to_be_explained(story):
    story.position()
    assert story.report().verdict.closed_trades == 0


@pytest.mark.parametrize(
    ("statement", "lacks"),
    [
        ("UPDATE decisions SET result = 'HOLD' WHERE decision_id = 'd-BTC-USD-1'", "entry decision"),
        ("UPDATE decisions SET risk_checks = '[]' WHERE decision_id = 'd-BTC-USD-1'", "all ten risk checks"),
        (
            """UPDATE decisions SET risk_checks = replace(risk_checks, '"passed":true', '"passed":false')
               WHERE decision_id = 'd-BTC-USD-1'""",
            "risk checks that passed",
        ),
        (
            "UPDATE orders SET decision_id = NULL WHERE order_id = 'o-BTC-USD-1'",
            "entry order of its decision",
        ),
        ("UPDATE orders SET client_order_id = NULL WHERE order_id = 'o-BTC-USD-1'", "client_order_id"),
        ("UPDATE orders SET payload = NULL WHERE order_id = 'o-BTC-USD-1'", "order payload"),
        ("DELETE FROM fills WHERE fill_id = 'f-BTC-USD-1'", "entry fill of the whole quantity"),
        ("DELETE FROM fills WHERE fill_id = 'fx-t-BTC-USD-1'", "exit fill of the whole quantity"),
        (
            "UPDATE decisions SET result_reason = 'channel' WHERE decision_id = 'e-t-BTC-USD-2'",
            "exit decision of that reason",
        ),
        (
            "UPDATE trades SET exit_decision_id = NULL WHERE trade_id = 't-BTC-USD-2'",
            "exit decision of that reason",
        ),
    ],
)
def test_a_trade_that_lacks_a_link_is_not_explained(damaged, statement, lacks):
    verdict = damaged(statement)
    assert (verdict.closed_trades, verdict.explained) == (2, 1)
    assert [trade.missing for trade in verdict.unexplained] == [(lacks,)]


def test_a_trade_without_its_exit_order_lacks_order_and_fill(damaged):
    verdict = damaged("UPDATE trades SET exit_order_id = NULL WHERE trade_id = 't-BTC-USD-1'")
    (trade,) = verdict.unexplained
    assert trade.missing == ("exit order", "exit fill of the whole quantity")


def test_the_console_names_what_is_not_explained(story, damaged):
    damaged("UPDATE orders SET payload = NULL WHERE order_id = 'o-BTC-USD-1'")
    text = in_one_line(printed(story.report()))
    assert "NOT PASSED 2 closed trades (100+ are asked for), 1 of them fully explained." in text
    assert "t-BTC-USD-1 lacks: order payload" in text
