"""The typed answers to "why": of one trade, and of one candle.

Prices and quantities that the ledger has as exact decimals stay exact; what the step saw is float64. Fractions are
fractions here (0.25 is a quarter); words are for people, everything else is for machines too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from argusnexus.model.conditions import Comparison
    from argusnexus.model.decisions import DecisionResult, RiskLayer
    from argusnexus.model.orders import Liquidity, OrderState, Side
    from argusnexus.model.trades import TradeStatus
    from argusnexus.money import Amount
    from argusnexus.report.why.units import Units


@dataclass(frozen=True, slots=True)
class Measured:
    """One thing that an entry needs, measured at a candle.

    Attributes:
        left_value, right_value: None where the candle has none.
        margin: left minus right; None where one of them is missing.
        margin_fraction: the same as a fraction of the right side; None where that is 0.
        met: None where it can't be said.
        words: both sides and the margin, in one line.
    """

    name: str
    left: str
    left_value: float | None
    comparison: Comparison
    right: str | float
    right_value: float | None
    margin: float | None
    margin_fraction: float | None
    met: bool | None
    words: str


@dataclass(frozen=True, slots=True)
class LayerStory:
    """One risk layer.

    Attributes:
        number: 1 to 10, in the order in which they are checked.
        value, limit: as recorded; None where there is nothing to compare.
        what, found, needed: what was looked at, what it was and what it had to be, in words.
    """

    number: int
    layer: RiskLayer
    value: float | None
    limit: float | None
    passed: bool
    what: str
    found: str
    needed: str


@dataclass(frozen=True, slots=True)
class AccountThen:
    """The account at a decision, quote currency.

    Attributes:
        held_cash: what pending entries hold of it.
        day_base: equity at the last decision before that UTC day.
        group_value, total_value: open and pending positions, in the symbol's correlation group and in all.
    """

    cash: float | None
    held_cash: float | None
    equity: float | None
    peak: float | None
    day_base: float | None
    realised_today: float | None
    group_value: float | None
    total_value: float | None


@dataclass(frozen=True, slots=True)
class SizeBound:
    """One of the four limits of a quantity.

    Attributes:
        quantity: what it would have allowed, not rounded; None where it was switched off.
        bound: it was the smallest.
    """

    term: str
    quantity: float | None
    bound: bool
    words: str


@dataclass(frozen=True, slots=True)
class PlanStory:
    """What an entry was to be, in rounded prices.

    Attributes:
        worst_fill: the lowest price that the triggered stop may fill at.
        value: quantity * entry.
        risk, risk_fraction: lost at the worst fill before fees, quote currency and of the equity.
        reward_risk, net_reward_risk: take profit to stop, gross and net of fees; None where the plan is impossible.
    """

    entry: float
    stop: float
    take_profit: float
    worst_fill: float
    quantity: float
    value: float
    sizes: tuple[SizeBound, ...]
    risk: float
    risk_fraction: float | None
    reward_risk: float | None
    net_reward_risk: float | None


@dataclass(frozen=True, slots=True)
class DecisionStory:
    """One decision and what it was made on.

    Attributes:
        timestamp: the close of its candle, when it was made.
        opened: when that candle opened; None where that isn't recorded.
        indicators: all that the strategy logged.
        conditions: what an entry needs, measured here.
        layers: empty unless the signal reached the risk layers.
        trailing_stop: None where there is none.
    """

    decision_id: str
    timestamp: datetime
    opened: datetime | None
    symbol: str
    strategy_name: str
    result: DecisionResult
    reason: str
    close: float | None
    indicators: Mapping[str, float | None]
    conditions: tuple[Measured, ...]
    layers: tuple[LayerStory, ...]
    account: AccountThen | None
    plan: PlanStory | None
    trailing_stop: float | None


@dataclass(frozen=True, slots=True)
class OrderStory:
    """One order, as far as a reader asks for it.

    Attributes:
        client_order_id: None for a bracket, which the venue makes.
        limit_price: None for a market order.
        note: why it was taken back, where somebody said.
    """

    order_id: str
    client_order_id: str | None
    side: Side
    order_type: str
    state: OrderState
    quantity: Amount
    limit_price: Amount | None
    take_profit_price: Amount | None
    stop_trigger_price: Amount | None
    submitted_at: datetime
    completed_at: datetime | None
    note: str | None


@dataclass(frozen=True, slots=True)
class FillStory:
    """One execution.

    Attributes:
        notional: price * quantity, quote currency.
    """

    fill_id: str
    order_id: str
    side: Side
    timestamp: datetime
    price: Amount
    quantity: Amount
    notional: Amount
    fee: Amount
    liquidity: Liquidity
    simulated: bool


@dataclass(frozen=True, slots=True)
class ExitStory:
    """How a position ended.

    Attributes:
        decision: of a signal; None where the bracket or an emergency ended it.
        words: the reason, in a sentence.
    """

    reason: str
    timestamp: datetime | None
    exit_price: Amount | None
    order: OrderStory | None
    decision: DecisionStory | None
    ambiguous: bool
    words: str


@dataclass(frozen=True, slots=True)
class ResultStory:
    """What a closed trade came to.

    Attributes:
        gross_pnl, fees, net_pnl: quote currency.
        r_multiple: net_pnl over what entry to stop was planned to cost.
        mae, mfe: worst and best price while open minus the fill, per unit; `_money` times the quantity, `_r` in R.
        hours: from entry fill to exit fill.
        candles: closes after the entry fill, up to the exit fill; None where there is no tape.
    """

    gross_pnl: Amount | None
    fees: Amount
    net_pnl: Amount | None
    r_multiple: Amount | None
    mae: Amount | None
    mae_money: Amount | None
    mae_r: Amount | None
    mfe: Amount | None
    mfe_money: Amount | None
    mfe_r: Amount | None
    hours: float
    candles: int | None


@dataclass(frozen=True, slots=True)
class TradeStory:
    """A trade walked back: decision, order, fills, bracket, exit, result.

    Attributes:
        answer: the whole in a few sentences.
        entry: None where its decision isn't in the ledger; `result` and `exit` are None while it is open.
        units: how the symbol's prices and quantities are written.
        notices: what could not be read.
    """

    trade_id: str
    run_id: str | None
    symbol: str
    strategy_name: str
    status: TradeStatus
    answer: tuple[str, ...]
    entry: DecisionStory | None
    entry_order: OrderStory | None
    fills: tuple[FillStory, ...]
    bracket: OrderStory | None
    exit: ExitStory | None
    result: ResultStory | None
    units: Units
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Where a candle stood in the warm-up.

    Attributes:
        candle, candles: this one's number, from 1, and how many there are.
        tradable_from: close of the first candle after it; None if the data ends before.
    """

    candle: int
    candles: int
    tradable_from: datetime | None


