"""The Python interface: one call from a strategy and candles to a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from argusnexus.config import Settings
from argusnexus.config.records import record_from
from argusnexus.config.settings import product_from
from argusnexus.config.strategies import strategy_from
from argusnexus.errors import ConfigError, LedgerError, StrategyError
from argusnexus.market import importing
from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.product import ProductSpec
from argusnexus.model.settings import ExecutionConfig
from argusnexus.replay.given import given_data
from argusnexus.replay.market import load_market
from argusnexus.replay.plan import make_plan
from argusnexus.replay.result import ReplayResult
from argusnexus.replay.runner import ReplayRunner
from argusnexus.risk import RiskConfig
from argusnexus.strategy import Strategy
from argusnexus.truth.files import IN_MEMORY
from argusnexus.truth.queries import LedgerReader

if TYPE_CHECKING:
    from datetime import date

    from argusnexus.model.runs import CapitalMode
    from argusnexus.money import Amount
    from argusnexus.replay.given import Data
    from argusnexus.replay.simulation import Progress

    Table = Mapping[str, Any]
    Products = Mapping[str, ProductSpec | Table]

Record = TypeVar("Record")


def replay(
    strategy: Strategy | type[Strategy] | str | None = None,
    data: Data = None,
    *,
    symbol: str | None = None,
    start: date | str | None = None,
    end: date | str | None = None,
    granularity: Granularity | str | None = None,
    capital: Amount | float | str = 500,
    capital_mode: CapitalMode | str = "independent",
    risk: RiskConfig | Table | None = None,
    execution: ExecutionConfig | Table | None = None,
    products: Products | None = None,
    settings: Settings | None = None,
    data_dir: str | Path = "data",
    db_path: str | Path | None = None,
    native: bool | None = None,
    progress: Progress | None = None,
) -> ReplayResult:
    """Replay a strategy over candles through the production engine.

    Args:
        strategy: an instance, a class whose parameters all have defaults, or a name such as "my_file.py:Breakout"; None
            is the settings' (DonchianBreakout with its defaults).
        data: a symbol or a list of them (of the sample market, or stored in `data_dir`), `Candles` or a list of them, a
            DataFrame with timestamp (open time, UTC), open, high, low, close and volume, or a dict of DataFrames by
            symbol; None is the whole sample market.
        symbol: what a single DataFrame is of.
        start: first day (UTC), inclusive; None is as far as the candles go.
        end: last day, as `start`.
        granularity: None is the candles' own (stored ones 4h). A multiple of it is made from complete buckets.
        capital: start capital of each account, quote currency.
        capital_mode: "independent", an account for each symbol, or "portfolio", one for all.
        risk: `RiskConfig`, or a dict of its keys.
        execution: `ExecutionConfig`, or a dict of its keys.
        products: by symbol, for markets that aren't built in: `ProductSpec`, or a dict with base_increment,
            quote_increment, min_market_funds and max_market_funds.
        settings: all settings at once; what is given beside them wins.
        data_dir: where candles are stored, as for `argus data import`.
        db_path: the ledger to keep the run in; None keeps it in memory.
        native: compiled or interpreted step, with the same results; None chooses by the number of candles.
        progress: told what is being done, how many steps are done and how many there are.

    Raises:
        ConfigError: if an argument can't be used.
        DataError: if there are no such candles, or they can't be believed.
        StrategyError: if the strategy fails, or its signals can't be used (LookAheadError: they know the future).
        LedgerError: if the ledger can't be written.
    """
    given = given_data(data, symbol, data_dir)
    plan = make_plan(
        given.symbols,
        start,
        end,
        capital,
        capital_mode=capital_mode,
        granularity=given.granularity if granularity is None else granularity,
        settings=_settings(settings or Settings(), strategy, risk, execution, products),
    )
    market = load_market(given.source, plan.symbols, plan.granularity, plan.start, plan.end)
    runner = ReplayRunner(
        IN_MEMORY if db_path is None else db_path,
        plan.symbols,
        plan.start,
        plan.end,
        plan.capital,
        plan.capital_mode,
        plan.granularity,
        settings=plan.settings,
        market=market,
        created_by="argusnexus.replay()",
        native=native,
    )
    try:
        runner.run(progress)
        if db_path is None:
            return ReplayResult(runner.run_id, runner.reader(), runner.close)
    except BaseException:
        runner.close()
        raise
    runner.close()
    return open_run(db_path, runner.run_id)


def open_run(db_path: str | Path, run_id: str | None = None) -> ReplayResult:
    """A run in a ledger file, with all that `replay` gives.

    Args:
        db_path: the ledger.
        run_id: or its hex digits, or a part of them that no other run shares; None is the newest run.

    Raises:
        UnknownRunError: if none or several runs answer to it.
        LedgerError: if there is no such ledger, it can't be read, or it has no runs.
    """
    reader = LedgerReader(db_path)
    try:
        found = _newest(reader, db_path) if run_id is None else reader.resolve_run_id(run_id)
    except LedgerError:
        reader.close()
        raise
    return ReplayResult(found, reader, reader.close)


def read_candles(path: str | Path, symbol: str, granularity: Granularity | str) -> Candles:
    """The candles of a Parquet or CSV file with time, open, high, low, close and volume, as they are.

    Args:
        path: the file.
        symbol: what they are of, for example BTC-USD.
        granularity: how long one lasts, for example 1h.

    Raises:
        ConfigError: if the granularity is none.
        DataError: if the file can't be read.
    """
    length = Granularity.parse(granularity) if isinstance(granularity, str) else granularity
    return importing.read_candles(Path(path), symbol, length).candles


def _newest(reader: LedgerReader, db_path: str | Path) -> str:
    runs = reader.runs()
    if not runs:
        raise LedgerError(f"Ledger {db_path} has no runs yet.")
    return runs[0].run_id


def _settings(
    settings: Settings,
    strategy: Strategy | type[Strategy] | str | None,
    risk: RiskConfig | Table | None,
    execution: ExecutionConfig | Table | None,
    products: Products | None,
) -> Settings:
    """The settings with what was given beside them."""
    added = {symbol: _product(symbol, one) for symbol, one in (products or {}).items()}
    return replace(
        settings,
        strategy=settings.strategy if strategy is None else _strategy(strategy),
        risk=settings.risk if risk is None else _record("risk", RiskConfig, risk),
        execution=settings.execution
        if execution is None
        else _record("execution", ExecutionConfig, execution),
        products={**settings.products, **added},
    )


def _strategy(strategy: Strategy | type[Strategy] | str) -> Strategy:
    if isinstance(strategy, str):
        return strategy_from({"name": strategy})
    if isinstance(strategy, type) and issubclass(strategy, Strategy):
        try:
            return strategy()
        except TypeError as error:
            name = strategy.__name__
            raise StrategyError(
                f"{name} can't be made without parameters ({error}): give an instance, {name}(...)."
            ) from error
    if not isinstance(strategy, Strategy):
        kind = strategy.__name__ if isinstance(strategy, type) else type(strategy).__name__
        raise StrategyError(
            f"strategy: expected an instance of a class that extends argusnexus.Strategy, was {kind}."
        )
    return strategy


def _record(name: str, kind: type[Record], given: Record | Table) -> Record:
    if isinstance(given, kind):
        return given
    if isinstance(given, Mapping):
        return record_from(name, kind, dict(given))
    raise ConfigError(f"{name}: expected {kind.__name__} or a dict of its keys, was {type(given).__name__}.")


def _product(symbol: str, given: ProductSpec | Table) -> ProductSpec:
    if isinstance(given, ProductSpec):
        return given
    return product_from(symbol, given)
