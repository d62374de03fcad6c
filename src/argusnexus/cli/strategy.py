"""The options that say which strategy runs with which settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StrategyOption = Annotated[
    str | None,
    typer.Option(
        "--strategy",
        help="donchian, file.py:Class or package.module:Class; the same as --set strategy.name=..., and wins over the "
        "configuration's name.",
        metavar="NAME",
    ),
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="Settings as TOML.", metavar="FILE")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="One setting, on top of the file's; repeatable.", metavar="TABLE.KEY=VALUE"),
]
