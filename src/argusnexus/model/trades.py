"""A trade: a position from its entry fill to its exit fill."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from argusnexus.money import Amount


class ExitReason(IntEnum):
    """What ended a position."""

    NONE = 0  # it has not ended
    STOP_LOSS = 1  # the bracket's stop
    TAKE_PROFIT = 2  # the bracket's take profit
    CHANDELIER = 3  # close below the trailing stop
    CHANNEL = 4  # close below the exit channel
    SIGNAL = 5  # the strategy said exit
    EMERGENCY = 6  # the stop gapped through its band

    @property
    def label(self) -> str:
        return self.name.lower()


class TradeStatus(Enum):
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Trade:
    """One row of `trades`.

    Attributes:
        planned_entry, planned_stop, planned_take_profit: the rounded prices of the plan; None where a trade was not
            ours to plan (as are its order and its decision).
        fees, gross_pnl, net_pnl: quote currency, exact, from the fills; of an open trade only the entry's fee is known.
        r_multiple: net_pnl / ((planned_entry - planned_stop) * quantity).
        mae, mfe: worst and best price while open minus the fill price, per unit, quote currency (mae <= 0 <= mfe).
        ambiguous: its exit candle reached both stop and take profit, and the stop was taken.
    """

    trade_id: str
    run_id: str | None
    symbol: str
    strategy_name: str
    status: TradeStatus
    quantity: Amount
    planned_entry: Amount | None
    planned_stop: Amount | None
    planned_take_profit: Amount | None
    entry_order_id: str | None
    entry_decision_id: str | None
    entry_client_order_id: str | None
    bracket_tp_order_id: str | None
    bracket_sl_order_id: str | None
    entry_timestamp: datetime
    entry_price: Amount
    fees: Amount
    exit_order_id: str | None = None
    exit_decision_id: str | None = None
    exit_timestamp: datetime | None = None
    exit_price: Amount | None = None
    exit_reason: str | None = None
    gross_pnl: Amount | None = None
    net_pnl: Amount | None = None
    r_multiple: Amount | None = None
    mae: Amount | None = None
    mfe: Amount | None = None
    is_winner: bool | None = None
    ambiguous: bool = False
