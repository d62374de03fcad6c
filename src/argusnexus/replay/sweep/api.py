"""`argusnexus.sweep`: many parameters on the same candles, from Python."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from argusnexus.config import Settings
from argusnexus.config.strategies import strategy_from
from argusnexus.model.runs import CapitalMode
from argusnexus.replay.given import given_data
from argusnexus.replay.market import load_market
from argusnexus.replay.plan import make_plan
from argusnexus.replay.sweep.backends import local_backend
from argusnexus.replay.sweep.grid import axes_of, make_grid
from argusnexus.replay.sweep.runner import SweepRunner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from argusnexus.model.candles import Granularity
    from argusnexus.money import Amount
    from argusnexus.replay.given import Data
    from argusnexus.replay.simulation import Progress
    from argusnexus.replay.sweep.backends import Backend
    from argusnexus.replay.sweep.result import SweepResult
    from argusnexus.strategy import Strategy


def sweep(
    parameters: Mapping[str, Sequence[Any]],
    strategy: Strategy | str | None = None,
    data: Data = None,
    *,
    symbol: str | None = None,
    start: date | str | None = None,
    end: date | str | None = None,
    granularity: Granularity | str | None = None,
    capital: Amount | float | str = 500,
    capital_mode: CapitalMode | str = CapitalMode.INDEPENDENT,
    settings: Settings | None = None,
    data_dir: str | Path = "data",
    db_path: str | Path = "data/argus.db",
    at_random: int | None = None,
    seed: int = 0,
    jobs: int | None = 1,
    backend: Backend | None = None,
    native: bool | None = None,
    progress: Progress | None = None,
) -> SweepResult:
    """Replay every combination of some parameters; each is a row of the ledger's registry of trials.

    Args:
        parameters: the values to try by "table.key" ("risk.risk_per_trade"); a name without a table is the strategy's.
        strategy: an instance, or a name such as "my_file.py:Breakout"; None is the settings'.
        data: symbols, `Candles` or frames, as for `replay`; None is the whole sample market.
        symbol: what a single DataFrame is of.
        start: first day (UTC), inclusive; None is as far as the candles go.
        end: last day, as `start`.
        granularity: None is the candles' own (stored ones 4h).
        capital: start capital of each account, quote currency.
        capital_mode: "independent", an account for each symbol, or "portfolio", one for all.
        settings: what all trials share; the strategy given beside them wins.
        data_dir: where candles are stored.
        db_path: the ledger. Trials are kept for good, so that one knows later how many there were.
        at_random: try so many combinations; None is all of them.
        seed: of that choice.
        jobs: processes on this machine; None is one for each core. More than one need
            `if __name__ == "__main__":` around a script that starts a sweep.
        backend: where else trials are replayed, for example `dask_cluster("tcp://10.0.0.5:8786")`; it wins over jobs.
        native: compiled or interpreted step, with the same results; None chooses by size.
        progress: told what is being done, how many trials are done and how many there are.

    Raises:
        ConfigError: if an argument can't be used, or a parameter isn't known.
        DataError: if there are no such candles, or they can't be believed.
        LookAheadError: if the strategy looks ahead.
        LedgerError: if the ledger can't be written.
    """
    named = {name if "." in name else f"strategy.{name}": values for name, values in parameters.items()}
    grid = make_grid(axes_of(named.items()), at_random, seed)
    given = given_data(data, symbol, data_dir)
    plan = make_plan(
        given.symbols,
        start,
        end,
        capital,
        capital_mode=capital_mode,
        granularity=given.granularity if granularity is None else granularity,
        settings=_settings(settings or Settings(), strategy),
    )
    market = load_market(given.source, plan.symbols, plan.granularity, plan.start, plan.end)
    with SweepRunner(
        db_path,
        plan,
        market,
        grid,
        backend=backend or local_backend(jobs),
        created_by="argusnexus.sweep()",
        native=native,
    ) as runner:
        runner.run(progress)
        return runner.result()


def _settings(settings: Settings, strategy: Strategy | str | None) -> Settings:
    if strategy is None:
        return settings
    return replace(
        settings, strategy=strategy_from({"name": strategy}) if isinstance(strategy, str) else strategy
    )
