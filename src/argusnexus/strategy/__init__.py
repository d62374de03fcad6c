"""Strategies: candles in, columns of signals out. They never see the account, the clock or the venue."""

from argusnexus.model.conditions import Comparison, Condition
from argusnexus.strategy.base import Signals, Strategy
from argusnexus.strategy.causality import check_acted_on, check_causality
from argusnexus.strategy.continuity import check_continuity
from argusnexus.strategy.donchian import DonchianBreakout
from argusnexus.strategy.evaluate import signals_of
from argusnexus.strategy.follow import Follower, following
from argusnexus.strategy.incremental import IncrementalStrategy
from argusnexus.strategy.memory import Memory
from argusnexus.strategy.sensitivity import warmup_sensitivity

__all__ = [
    "Comparison",
    "Condition",
    "DonchianBreakout",
    "Follower",
    "IncrementalStrategy",
    "Memory",
    "Signals",
    "Strategy",
    "check_acted_on",
    "check_causality",
    "check_continuity",
    "following",
    "signals_of",
    "warmup_sensitivity",
]