@dataclass(frozen=True, slots=True)
class PendingEntry:
    """An entry that waited at the venue at a candle's close.

    Attributes:
        candles_left: closes until it is taken back.
    """

    order: OrderStory
    candles_waited: int
    candles_left: int


@dataclass(frozen=True, slots=True)
class HeldPosition:
    """A position at a candle's close.

    Attributes:
        to_stop, to_take_profit, to_trailing_stop: how far the close is from each, as a fraction of the level:
            positive above it, negative below; None where there is none.
        leaving_since: when the market sell that waits was submitted; None unless one does.
    """

    trade_id: str
    quantity: Amount
    entry_timestamp: datetime
    entry_price: Amount
    stop: Amount | None
    take_profit: Amount | None
    trailing_stop: float | None
    to_stop: float | None
    to_take_profit: float | None
    to_trailing_stop: float | None
    leaving_since: datetime | None


@dataclass(frozen=True, slots=True)
class HaltSince:
    """The halt that a decision was made under, or that it caused."""

    symbol: str
    timestamp: datetime
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class CandleStory:
    """What was decided at a candle, and why nothing more happened.

    Attributes:
        asked: the time that was asked about.
        exact: a decision was made at that very time; else the newest one before it is shown.
        answer: the reason in a few sentences.
        in_this_candle: what the venue did between this candle's open and its close.
        afterwards: what came of an entry or an exit that was submitted here.
        units: how the symbol's prices and quantities are written.
        notices: what could not be read.
    """

    run_id: str
    symbol: str
    asked: datetime
    exact: bool
    answer: tuple[str, ...]
    decision: DecisionStory
    in_this_candle: tuple[str, ...]
    afterwards: tuple[str, ...]
    warm_up: WarmUp | None
    pending_entry: PendingEntry | None
    position: HeldPosition | None
    halt: HaltSince | None
    units: Units
    notices: tuple[str, ...]
