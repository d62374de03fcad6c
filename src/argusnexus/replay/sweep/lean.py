"""A replay without rows and tape: the closed trades alone, exactly those that a whole replay leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from argusnexus.engine.columns import signal_columns
from argusnexus.engine.journal import DecisionRecord, EventRecord
from argusnexus.engine.rows import R_DIGITS
from argusnexus.engine.setup import start_account, step_params
from argusnexus.engine.state import EventKind
from argusnexus.model.decisions import DecisionResult
from argusnexus.model.trades import ExitReason
from argusnexus.model.trials import TrialTrade
from argusnexus.money import amount, on_increment
from argusnexus.replay.batch import is_compiled, run_batch
from argusnexus.risk import RiskManager

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from argusnexus.model.candles import Candles
    from argusnexus.model.product import ProductSpec
    from argusnexus.model.settings import ExecutionConfig
    from argusnexus.money import Amount
    from argusnexus.replay.batch import BatchRun
    from argusnexus.replay.plan import ReplayPlan
    from argusnexus.strategy import Signals


class LeanReplay(NamedTuple):
    """What a replay came to.

    Attributes:
        trades: closed ones by exit time, then the symbols' order, then entry time.
        opened: trades that were opened.
        halts: accounts whose trading was stopped for good.
    """

    trades: tuple[TrialTrade, ...]
    opened: int
    halts: int


def replay_lean(
    plan: ReplayPlan, candles: Mapping[str, Candles], signals: Mapping[str, Signals], *, native: bool
) -> LeanReplay:
    """Every account in turn; `candles` and `signals` are by symbol."""
    trades: list[TrialTrade] = []
    opened = halts = 0
    for symbols in plan.accounts():
        own = [candles[symbol] for symbol in symbols]
        batch = _batch(plan, own, [signals[symbol] for symbol in symbols], native=native)
        halts += int(batch.journal.halt[0] >= 0)
        for place, one in enumerate(own):
            story = _Story(batch, place, one, plan.product(one.symbol), plan.settings.execution)
            trades += story.closed_trades()
            opened += story.opened
    order = {symbol: place for place, symbol in enumerate(plan.symbols)}
    trades.sort(key=lambda trade: (trade.exit_time, order[trade.symbol], trade.entry_time))
    return LeanReplay(tuple(trades), opened, halts)


def lean_is_compiled(plan: ReplayPlan, symbols: Sequence[str]) -> bool:
    """Whether the step for an account of these symbols need only be loaded."""
    account = start_account(plan.capital, RiskManager(plan.settings.risk), plan.granularity, len(symbols))
    return is_compiled(len(symbols), account)


def _batch(plan: ReplayPlan, candles: list[Candles], signals: list[Signals], *, native: bool) -> BatchRun:
    risk = RiskManager(plan.settings.risk)
    groups = [risk.group_of(one.symbol) for one in candles]
    return run_batch(
        candles,
        [signal_columns(one) for one in signals],
        [step_params(plan.product(one.symbol), risk, plan.settings.execution) for one in candles],
        [groups.index(group) for group in groups],
        start_account(plan.capital, risk, plan.granularity, len(candles)),
        native=native,
    )


class _Fill(NamedTuple):
    """One side of a trade."""

    time: int
    price: Amount
    fee_rate: Amount


class _Story:
    """One symbol of a batch."""

    def __init__(
        self,
        batch: BatchRun,
        place: int,
        candles: Candles,
        product: ProductSpec,
        execution: ExecutionConfig,
    ) -> None:
        self._batch = batch
        self._place = place
        self._candles = candles
        self._product = product
        self._maker_fee, self._taker_fee = amount(execution.maker_fee), amount(execution.taker_fee)
        journal = batch.journal
        self._events = [
            EventRecord(*values)
            for values in self._own(journal.events[: journal.counts[0]])
            if values[1] in (EventKind.ENTRY_FILLED, EventKind.EXIT_FILLED)
        ]

    @property
    def opened(self) -> int:
        return sum(event.kind == EventKind.ENTRY_FILLED for event in self._events)

    def closed_trades(self) -> Iterator[TrialTrade]:
        """As they closed."""
        journal = self._batch.journal
        entries = {
            self._index(values[0]): DecisionRecord(*values)
            for values in self._own(journal.decisions[: journal.counts[1]])
            if values[1] == DecisionResult.ENTRY
        }
        entered = None
        for event in self._events:
            if event.kind == EventKind.ENTRY_FILLED:
                entered = event
            elif entered is not None:
                yield self._trade(entries[int(entered.submitted_index)], entered, event)

    def _trade(self, plan: DecisionRecord, entered: EventRecord, left: EventRecord) -> TrialTrade:
        """Spec section 6, exact."""
        quantity = on_increment(plan.quantity, self._product.base_increment)
        entry, leaving = self._fill(entered), self._fill(left)
        fees = entry.price * quantity * entry.fee_rate + leaving.price * quantity * leaving.fee_rate
        net = (leaving.price - entry.price) * quantity - fees
        risk = (self._price(plan.entry) - self._price(plan.stop)) * quantity
        return TrialTrade(
            symbol=self._candles.symbol,
            entry_time=entry.time,
            exit_time=leaving.time,
            exit_reason=ExitReason(int(left.reason)).label,
            fees=fees,
            net_pnl=net,
            r_multiple=(net / risk).quantize(R_DIGITS),
        )

    def _fill(self, event: EventRecord) -> _Fill:
        opened = int(self._candles.times[self._index(event.row)])
        known = opened if event.at_open else opened + self._candles.granularity.ns
        return _Fill(known, self._price(event.price), self._taker_fee if event.taker else self._maker_fee)

    def _price(self, value: float) -> Amount:
        return on_increment(value, self._product.quote_increment)

    def _index(self, row: float) -> int:
        """Which of the symbol's candles a row of the batch is."""
        return int(self._batch.row_index[int(row)])

    def _own(self, records: np.ndarray) -> Sequence[Sequence[float]]:
        """This symbol's records; the first column is the row of the candle."""
        owner = self._batch.row_symbol[records[:, 0].astype(np.int64)]
        listed: list[list[float]] = records[owner == self._place].tolist()
        return listed
