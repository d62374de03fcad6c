"""Small, valid rows and tapes for tests of the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from argusnexus.model.decisions import Decision, DecisionResult, Phase, RiskCheck, RiskLayer
from argusnexus.model.orders import Fill, Liquidity, Order, OrderRole, OrderState, Side
from argusnexus.model.runs import CapitalMode, Halt, MarketTimeBasis, Run, RunMode, RunSymbol
from argusnexus.model.times import HOUR, to_ns
from argusnexus.model.trades import Trade, TradeStatus
from argusnexus.truth.tape import TapeTable
from argusnexus.truth.tapes import FolderTapes

RUN = "replay_0000aaaa"
BTC = "BTC-USD"
ETH = "ETH-USD"
START = datetime(2024, 5, 3, 22, tzinfo=UTC)


def hours(count):
    return START + timedelta(hours=count)


def a_run(run_id=RUN, **changes):
    run = Run(
        run_id=run_id,
        run_mode=RunMode.REPLAY,
        capital_mode=CapitalMode.INDEPENDENT,
        market_time_basis=MarketTimeBasis.CANDLE_TIMESTAMP,
        data_integrity="ok",
        created_by="argus replay",
        git_sha=None,
        package_version="1.0.0",
        config_hash="c0ffee",
        config={"risk": {"risk_per_trade": 0.01}},
        data_hash=None,
        symbols=(ETH, BTC),
        granularity="1h",
        capital=Decimal(500),
        start_date="2024-05-03",
        end_date=None,
        started_at=START,
    )
    return replace(run, **changes)


def a_run_symbol(symbol=BTC, position=1, **changes):
    row = RunSymbol(
        run_id=RUN,
        symbol=symbol,
        position=position,
        source="stored 1h",
        candles_processed=10,
        first_open_time=START,
        last_close_time=hours(10),
        first_open=Decimal("62938.45"),
        last_close=Decimal("65510.29"),
        tradable_from=None,
        gaps_detected=0,
        missing_candles=0,
        longest_gap=0,
        volume_anomalies=0,
        ambiguous_candles=0,
        clipped=None,
    )
    return replace(row, **changes)


def a_halt(**changes):
    return replace(Halt(RUN, BTC, hours(5), "drawdown", 370.5, 500.0, 0.25), **changes)


def a_decision(decision_id="d1", **changes):
    decision = Decision(
        decision_id=decision_id,
        run_id=RUN,
        timestamp=START,
        symbol=BTC,
        strategy_name="donchian",
        signal_values={"atr": 512.25, "upper": 62900.0},
        risk_checks=(
            RiskCheck(RiskLayer.TRADING_HALTED, None, None, passed=True),
            RiskCheck(RiskLayer.DRAWDOWN, 0.01, 0.25, passed=True),
        ),
        market_context={"close": 62938.45},
        result=DecisionResult.ENTRY,
        result_reason="long",
        order_id="o1",
    )
    return replace(decision, **changes)


def an_order(order_id="o1", **changes):
    order = Order(
        order_id=order_id,
        decision_id="d1",
        run_id=RUN,
        client_order_id=f"ANX4_{order_id}",
        symbol=BTC,
        role=OrderRole.ENTRY,
        side=Side.BUY,
        order_type="limit",
        order_state=OrderState.PENDING,
        quantity=Decimal("0.00114454"),
        price=Decimal("62938.45"),
        take_profit_price=Decimal("65510.29"),
        stop_trigger_price=Decimal("61652.53"),
        submitted_at=START,
        filled_quantity=Decimal(0),
        payload={"side": "BUY"},
    )
    return replace(order, **changes)


def a_fill(fill_id="f1", **changes):
    fill = Fill(
        fill_id=fill_id,
        order_id="o1",
        run_id=RUN,
        venue_trade_id=f"venue-{fill_id}",
        symbol=BTC,
        side=Side.BUY,
        timestamp=START,
        price=Decimal("62938.45"),
        quantity=Decimal("0.00114454"),
        fee=Decimal("0.43"),
        liquidity=Liquidity.MAKER,
    )
    return replace(fill, **changes)


def a_trade(trade_id="t1", **changes):
    trade = Trade(
        trade_id=trade_id,
        run_id=RUN,
        symbol=BTC,
        strategy_name="donchian",
        status=TradeStatus.OPEN,
        quantity=Decimal("0.00114454"),
        planned_entry=Decimal("62938.45"),
        planned_stop=Decimal("61652.53"),
        planned_take_profit=Decimal("65510.29"),
        entry_order_id="o1",
        entry_decision_id="d1",
        entry_client_order_id="ANX4_o1",
        bracket_tp_order_id=None,
        bracket_sl_order_id=None,
        entry_timestamp=START,
        entry_price=Decimal("62938.45"),
        fees=Decimal("0.43"),
    )
    return replace(trade, **changes)


def closed(trade, exit_timestamp, **changes):
    return replace(
        trade,
        status=TradeStatus.CLOSED,
        exit_timestamp=exit_timestamp,
        exit_price=Decimal("65510.29"),
        exit_reason="take_profit",
        gross_pnl=Decimal("2.94"),
        net_pnl=Decimal("2.0614854283"),
        r_multiple=Decimal("1.4"),
        mae=Decimal("-12.5"),
        mfe=Decimal("2571.84"),
        is_winner=True,
        **changes,
    )


def a_tape(symbol=BTC, count=10, reasons=("warmup", "no_breakout"), indicators=None, **changes):
    """One line per hour from START on, all HOLD, the first two in warm-up."""
    as_of = to_ns(START) + HOUR * np.arange(count, dtype=np.int64)
    columns = {
        "strategy_name": "donchian",
        "as_of": as_of,
        "open_time": as_of - HOUR,
        "phase": np.full(count, Phase.IDLE, np.int64),
        "result": np.full(count, DecisionResult.HOLD, np.int64),
        "reason": (np.arange(count) >= 2).astype(np.int64),
        "reasons": reasons,
        "close": 60_000.0 + np.arange(count),
        "equity": 500.0 + np.arange(count),
        "trailing_stop": np.full(count, np.nan),
        "indicators": {"atr": np.where(np.arange(count) < 2, np.nan, 1.5)}
        if indicators is None
        else indicators,
    }
    return TapeTable(symbol, **(columns | changes))


def write_tape(db, run_id, tables):
    FolderTapes(db).write(run_id, tables)


def read_tape(db, run_id, symbol, start=None, end=None):
    with FolderTapes(db).opened(run_id) as tape:
        return tape.lines(symbol, start, end)
