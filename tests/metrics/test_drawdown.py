"""Drawdowns start from the running peak, which includes the start capital; streaks end with anything but a loss."""

from __future__ import annotations

from decimal import Decimal
from operator import sub

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.metrics import equity_curve, final_equity, losing_streaks, max_drawdown, peak_equity

amounts = st.decimals(min_value=-1_000, max_value=1_000, places=2)
capitals = st.decimals(min_value=1, max_value=100_000, places=2)


def curve_of(start_capital, *net_pnls):
    return equity_curve(Decimal(start_capital), [Decimal(pnl) for pnl in net_pnls])


def streaks_of(*net_pnls):
    return losing_streaks([Decimal(pnl) for pnl in net_pnls])


def test_the_curve_starts_with_the_start_capital():
    curve = curve_of(500, "-40.50", 90, 0)
    assert curve == (500, Decimal("459.50"), Decimal("549.50"), Decimal("549.50"))
    assert peak_equity(curve) == Decimal("549.50")
    assert final_equity(curve) == Decimal("549.50")


def test_a_first_trade_that_loses_is_a_drawdown_from_the_start_capital():
    curve = curve_of(500, -50, 20)
    assert max_drawdown(curve) == (50, 10)
    assert peak_equity(curve) == 500


def test_the_largest_fall_in_dollars_and_in_per_cent_may_be_different_ones():
    drawdown = max_drawdown(curve_of(100, -20, 920, -150))
    assert drawdown.dollars == 150  # from 1000, which is 15 %
    assert drawdown.percent == 20  # from 100, which is $20


def test_a_drawdown_runs_on_over_trades_that_win_too_little():
    assert max_drawdown(curve_of(1000, -100, 50, -150, 500)) == (200, 20)


@pytest.mark.parametrize("net_pnls", [(), (10, 0, 20)])
def test_without_a_loss_there_is_no_drawdown(net_pnls):
    assert max_drawdown(curve_of(500, *net_pnls)) == (0, 0)


def test_a_loss_of_more_than_everything_is_more_than_a_hundred_per_cent():
    assert max_drawdown(curve_of(100, -150)) == (150, 150)


def test_a_fall_from_a_peak_that_is_not_above_nought_has_no_percentage():
    assert max_drawdown(curve_of(0, -10)) == (10, None)
    assert max_drawdown(curve_of(0, -10, 50, -10)) == (10, 25)


def test_the_longest_streak_and_the_costliest_one_may_be_different_ones():
    streaks = streaks_of(-1, -2, -3, 10, -50, 5)
    assert streaks.longest == 3
    assert streaks.largest_sum == 50


@pytest.mark.parametrize("ended_by", [0, 10])
def test_a_break_even_trade_ends_a_streak_as_a_win_does(ended_by):
    assert streaks_of(-1, -2, ended_by, -4) == (2, 4)


@pytest.mark.parametrize("net_pnls", [(), (0,), (10, 20)])
def test_without_losses_there_is_no_streak(net_pnls):
    assert streaks_of(*net_pnls) == (0, 0)


def test_losses_only_are_one_streak():
    assert streaks_of(-1, -2, "-3.5") == (3, Decimal("6.5"))


@given(capitals, st.lists(amounts))
def test_a_drawdown_is_the_largest_distance_of_any_point_from_the_peak_before_it(start, net_pnls):
    curve = equity_curve(start, net_pnls)
    peaks = [max(curve[: i + 1]) for i in range(len(curve))]
    drawdown = max_drawdown(curve)
    assert drawdown.dollars == max(map(sub, peaks, curve)) >= 0
    assert (
        drawdown.percent
        == max(100 * (peak - low) / peak for peak, low in zip(peaks, curve, strict=True))
        >= 0
    )


@given(capitals, st.lists(amounts))
def test_the_curve_ends_at_the_start_capital_plus_all_pnl(start, net_pnls):
    curve = equity_curve(start, net_pnls)
    assert len(curve) == len(net_pnls) + 1
    assert final_equity(curve) == start + sum(net_pnls)
    assert all(equity <= peak_equity(curve) for equity in curve)


@given(capitals, st.lists(amounts), st.sampled_from([Decimal("0.5"), Decimal(2), Decimal(1000)]))
def test_the_percentage_does_not_depend_on_the_currency_unit(start, net_pnls, scale):
    one = max_drawdown(equity_curve(start, net_pnls))
    other = max_drawdown(equity_curve(scale * start, [scale * pnl for pnl in net_pnls]))
    assert other.dollars == scale * one.dollars
    assert abs(other.percent - one.percent) <= Decimal("1e-20") * max(one.percent, 1)


@given(st.lists(amounts))
def test_no_streak_is_longer_or_dearer_than_all_losses_together(net_pnls):
    losses = [pnl for pnl in net_pnls if pnl < 0]
    streaks = losing_streaks(net_pnls)
    assert (streaks.longest > 0) == bool(losses)
    assert streaks.longest <= len(losses)
    assert max((-pnl for pnl in losses), default=0) <= streaks.largest_sum <= -sum(losses)
