"""The console report: what comes first, what is never hidden, and that it fits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from argusnexus.report import empty_report
from argusnexus.report.texts import UNICODE, money, signed, sparkline
from report.report_rows import GENERATED_AT, in_one_line, printed
from truth.ledger_rows import BTC, ETH, RUN, a_halt, a_run_symbol, a_tape, write_tape


@pytest.fixture
def full(two):
    """A run with some of everything."""
    for position, symbol in enumerate((ETH, BTC)):
        clipped = "asked for from 2024-01-01, candles begin at 2024-05-03 22:00" if position else None
        two.logger.log_run_symbol(a_run_symbol(symbol, position, clipped=clipped))
        two.logger.log_halt(a_halt(symbol=symbol))
        two.refusals(3, symbol=symbol)
    write_tape(two.db, RUN, [a_tape(ETH), a_tape(BTC)])
    for net in ("1234.5", "-3000.25", "0", "12"):
        two.trade(net, "17.125", reason="chandelier", r_multiple="0.5")
    two.position("0.43", symbol=ETH)
    two.finish()
    return two.report()


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_line_is_wider_than_the_console(full, width):
    lines = printed(full, width).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= width


def test_a_synthetic_run_says_so_in_its_first_line(a_story):
    story = a_story(data_integrity="synthetic+degraded_skip_volume")
    story.logger.log_halt(a_halt())
    lines = printed(story.report()).splitlines()
    assert lines[0].startswith("SYNTHETIC DATA")
    assert any(line.startswith("DEGRADED") for line in lines)


def test_a_halted_run_leads_with_when_why_and_what_it_refused(story):
    story.logger.log_halt(a_halt(equity=370.0))
    story.refusals(1234)
    story.finish()
    text = printed(story.report())
    assert text.startswith("HALTED  trading stopped at 2024-05-04 03:00 UTC on BTC-USD")
    words = in_one_line(text)
    assert "370.00 was 26.00 % below its peak of 500.00; the limit is 25 %" in words
    assert "1,234 signals were refused for it." in words


def test_each_halted_account_is_listed(full):
    words = in_one_line(printed(full))
    assert "2 accounts halted in all" in words
    assert "6 signals were refused for it." in words
    assert "ETH-USD 2024-05-04 03:00 370.50 500.00 3" in words


def test_gross_fees_and_net_stand_side_by_side(full):
    words = in_one_line(printed(full))
    assert "Gross P&L Fees Net P&L Return Fees of capital" in words
    assert "-1,685.25 -68.50 -1,753.75 -175.38 % 6.85 %" in words


def test_it_names_what_a_trader_looks_for(full):
    words = in_one_line(printed(full))
    for fact in (
        "2 won, 1 lost, 1 even",
        "50.00 %",  # win rate
        "chandelier 4 100 %",
        "trading_halted 6 100 %",
        "Entries that expired unfilled: 0",
        "Beside buy and hold same candles, equal parts, 1.20 % taker fee paid once",
        "Open at the end",
        "CLIPPED BTC-USD: asked for from 2024-01-01, candles begin at 2024-05-03 22:00",
        "20 candles",
        "fills are simulated",
    ):
        assert fact in words


def test_what_is_open_is_set_beside_buy_and_hold_only_where_something_is(story):
    story.logger.log_run_symbol(a_run_symbol())
    story.trade("10")
    assert "and open positions, marked" not in printed(story.report())
    story.position("0.43")
    words = in_one_line(printed(story.report()))
    assert "Strategy, closed trades +10.00 +2.00 % 510.00" in words
    assert "and open positions, marked +12.51 +2.50 % 512.51" in words


def test_the_verdict_is_its_last_line(full):
    last = printed(full).splitlines()[-1]
    assert last == "NOT PASSED  4 closed trades (100+ are asked for), all fully explained."


def test_what_there_is_none_of_is_a_dash_with_its_reason(story):
    story.trade("5")
    words = in_one_line(printed(story.report()))
    assert "Profit factor – (no losses)" in words  # noqa: RUF001 (an en dash is meant)
    assert "intratrade – (no tape)" in words  # noqa: RUF001 (an en dash is meant)


def test_a_run_without_trades_is_reported(story):
    words = in_one_line(printed(story.report()))
    assert "RUNNING this report shows what the ledger has of the run." in words
    assert "Win rate – (no closed trades)" in words  # noqa: RUF001 (an en dash is meant)
    assert "no signal was refused" in words


def test_an_unknown_run_is_told_in_one_line():
    assert printed(empty_report("unknown", GENERATED_AT)) == "There is no run unknown.\n"


def test_a_console_without_unicode_gets_ascii(full):
    text = printed(full, encoding="ascii")
    assert text.isascii()
    assert "@" in text  # the sparkline's highest level


def test_a_pipe_gets_no_colour_and_a_terminal_does(full):
    assert "\x1b[" not in printed(full)
    assert "\x1b[32m+" in printed(full, colour=True)
    assert "\x1b[31m-" in printed(full, colour=True)


def test_notes_are_shown_as_they_are(a_story):
    story = a_story(notes="stopped [at] [red]disk full[/red]")
    assert "stopped [at] [red]disk full[/red]" in printed(story.report())


def test_a_sparkline_goes_from_the_lowest_to_the_highest():
    assert sparkline([1.0, 8.0, 4.5], "_-^") == "_^-"
    assert sparkline([2.0, 2.0], "_-^") == "__"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234567.895", "1,234,567.90"),
        ("-0.004", "-0.004"),
        ("0.00000001", "0.00000001"),
        ("1e30", "1" + ",000" * 10 + ".00"),
        ("0", "0.00"),
        ("-12.3", "-12.30"),
    ],
)
def test_money_has_separators_and_the_decimals_it_needs(value, text):
    assert money(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text", "style"),
    [("3", "+3.00", "green"), ("-3", "-3.00", "red"), ("0", "0.00", ""), ("0.001", "+0.001", "green")],
)
def test_gains_are_green_and_losses_red(value, text, style):
    shown = signed(Decimal(value), UNICODE)
    assert (shown.plain, str(shown.style)) == (text, style)
