"""Replay: history through the engine, into the ledger, and out as a report.

The room is named like the function that most users want, `argusnexus.replay(strategy, candles)`: called, the module is
`argusnexus.replay.api.replay`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from argusnexus.replay.api import replay as _replay
from argusnexus.replay.data_loader import DataLoader
from argusnexus.replay.report import ReportGenerator
from argusnexus.replay.result import ReplayResult
from argusnexus.replay.runner import ReplayRunner

__all__ = ["DataLoader", "ReplayResult", "ReplayRunner", "ReportGenerator"]


class _CallableModule(ModuleType):
    """A module that is its function as well: importing a room binds it to its name in the package."""

    __wrapped__ = staticmethod(_replay)  # what inspect.signature shows

    def __call__(self, *arguments: Any, **named: Any) -> ReplayResult:
        return _replay(*arguments, **named)


sys.modules[__name__].__class__ = _CallableModule
