"""One case through the batch driver and through the oracle, both told in the same words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from argusnexus.engine.columns import reason_name, signal_columns
from argusnexus.engine.journal import DecisionRecord, EventRecord
from argusnexus.engine.setup import start_account, step_params
from argusnexus.engine.state import EventKind
from argusnexus.model.decisions import DecisionResult, RiskLayer
from argusnexus.model.orders import EntryType
from argusnexus.model.settings import ExecutionConfig
from argusnexus.model.trades import ExitReason
from argusnexus.money import amount, on_increment
from argusnexus.replay.batch import run_batch
from argusnexus.risk import RiskConfig, RiskManager
from argusnexus.strategy import DonchianBreakout, Signals
from oracle import OracleCandles, OracleProduct, OracleSettings, simulate

OUR_WORDS = {"no_signal": "no_breakout", "in_position": "position_held", "entry": "long"}


class ToldTrade(NamedTuple):
    symbol: str
    entry_time: int
    exit_time: int
    entry_price: Decimal
    exit_price: Decimal
    planned_entry: Decimal
    planned_stop: Decimal
    planned_take_profit: Decimal
    mae: Decimal
    mfe: Decimal
    exit_reason: str
    quantity: Decimal


@dataclass(frozen=True)
class Told:
    """A run: `decisions` are (as_of, result, reason), `layers` (as_of, values, verdicts) of those that reached them."""

    decisions: dict[str, list[tuple[int, str, str]]]
    layers: dict[str, list[tuple[int, tuple[float, ...], tuple[bool, ...]]]]
    trades: list[ToldTrade]
    ambiguous: dict[str, int]
    expired: dict[str, int]
    halts: dict[str, tuple[int, float, float] | None]
    final_cash: dict[str, float]


def told_by_the_oracle(case):
    run = simulate(
        {symbol: _oracle_candles(candles) for symbol, candles in case.candles.items()},
        {symbol: _oracle_product(product) for symbol, product in case.products.items()},
        OracleSettings(case.strategy, case.risk, case.execution),
        case.capital,
        case.mode,
        signals=case.injected,
    )
    return Told(
        decisions={symbol: [_oracle_decision(one) for one in all_] for symbol, all_ in run.decisions.items()},
        layers={
            symbol: [_oracle_layers(one) for one in all_ if one.layers]
            for symbol, all_ in run.decisions.items()
        },
        trades=[_oracle_trade(trade) for trade in run.trades],
        ambiguous=run.ambiguous,
        expired=run.expired,
        halts={
            account: (halt.time_ns, float(halt.equity), float(halt.peak)) if halt else None
            for account, halt in run.halts.items()
        },
        final_cash={account: float(cash) for account, cash in run.final_cash.items()},
    )


def _oracle_candles(candles):
    columns = (candles.open, candles.high, candles.low, candles.close, candles.volume)
    return OracleCandles(
        candles.times.tolist(), *(column.tolist() for column in columns), candles.granularity.ns
    )


def _oracle_product(product):
    return OracleProduct(
        product.base_increment,
        product.quote_increment,
        product.min_market_funds,
        product.max_market_funds,
        product.base_currency,
        product.quote_currency,
    )


def _oracle_decision(decision):
    reason = OUR_WORDS.get(decision.reason, decision.reason).replace(",", "+")
    return decision.as_of_ns, decision.result, reason


def _oracle_layers(decision):
    values = tuple(float(layer.value) for layer in decision.layers)
    return decision.as_of_ns, values, tuple(layer.passed for layer in decision.layers)


def _oracle_trade(trade):
    return ToldTrade(
        trade.symbol,
        trade.entry_time_ns,
        trade.exit_time_ns,
        trade.entry_price,
        trade.exit_price,
        trade.planned_entry,
        trade.planned_stop,
        trade.planned_take_profit,
        trade.mae,
        trade.mfe,
        trade.exit_reason,
        trade.quantity,
    )


def told_by_the_batch(case):
    if case.mode == "portfolio":
        return _merged([_account(case, "portfolio", tuple(case.candles))], case)
    return _merged([_account(case, symbol, (symbol,)) for symbol in case.candles], case)


def _merged(accounts, case):
    def joined(name):
        return {key: value for one in accounts for key, value in getattr(one, name).items()}

    place = {symbol: number for number, symbol in enumerate(case.candles)}
    trades = [trade for account in accounts for trade in account.trades]
    return Told(
        decisions=joined("decisions"),
        layers=joined("layers"),
        trades=sorted(trades, key=lambda t: (t.exit_time, place[t.symbol], t.entry_time)),
        ambiguous=joined("ambiguous"),
        expired=joined("expired"),
        halts=joined("halts"),
        final_cash=joined("final_cash"),
    )


def _account(case, name, symbols):
    execution = ExecutionConfig(
        **{**case.execution, "entry_type": EntryType(case.execution.get("entry_type", "limit"))}
    )
    risk = RiskManager(RiskConfig(**case.risk))
    groups = [risk.group_of(symbol) for symbol in symbols]
    signals = [_signals(case, symbol) for symbol in symbols]
    some = case.candles[symbols[0]]
    run = run_batch(
        [case.candles[symbol] for symbol in symbols],
        [signal_columns(one) for one in signals],
        [step_params(case.products[symbol], risk, execution) for symbol in symbols],
        [groups.index(group) for group in groups],
        start_account(case.capital, risk, some.granularity, len(symbols)),
        native=False,
    )
    stories = [
        _Story(case, run, place, symbol, signals[place].hold_reasons) for place, symbol in enumerate(symbols)
    ]
    return Told(
        decisions={story.symbol: story.decisions() for story in stories},
        layers={story.symbol: story.layers() for story in stories},
        trades=[trade for story in stories for trade in story.trades()],
        ambiguous={story.symbol: sum(event.ambiguous == 1.0 for event in story.events) for story in stories},
        expired={story.symbol: story.count(EventKind.ENTRY_EXPIRED) for story in stories},
        halts={name: _halt(case, run, symbols)},
        final_cash={name: run.account.cash},
    )


def _signals(case, symbol):
    candles = case.candles[symbol]
    if case.injected is None:
        return DonchianBreakout(**case.strategy).signals(candles).checked(candles, "donchian")
    rows = case.injected[symbol]
    return Signals(
        entry=np.array([row.entry for row in rows]),
        entry_price=np.array([row.entry_price for row in rows]),
        stop=np.array([row.stop for row in rows]),
        take_profit=np.array([row.take_profit for row in rows]),
        exit=np.array([row.exit for row in rows]),
        exit_reason=ExitReason.SIGNAL,
        trailing_distance=np.array([row.trailing_distance for row in rows]),
        hold_reason=np.zeros(len(rows), dtype=np.int64),
        hold_reasons=("no_breakout",),
        warmup=sum(row.hold_reason == "warmup" for row in rows),
    )


def _halt(case, run, symbols):
    row, equity, peak = run.journal.halt
    if row < 0:
        return None
    candles = case.candles[symbols[run.row_symbol[int(row)]]]
    return int(candles.close_times[run.row_index[int(row)]]), equity, peak


class _Story:
    """What a batch's journal says of one symbol."""

    def __init__(self, case, run, place, symbol, hold_reasons):
        self.symbol = symbol
        self._candles = case.candles[symbol]
        self._product = case.products[symbol]
        self._hold_reasons = hold_reasons
        self._run = run
        self._rows = np.flatnonzero(run.row_symbol == place)
        own = set(self._rows.tolist())
        event_count, decision_count = run.journal.counts
        events = (EventRecord(*row) for row in run.journal.events[:event_count].tolist())
        self.events = [event for event in events if int(event.row) in own]
        records = enumerate(DecisionRecord(*row) for row in run.journal.decisions[:decision_count].tolist())
        self._records = {
            int(run.row_index[int(record.row)]): (number, record)
            for number, record in records
            if int(record.row) in own
        }

    def count(self, kind):
        return sum(event.kind == kind for event in self.events)

    def decisions(self):
        tape = self._run.journal.tape
        return [
            (
                int(self._candles.close_times[self._run.row_index[row]]),
                DecisionResult(int(tape.result[row])).name,
                reason_name(int(tape.reason[row]), self._hold_reasons),
            )
            for row in self._rows
        ]

    def layers(self):
        reached = [
            (index, number, record)
            for index, (number, record) in sorted(self._records.items())
            if record.failed >= 0 and record.result != DecisionResult.EXIT
        ]
        return [
            (
                int(self._candles.close_times[index]),
                tuple(self._run.journal.layer_values[number].tolist()),
                tuple(not int(record.failed) >> layer & 1 for layer in RiskLayer),
            )
            for index, number, record in reached
        ]

    def trades(self):
        told = []
        entry = None
        for event in self.events:
            if event.kind == EventKind.ENTRY_FILLED:
                entry = event
            elif event.kind == EventKind.EXIT_FILLED:
                told.append(self._trade(entry, event))
        return told

    def _trade(self, entry, leaving):
        _, plan = self._records[int(entry.submitted_index)]
        paid = self._price(entry.price)
        return ToldTrade(
            self.symbol,
            self._time(entry),
            self._time(leaving),
            paid,
            self._price(leaving.price),
            self._price(plan.entry),
            self._price(plan.stop),
            self._price(plan.take_profit),
            amount(leaving.lowest) - paid,
            amount(leaving.highest) - paid,
            ExitReason(int(leaving.reason)).label,
            on_increment(plan.quantity, self._product.base_increment),
        )

    def _price(self, value):
        return on_increment(value, self._product.quote_increment)

    def _time(self, event):
        times = self._candles.times if event.at_open else self._candles.close_times
        return int(times[self._run.row_index[int(event.row)]])


