"""Replay: history through the engine, into the ledger, and out as a report."""

from argusnexus.replay.data_loader import DataLoader
from argusnexus.replay.report import ReportGenerator
from argusnexus.replay.runner import ReplayRunner

__all__ = ["DataLoader", "ReplayRunner", "ReportGenerator"]
