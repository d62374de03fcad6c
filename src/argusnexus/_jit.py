"""Compiled twins of the pure rules: numba or the identity, never a second source.

Rules are written as plain functions marked with `@rule` and stay plain: the interpreter, the debugger and coverage
see exactly what is written. `compiled(function)` builds a native twin of a rule and of every rule it calls, on first
use, so that importing a rule never pays for importing numba.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

from platformdirs import user_cache_dir

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

_PACKAGE = Path(__file__).parent

_rules: set[FunctionType] = set()


def rule(function: F) -> F:
    """Mark a pure function over scalars and NamedTuples of scalars as compilable."""
    if isinstance(function, FunctionType):
        _rules.add(function)
    return function


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The native twin of a rule.

    Results are bit-identical to the interpreted rule: `fastmath` is off and no reductions are reordered.
    """
    if not isinstance(function, FunctionType) or function not in _rules:
        raise TypeError(f"expected a plain function marked with @rule, was {function!r}")
    twin: Callable[..., Any] = _twin(function)
    return twin


@cache
def _twin(function: FunctionType) -> Any:
    namespace = dict(function.__globals__)
    for name in _names_used(function.__code__):
        callee = namespace.get(name)
        if isinstance(callee, FunctionType) and callee in _rules:
            namespace[name] = _twin(callee)
    clone = FunctionType(function.__code__, namespace, function.__name__, function.__defaults__)
    clone.__module__ = function.__module__
    clone.__qualname__ = function.__qualname__
    numba, folder = _numba(), _cache_folder()
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)
    return numba.njit(clone, cache=folder is not None, error_model="numpy")


def _names_used(code: CodeType) -> set[str]:
    """Names that the code looks up, comprehensions' own code included."""
    nested = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*(_names_used(inner) for inner in nested))


@cache
def _numba() -> Any:
    return importlib.import_module("numba")  # 0.3 s that only compiled runs should pay


def _cache_folder() -> Path | None:
    """Where compiled rules are kept; None where nothing can be written, and every process compiles for itself.

    numba notices a change in the cached function's own file, not in what it takes from other files: the rules it calls
    and the constants and enums it was compiled with. A folder per digest of all sources makes stale entries
    unreachable.
    """
    folder = Path(user_cache_dir("argusnexus")) / "compiled" / _digest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder


def _digest() -> str:
    """Of this package's sources, and of the files of rules that come from elsewhere."""
    digest = hashlib.sha256(_package_digest())
    files = {Path(function.__code__.co_filename) for function in _rules}
    for path in sorted(path for path in files if not path.is_relative_to(_PACKAGE)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def _package_digest() -> bytes:
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.digest()