def disagreements(case, ours, theirs):
    """Everything in which two tellings differ, in words; empty when they agree."""
    found = [
        f"{symbol} candle {index}: {mine} != {other}"
        for symbol in case.candles
        for index, (mine, other) in enumerate(
            zip(ours.decisions[symbol], theirs.decisions[symbol], strict=True)
        )
        if mine != other
    ]
    found += _trade_disagreements(case, ours.trades, theirs.trades)
    found += [
        line
        for symbol in case.candles
        for line in _layer_disagreements(ours.layers[symbol], theirs.layers[symbol])
    ]
    found += [
        f"{name}: {getattr(ours, name)} != {getattr(theirs, name)}"
        for name in ("ambiguous", "expired")
        if getattr(ours, name) != getattr(theirs, name)
    ]
    found += [
        f"halt: {ours.halts[a]} != {halt}"
        for a, halt in theirs.halts.items()
        if not _same_halt(ours.halts[a], halt)
    ]
    found += [
        f"cash of {a}: {ours.final_cash[a]} != {cash}"
        for a, cash in theirs.final_cash.items()
        if not near(ours.final_cash[a], cash)
    ]
    return found


def _trade_disagreements(case, ours, theirs):
    if len(ours) != len(theirs):
        return [f"{len(ours)} trades != {len(theirs)}"]
    return [
        f"{mine} != {other}"
        for mine, other in zip(ours, theirs, strict=True)
        if mine[:-1] != other[:-1] or not _same_quantity(case.products[mine.symbol], mine, other)
    ]


def _same_quantity(product, mine, other):
    """Spec: within 1e-9 (relative) or one increment."""
    return abs(mine.quantity - other.quantity) <= max(
        product.base_increment, Decimal("1e-9") * other.quantity
    )


def _layer_disagreements(ours, theirs):
    if len(ours) != len(theirs):
        return [f"{len(ours)} signals reached the layers != {len(theirs)}"]
    return [
        f"layers at {mine} != {other}"
        for mine, other in zip(ours, theirs, strict=True)
        if mine[0] != other[0] or mine[2] != other[2] or not _same_values(mine[1], other[1])
    ]


def _same_values(mine, other):
    """Within what one increment of quantity may change.

    The cooldown's values are left out: here the time since the last trip, there how many trips still block.
    """
    return all(
        math.isclose(a, b, rel_tol=1e-7, abs_tol=1e-9)
        for layer, a, b in zip(RiskLayer, mine, other, strict=True)
        if layer is not RiskLayer.CIRCUIT_BREAKER_COOLDOWN
    )


def _same_halt(mine, other):
    if mine is None or other is None:
        return mine is other
    return mine[0] == other[0] and near(mine[1], other[1]) and near(mine[2], other[2])


def near(a, b):
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
