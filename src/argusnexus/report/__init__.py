"""What came of a run: one typed summary, as JSON and on the console.

Names are imported when they are first used: words and figures of other commands need none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus._lazy import imported_on_use

if TYPE_CHECKING:
    from argusnexus.report.as_json import record_to_dict, to_dict, to_json
    from argusnexus.report.build import build_report, empty_report
    from argusnexus.report.console import render
    from argusnexus.report.summary import Report

__all__ = ["Report", "build_report", "empty_report", "record_to_dict", "render", "to_dict", "to_json"]

__getattr__ = imported_on_use(
    __name__,
    {
        "Report": "summary",
        "build_report": "build",
        "empty_report": "build",
        "record_to_dict": "as_json",
        "render": "console",
        "to_dict": "as_json",
        "to_json": "as_json",
    },
)
