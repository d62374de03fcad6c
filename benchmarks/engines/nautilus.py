"""The rule in NautilusTrader's backtest engine; a market order made at a close fills at that close."""

from __future__ import annotations

from decimal import Decimal  # noqa: TID251 (the peer takes it)

import pandas as pd
import pyarrow.parquet as pq
from common import (
    CAPITAL,
    CASH_PART,
    FIRST_ROW,
    LOT,
    RISK,
    STOP_ATR,
    TARGET_ATR,
    Stopwatch,
    Trade,
    arguments,
    finish,
)
from indicators import columns
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import BTC, USD
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

VENUE = Venue("SIM")
MINUTE_NS = 60_000_000_000


def instrument() -> CurrencyPair:
    none = Decimal(0)
    return CurrencyPair(
        instrument_id=InstrumentId(Symbol("BTC/USD"), VENUE),
        raw_symbol=Symbol("BTC/USD"),
        base_currency=BTC,
        quote_currency=USD,
        price_precision=2,
        size_precision=8,
        price_increment=Price.from_str("0.01"),
        size_increment=Quantity.from_str("0.00000001"),
        ts_event=0,
        ts_init=0,
        margin_init=none,
        margin_maint=none,
        maker_fee=none,
        taker_fee=none,
    )


class Rule(Strategy):
    def __init__(self, pair, bar_type, arrays, first_ns):
        super().__init__()
        self.pair, self.bar_type, self.first_ns = pair, bar_type, first_ns
        self.upper, self.lower, self.atr = arrays
        self.row = -1
        self.legs = []
        self.cash = CAPITAL
        self.entry = None
        self.position_id = None
        self.closed = []

    def on_start(self):
        self.subscribe_bars(self.bar_type)

    def on_bar(self, bar: Bar):
        self.row += 1
        close = bar.close.as_double()
        if self.row < FIRST_ROW:
            return
        if self.entry:
            if close < self.lower[self.row]:
                self.drop_legs()
                self.send(OrderSide.SELL, self.entry[2], self.position_id)
        elif close > self.upper[self.row]:
            atr = self.atr[self.row]
            stop = close - STOP_ATR * atr
            wanted = min(self.cash * RISK / (close - stop), CASH_PART * self.cash / close)
            self.plan = stop, close + TARGET_ATR * atr
            self.send(OrderSide.BUY, int(wanted / LOT) * LOT)

    def send(self, side, quantity, position_id=None):
        order = self.order_factory.market(self.pair.id, side, self.pair.make_qty(quantity))
        self.submit_order(order, position_id=position_id)

    def drop_legs(self):
        for leg in self.legs:
            if leg.is_open:
                self.cancel_order(leg)
        self.legs = []

    def on_order_filled(self, event):
        price, quantity = event.last_px.as_double(), event.last_qty.as_double()
        if event.order_side == OrderSide.BUY:
            self.entry = self.row, price, quantity
            self.position_id = event.position_id
            stop, target = self.plan
            size = self.pair.make_qty(quantity)
            make = self.order_factory
            self.legs = [
                make.stop_market(
                    self.pair.id, OrderSide.SELL, size, self.pair.make_price(stop), reduce_only=True
                ),
                make.limit(
                    self.pair.id, OrderSide.SELL, size, self.pair.make_price(target), reduce_only=True
                ),
            ]
            for leg in self.legs:
                self.submit_order(leg, position_id=event.position_id)
        else:
            entered, paid, held = self.entry
            self.entry = None
            self.drop_legs()
            self.cash += (price - paid) * held
            row = (event.ts_event - self.first_ns) // MINUTE_NS
            self.closed.append(Trade(entered, int(row), paid, price, held))


def main() -> None:
    path, out = arguments()
    frame = pq.read_table(path).to_pandas()
    frame.index = pd.to_datetime(frame.pop("timestamp"), unit="ms", utc=True)
    frame["volume"] = (
        1e6  # it would fill an order in parts where a candle's volume is small; the rule knows no volume
    )
    arrays = columns(*(frame[name].to_numpy() for name in ("high", "low", "close")))
    pair = instrument()
    bar_type = BarType.from_str(f"{pair.id}-1-MINUTE-LAST-EXTERNAL")
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        venue=VENUE,
        oms_type=OmsType.HEDGING,
        account_type=AccountType.MARGIN,
        base_currency=USD,
        starting_balances=[Money(CAPITAL, USD)],
    )
    engine.add_instrument(pair)
    engine.add_data(BarDataWrangler(bar_type, pair).process(frame))
    strategy = Rule(pair, bar_type, arrays, frame.index[0].value)
    engine.add_strategy(strategy)
    watch = Stopwatch()
    with watch.running():
        engine.run()
    finish(out, len(frame), watch, strategy.closed)
    engine.dispose()


if __name__ == "__main__":
    main()
