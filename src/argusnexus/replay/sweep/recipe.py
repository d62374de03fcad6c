"""What a worker must know to replay any trial of a sweep, small enough to go with every task."""

from __future__ import annotations

import sys
from contextlib import chdir
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from argusnexus._version import __version__
from argusnexus.config.records import field_types, refuse_unknown, values_of
from argusnexus.config.strategies import source_of, strategy_from, strategy_parameters
from argusnexus.config.strategy_files import loader_of
from argusnexus.errors import ArgusError, ConfigError, StrategyError
from argusnexus.strategy import DonchianBreakout

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from argusnexus.config import Settings
    from argusnexus.model.trials import Axis
    from argusnexus.replay.plan import ReplayPlan
    from argusnexus.strategy import Strategy

SWEPT_TABLES = ("strategy", "risk", "execution")


@dataclass(frozen=True, slots=True)
class StrategyByName:
    """A strategy that a worker loads by itself, because its class can't be sent.

    Attributes:
        folder: where a relative name starts.
        sha256: of its file; the worker's must have the same.
    """

    name: str
    folder: str
    parameters: Mapping[str, Any]
    sha256: str | None

    def loaded(self) -> Strategy:
        """The same strategy in this process.

        Raises:
            ConfigError, StrategyError: if it isn't there, or not the same.
        """
        folder = Path(self.folder)
        with chdir(folder if folder.is_dir() else Path.cwd()):
            strategy = strategy_from({**self.parameters, "name": self.name})
        found = source_of(strategy).sha256
        if found != self.sha256:
            raise StrategyError(
                f"{self.name}: a worker's file isn't the one that the sweep was started with (SHA-256 {found}, expected "
                f"{self.sha256}). Put the same file in the same place on every machine, or start the sweep again."
            )
        return strategy


@dataclass(frozen=True, slots=True)
class Recipe:
    """What all trials of a sweep share.

    Attributes:
        key: of this very sweep, so that a worker knows what it has at hand.
        plan: of the sweep; its strategy only stands for the one below where that has to be loaded.
        strategy: None where the plan has it.
        native: compiled instead of interpreted.
        version: of the package that started the sweep.
    """

    key: str
    plan: ReplayPlan
    strategy: StrategyByName | None
    native: bool
    version: str

    def opened(self) -> ReplayPlan:
        """The plan in this process.

        Raises:
            ConfigError: if this process has another version of the package.
            StrategyError: if the strategy isn't the same here.
        """
        if self.version != __version__:
            raise ConfigError(
                f"A worker has argusnexus {__version__}, the sweep was started with {self.version}: "
                "install the same version on every machine."
            )
        if self.strategy is None:
            return self.plan
        return replace(self.plan, settings=replace(self.plan.settings, strategy=self.strategy.loaded()))


def make_recipe(key: str, plan: ReplayPlan, *, native: bool) -> Recipe:
    """The recipe of a sweep over this plan."""
    strategy = plan.settings.strategy
    if loader_of(sys.modules.get(type(strategy).__module__)) is None:
        return Recipe(key, plan, None, native, __version__)
    source = source_of(strategy)
    named = StrategyByName(source.name, str(Path.cwd()), strategy_parameters(strategy), source.sha256)
    stand_in = replace(plan, settings=replace(plan.settings, strategy=DonchianBreakout()))
    return Recipe(key, stand_in, named, native, __version__)


def plan_with(plan: ReplayPlan, parameters: Mapping[str, Any]) -> ReplayPlan:
    """The plan with a trial's parameters, by "table.key".

    Raises:
        ConfigError: if a value can't be used.
        StrategyError: if the strategy fails to be made.
    """
    settings = plan.settings
    changed = {}
    for table in SWEPT_TABLES:
        values = {
            name.partition(".")[2]: value
            for name, value in parameters.items()
            if name.startswith(f"{table}.")
        }
        if values:
            changed[table] = _record_with(table, getattr(settings, table), values)
    return replace(plan, settings=replace(settings, **changed))


def config_with(plan: ReplayPlan, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a trial that can't be made, as far as JSON can say it."""
    config = plan.as_config()
    for name, value in parameters.items():
        table, _, key = name.partition(".")
        config[table] = config[table] | {key: value}
    return config


def refuse_unknown_axes(axes: Iterable[Axis], settings: Settings) -> None:
    """A ConfigError unless every axis names a parameter, and its values are of that parameter's type."""
    for axis in axes:
        table, _, key = axis.name.partition(".")
        refuse_unknown("table", table, SWEPT_TABLES)
        kind = type(getattr(settings, table))
        try:
            known = field_types(kind)
        except TypeError:
            raise ConfigError(f"{axis.name}: {settings.strategy.name} has no parameters.") from None
        refuse_unknown("key", key, known, table=table)
        for value in axis.values:
            values_of(table, kind, {key: value})


def _record_with(table: str, record: Any, values: dict[str, Any]) -> Any:
    typed = values_of(table, type(record), values)
    try:
        return replace(record, **typed)
    except ArgusError:
        raise
    except ValueError as error:
        raise ConfigError(f"{table}: {values!r} is refused: {error}") from error
    except Exception as error:
        raise StrategyError(
            f"{table}: can't be made with {values!r}: {type(error).__name__}: {error}"
        ) from error
