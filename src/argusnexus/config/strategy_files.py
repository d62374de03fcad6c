"""Executes a strategy's file: afresh, and from exactly the bytes that are hashed."""

from __future__ import annotations

import hashlib
import importlib
import sys
import traceback
from contextlib import contextmanager, suppress
from importlib.abc import ExecutionLoader
from importlib.util import decode_source, find_spec, module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from argusnexus.errors import ConfigError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_NUMBERS = count()


class StrategyLoader(ExecutionLoader):
    """Remembers what a strategy's module was executed from.

    Attributes:
        given: the file or module, as the user named it.
    """

    def __init__(self, given: str, path: Path, content: bytes) -> None:
        self.given = given
        self._path = path
        self._content = content

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) of the executed bytes."""
        return hashlib.sha256(self._content).hexdigest()

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002 (importlib's signature)
        return str(self._path)

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 (importlib's signature)
        return decode_source(self._content)


class SourceFile(NamedTuple):
    """Where the code of a strategy lies.

    Attributes:
        given: as the user named it.
        path: absolute.
        package: whose neighbours it may import with a leading dot; empty for none.
    """

    given: str
    path: Path
    package: str


def loader_of(module: ModuleType | None) -> StrategyLoader | None:
    """The loader of a module that was executed here; None for any other module."""
    loader = getattr(getattr(module, "__spec__", None), "loader", None)
    return loader if isinstance(loader, StrategyLoader) else None


def file_named(given: str) -> SourceFile:
    """A file by its path, relative to the current folder.

    Raises:
        ConfigError: if it isn't there.
    """
    path = Path(given).resolve()
    if not path.is_file():
        raise ConfigError(
            f"Strategy file {given} isn't there; looked for {path}. A relative path starts at the current folder."
        )
    return SourceFile(given, path, "")


def module_named(given: str) -> SourceFile:
    """A module's file by the module's dotted name; call it where its folder is importable.

    Raises:
        ConfigError: if there is no such module, or it has no source file.
        StrategyError: if a package that it lies in can't be imported.
    """
    if given == "__main__":
        raise ConfigError(
            "A strategy that was typed into a notebook or a session can't be loaded again; put it into a file."
        )
    spec = _spec_of(given)
    if spec is None:
        raise ConfigError(
            f"Strategy module {given} isn't there; looked in the current folder and among the installed packages."
        )
    if not spec.origin or not spec.origin.endswith(".py"):
        raise ConfigError(f"Strategy module {given} has no source file, so that nothing says what it did.")
    is_package = spec.submodule_search_locations is not None
    return SourceFile(given, Path(spec.origin).resolve(), given if is_package else spec.parent or "")


def _spec_of(name: str) -> ModuleSpec | None:
    try:
        return find_spec(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            return None
        raise StrategyError(f"{name}: {_failure(error, name)}") from error
    except (ValueError, ImportError):
        return None  # no module name at all, or one without a specification such as __main__
    except (Exception, SystemExit) as error:
        raise StrategyError(f"{name}: its package can't be imported: {_failure(error, name)}") from error


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """While it lasts the folder's modules can be imported; none of them stays behind for the next strategy."""
    before = set(sys.modules)
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    importlib.invalidate_caches()
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes_bytecode
        with suppress(ValueError):
            sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if _lies_in(folder, name):
                del sys.modules[name]


def _lies_in(folder: Path, name: str) -> bool:
    """Whether a module was found in the folder itself; a virtual environment below it is none of its own."""
    module = sys.modules[name]
    top = folder / name.partition(".")[0]
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    return loader_of(module) is None and any(
        Path(place) == top.with_name(f"{top.name}.py") or top in (Path(place), *Path(place).parents)
        for place in places
        if place
    )


def execute(file: SourceFile) -> ModuleType:
    """A module of its own, registered under a name that no other has.

    Raises:
        ConfigError: if the file can't be read.
        StrategyError: if it fails; the message names the line.
    """
    try:
        loader = StrategyLoader(file.given, file.path, file.path.read_bytes())
    except OSError as error:
        raise ConfigError(f"Strategy file {file.given} can't be read: {error.strerror}.") from None
    own_name = f"argus_strategy_{next(_NUMBERS)}"
    name = f"{file.package}.{own_name}" if file.package else own_name
    spec = spec_from_file_location(name, file.path, loader=loader)
    assert spec is not None  # noqa: S101 (a loader was given)
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, Exception | SystemExit):
            raise StrategyError(f"{file.given} can't be loaded: {_failure(error, file.path)}") from error
        raise
    return module


def _failure(error: BaseException, path: Path | str) -> str:
    """An exception in one line, with the newest line of the file that it passed through."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}: {error.msg}"
    words = f"{type(error).__name__}: {error}"
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"line {own[-1].lineno}: {words} ({own[-1].line})" if own else words
