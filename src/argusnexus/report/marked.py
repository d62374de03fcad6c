"""Equity at every decision, open positions marked: what closed trades alone understate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argusnexus.metrics import equity_curve
from argusnexus.money import Amount, amount
from argusnexus.report.summary import EquityBasis, EquityLine
from argusnexus.truth.queries import EquityCurve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argusnexus.model.candles import FloatColumn, IntColumn
    from argusnexus.report.facts import Facts

DRAWN_VALUES = 60


def marked_drawdown(facts: Facts) -> Amount | None:
    """The largest fall in per cent of the running peak, which includes the start capital; None without a tape."""
    equity = _marked(facts)
    if equity is None or facts.start_capital <= 0:
        return None
    peaks = np.maximum.accumulate(equity)
    return amount(float(np.max(100.0 * (peaks - equity) / peaks)))


def equity_line(facts: Facts) -> EquityLine:
    """The course of equity: marked if there is a tape, else after each closed trade."""
    marked = _marked(facts)
    if marked is not None:
        return _line(EquityBasis.MARKED, marked)
    closed = equity_curve(facts.start_capital, facts.net_pnls)
    return _line(EquityBasis.CLOSED_TRADES, np.array(closed, np.float64))


def _line(basis: EquityBasis, equity: FloatColumn) -> EquityLine:
    picked = np.linspace(0, len(equity) - 1, min(len(equity), DRAWN_VALUES)).round().astype(np.int64)
    values = tuple(float(value) for value in equity[picked])
    return EquityLine(basis, amount(float(equity.min())), amount(float(equity.max())), values)


def _marked(facts: Facts) -> FloatColumn | None:
    """Equity of all accounts together, from the start capital on; None without a tape."""
    curves = [curve for curve in facts.curves.values() if len(curve.as_of)]
    if not curves:
        return None
    each = float(facts.run.capital)
    accounts = [_of_one_account(curves)] if facts.shared else curves
    times = _distinct(np.concatenate([curve.as_of for curve in accounts]))
    idle = each * (1 if facts.shared else len(facts.names)) - each * len(accounts)
    total = np.sum([_carried(curve, times, each) for curve in accounts], axis=0) + idle
    return np.concatenate(([float(facts.start_capital)], total))


def _distinct(times: IntColumn) -> IntColumn:
    """As `np.unique`, which would hash what is mostly sorted already."""
    ordered = np.sort(times, kind="stable")
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))]


def _of_one_account(curves: Sequence[EquityCurve]) -> EquityCurve:
    """The curves of symbols that share an account, in the order of time."""
    times = np.concatenate([curve.as_of for curve in curves])
    order = np.argsort(times, kind="stable")
    return EquityCurve(times[order], np.concatenate([curve.equity for curve in curves])[order])


def _carried(curve: EquityCurve, times: IntColumn, start: float) -> FloatColumn:
    """The newest equity at each of the times; the start capital before the first."""
    newest = np.searchsorted(curve.as_of, times, side="right")
    return np.concatenate(([start], curve.equity))[newest]
