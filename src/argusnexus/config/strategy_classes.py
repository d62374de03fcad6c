"""What a class must be so that a configuration can name it: a strategy whose parameters TOML can say."""

from __future__ import annotations

import inspect
from dataclasses import MISSING, fields
from enum import Enum
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from argusnexus.config.records import field_types
from argusnexus.errors import ConfigError, StrategyError, did_you_mean
from argusnexus.money import Amount
from argusnexus.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

_PLAIN_TYPES = (bool, int, float, str, NoneType, Amount)
_CONTAINERS = (Union, UnionType, tuple, list)


def class_named(module: ModuleType, place: str, name: str) -> type[Strategy]:
    """The strategy of this name; to be called while all that its module imports can be found.

    `place` is the module (or its file) as the user named it.

    Raises:
        ConfigError: if there is no such class, or none was named.
        StrategyError: if it is no strategy, or none whose parameters a configuration can say.
    """
    if name not in vars(module):
        raise ConfigError(_no_such_class(module, place, name))
    kind = getattr(module, name)
    if not (isinstance(kind, type) and issubclass(kind, Strategy)):
        raise StrategyError(
            f"{place}:{name} is no strategy; expected a class Name(Strategy), with Strategy from argusnexus.strategy."
        )
    for fault in _faults(kind):
        raise StrategyError(f"{place}:{name}: {fault}")
    _settle_types(kind, f"{place}:{name}")
    return kind


def _no_such_class(module: ModuleType, place: str, name: str) -> str:
    own = [
        key
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == module.__name__
    ]
    has = f"{place} has the strateg{'y' if len(own) == 1 else 'ies'} {', '.join(own)}"
    has = f"{has}: write {place}:{own[0]}." if own else f"{place} has no class that subclasses Strategy."
    if not name:
        return f"strategy.name: {place} names no class. {has}"
    return f"strategy.name: {place} has no class {name!r}.{did_you_mean(name, own)} {has}"


def _faults(kind: type[Strategy]) -> list[str]:
    faults = []
    for name in sorted(kind.__abstractmethods__):
        arguments = ", ".join(inspect.signature(getattr(kind, name)).parameters)
        faults.append(f"it has no method {name}({arguments}).")
    parameters = kind.__dict__.get("__dataclass_params__")
    if parameters is None or not parameters.frozen:
        faults.append(
            "it is no frozen dataclass of its own, so that its fields would be no parameters; write "
            "@dataclass(frozen=True) above the class."
        )
    elif "name" in {item.name for item in fields(kind)}:  # type: ignore[arg-type]  # a dataclass
        faults.append(
            "name is what the ledger calls the strategy and can't be a parameter; write name: ClassVar[str] = ..."
        )
    return faults


def _settle_types(kind: type[Strategy], reference: str) -> None:
    """Give every field its type in place of the type's text: neighbours that a text names are gone later."""
    try:
        types = field_types(kind)
    except Exception as error:
        raise StrategyError(
            f"{reference}: the type of a field can't be found: {error}. Import it outside of TYPE_CHECKING."
        ) from error
    for item in fields(kind):  # type: ignore[arg-type]  # known to be a dataclass by then
        if not item.init:
            continue
        item.type = types[item.name]
        if not _is_sayable(item.type):
            raise StrategyError(
                f"{reference}: field {item.name} is a {_shown(item.type)}, which a configuration can't say; expected "
                "int, float, bool, str, an Enum, or a list or tuple of them. A constant is a ClassVar."
            )


def _is_sayable(hint: Any) -> bool:
    """Whether TOML can say a value of this type, and a run can record it."""
    origin = get_origin(hint)
    if origin in _CONTAINERS:
        return all(part is ... or _is_sayable(part) for part in get_args(hint))
    return origin is Literal or hint in _PLAIN_TYPES or (isinstance(hint, type) and issubclass(hint, Enum))


def _shown(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)


def refuse_missing(kind: type[Strategy], reference: str, values: Mapping[str, Any]) -> None:
    """A ConfigError unless every field has a value or a default."""
    for item in fields(kind):  # type: ignore[arg-type]  # a strategy that was loaded is a dataclass
        optional = item.default is not MISSING or item.default_factory is not MISSING
        if item.init and not optional and item.name not in values:
            raise ConfigError(
                f"strategy.{item.name}: {reference} has no default for it; say it in [strategy] or with "
                f"--set strategy.{item.name}=..."
            )
