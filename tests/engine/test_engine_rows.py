"""The rows that an engine leaves in a real ledger, and the paper venue's books beside them."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import numpy as np
import pytest

from argusnexus.engine import TradingEngine
from argusnexus.errors import OrderError
from argusnexus.execution import PaperExecutor
from argusnexus.model.frames import to_frame
from argusnexus.model.orders import EntryType, OrderRole, OrderState
from argusnexus.model.runs import RunMode
from argusnexus.model.settings import ExecutionConfig
from argusnexus.model.times import from_ns, iso
from argusnexus.model.trades import TradeStatus
from argusnexus.risk import RiskConfig, RiskManager
from argusnexus.strategy import Signals, Strategy
from argusnexus.truth.logger import TruthLogger
from argusnexus.truth.queries import LedgerReader
from engine.paper_session import FLAT, RUN, FixedClock, NoClock, Scripted, hours
from replay.both_engines import told_by_the_oracle
from replay.random_cases import random_case
from truth.ledger_rows import a_run


def orders(session):
    return session.ask("SELECT role, order_state FROM orders ORDER BY rowid")


def role(of, state):
    return of.value, state.value


class TestRows:
    def test_a_stop_fills_the_bracket(self, session):
        one = session(Scripted(entries=(1,)))
        one.live([FLAT, FLAT, FLAT, (100, 101, 85, 95)])
        assert orders(one) == [
            role(OrderRole.ENTRY, OrderState.FILLED),
            role(OrderRole.BRACKET, OrderState.FILLED),
        ]
        assert one.ask("SELECT exit_reason, exit_decision_id FROM trades") == [("stop_loss", None)]
        assert one.ask("SELECT count(*) FROM fills") == [(2,)]

    def test_a_signal_exit_cancels_the_bracket_and_sells(self, session):
        one = session(Scripted(entries=(1,), exits=(2,)))
        one.live([FLAT, FLAT, FLAT, FLAT])
        assert orders(one) == [
            role(OrderRole.ENTRY, OrderState.FILLED),
            role(OrderRole.BRACKET, OrderState.CANCELLED),
            role(OrderRole.EXIT, OrderState.FILLED),
        ]
        ((reason, decided),) = one.ask(
            "SELECT exit_reason, d.result_reason FROM trades t JOIN decisions d ON d.decision_id = t.exit_decision_id"
        )
        assert (reason, decided) == ("signal", "signal")

    def test_a_sell_that_waits_is_open_at_the_venue(self, session):
        one = session(Scripted(entries=(1,), exits=(2,)))
        one.live([FLAT, FLAT, FLAT])
        assert orders(one)[-1] == role(OrderRole.EXIT, OrderState.OPEN)
        assert list(one.venue.open_orders) == [one.ask("SELECT order_id FROM orders")[-1][0]]

    def test_a_jumped_stop_cancels_the_bracket_and_sells_without_a_decision_of_its_own(self, session):
        one = session(Scripted(entries=(1,)))
        one.live([FLAT, FLAT, FLAT, (70, 75, 60, 70), (72, 73, 71, 72)])
        assert one.ask("SELECT exit_reason, exit_price, exit_decision_id FROM trades") == [
            ("emergency", "72.00", None)
        ]
        assert one.reasons() == [
            "nothing_scripted",
            "long",
            "position_held",
            "exit_pending",
            "nothing_scripted",
        ]
        ((why,),) = one.ask("SELECT error_message FROM orders WHERE order_state = 'cancelled'")
        assert "gap" in why

    def test_an_expired_entry_is_taken_back(self, session):
        one = session(Scripted(entries=(1,)), entry_ttl=1)
        one.live([FLAT, FLAT, (105, 106, 104, 105), FLAT])
        assert orders(one) == [role(OrderRole.ENTRY, OrderState.EXPIRED)]
        assert one.ask("SELECT error_message, completed_at FROM orders") == [("entry_expired", iso(hours(3)))]
        assert not one.venue.open_orders
        assert one.reasons() == ["nothing_scripted", "long", "nothing_scripted", "nothing_scripted"]

    def test_a_market_entry_has_no_price_of_its_own(self, session):
        one = session(Scripted(entries=(1,)), entry_type=EntryType.MARKET)
        one.live([FLAT, FLAT, (105, 106, 104, 105)])
        assert one.ask("SELECT order_type, price, average_fill_price FROM orders WHERE role = 'entry'") == [
            ("market_market_ioc", None, "105.00")
        ]

    def test_a_refusal_is_a_decision_without_an_order(self, session):
        one = session(Scripted(entries=(1,)), risk=RiskConfig(max_trades_per_hour=0))
        one.live([FLAT, FLAT, FLAT])
        assert one.ask("SELECT result_reason, order_id FROM decisions WHERE result = 'REFUSED'") == [
            ("trade_frequency", None)
        ]
        assert not orders(one)

    def test_a_halt_is_logged_once(self, session):
        one = session(Scripted(entries=(1, 4)), risk=RiskConfig(max_drawdown=0.005, stop_buffer=0.1))
        one.live([FLAT, FLAT, FLAT, (95, 96, 91, 92), FLAT, FLAT])
        assert one.ask("SELECT symbol, timestamp, reason FROM halts") == [
            ("BTC-USD", iso(hours(4)), "drawdown")
        ]

    def test_an_engine_outside_a_run_logs_too(self, session):
        one = session(
            Scripted(entries=(1,)), risk=RiskConfig(max_drawdown=0.001, stop_buffer=0.1), run_id=None
        )
        one.live([FLAT, FLAT, FLAT, (95, 96, 80, 92)])
        assert one.ask("SELECT run_id, status FROM trades") == [(None, "closed")]
        assert not one.ask("SELECT * FROM halts")

    def test_a_second_trade_has_rows_of_its_own(self, session):
        one = session(Scripted(entries=(1, 3)))
        one.live([FLAT, FLAT, FLAT, (100, 101, 85, 95), FLAT, (121, 122, 120, 121)])
        assert one.ask("SELECT exit_reason FROM trades ORDER BY entry_timestamp") == [
            ("stop_loss",),
            ("take_profit",),
        ]

    def test_everything_holds_together(self, session):
        one = session(Scripted(entries=(1, 3, 6), exits=(7,)))
        one.live([FLAT, FLAT, FLAT, (100, 101, 85, 95), FLAT, (121, 122, 120, 121), FLAT, FLAT, FLAT])
        assert not one.ask("PRAGMA foreign_key_check")
        with LedgerReader(one.path) as reader:
            trades = reader.trades(RUN)
            walks = [reader.walk(trade.trade_id) for trade in trades]
        assert [trade.exit_reason for trade in trades] == ["stop_loss", "take_profit", "signal"]
        for walk in walks:
            assert sum(fill.fee for fill in walk.fills) == walk.trade.fees
            assert {fill.order_id for fill in walk.fills} <= {order.order_id for order in walk.orders}
            assert walk.trade.entry_decision_id in {decision.decision_id for decision in walk.decisions}


class CaseStrategy(Strategy):
    """The signals of a random case, as far as candles go."""

    name = "case"

    def __init__(self, rows):
        self._rows = rows

    def signals(self, candles):
        rows = self._rows[: len(candles)]
        columns = {
            name: np.array([getattr(row, name) for row in rows])
            for name in ("entry", "entry_price", "stop", "take_profit", "exit", "trailing_distance")
        }
        return Signals(
            **columns,
            hold_reason=np.zeros(len(rows), dtype=np.int64),
            hold_reasons=("no_breakout",),
            warmup=sum(row.hold_reason == "warmup" for row in self._rows),
        )


def _lived_through(case, path):
    """A case's first symbol, tick by tick; its trades and decisions as the ledger has them, and the balance."""
    symbol, market = next(iter(case.candles.items()))
    table = case.execution | {"entry_type": EntryType(case.execution["entry_type"])}
    venue = PaperExecutor(case.capital, products=case.products)
    with TruthLogger(path, clock=FixedClock()) as logger:
        logger.start_run(a_run(RUN, run_mode=RunMode.PAPER))
        engine = TradingEngine(
            CaseStrategy(case.injected[symbol]),
            RiskManager(RiskConfig(**case.risk)),
            venue,
            logger,
            symbol,
            case.capital,
            run_id=RUN,
            granularity=market.granularity,
            execution=ExecutionConfig(**table),
            clock=NoClock(),
        )
        whole = to_frame(market)
        for row, closed in enumerate(market.close_times):
            engine.run_tick(whole.iloc[max(0, row - 2) : row + 1], from_ns(closed))
        with LedgerReader(path) as reader:
            return reader.trades(RUN, TradeStatus.CLOSED), list(reader.decisions(RUN)), venue.balance


