"""What came of a run: one typed summary, as JSON and on the console."""

from __future__ import annotations

from argusnexus.report.as_json import record_to_dict, to_dict, to_json
from argusnexus.report.build import build_report, empty_report
from argusnexus.report.console import render
from argusnexus.report.summary import Report

__all__ = ["Report", "build_report", "empty_report", "record_to_dict", "render", "to_dict", "to_json"]
