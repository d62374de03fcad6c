"""Compiled twins of the pure rules: numba or the identity, never a second source.

Rules are written as plain functions marked with `@rule` and stay plain: the interpreter, the debugger and coverage
see exactly what is written. `compiled(function)` builds a native twin of a rule and of every rule it calls, on first
use, so that importing a rule never pays for importing numba.
"""

from __future__ import annotations

import hashlib
import importlib
import shutil
import sys
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from platformdirs import user_cache_dir

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

_PACKAGE = Path(__file__).parent

ROOMS_OF_RULES = ("engine", "strategy", "risk", "metrics", "model", "clock", "money", "_jit", "errors")
"""The engine's room and those below it: imports go down only, so that nothing else is compiled into a rule."""

FOLDERS_KEPT = 3
"""Digests whose compiled rules are kept."""

_COMPILED = ".compiled"

_rules: set[FunctionType] = set()


def rule(function: F) -> F:
    """Mark a pure function over scalars and NamedTuples of scalars as compilable."""
    if isinstance(function, FunctionType):
        _rules.add(function)
    return function


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The native twin of a rule, kept on disk for other processes.

    Results are bit-identical to the interpreted rule: `fastmath` is off and no reductions are reordered.
    """
    if not isinstance(function, FunctionType) or function not in _rules:
        raise TypeError(f"expected a plain function marked with @rule, was {function!r}")
    numba, folder = _numba(), cache_folder()
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)
    twin: Any = numba.njit(_clone(function), cache=folder is not None, error_model="numpy")
    if folder is not None:
        twin._cache = _machine_code_only()(twin.py_func)  # noqa: SLF001 (numba has no other way to say it)
    return cast("Callable[..., Any]", twin)


class _NotRefreshed:
    """A target of numba's for which nothing more will be compiled."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def refresh(self) -> None:
        importlib.import_module("numba.core.runtime").rtsys.initialize(self._target)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


@cache
def _machine_code_only() -> Any:
    """Numba's cache, but what is found there is loaded without all that a compiler knows: a quarter of a second."""

    class Cache(importlib.import_module("numba.core.caching").FunctionCache):  # type: ignore[misc]
        def load_overload(self, sig: Any, target_context: Any) -> Any:
            return super().load_overload(sig, _NotRefreshed(target_context))

    return Cache


@cache
def _inlined(function: FunctionType) -> Any:
    """A rule as a part of the rules that call it: their states then stay in registers, some five times as fast."""
    return _numba().njit(_clone(function), forceinline=True, error_model="numpy")


def _clone(function: FunctionType) -> FunctionType:
    """The same code, calling native rules."""
    namespace = dict(function.__globals__)
    for name in _names_used(function.__code__):
        callee = namespace.get(name)
        if isinstance(callee, FunctionType) and callee in _rules:
            namespace[name] = _inlined(callee)
    clone = FunctionType(function.__code__, namespace, function.__name__, function.__defaults__)
    clone.__module__ = function.__module__
    clone.__qualname__ = function.__qualname__
    return clone


def _names_used(code: CodeType) -> set[str]:
    """Names that the code looks up, comprehensions' own code included."""
    nested = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*(_names_used(inner) for inner in nested))


@cache
def _numba() -> Any:
    return importlib.import_module("numba")  # 0.3 s that only compiled runs should pay


def cache_folder() -> Path | None:
    """Where compiled rules are kept; None where nothing can be written, and every process compiles for itself.

    numba notices a change in the cached function's own file, not in what it takes from other files: the rules it calls
    and the constants and enums it was compiled with. A folder per digest of all sources makes stale entries
    unreachable; the folders of sources that are long gone are deleted.
    """
    folder = Path(user_cache_dir("argusnexus")) / "compiled" / _digest()
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            _prune(folder)
    except OSError:
        return None
    return folder


def was_compiled(what: str) -> bool:
    """Whether some process has compiled this from the sources as they are, so that it need only be loaded."""
    folder = cache_folder()
    return folder is not None and (folder / f"{what}{_COMPILED}").exists()


def remember_compiled(what: str) -> None:
    """Tell other processes that this has been compiled."""
    folder = cache_folder()
    if folder is not None:
        (folder / f"{what}{_COMPILED}").touch()


def _prune(kept: Path) -> None:
    """Keep the newest folders: other installations may be in use beside this one."""
    others = [other for other in kept.parent.iterdir() if other != kept]
    for other in sorted(others, key=_changed_at, reverse=True)[FOLDERS_KEPT - 1 :]:
        shutil.rmtree(other, ignore_errors=True)


def _changed_at(folder: Path) -> float:
    return folder.stat().st_mtime


def _digest() -> str:
    """Of the rooms that hold rules and whatever rules may import, and of the files of rules that come from elsewhere."""
    digest = hashlib.sha256(_rooms_digest())
    files = {Path(function.__code__.co_filename) for function in _rules}
    for path in sorted(path for path in files if not path.is_relative_to(_PACKAGE)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def _rooms_digest() -> bytes:
    digest = hashlib.sha256(sys.version.encode())
    for room in ROOMS_OF_RULES:
        for path in (_PACKAGE / f"{room}.py", *sorted((_PACKAGE / room).rglob("*.py"))):
            if path.is_file():
                digest.update(path.read_bytes())
    return digest.digest()
