"""Draws docs/images/report.svg: the console report of the sample market, exactly as the terminal shows it."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from argusnexus.cli import run
from argusnexus.replay import ReportGenerator
from argusnexus.truth.queries import LedgerReader

PICTURE = Path(__file__).with_name("report.svg")
WIDTH = 96


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        ledger = Path(folder) / "argus.db"
        code = run(["replay", "--db-path", str(ledger), "--report-format", "json", "--report-dir", folder])
        if code:
            sys.exit(code)
        with LedgerReader(ledger) as reader:
            run_id = reader.runs()[0].run_id
        console = Console(
            record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor"
        )
        ReportGenerator(ledger, run_id).print_console(console)
        console.save_svg(str(PICTURE), title="argus replay")


if __name__ == "__main__":
    main()
