"""Report figures equal a hand calculation from the ledger's rows."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.errors import UnknownRunError
from argusnexus.model.orders import OrderState
from argusnexus.model.runs import RunMode, RunStatus
from argusnexus.report import build_report, empty_report
from argusnexus.report.summary import EquityBasis
from argusnexus.truth.files import tape_path
from argusnexus.truth.logger import TruthLogger
from argusnexus.truth.queries import LedgerReader
from report.report_rows import GENERATED_AT, Story
from truth.ledger_rows import (
    BTC,
    ETH,
    RUN,
    START,
    a_halt,
    a_run,
    a_run_symbol,
    a_tape,
    an_order,
    hours,
    write_tape,
)


def test_drawdown_begins_at_the_start_capital_when_the_first_trade_loses(story):
    for net in ("-50", "30", "-40", "10"):  # equity 500, 450, 480, 440, 450
        story.trade(net)
    risk = story.report().risk
    assert (risk.start_capital, risk.peak_equity, risk.final_equity) == (500, 500, 450)
    assert (risk.max_drawdown_dollars, risk.max_drawdown_percent) == (60, 12)
    assert (risk.max_consecutive_losses, risk.max_consecutive_loss_dollars) == (1, 50)


def test_figures_of_wins_losses_and_a_break_even_trade(story):
    for net, fees, multiple in (
        ("30", "2", "1.5"),
        ("-10", "1", "-0.5"),
        ("0", "3", "0"),
        ("-15", "4", "-0.75"),
    ):
        story.trade(net, fees, r_multiple=multiple)
    trades = story.report().trades
    assert (trades.trades_opened, trades.trades_closed) == (4, 4)
    assert (trades.wins, trades.losses, trades.breakeven) == (1, 2, 1)
    assert (trades.win_rate, trades.avg_win, trades.avg_loss) == (25, 30, Decimal("12.5"))
    assert (trades.rr_actual, trades.profit_factor) == (Decimal("2.4"), Decimal("1.2"))
    assert (trades.expectancy, trades.expectancy_r) == (Decimal("1.25"), Decimal("0.0625"))
    assert (trades.gross_pnl, trades.fees, trades.net_pnl) == (15, 10, 5)
    assert (trades.return_percent, trades.fees_percent) == (1, 2)
    assert (trades.best_trade.net_pnl, trades.worst_trade.net_pnl) == (30, -15)


def test_a_break_even_trade_ends_a_losing_streak(story):
    for net in ("-1", "-2", "0", "-9"):
        story.trade(net)
    risk = story.report().risk
    assert (risk.max_consecutive_losses, risk.max_consecutive_loss_dollars) == (2, 9)


def test_without_losses_there_is_no_payoff_ratio_nor_profit_factor(story):
    story.trade("5")
    story.trade("7")
    report = story.report()
    trades = report.trades
    assert (trades.win_rate, trades.avg_win, trades.expectancy) == (100, 6, 6)
    assert (trades.avg_loss, trades.rr_actual, trades.profit_factor) == (None, None, None)
    assert (report.risk.max_drawdown_dollars, report.risk.max_drawdown_percent) == (0, 0)


def test_without_trades_there_are_no_ratios(story):
    report = story.report()
    trades = report.trades
    ratios = (trades.win_rate, trades.avg_win, trades.avg_loss, trades.rr_actual, trades.expectancy)
    assert (*ratios, trades.profit_factor, trades.expectancy_r, trades.best_trade) == (None,) * 8
    assert (trades.trades_closed, trades.net_pnl, report.risk.final_equity) == (0, 0, 500)
    assert (report.risk.halt, report.exits, report.verdict.passed) == (None, {}, False)


def test_two_symbols_with_capital_of_their_own_start_at_twice_the_capital(two):
    two.trade("-100", symbol=BTC)
    two.trade("40", symbol=ETH)
    report = two.report()
    assert (report.risk.start_capital, report.risk.final_equity) == (1000, 940)
    assert (report.risk.max_drawdown_dollars, report.risk.max_drawdown_percent) == (100, 10)
    eth, btc = report.symbols
    assert (eth.symbol, eth.risk.start_capital, eth.risk.final_equity) == (ETH, 500, 540)
    assert (btc.symbol, btc.risk.final_equity, btc.risk.max_drawdown_percent) == (BTC, 400, 20)


def test_a_portfolio_starts_at_its_one_capital(portfolio):
    portfolio.trade("-100", symbol=BTC)
    report = portfolio.report()
    assert (report.risk.start_capital, report.risk.max_drawdown_percent) == (500, 20)
    assert [symbol.trades.trades_closed for symbol in report.symbols] == [0, 1]


def test_an_open_position_is_marked_and_is_no_closed_trade(story):
    story.logger.log_run_symbol(a_run_symbol(last_close=Decimal(110), first_open=Decimal(100)))
    story.trade("10")
    story.position("0.5", entry_price=Decimal(100), quantity=Decimal("0.2"))
    report = story.report()
    (position,) = report.open_positions
    assert (position.symbol, position.mark, position.entry_fee) == (BTC, 110, Decimal("0.5"))
    assert position.unrealised_pnl == Decimal("1.5")
    assert (report.trades.trades_opened, report.trades.trades_closed) == (2, 1)
    assert (report.risk.final_equity, report.risk.marked_final_equity) == (510, Decimal("511.5"))


def test_an_open_position_without_a_known_close_has_no_mark(story):
    story.position()
    report = story.report()
    (position,) = report.open_positions
    assert (position.mark, position.unrealised_pnl, report.risk.marked_final_equity) == (None, None, None)


def test_a_halt_says_when_why_and_how_many_signals_it_refused(two):
    two.logger.log_halt(a_halt(equity=370.0))
    two.refusals(3, symbol=BTC)
    two.refusals(2, symbol=ETH)
    two.refusals(1, "circuit_breaker", symbol=BTC)
    report = two.report()
    (halt,) = report.risk.halt
    assert (halt.symbol, halt.when, halt.reason, halt.signals_refused) == (BTC, hours(5), "drawdown", 3)
    assert (halt.equity, halt.peak, halt.limit) == (370, 500, 25)
    assert halt.why == "equity 370.00 was 26.00 % below its peak of 500.00; the limit is 25 %"
    assert list(report.refused.items()) == [("trading_halted", 5), ("circuit_breaker", 1)]
    assert [symbol.risk.halt is None for symbol in report.symbols] == [True, False]


def test_a_portfolio_halts_all_its_symbols(portfolio):
    portfolio.logger.log_halt(a_halt())
    portfolio.refusals(3, symbol=BTC)
    portfolio.refusals(2, symbol=ETH)
    report = portfolio.report()
    assert report.risk.halt[0].signals_refused == 5
    assert [symbol.risk.halt[0].signals_refused for symbol in report.symbols] == [2, 3]


def test_exits_and_expired_entries_are_counted(two):
    for reason in ("take_profit", "chandelier", "stop_loss", "stop_loss"):
        two.trade("1", reason=reason)
    two.trade("1", symbol=ETH, reason="emergency")
    two.logger.log_order(an_order("old", decision_id=None, order_state=OrderState.EXPIRED))
    report = two.report()
    assert list(report.exits.items()) == [
        ("stop_loss", 2), ("take_profit", 1), ("chandelier", 1), ("emergency", 1),
    ]  # fmt: skip
    assert report.expired_entries == 1
    assert [symbol.expired_entries for symbol in report.symbols] == [0, 1]
    assert report.symbols[0].exits == {"emergency": 1}


def test_buy_and_hold_pays_one_taker_fee_on_equal_parts(a_story):
    story = a_story(config={"execution": {"taker_fee": 0.25}})
    story.logger.log_run_symbol(a_run_symbol(ETH, 0, first_open=Decimal(100), last_close=Decimal(250)))
    story.logger.log_run_symbol(a_run_symbol(BTC, 1, first_open=Decimal(100), last_close=Decimal(100)))
    report = story.report()
    eth, btc = (symbol.buy_and_hold for symbol in report.symbols)
    assert (eth.start_capital, eth.net_pnl, eth.return_percent) == (500, 500, 100)
    assert (btc.net_pnl, btc.return_percent) == (-100, -20)
    total = report.buy_and_hold
    assert (total.start_capital, total.net_pnl, total.return_percent) == (1000, 400, 40)


def test_buy_and_hold_splits_a_portfolios_capital(portfolio):
    for position, symbol in enumerate((ETH, BTC)):
        portfolio.logger.log_run_symbol(a_run_symbol(symbol, position))
    report = portfolio.report()
    assert [symbol.buy_and_hold.start_capital for symbol in report.symbols] == [250, 250]
    assert report.buy_and_hold.taker_fee == Decimal("0.012")


def test_buy_and_hold_of_all_needs_the_candles_of_all(two):
    two.logger.log_run_symbol(a_run_symbol(BTC, 1))
    report = two.report()
    assert report.buy_and_hold is None
    assert [symbol.buy_and_hold is None for symbol in report.symbols] == [True, False]


def test_data_quality_adds_up_over_symbols(two):
    two.logger.log_run_symbol(
        a_run_symbol(ETH, 0, gaps_detected=2, missing_candles=7, longest_gap=6, clipped="cut to 2024-05-04")
    )
    two.logger.log_run_symbol(
        a_run_symbol(BTC, 1, gaps_detected=1, missing_candles=3, longest_gap=3, volume_anomalies=4)
    )
    write_tape(two.db, RUN, [a_tape(ETH), a_tape(BTC)])
    quality = two.report().data_quality
    assert (quality.candles_processed, quality.gaps_detected, quality.missing_candles) == (20, 3, 10)
    assert (quality.longest_gap, quality.volume_anomalies) == (6, 4)
    assert quality.clipped == ("ETH-USD: cut to 2024-05-04",)
    assert quality.sources == {ETH: "stored 1h", BTC: "stored 1h"}


def test_marked_drawdown_sees_what_closed_trades_do_not(story):
    story.logger.log_run_symbol(a_run_symbol())
    write_tape(story.db, RUN, [a_tape(count=4, equity=np.array([500.0, 600.0, 450.0, 590.0]))])
    report = story.report()
    assert (report.risk.max_drawdown_percent, report.risk.marked_max_drawdown_percent) == (0, 25)
    assert report.equity.basis is EquityBasis.MARKED
    assert (report.equity.lowest, report.equity.highest) == (450, 600)
    assert report.hold_reasons == {"warmup": 2, "no_breakout": 2}


def test_marked_drawdown_starts_at_the_start_capital(story):
    story.logger.log_run_symbol(a_run_symbol())
    write_tape(story.db, RUN, [a_tape(count=2, equity=np.array([400.0, 450.0]))])
    assert story.report().risk.marked_max_drawdown_percent == 20


def test_marked_equity_of_accounts_adds_up_with_the_newest_value_carried_on(two):
    late = a_tape(ETH, count=2)
    two.logger.log_run_symbol(a_run_symbol(ETH, 0))
    two.logger.log_run_symbol(a_run_symbol(BTC, 1))
    hour = late.as_of[1] - late.as_of[0]
    write_tape(
        two.db,
        RUN,
        [
            a_tape(ETH, count=2, equity=np.array([700.0, 600.0])),
            a_tape(BTC, count=2, as_of=late.as_of + hour, equity=np.array([500.0, 300.0])),
        ],
    )
    report = two.report()  # 1000, then 700 + 500, 600 + 500, 600 + 300
    assert report.equity.values == (1000.0, 1200.0, 1100.0, 900.0)
    assert report.risk.marked_max_drawdown_percent == 25
    assert [symbol.risk.marked_max_drawdown_percent for symbol in report.symbols] == [
        pytest.approx(Decimal(100) / 7, abs=Decimal("1e-9")), 40,
    ]  # fmt: skip


def test_marked_equity_of_a_portfolio_is_that_of_its_account(portfolio):
    for position, symbol in enumerate((ETH, BTC)):
        portfolio.logger.log_run_symbol(a_run_symbol(symbol, position))
    equity = np.array([500.0, 400.0, 450.0])
    write_tape(portfolio.db, RUN, [a_tape(symbol, count=3, equity=equity) for symbol in (ETH, BTC)])
    report = portfolio.report()
    assert report.equity.values == (500.0, 500.0, 400.0, 450.0)
    assert report.risk.marked_max_drawdown_percent == 20
    assert [symbol.risk.marked_max_drawdown_percent for symbol in report.symbols] == [None, None]


def test_a_lost_tape_is_told_and_takes_nothing_from_the_trades(story):
    story.logger.log_run_symbol(a_run_symbol())
    story.trade("10")
    report = story.report()
    assert not tape_path(story.db, RUN).exists()
    assert "tape of run" in report.notices[-1]
    assert (report.risk.marked_max_drawdown_percent, report.trades.net_pnl) == (None, 10)
    assert (report.equity.basis, report.equity.values) == (EquityBasis.CLOSED_TRADES, (500.0, 510.0))


def test_the_run_is_described_as_asked_for_and_as_used(a_story):
    config = {"strategy": {"name": "donchian", "entry_period": 20}}
    story = a_story(symbols=(BTC,), config=config, run_mode=RunMode.PAPER)
    story.logger.log_run_symbol(a_run_symbol())
    info = story.report().run_info
    assert (info.start_date, info.end_date) == ("2024-05-03", None)
    assert (info.start_used, info.end_used) == (START, hours(10))
    assert (info.strategy.name, info.strategy.parameters) == ("donchian", {"entry_period": 20})
    assert (info.status, info.duration_seconds, info.simulated_fills) == (RunStatus.RUNNING, None, True)
    story.finish()
    assert story.report().run_info.duration_seconds > 0


def test_a_row_with_the_net_alone_has_the_gross_that_follows(story):
    story.trade("-5", "2", gross_pnl=None)
    assert story.report().trades.gross_pnl == -3


def test_an_unknown_run_is_an_error_or_on_request_an_empty_report(story):
    with LedgerReader(story.db) as reader, pytest.raises(UnknownRunError):
        build_report(reader, "unknown", GENERATED_AT)
    report = empty_report("unknown", GENERATED_AT)
    assert (report.run_id, report.run_info, report.symbols) == ("unknown", None, ())
    assert (report.trades.trades_closed, report.trades.win_rate) == (0, None)
    assert (report.risk.start_capital, report.risk.final_equity, report.verdict.passed) == (None, None, False)


@given(st.lists(st.tuples(st.integers(-500, 500), st.integers(0, 50), st.booleans()), max_size=12))
def test_symbols_add_up_to_the_run(tmp_path_factory, outcomes):
    db = tmp_path_factory.mktemp("ledger") / "ledger.db"
    with TruthLogger(db) as logger:
        logger.start_run(a_run())
        story = Story(db, logger)
        with logger.transaction():
            for cents, fees, first in outcomes:
                story.trade(str(Decimal(cents) / 100), str(Decimal(fees) / 100), ETH if first else BTC)
        report = story.report()
    symbols = [symbol.trades for symbol in report.symbols]
    for name in ("trades_closed", "wins", "losses", "breakeven", "gross_pnl", "net_pnl", "fees"):
        assert getattr(report.trades, name) == sum(getattr(symbol, name) for symbol in symbols)
    assert report.trades.gross_pnl - report.trades.fees == report.trades.net_pnl
    assert report.risk.final_equity == 1000 + Decimal(sum(cents for cents, _, _ in outcomes)) / 100
    assert report.exits == ({"stop_loss": len(outcomes)} if outcomes else {})
    if outcomes:
        mean = Fraction(sum(cents for cents, _, _ in outcomes), 100 * len(outcomes))
        assert float(report.trades.expectancy) == pytest.approx(float(mean))