SEEDS = [
    seed for seed in range(120) if random_case(seed).injected and random_case(seed).mode == "independent"
][:12]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_session_leaves_the_oracles_trades_and_balance_to_the_last_digit(seed, tmp_path):
    case = random_case(seed)
    symbol = next(iter(case.candles))
    trades, decisions, balance = _lived_through(case, tmp_path / "ledger.db")
    told = told_by_the_oracle(case)
    expected = [trade for trade in told.trades if trade.symbol == symbol]
    assert [
        (trade.entry_price, trade.exit_price, trade.quantity, trade.mae, trade.mfe, trade.exit_reason)
        for trade in trades
    ] == [
        (trade.entry_price, trade.exit_price, trade.quantity, trade.mae, trade.mfe, trade.exit_reason)
        for trade in expected
    ]
    assert Counter(one.result_reason for one in decisions) == Counter(
        reason for _, _, reason in told.decisions[symbol]
    )
    assert float(balance) == told.final_cash[symbol]


class TestPaperVenue:
    def test_an_order_is_not_submitted_twice(self, session):
        one = session(Scripted(entries=(1,)))
        one.live([FLAT, FLAT])
        (order,) = one.venue.open_orders.values()
        with pytest.raises(OrderError, match="not submitted twice"):
            one.venue.submit(order)

    def test_it_knows_the_built_in_products(self):
        assert PaperExecutor(Decimal(1)).product("BTC-USD").quote_increment == Decimal("0.01")

    def test_its_balance_is_what_fills_and_fees_leave(self, session):
        one = session(Scripted(entries=(1,), exits=(2,)))
        one.live([FLAT, FLAT, FLAT, (110, 111, 109, 110)])
        ((net,),) = one.ask("SELECT net_pnl FROM trades")
        assert one.venue.balance == 1000 + Decimal(net)
