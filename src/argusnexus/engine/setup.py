"""Settings in Decimal and per cent become the step's scalars, once per run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.engine.state import Account, Costs, Params, new_account
from argusnexus.model.orders import EntryType
from argusnexus.model.settings import BASIS_POINTS
from argusnexus.model.times import HOUR
from argusnexus.money import Amount, amount, as_increment

if TYPE_CHECKING:
    from argusnexus.model.candles import Granularity
    from argusnexus.model.product import ProductSpec
    from argusnexus.model.settings import ExecutionConfig
    from argusnexus.risk import RiskManager


def step_params(product: ProductSpec, risk: RiskManager, execution: ExecutionConfig) -> Params:
    """What the rules need to know about one symbol."""
    slippage = amount(execution.slippage_bps) / BASIS_POINTS
    costs = Costs(
        maker_fee=float(execution.maker_fee),
        taker_fee=float(execution.taker_fee),
        buy_factor=float(1 + slippage),
        sell_factor=float(1 - slippage),
    )
    return Params(
        tick=as_increment(product.quote_increment),
        lot=as_increment(product.base_increment),
        min_funds=float(product.min_market_funds),
        max_funds=float(product.max_market_funds),
        costs=costs,
        market_entry=execution.entry_type is EntryType.MARKET,
        entry_ttl=execution.entry_ttl,
        max_participation=float(execution.max_participation),
        risk_per_trade=float(risk.config.risk_per_trade),
        worst_stop_factor=float(1 - amount(risk.config.stop_buffer)),
        limits=risk.limits,
    )


def start_account(capital: Amount, risk: RiskManager, granularity: Granularity, symbols: int) -> Account:
    """An account that remembers as many submissions as the frequency layer could ever count.

    A symbol submits at most one entry per candle; more slots than fit into an hour would never be read.
    """
    per_hour = symbols * (HOUR // granularity.ns + 1)
    return new_account(float(capital), max(1, min(risk.config.max_trades_per_hour, per_hour)))
