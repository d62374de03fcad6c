"""Replay: history through the engine, into the ledger, and out as a report.

The room is named like the function that most users want, `argusnexus.replay(strategy, candles)`: called, the module is
`argusnexus.replay.api.replay`. Names are imported when they are first used: the command line needs few of them.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from argusnexus._lazy import imported_on_use

if TYPE_CHECKING:
    from collections.abc import Callable

    from argusnexus.replay.data_loader import DataLoader
    from argusnexus.replay.report import ReportGenerator
    from argusnexus.replay.result import ReplayResult
    from argusnexus.replay.runner import ReplayRunner

__all__ = ["DataLoader", "ReplayResult", "ReplayRunner", "ReportGenerator"]

__getattr__ = imported_on_use(
    __name__,
    {
        "DataLoader": "data_loader",
        "ReplayResult": "result",
        "ReplayRunner": "runner",
        "ReportGenerator": "report",
    },
)


class _CallableModule(ModuleType):
    """A module that is its function as well: importing a room binds it to its name in the package."""

    @property
    def __wrapped__(self) -> Callable[..., ReplayResult]:
        """What inspect.signature shows."""
        from argusnexus.replay.api import replay  # noqa: PLC0415 (with all that it needs)

        return replay

    def __call__(self, *arguments: Any, **named: Any) -> ReplayResult:
        return self.__wrapped__(*arguments, **named)


sys.modules[__name__].__class__ = _CallableModule
