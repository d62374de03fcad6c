"""Why a trade was made and how it ended, followed by hand; and every trade of a longer run."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from decimal import Decimal

import pytest

from argusnexus.errors import LedgerError
from argusnexus.model.orders import Liquidity, OrderState
from argusnexus.model.trades import TradeStatus
from argusnexus.money import floor_to
from argusnexus.replay import ReplayRunner
from argusnexus.report import record_to_dict
from argusnexus.report.why import explain_candle, explain_trade, render_why
from argusnexus.truth.files import tape_path
from argusnexus.truth.queries import LedgerReader
from report.report_rows import console_text
from report.why_cases import FLAT, Told, entry_at, replayed

BOUGHT = (100, 110, 95, 105)  # opens at the entry: a limit order fills at 100, taker
LEAVES = [FLAT, BOUGHT, (105, 106, 95, 99), (98, 98, 98, 98)]
LOT = Decimal("0.00000001")


@pytest.fixture
def left(tmp_path):
    """A trade bought at 100 at 01:00 and sold at 98 at 03:00, because a close fell below the trailing stop."""
    return replayed(tmp_path, LEAVES, entry_at(0, trailing=10.0)).trade()


@pytest.fixture(scope="module")
def half_a_year(tmp_path_factory):
    """Two synthetic symbols, half a year of hours, the default strategy."""
    db = tmp_path_factory.mktemp("why") / "sample.db"
    symbols = ["SIM-BTC-USD", "SIM-ETH-USD"]
    with ReplayRunner(db, symbols, None, "2023-06-30", 500, granularity="1h", native=False) as runner:
        runner.run()
    return Told(db, runner.run_id)


def test_a_trade_is_told_in_a_few_sentences(left):
    # gross -2, fees 100 * 0.02 and 98 * 0.02, net -5.96, over 10 of planned risk
    assert left.answer == (
        ("Bought 1 BTC at 100.00, 2024-01-01 01:00 UTC, on the long signal at the close of 2024-01-01 01:00 UTC, "
        "10 of 10 risk layers passed."),
        ("Sold at 98.00, 2024-01-01 03:00 UTC: the close fell below the trailing stop (close 99.00 is 1.00 % below "
        "the trailing stop 100.00)."),
        "Net -5.96 USD (-0.60 R) after 3.96 USD of fees.",
    )  # fmt: skip


def test_a_trade_walks_back_to_its_decision_order_and_fills(left):
    assert left.entry.decision_id.startswith("dec_")
    assert left.entry.plan.quantity == 1.0
    assert left.entry_order.limit_price == Decimal("100.00")
    assert left.entry_order.client_order_id.startswith("ANX4_")
    assert left.entry_order.state is OrderState.FILLED
    bought, sold = left.fills
    assert (bought.notional, bought.fee, bought.liquidity) == (100, 2, Liquidity.TAKER)
    assert (sold.notional, sold.fee, sold.simulated) == (98, Decimal("1.96"), True)
    assert (left.bracket.take_profit_price, left.bracket.stop_trigger_price) == (120, 90)
    assert left.bracket.state is OrderState.CANCELLED
    assert left.exit.decision.reason == "chandelier"
    assert left.exit.order.client_order_id.startswith("ANX4_")


def test_a_result_has_what_the_trade_went_through(left):
    # closes of 02:00 and 03:00 after the fill of 01:00; lowest 95, highest 110 while it was held
    result = left.result
    assert (result.gross_pnl, result.fees, result.net_pnl) == (-2, Decimal("3.96"), Decimal("-5.96"))
    assert (result.candles, result.hours) == (2, 2.0)
    assert (result.mae, result.mae_money, result.mae_r) == (-5, -5, Decimal("-0.5"))
    assert (result.mfe, result.mfe_money, result.mfe_r) == (10, 10, 1)
    assert result.r_multiple == Decimal("-0.596")


def test_the_bracket_is_told_once_when_it_was_the_exit(tmp_path):
    story = replayed(tmp_path, [FLAT, BOUGHT, (105, 106, 89, 95)], entry_at(0)).trade()
    assert (story.exit.reason, story.exit.order, story.exit.decision) == ("stop_loss", None, None)
    assert story.answer[1] == "Sold at 90.00, 2024-01-01 03:00 UTC: the bracket's stop was reached."


def test_an_ambiguous_candle_is_said(tmp_path):
    story = replayed(tmp_path, [FLAT, BOUGHT, (105, 121, 89, 95)], entry_at(0)).trade()
    assert story.answer[2] == "The exit candle reached the stop and the take profit both: the stop was taken."


def test_an_emergency_says_what_became_of_the_bracket(tmp_path):
    rows = [FLAT, BOUGHT, (70, 80, 70, 75), (75, 76, 74, 75)]
    story = replayed(tmp_path, rows, entry_at(0)).trade()
    assert story.exit.reason == "emergency"
    assert story.exit.decision is None
    assert "jumped by a gap" in story.bracket.note


def test_an_open_trade_has_no_exit_and_no_result(tmp_path):
    story = replayed(tmp_path, [FLAT, BOUGHT], entry_at(0)).trade()
    assert (story.status, story.exit, story.result) == (TradeStatus.OPEN, None, None)
    assert story.answer[1] == "It was still open when the data ended."


def test_a_market_entry_has_no_limit(tmp_path):
    story = replayed(tmp_path, [FLAT, BOUGHT], entry_at(0), execution={"entry_type": "market"}).trade()
    assert story.entry_order.limit_price is None


def test_a_lost_tape_takes_the_candles_only(tmp_path):
    told = replayed(tmp_path, LEAVES, entry_at(0, trailing=10.0))
    tape_path(told.db, told.run_id).unlink()
    story = told.trade()
    assert story.result.candles is None
    assert story.result.net_pnl == Decimal("-5.96")
    assert "tape" in story.notices[0]


def test_prices_are_texts_and_money_numbers_for_a_machine(left):
    record = json.loads(json.dumps(record_to_dict(left)))
    assert record["entry_order"]["limit_price"] == "100.00"
    assert record["result"]["net_pnl"] == -5.96
    assert record["entry"]["result"] == "ENTRY"
    assert record["entry"]["layers"][9]["layer"] == "leverage"
    assert record["fills"][0]["liquidity"] == "TAKER"
    assert record["units"]["product"]["quote_increment"] == "0.01"


def test_the_console_shows_every_part(left):
    text = console_text(lambda console: render_why(left, console))
    for part in (
        "Entry decision",
        "Risk layers  10 of 10 passed",
        "Plan",
        "Size",
        "Account then",
        "Entry order",
    ):
        assert part in text
    for part in (
        "Fills  simulated",
        "Bracket",
        "Exit  chandelier",
        "Result",
        left.entry_order.client_order_id,
    ):
        assert part in text
    assert "worst fill    81.00, 19.00 % below the entry" in text
    assert "19.00 USD at the worst fill, before fees, 1.00 % of equity" in text


def test_no_such_trade(tmp_path):
    told = replayed(tmp_path, [FLAT], entry_at(5))
    with LedgerReader(told.db) as reader, pytest.raises(LedgerError, match="no trade 'trd_x'"):
        explain_trade(reader, "trd_x")


@pytest.mark.parametrize(
    ("column", "value"),
    [("signal_values", "{"), ("market_context", '{"plan": 3}'), ("timestamp", "soon")],
)
def test_a_damaged_row_is_an_error_in_words(tmp_path, column, value):
    told = replayed(tmp_path, LEAVES, entry_at(0, trailing=10.0))
    with closing(sqlite3.connect(told.db)) as connection:
        connection.execute("DROP TRIGGER decisions_refuse_update")
        connection.execute(f"UPDATE decisions SET {column} = ?", (value,))
        connection.commit()
    with pytest.raises(LedgerError, match="`argus audit` names it"):
        told.trade()


def test_every_trade_can_be_explained_within_80_columns(half_a_year):
    with LedgerReader(half_a_year.db) as reader:
        trades = reader.trades(half_a_year.run_id)
        assert len(trades) > 20
        for trade in trades:
            story = explain_trade(reader, trade.trade_id)
            assert fits(story)
            assert_sized_by_the_smallest_bound(story, trade.quantity)


def fits(story):
    """Whether its console text is no wider than the console, and its JSON is JSON."""
    json.dumps(record_to_dict(story), allow_nan=False)
    text = console_text(lambda console: render_why(story, console))
    return max(len(line) for line in text.splitlines()) <= 80


def assert_sized_by_the_smallest_bound(story, quantity):
    """The four bounds, computed again for the reader, give the quantity that was bought."""
    allowed = [Decimal(repr(size.quantity)) for size in story.entry.plan.sizes if size.quantity is not None]
    (bound,) = [size for size in story.entry.plan.sizes if size.bound]
    assert Decimal(repr(bound.quantity)) == min(allowed)
    assert abs(floor_to(min(allowed), LOT) - quantity) <= LOT


def test_every_candle_can_be_explained_within_80_columns(half_a_year):
    reasons = set()
    with LedgerReader(half_a_year.db) as reader:
        for symbol in reader.run(half_a_year.run_id).symbols:
            decisions = list(reader.decisions(half_a_year.run_id, symbol))
            signalled = [one for one in decisions if one.order_id or one.risk_checks]
            for decision in [*decisions[::61], *signalled]:
                story = explain_candle(reader, half_a_year.run_id, symbol, decision.timestamp)
                assert story.exact
                assert story.answer
                assert fits(story)
                reasons.add(decision.result_reason)
    assert {"warmup", "no_breakout", "volume_filter", "position_held", "long"} <= reasons


def test_what_the_strategy_refused_is_never_said_to_be_met(half_a_year):
    """The measured conditions and the recorded reason tell the same story."""
    with LedgerReader(half_a_year.db) as reader:
        decisions = [
            one
            for one in reader.decisions(half_a_year.run_id, "SIM-BTC-USD")
            if "filter" in one.result_reason
        ]
        assert len(decisions) > 30
        for decision in decisions:
            story = explain_candle(reader, half_a_year.run_id, "SIM-BTC-USD", decision.timestamp)
            missed = {one.name for one in story.decision.conditions if not one.met}
            assert missed == set(decision.result_reason.split("+"))


def test_every_fill_is_told_at_exactly_one_candle(half_a_year):
    """Buying and selling are told at the candle within which they happened, and nowhere else."""
    with LedgerReader(half_a_year.db) as reader:
        for trade in reader.trades(half_a_year.run_id)[:12]:
            told = []
            start, end = trade.entry_timestamp - timedelta(hours=2), trade.exit_timestamp + timedelta(hours=2)
            for decision in reader.decisions(half_a_year.run_id, trade.symbol, start, end):
                story = explain_candle(reader, half_a_year.run_id, trade.symbol, decision.timestamp)
                told += [words for words in story.in_this_candle if trade.trade_id in words]
            assert [words.split()[0] for words in told] == ["The", "Trade"]
