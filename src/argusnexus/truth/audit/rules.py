"""What a run's recorded configuration makes of each of its symbols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from argusnexus.config.records import record_from
from argusnexus.engine.rows import RowMaker
from argusnexus.engine.setup import step_params
from argusnexus.model.candles import Granularity
from argusnexus.model.product import BUILT_IN_PRODUCTS, ProductSpec
from argusnexus.model.runs import CapitalMode
from argusnexus.model.settings import ExecutionConfig
from argusnexus.money import Amount, amount
from argusnexus.risk import RiskConfig, RiskManager

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argusnexus.engine.state import Params

_AMOUNTS = ("base_increment", "quote_increment", "min_market_funds", "max_market_funds")


@dataclass(frozen=True, slots=True)
class Rules:
    """A run's rules.

    Attributes:
        capital: of each account.
        accounts: the symbols of each account, in the order given.
    """

    run_id: str
    symbols: tuple[str, ...]
    granularity: Granularity
    capital: Amount
    accounts: tuple[tuple[str, ...], ...]
    risk: RiskManager
    execution: ExecutionConfig
    products: Mapping[str, ProductSpec]

    def rows(self, symbol: str, strategy_name: str) -> RowMaker:
        """What makes the symbol's rows."""
        return RowMaker(
            run_id=self.run_id,
            product=self.products[symbol],
            strategy_name=strategy_name,
            hold_reasons=(),
            maker_fee=amount(self.execution.maker_fee),
            taker_fee=amount(self.execution.taker_fee),
        )

    def params(self, symbol: str) -> Params:
        """What the step knows about the symbol."""
        return step_params(self.products[symbol], self.risk, self.execution)


def rules_of(run_id: str, config: Mapping[str, Any]) -> Rules:
    """The rules that a recorded configuration stands for; the strategy itself isn't needed.

    Raises:
        KeyError, TypeError, ValueError, ArgusError: if it isn't a configuration.
    """
    asked = config["replay"]
    symbols = tuple(asked["symbols"])
    portfolio = CapitalMode(asked["capital_mode"]) is CapitalMode.PORTFOLIO
    configured = {symbol: _product(table) for symbol, table in config["products"].items()}
    return Rules(
        run_id=run_id,
        symbols=symbols,
        granularity=Granularity.parse(asked["granularity"]),
        capital=amount(asked["capital"]),
        accounts=(symbols,) if portfolio else tuple((symbol,) for symbol in symbols),
        risk=RiskManager(record_from("risk", RiskConfig, config["risk"])),
        execution=record_from("execution", ExecutionConfig, config["execution"]),
        products={symbol: {**BUILT_IN_PRODUCTS, **configured}[symbol] for symbol in symbols},
    )


def _product(table: Mapping[str, Any]) -> ProductSpec:
    exact = {name: amount(table[name]) for name in _AMOUNTS}
    return ProductSpec(table["symbol"], table["base_currency"], table["quote_currency"], **exact)
