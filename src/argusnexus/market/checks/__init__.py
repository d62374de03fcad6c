"""Candles judged: what is wrong with them, where, and what it does to a replay. Nothing is mended."""

from argusnexus.market.checks.clock import Comparison, compare_clocks
from argusnexus.market.checks.disputed import find_disputed
from argusnexus.market.checks.findings import Code, Finding, Place, Severity
from argusnexus.market.checks.grid import Gap, Quality, quality
from argusnexus.market.checks.judge import check, gravest_first, warnings_of

__all__ = [
    "Code",
    "Comparison",
    "Finding",
    "Gap",
    "Place",
    "Quality",
    "Severity",
    "check",
    "compare_clocks",
    "find_disputed",
    "gravest_first",
    "quality",
    "warnings_of",
]
