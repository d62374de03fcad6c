"""`TradingEngine`: the step one time at a time, its effects carried out ledger first, network second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.clock import Clock, SystemClock
from argusnexus.engine.apply import after_decision, apply, at_close, expires
from argusnexus.engine.columns import signal_columns
from argusnexus.engine.journal import decision_record, event_record
from argusnexus.engine.rows import RowMaker
from argusnexus.engine.scribe import Scribe
from argusnexus.engine.setup import start_account, step_params
from argusnexus.engine.state import EventKind, flat_state
from argusnexus.engine.step import decide_at_close, equity_of, expiry, exposure_of
from argusnexus.model.candles import Granularity
from argusnexus.model.decisions import DecisionResult, Phase, Reason
from argusnexus.model.faults import refuse_errors
from argusnexus.model.frames import from_frame, smallest_step
from argusnexus.model.runs import Halt
from argusnexus.model.settings import ExecutionConfig
from argusnexus.model.times import to_ns
from argusnexus.model.trades import TradeStatus
from argusnexus.money import Amount, amount
from argusnexus.strategy.follow import following

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import pandas as pd

    from argusnexus.engine.ports import Executor, Ledger
    from argusnexus.engine.state import Event, Signal
    from argusnexus.engine.step import Decided
    from argusnexus.model.candles import Candle, Candles, FloatColumn
    from argusnexus.model.decisions import Decision
    from argusnexus.model.orders import Order
    from argusnexus.model.product import ProductSpec
    from argusnexus.model.trades import Trade
    from argusnexus.risk import RiskManager
    from argusnexus.strategy import Strategy

_UNKNOWN = Granularity(1)  # of a frame whose granularity is yet to be inferred


class _Said(NamedTuple):
    """What the strategy said at one candle."""

    signal: Signal
    indicators: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TickResult:
    """What one tick came to.

    Attributes:
        timestamp: the tick's `as_of`.
        result, reason: of the newest closed candle's decision.
        phase: where the engine stands now.
        decision_id, order_id: of that decision; None where it was not made (again) or led to no order.
        trade_id: the trade that is open, or that this tick closed; None when there is none.
    """

    timestamp: datetime
    symbol: str
    result: DecisionResult
    reason: str
    phase: Phase
    decision_id: str | None = None
    order_id: str | None = None
    trade_id: str | None = None


class TradingEngine:
    """One symbol's engine with an account of its own.

    Args:
        strategy: an incremental one is asked about the candles of a tick only, any other about all candles again.
        executor: the venue, real or simulated.
        truth_logger: an initialised ledger; everything is written there before it is done.
        capital: start capital in quote currency.
        run_id: of a run that the ledger knows; None outside a run: a ledger has room for one such engine a symbol.
        product: None asks the venue.
        granularity: None infers it from the first frame.
        execution: costs and order type; None means the defaults.
    """

    def __init__(
        self,
        strategy: Strategy,
        risk_manager: RiskManager,
        executor: Executor,
        truth_logger: Ledger,
        symbol: str,
        capital: Amount | float | str,
        *,
        run_id: str | None = None,
        product: ProductSpec | None = None,
        granularity: Granularity | str | None = None,
        execution: ExecutionConfig | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._strategy_name = strategy.name
        self._follower = following(strategy)
        self._risk = risk_manager
        self._executor = executor
        self._ledger = truth_logger
        self._symbol = symbol
        self._run_id = run_id
        self._clock = clock or SystemClock()
        self._granularity = Granularity.parse(granularity) if isinstance(granularity, str) else granularity
        self._capital = amount(capital)
        self._execution = execution or ExecutionConfig()
        self._product = product or executor.product(symbol)
        self._params = step_params(self._product, risk_manager, self._execution)
        self._state = flat_state()
        self._last_open: int | None = None
        self._scribe: Scribe | None = None

    def run_tick(self, data: pd.DataFrame, as_of: datetime | None = None) -> TickResult:
        """Act on what closed since the last tick.

        Every closed candle that was not seen yet is decided on, in order, as of its own close; candles that are not
        yet closed at `as_of` are ignored. The first frame's older candles are history: the newest one is decided on.

        Args:
            data: timestamp (open time), open, high, low, close, volume; oldest first.
            as_of: UTC unless it says otherwise; None asks the clock.

        Raises:
            DataError, StrategyError: if the new candles or the signals can't be used; nothing is done then.
            LedgerError, OrderError: if the ledger or the venue failed on the way: this engine is of no further use,
                its state and the ledger's may differ.
        """
        as_of = as_of or self._clock.now()
        new = self._newly_closed(data, as_of)
        before = self._scribe.trade if self._scribe else None
        if new is None or not len(new):
            return self._result(as_of, None, before)
        seen = self._follower.seen
        signals = self._follower.signals(new)
        if not seen:
            self._begin(new)
        self._granularity, self._last_open = new.granularity, int(new.times[-1])
        scribe = self._scribe = self._scribe or self._new_scribe()
        scribe.reworded(signals.hold_reasons)
        columns = signal_columns(signals)
        decision = None
        for row in range(0 if seen else len(new) - 1, len(new)):
            candle = new.candle(row)._replace(number=seen + row)
            said = _Said(columns.row(row), _values(signals.indicators, row))
            decision = self._step(scribe, candle, said)
        return self._result(as_of, decision, before)

    def _newly_closed(self, data: pd.DataFrame, as_of: datetime) -> Candles | None:
        """The candles that have closed and were not seen yet; None while nobody knows how long a candle lasts."""
        granularity = self._granularity
        if not data.empty and granularity is None:
            granularity = smallest_step(from_frame(data, self._symbol, _UNKNOWN))
        if data.empty or granularity is None:
            return None
        candles = from_frame(data, self._symbol, granularity)
        fresh = candles.close_times <= to_ns(as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC))
        if self._last_open is not None:
            fresh &= candles.times > self._last_open
        new = candles.rows(fresh)
        refuse_errors(new)
        return new

    def _begin(self, history: Candles) -> None:
        """The account starts at the first decision; what the market did before it still counts as seen."""
        self._account = start_account(self._capital, self._risk, history.granularity, 1)
        for index in range(len(history) - 1):
            candle = history.candle(index)
            self._state = after_decision(at_close(self._state, candle), candle, self._params)

    def _new_scribe(self) -> Scribe:
        rows = RowMaker(
            run_id=self._run_id,
            product=self._product,
            strategy_name=self._strategy_name,
            hold_reasons=(),
            maker_fee=amount(self._execution.maker_fee),
            taker_fee=amount(self._execution.taker_fee),
        )
        return Scribe(self._ledger, self._executor.desk(self._run_id), rows, self._execution.entry_type)

    def _step(self, scribe: Scribe, candle: Candle, said: _Said) -> Decision:
        event = self._executor.report(self._symbol, self._state, candle, self._params)
        while event.kind != EventKind.NONE.value:
            self._carry_out(scribe, event, candle)
            event = self._executor.report(self._symbol, self._state, candle, self._params)
        self._state = at_close(self._state, candle)
        if expires(self._state, candle, self._params):
            self._executor.cancel(_known(scribe.entry))
            self._carry_out(scribe, expiry(), candle)
        return self._decide(scribe, candle, said)

    def _carry_out(self, scribe: Scribe, event: Event, candle: Candle) -> None:
        applied = apply(self._state, self._account, event, candle)
        with self._ledger.transaction():
            scribe.happened(candle, event_record(candle.number, event, self._state, applied))
        self._state, self._account = applied.state, applied.account
        if event.kind == EventKind.STOP_LEFT_RESTING.value:
            self._sell(scribe)

    def _decide(self, scribe: Scribe, candle: Candle, said: _Said) -> Decision:
        states, params = [self._state], (self._params,)
        equity = equity_of(self._account, states)
        exposure = exposure_of(0, states, (0,), params)
        done = decide_at_close(
            self._state, self._account, said.signal, candle, equity, exposure, self._params
        )
        record = decision_record(candle.number, done.outcome, done.account, exposure)
        verdict = done.outcome.proposal.verdict
        with self._ledger.transaction():
            decision = scribe.decided(candle, record, (verdict.values, verdict.limits), said.indicators)
            self._log_halt(done, decision)
        self._state, self._account = done.state, done.account
        if decision.result is DecisionResult.ENTRY:
            self._send(scribe, _known(scribe.entry))
        elif decision.result is DecisionResult.EXIT:
            self._sell(scribe)
        return decision

    def _log_halt(self, done: Decided, decision: Decision) -> None:
        watch = done.account.watch
        if watch.halted and not self._account.watch.halted and self._run_id is not None:
            limit = self._risk.config.max_drawdown
            reason = Reason.DRAWDOWN.label
            self._ledger.log_halt(
                Halt(self._run_id, self._symbol, decision.timestamp, reason, watch.equity, watch.peak, limit)
            )

    def _sell(self, scribe: Scribe) -> None:
        """The bracket must be gone before its quantity can be sold."""
        self._executor.cancel(_known(scribe.bracket))
        self._send(scribe, _known(scribe.exit))

    def _send(self, scribe: Scribe, order: Order) -> None:
        self._executor.submit(order)
        scribe.acknowledged(order)

    def _result(self, as_of: datetime, decision: Decision | None, before: Trade | None) -> TickResult:
        trade = self._scribe.trade if self._scribe else None
        current = trade is not None and (trade.status is TradeStatus.OPEN or trade is not before)
        reason = Reason.WARMUP.label if self._last_open is None else "no_new_candle"
        return TickResult(
            timestamp=as_of,
            symbol=self._symbol,
            result=decision.result if decision else DecisionResult.HOLD,
            reason=decision.result_reason if decision else reason,
            phase=Phase(self._state.phase),
            decision_id=decision.decision_id if decision else None,
            order_id=decision.order_id if decision else None,
            trade_id=trade.trade_id if trade and current else None,
        )


def _values(columns: Mapping[str, FloatColumn], row: int) -> dict[str, float]:
    return {name: float(column[row]) for name, column in columns.items()}


def _known(order: Order | None) -> Order:
    if order is None:
        raise ValueError("expected an order before it is sent or cancelled")
    return order
