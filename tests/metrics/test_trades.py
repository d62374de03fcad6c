"""Trade figures are those of a calculation by hand, and a ratio without a denominator is no number."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.errors import DataError
from argusnexus.metrics import expectancy, trade_figures

amounts = st.decimals(min_value=-10_000, max_value=10_000, places=4)
TOLERANCE = Decimal("1e-18")


def decimals(*values):
    return [Decimal(value) for value in values]


def figures_of(net_pnls, start_capital=1000):
    fees = [Decimal(1)] * len(net_pnls)
    gross = [net + 1 for net in net_pnls]
    return trade_figures(net_pnls, fees, gross, Decimal(start_capital))


def test_figures_agree_with_a_calculation_by_hand():
    figures = trade_figures(
        decimals("-40.50", 90, 0, "-9.50", 60),
        fees=decimals("2.50", 4, 3, "1.50", 2),
        gross_pnls=decimals(-38, 94, 3, -8, 62),
        start_capital=Decimal(500),
    )
    assert (figures.trades_closed, figures.wins, figures.losses, figures.breakeven) == (5, 2, 2, 1)
    assert figures.win_rate == 40
    assert (figures.total_wins, figures.total_losses) == (150, 50)
    assert (figures.avg_win, figures.avg_loss) == (75, 25)
    assert figures.rr_actual == 3
    assert figures.expectancy == 20  # 40 % * 75 - 40 % * 25
    assert figures.profit_factor == 3
    assert (figures.gross_pnl, figures.fees, figures.net_pnl) == (113, 13, 100)
    assert figures.return_percent == 20


def test_a_run_without_trades_has_no_ratios():
    figures = figures_of([])
    assert (figures.trades_closed, figures.wins, figures.losses, figures.breakeven) == (0, 0, 0, 0)
    assert (figures.gross_pnl, figures.net_pnl, figures.fees) == (0, 0, 0)
    assert figures.win_rate is None
    assert figures.avg_win is None
    assert figures.avg_loss is None
    assert figures.rr_actual is None
    assert figures.expectancy is None
    assert figures.profit_factor is None
    assert figures.return_percent == 0


def test_without_losses_nothing_is_divided_by_them():
    figures = figures_of(decimals(10, 30))
    assert figures.win_rate == 100
    assert figures.avg_win == 20
    assert figures.avg_loss is None
    assert figures.rr_actual is None
    assert figures.profit_factor is None
    assert figures.expectancy == 20


def test_with_losses_only_the_profit_factor_is_nought_and_there_is_no_payoff_ratio():
    figures = figures_of(decimals(-10, -30))
    assert figures.win_rate == 0
    assert figures.avg_win is None
    assert figures.avg_loss == 20
    assert figures.rr_actual is None
    assert figures.profit_factor == 0
    assert figures.expectancy == -20


def test_break_even_trades_are_neither_won_nor_lost_but_they_count():
    figures = figures_of(decimals(30, 0, 0))
    assert (figures.wins, figures.losses, figures.breakeven) == (1, 0, 2)
    assert round(figures.win_rate, 4) == Decimal("33.3333")
    assert figures.expectancy == 10


def test_cents_are_not_lost_to_floating_point():
    figures = figures_of(decimals("0.1", "0.2", "-0.3"))
    assert figures.net_pnl == 0
    assert figures.profit_factor == 1


def test_without_start_capital_there_is_no_return():
    assert figures_of(decimals(10), start_capital=0).return_percent is None


def test_sequences_of_different_lengths_are_refused():
    with pytest.raises(DataError, match="were 2, 1 and 2"):
        trade_figures(decimals(1, 2), decimals(1), decimals(2, 3), Decimal(1000))


@pytest.mark.parametrize("avg_loss", [20, -20])
def test_expectancy_takes_a_loss_with_either_sign(avg_loss):
    assert expectancy(40, 75, avg_loss) == 18  # 0.4 * 75 - 0.6 * 20


def test_expectancy_of_floats_is_exact():
    assert expectancy(55.5, 0.1, 0.2) == Decimal("-0.0335")  # 0.0555 - 0.089


@given(st.lists(amounts, min_size=1))
def test_expectancy_is_the_mean_net_pnl_and_what_the_percentages_say(net_pnls):
    figures = figures_of(net_pnls)
    won, lost = figures.win_rate / 100, Decimal(figures.losses) / figures.trades_closed
    by_percentages = won * (figures.avg_win or 0) - lost * (figures.avg_loss or 0)
    assert figures.expectancy == sum(net_pnls) / len(net_pnls)
    assert abs(figures.expectancy - by_percentages) < TOLERANCE


@given(st.lists(amounts.filter(bool), min_size=1))
def test_the_formula_agrees_where_no_trade_broke_even(net_pnls):
    figures = figures_of(net_pnls)
    by_formula = expectancy(figures.win_rate, figures.avg_win or 0, figures.avg_loss or 0)
    assert abs(figures.expectancy - by_formula) < TOLERANCE


@given(st.lists(amounts))
def test_counts_and_sums_add_up(net_pnls):
    figures = figures_of(net_pnls)
    assert figures.wins + figures.losses + figures.breakeven == figures.trades_closed == len(net_pnls)
    assert figures.total_wins - figures.total_losses == figures.net_pnl == figures.gross_pnl - figures.fees


@given(st.lists(amounts), st.sampled_from(decimals("0.5", 2, 1000)))
def test_ratios_do_not_depend_on_the_currency_unit(net_pnls, scale):
    one, other = figures_of(net_pnls), figures_of([scale * pnl for pnl in net_pnls])
    assert one.win_rate == other.win_rate
    for name in ("rr_actual", "profit_factor"):
        small, large = getattr(one, name), getattr(other, name)
        assert (small is None) == (large is None)
        assert small is None or abs(small - large) <= TOLERANCE * max(small, 1)


@given(st.lists(amounts, min_size=2), st.randoms(use_true_random=False))
def test_the_order_of_trades_changes_no_figure(net_pnls, random):
    shuffled = random.sample(net_pnls, len(net_pnls))
    assert figures_of(net_pnls) == figures_of(shuffled)
