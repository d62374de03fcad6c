"""A strategy by its name: "donchian", "file.py:Class" or "package.module:Class"; and the name by the strategy."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from argusnexus.config.canonical import plain_table
from argusnexus.config.records import values_of
from argusnexus.config.strategy_classes import class_named, refuse_missing
from argusnexus.config.strategy_files import execute, file_named, importable, loader_of, module_named
from argusnexus.errors import ArgusError, ConfigError, StrategyError, did_you_mean
from argusnexus.strategy import DonchianBreakout, Strategy
from argusnexus.strategy.evaluate import failure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

STRATEGIES: Mapping[str, type[Strategy]] = {DonchianBreakout.name: DonchianBreakout}
"""What can be named without a file or module."""


@dataclass(frozen=True, slots=True)
class StrategySource:
    """Where a strategy comes from.

    Attributes:
        name: what loads it again: "donchian", "file.py:Class" as the user named it, or "package.module:Class".
        sha256: of the file that defines it (hex), of the very bytes where the file was loaded by its name; None where
            there is no file, as in a notebook.
    """

    name: str
    sha256: str | None


def source_of(strategy: Strategy) -> StrategySource:
    """The name and the hash of a strategy's source."""
    kind = type(strategy)
    module = sys.modules.get(kind.__module__)
    loader = loader_of(module)
    if loader:
        return StrategySource(f"{loader.given}:{kind.__qualname__}", loader.sha256)
    known = [name for name, one in STRATEGIES.items() if one is kind]
    name = known[0] if known else f"{_module_name(kind, module)}:{kind.__qualname__}"
    return StrategySource(name, _sha256(getattr(module, "__file__", None)))


def _module_name(kind: type[Strategy], module: ModuleType | None) -> str:
    """What loads the module again: of a script its file, seen from the current folder."""
    spec, file = getattr(module, "__spec__", None), getattr(module, "__file__", None)
    if kind.__module__ != "__main__" or not file:
        return kind.__module__
    if spec:
        return str(spec.name)
    path, here = Path(file).absolute(), Path.cwd()
    return str(path.relative_to(here) if here in path.parents else path)


def _sha256(file: str | None) -> str | None:
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else None
    except OSError:
        return None


def load_strategy_class(reference: str) -> type[Strategy]:
    """The class that a name stands for; a file or module is executed anew.

    Raises:
        ConfigError: if there is no such file, module or class.
        StrategyError: if the code fails while it is loaded, or the class is no strategy with parameters.
    """
    if reference in STRATEGIES:
        return STRATEGIES[reference]
    place, colon, name = reference.rpartition(":")
    if not colon:
        place, name = reference, ""
    if place.endswith(".py") or os.sep in place:
        file = file_named(place)
        with importable(file.path.parent):
            return class_named(execute(file), place, name)
    if not colon or not place:
        raise ConfigError(
            f"strategy.name: {reference!r} isn't known; expected {', '.join(STRATEGIES)}, file.py:Class or "
            f"package.module:Class.{did_you_mean(reference, STRATEGIES)}"
        )
    with importable(Path.cwd()):
        return class_named(execute(module_named(place)), place, name)


def strategy_from(table: Mapping[str, Any]) -> Strategy:
    """The strategy of a `[strategy]` table: its name, and the parameters of that one.

    Raises:
        ConfigError: if a parameter isn't known, missing, of another type, or refused by the strategy.
        StrategyError: if the strategy can't be loaded or made.
    """
    parameters = dict(table)
    reference = parameters.pop("name", DonchianBreakout.name)
    if not isinstance(reference, str):
        raise ConfigError(f"strategy.name: expected a text such as my_file.py:Class, was {reference!r}.")
    kind = load_strategy_class(reference)
    values = values_of("strategy", kind, parameters)
    refuse_missing(kind, reference, values)
    return _made(kind, reference, values)


def _made(kind: type[Strategy], reference: str, values: dict[str, Any]) -> Strategy:
    given = ", ".join(f"{name}={value!r}" for name, value in values.items())
    try:
        return kind(**values)
    except ConfigError:
        raise
    except (ArgusError, ValueError) as error:
        raise ConfigError(f"strategy: {reference} refuses {given or 'its defaults'}: {error}") from error
    except (Exception, SystemExit) as error:
        blank = kind.__new__(kind)
        raise StrategyError(
            f"{reference} can't be made from {given or 'its defaults'}: {failure(blank, error)}"
        ) from error


def strategy_parameters(strategy: Strategy) -> dict[str, Any]:
    """The fields that a strategy is made from; none for a strategy that is no dataclass.

    Raises:
        ConfigError: if a value can't be written down in the run's configuration.
    """
    record: object = strategy
    parameters = plain_table(record) if is_dataclass(record) else {}
    for name, value in parameters.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError):
            raise ConfigError(
                f"strategy.{name}: {value!r} of {strategy.name} can't be recorded with the run; expected a finite "
                "number, a text, True or False, an enum, or a list of them, and None for what is left out."
            ) from None
    return parameters
