"""Replay crypto strategies through the production engine, and trade them behind verified brackets.

::

    import argusnexus as an

    run = an.replay(MyStrategy(), "SIM-BTC-USD")
    run.trades, run.equity, run.report, run.why(run.trades.iloc[0])

Names are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus._lazy import imported_on_use
from argusnexus._version import __version__

if TYPE_CHECKING:
    from argusnexus.model.candles import Candles, Granularity
    from argusnexus.model.conditions import Comparison, Condition
    from argusnexus.model.settings import ExecutionConfig
    from argusnexus.model.trades import ExitReason
    from argusnexus.replay.api import open_run, read_candles, replay
    from argusnexus.replay.result import ReplayResult
    from argusnexus.replay.sweep.api import sweep
    from argusnexus.replay.sweep.result import SweepResult
    from argusnexus.risk import RiskConfig
    from argusnexus.strategy import (
        DonchianBreakout,
        IncrementalStrategy,
        Memory,
        Signals,
        Strategy,
        indicators,
    )

__all__ = [
    "Candles",
    "Comparison",
    "Condition",
    "DonchianBreakout",
    "ExecutionConfig",
    "ExitReason",
    "Granularity",
    "IncrementalStrategy",
    "Memory",
    "ReplayResult",
    "RiskConfig",
    "Signals",
    "Strategy",
    "SweepResult",
    "__version__",
    "indicators",
    "open_run",
    "read_candles",
    "replay",
    "sweep",
]

__getattr__ = imported_on_use(
    __name__,
    {
        "Candles": "model.candles",
        "Comparison": "model.conditions",
        "Condition": "model.conditions",
        "DonchianBreakout": "strategy",
        "ExecutionConfig": "model.settings",
        "ExitReason": "model.trades",
        "Granularity": "model.candles",
        "IncrementalStrategy": "strategy",
        "Memory": "strategy",
        "ReplayResult": "replay.result",
        "RiskConfig": "risk",
        "Signals": "strategy",
        "Strategy": "strategy",
        "SweepResult": "replay.sweep.result",
        "indicators": "strategy.indicators",
        "open_run": "replay.api",
        "read_candles": "replay.api",
        "replay": "replay",
        "sweep": "replay.sweep.api",
    },
)


def __dir__() -> list[str]:
    return sorted(__all__)
