"""Whole trades as rows: decision, order, fills and all, so that each one can be walked back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO

from rich.console import Console

from argusnexus.model.decisions import DecisionResult, RiskCheck, RiskLayer
from argusnexus.model.orders import OrderRole, OrderState, Side
from argusnexus.model.runs import RunStatus
from argusnexus.model.trades import TradeStatus
from argusnexus.report import build_report, render
from argusnexus.truth.queries import LedgerReader
from truth.ledger_rows import BTC, RUN, START, a_decision, a_fill, a_trade, an_order, hours

ALL_CHECKS = tuple(RiskCheck(layer, 0.0, 1.0, passed=True) for layer in RiskLayer)
BY_DECISION = {"chandelier", "channel", "signal"}
GENERATED_AT = START + timedelta(days=400)


@dataclass
class Story:
    """A run's rows in a real ledger; trade n is entered at hour 2n and left an hour later."""

    db: object
    logger: object
    written: int = 0

    def trade(self, net, fees="1", symbol=BTC, reason="stop_loss", r_multiple=None, **changes):
        """A closed trade of that net P&L, with all that led to it."""
        trade = self.position(fees, symbol)
        exit_time = trade.entry_timestamp + timedelta(hours=1)
        exit_decision = self._exit_decision(trade, exit_time, reason) if reason in BY_DECISION else None
        order = an_order(
            f"x-{trade.trade_id}",
            symbol=symbol,
            decision_id=exit_decision or trade.entry_decision_id,
            client_order_id=None,
            role=OrderRole.EXIT if exit_decision else OrderRole.BRACKET,
            side=Side.SELL,
            order_state=OrderState.FILLED,
        )
        self.logger.log_order(order)
        self.logger.log_fill(a_fill(f"fx-{trade.trade_id}", order_id=order.order_id, symbol=symbol))
        closed = replace(
            trade,
            status=TradeStatus.CLOSED,
            fees=Decimal(fees),
            gross_pnl=Decimal(net) + Decimal(fees),
            net_pnl=Decimal(net),
            is_winner=Decimal(net) > 0,
            r_multiple=None if r_multiple is None else Decimal(r_multiple),
            exit_reason=reason,
            exit_price=Decimal(63000),
            exit_timestamp=exit_time,
            exit_order_id=order.order_id,
            exit_decision_id=exit_decision,
        )
        closed = replace(closed, **changes)
        self.logger.close_trade(closed)
        return closed

    def position(self, fees="1", symbol=BTC, **changes):
        """A trade that is still open."""
        self.written += 1
        name = f"{symbol}-{self.written}"
        entered = hours(2 * self.written)
        self.logger.log_decision(
            a_decision(f"d-{name}", symbol=symbol, timestamp=entered, risk_checks=ALL_CHECKS)
        )
        self.logger.log_order(
            an_order(f"o-{name}", symbol=symbol, decision_id=f"d-{name}", order_state=OrderState.FILLED)
        )
        self.logger.log_fill(a_fill(f"f-{name}", order_id=f"o-{name}", symbol=symbol))
        trade = a_trade(
            f"t-{name}",
            symbol=symbol,
            entry_order_id=f"o-{name}",
            entry_decision_id=f"d-{name}",
            entry_timestamp=entered,
            fees=Decimal(fees),
        )
        trade = replace(trade, **changes)
        self.logger.open_trade(trade)
        return trade

    def refusals(self, count, reason="trading_halted", symbol=BTC):
        with self.logger.transaction():
            for _ in range(count):
                self._refusal(reason, symbol)

    def _refusal(self, reason, symbol):
        self.written += 1
        self.logger.log_decision(
            a_decision(
                f"refused-{self.written}",
                symbol=symbol,
                timestamp=hours(self.written),
                result=DecisionResult.REFUSED,
                result_reason=reason,
                order_id=None,
            )
        )

    def report(self):
        with LedgerReader(self.db) as reader:
            return build_report(reader, RUN, GENERATED_AT)

    def finish(self):
        self.logger.finish_run(RUN, RunStatus.COMPLETED, trades_opened=0, trades_closed=0)

    def _exit_decision(self, trade, moment, reason):
        decision = a_decision(
            f"e-{trade.trade_id}",
            symbol=trade.symbol,
            timestamp=moment,
            risk_checks=(),
            result=DecisionResult.EXIT,
            result_reason=reason,
        )
        self.logger.log_decision(decision)
        return decision.decision_id


def printed(report, width=80, encoding="utf-8", *, colour=False):
    """What a console of that width and encoding shows of a report."""
    return console_text(lambda console: render(report, console), width, encoding, colour=colour)


def console_text(show, width=80, encoding="utf-8", *, colour=False):
    """What a console of that width and encoding is shown."""

    class Stream(StringIO):
        """A text stream that says which encoding it has."""

    Stream.encoding = encoding
    stream = Stream()
    show(
        Console(file=stream, width=width, force_terminal=colour, color_system="standard" if colour else None)
    )
    return stream.getvalue()


def in_one_line(text):
    """The words, wherever lines were broken."""
    return " ".join(text.split())
