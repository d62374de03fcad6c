"""The engine one tick at a time: which candles it acts on, and the rows that it leaves in a real ledger."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from argusnexus.engine import TradingEngine
from argusnexus.errors import DataError, LedgerError, OrderError, StrategyError
from argusnexus.execution import PaperExecutor
from argusnexus.model.candles import Granularity
from argusnexus.model.decisions import DecisionResult, Phase
from argusnexus.model.frames import to_frame
from argusnexus.model.orders import EntryType, OrderRole, OrderState
from argusnexus.model.runs import RunMode
from argusnexus.model.settings import ExecutionConfig
from argusnexus.model.times import from_ns, iso
from argusnexus.model.trades import TradeStatus
from argusnexus.risk import RiskConfig, RiskManager
from argusnexus.strategy import DonchianBreakout, Signals, Strategy
from argusnexus.truth.logger import TruthLogger
from argusnexus.truth.queries import LedgerReader
from engine.hand_made import START, candles, execution, product
from replay.both_engines import told_by_the_oracle
from replay.random_cases import random_case
from truth.ledger_rows import a_run

RUN = "paper_0000aaaa"
MIDNIGHT = datetime(2024, 1, 1, tzinfo=UTC)
FLAT = (100, 101, 99, 100)
LENIENT = RiskConfig(
    stop_buffer=0.1,
    max_drawdown=1.0,
    daily_loss_limit=1.0,
    max_asset_concentration=1.0,
    max_correlated_exposure=1.0,
)


class StoppedClockError(Exception):
    pass


class NoClock:
    def now(self):
        raise StoppedClockError


class FixedClock:
    def now(self):
        return datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Scripted(Strategy):
    """Enters and leaves at the rows it is told; the plan is 100, 90, 120."""

    name: ClassVar[str] = "scripted"

    entries: tuple[int, ...] = ()
    exits: tuple[int, ...] = ()
    warmup: int = 0

    def signals(self, candles):
        rows = np.arange(len(candles))
        return Signals(
            entry=np.isin(rows, self.entries),
            entry_price=np.full(len(rows), 100.0),
            stop=np.full(len(rows), 90.0),
            take_profit=np.full(len(rows), 120.0),
            exit=np.isin(rows, self.exits),
            trailing_distance=np.full(len(rows), np.nan),
            hold_reason=np.zeros(len(rows), dtype=np.int64),
            hold_reasons=("nothing_scripted",),
            warmup=self.warmup,
            indicators={"close": candles.close},
        )


def hours(count):
    return MIDNIGHT + timedelta(hours=count)


def frame(rows, *, first=0):
    return to_frame(candles("BTC-USD", rows, first=first))


class Session:
    """An engine with a real ledger and the paper venue."""

    def __init__(self, path, strategy, *, risk=LENIENT, run_id=RUN, spec=None, granularity=None, **costs):
        self.path = path
        self.logger = TruthLogger(path, clock=FixedClock())
        self.logger.initialize()
        if run_id:
            self.logger.start_run(a_run(run_id, run_mode=RunMode.PAPER))
        self.venue = PaperExecutor(Decimal(1000))
        self.engine = TradingEngine(
            strategy,
            RiskManager(risk),
            self.venue,
            self.logger,
            "BTC-USD",
            Decimal(1000),
            run_id=run_id,
            product=spec or product(),
            granularity=granularity,
            execution=execution(**{"slippage_bps": 0.0} | costs),
            clock=NoClock(),
        )

    def tick(self, rows, *, first=0, as_of=None):
        return self.engine.run_tick(frame(rows, first=first), as_of or hours(first + len(rows)))

    def live(self, rows):
        """One tick a candle."""
        self.tick(rows[:1], first=0)
        return [self.tick([row], first=number) for number, row in enumerate(rows[1:], 1)]

    def ask(self, statement):
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(statement).fetchall()

    def decisions(self):
        return self.ask("SELECT timestamp, result_reason FROM decisions ORDER BY timestamp")

    def reasons(self):
        return [reason for _, reason in self.decisions()]

    def close(self):
        self.logger.close()


@pytest.fixture
def session(tmp_path):
    opened = []

    def start(strategy=None, **settings):
        settings.setdefault("granularity", "1h")
        path = tmp_path / f"ledger{len(opened)}.db"
        opened.append(Session(path, strategy or Scripted(), **settings))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


class TestWhichCandles:
    def test_the_results_time_is_the_ticks(self, session):
        as_of = hours(2) + timedelta(minutes=17)
        assert session().tick([FLAT, FLAT], as_of=as_of).timestamp == as_of

    def test_candles_that_are_not_closed_are_ignored(self, session):
        one = session()
        one.tick([FLAT, FLAT, FLAT], as_of=hours(3) - timedelta(microseconds=1))
        assert one.decisions() == [(iso(hours(2)), "nothing_scripted")]

    def test_candles_already_seen_are_skipped(self, session):
        one = session()
        one.tick([FLAT, FLAT])
        again = one.tick([FLAT, FLAT])
        assert (again.result, again.reason, again.decision_id) == (DecisionResult.HOLD, "no_new_candle", None)
        assert len(one.decisions()) == 1

    def test_the_first_frames_older_candles_are_history(self, session):
        one = session(Scripted(warmup=3))
        one.tick([FLAT] * 4)
        assert one.decisions() == [(iso(hours(4)), "nothing_scripted")]

    def test_history_counts_as_seen_by_the_circuit_breaker(self, session):
        one = session(Scripted(entries=(1,)), risk=RiskConfig(circuit_breaker_cooldown_minutes=60))
        assert one.tick([(90, 101, 89, 100), FLAT]).reason == "circuit_breaker_cooldown"

    def test_every_newly_closed_candle_is_decided_on_as_of_its_own_close(self, session):
        one = session()
        one.tick([FLAT])
        one.tick([FLAT] * 4, as_of=hours(9))
        assert [time for time, _ in one.decisions()] == [iso(hours(count)) for count in (1, 2, 3, 4)]

    def test_there_is_one_decision_a_candle(self, session):
        one = session(Scripted(entries=(1,), exits=(3,)))
        for count in range(1, 7):
            one.tick([FLAT] * count)
        assert [time for time, _ in one.decisions()] == [iso(hours(count)) for count in range(1, 7)]

    def test_a_short_frame_is_a_warmup_hold_that_the_strategy_decides(self, session):
        one = session(DonchianBreakout())
        result = one.tick([FLAT] * 5)
        assert (result.result, result.reason) == (DecisionResult.HOLD, "warmup")
        assert one.reasons() == ["warmup"]

    @pytest.mark.parametrize("short", [pd.DataFrame(), frame([FLAT]).iloc[:0], frame([FLAT])])
    def test_too_few_rows_to_know_the_granularity_are_a_warmup_hold(self, session, short):
        one = session(granularity=None)
        result = one.engine.run_tick(short, hours(5))
        assert (result.result, result.reason, result.phase) == (DecisionResult.HOLD, "warmup", Phase.IDLE)
        assert not one.decisions()

    def test_a_frame_in_which_nothing_is_closed_is_a_warmup_hold(self, session):
        assert session().tick([FLAT, FLAT], as_of=MIDNIGHT).reason == "warmup"

    def test_the_granularity_is_inferred_from_the_smallest_step(self, session):
        one = session(granularity=None)
        one.tick([FLAT, None, FLAT, FLAT])
        assert one.decisions() == [(iso(hours(4)), "nothing_scripted")]

    def test_granularity_may_be_given_as_a_type_too(self, session):
        one = session(granularity=Granularity.parse("1h"))
        one.tick([FLAT])
        assert len(one.decisions()) == 1


class TestClock:
    def test_it_is_never_asked_when_a_time_is_given(self, session):
        session(Scripted(entries=(1,), exits=(2,))).live([FLAT] * 5)

    def test_it_is_asked_when_none_is_given(self, session):
        with pytest.raises(StoppedClockError):
            session().engine.run_tick(frame([FLAT, FLAT]))

    def test_its_time_is_the_ticks(self, tmp_path):
        with TruthLogger(tmp_path / "ledger.db", clock=FixedClock()) as logger:
            engine = TradingEngine(
                Scripted(), RiskManager(), PaperExecutor(1000), logger, "BTC-USD", 1000, clock=FixedClock()
            )
            assert engine.run_tick(frame([FLAT, FLAT])).timestamp == FixedClock().now()


BAD_ROWS = [
    pytest.param((100, 99, 98, 100), id="high below open"),
    pytest.param((100, 101, 0, 100), id="low of zero"),
    pytest.param((100, np.nan, 99, 100), id="no number"),
    pytest.param((100, 101, 99, 100, -1), id="negative volume"),
]


class TestBadInput:
    @pytest.mark.parametrize("bad", BAD_ROWS)
    def test_bad_candles_are_refused_and_nothing_is_done(self, session, bad):
        one, other = session(Scripted(entries=(2,))), session(Scripted(entries=(2,)))
        for both in (one, other):
            both.tick([FLAT, FLAT])
        with pytest.raises(DataError, match="BTC-USD"):
            one.tick([FLAT, bad], first=2)
        assert one.decisions() == other.decisions()
        assert one.tick([FLAT], first=2) == other.tick([FLAT], first=2)

    def test_a_bad_first_frame_leaves_no_trace(self, session):
        """Its smallest step is no evidence of the granularity."""
        one = session(granularity=None)
        half = frame([FLAT])
        half["timestamp"] += pd.Timedelta(minutes=30)
        half["low"] = -1.0
        with pytest.raises(DataError):
            one.engine.run_tick(pd.concat([frame([FLAT]), half, frame([FLAT], first=1)]), hours(9))
        one.engine.run_tick(frame([FLAT, FLAT]), hours(1) + timedelta(minutes=30))
        assert one.decisions() == [(iso(hours(1)), "nothing_scripted")]

    def test_times_that_are_text_are_refused(self, session):
        one = session(granularity=None)
        with pytest.raises(DataError, match="timestamp"):
            one.engine.run_tick(frame([FLAT, FLAT]).astype({"timestamp": str}), hours(2))

    def test_a_missing_column_is_refused(self, session):
        one = session(granularity=None)
        with pytest.raises(DataError, match="timestamp"):
            one.engine.run_tick(frame([FLAT, FLAT]).drop(columns="timestamp"), hours(2))

    def test_a_strategy_that_breaks_its_contract_is_refused(self, session):
        class Short(Scripted):
            def signals(self, candles):
                return super().signals(candles.rows(slice(1, None)))

        with pytest.raises(StrategyError, match="scripted"):
            session(Short()).tick([FLAT, FLAT])

    def test_what_cannot_be_logged_is_not_done(self, session):
        one = session(Scripted(entries=(1,)))
        one.tick([FLAT])
        one.logger.close()
        with pytest.raises(LedgerError):
            one.tick([FLAT], first=1)
        assert not one.venue.open_orders


class TestResult:
    def test_an_entry_names_its_order_and_a_position_its_trade(self, session):
        one = session(Scripted(entries=(1,), exits=(3,)))
        entered, filled, leaving, left, after = one.live([FLAT, FLAT, FLAT, FLAT, FLAT, FLAT])
        assert (entered.result, entered.phase) == (DecisionResult.ENTRY, Phase.ENTRY_PENDING)
        assert one.ask("SELECT order_id FROM orders WHERE order_type = 'limit_limit_gtc'") == [
            (entered.order_id,)
        ]
        assert entered.trade_id is None
        assert one.ask("SELECT trade_id FROM trades") == [(filled.trade_id,)]
        assert (leaving.result, leaving.phase) == (DecisionResult.EXIT, Phase.EXIT_PENDING)
        assert left.trade_id == filled.trade_id
        assert (left.phase, after.trade_id) == (Phase.IDLE, None)

    def test_a_tick_without_a_new_candle_still_knows_the_open_trade(self, session):
        one = session(Scripted(entries=(1,)))
        (*_, filled) = one.live([FLAT, FLAT, FLAT])
        assert one.tick([FLAT], first=2).trade_id == filled.trade_id


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

    def test_its_first_time_is_where_the_tests_begin(self):
        assert from_ns(START) == MIDNIGHT
