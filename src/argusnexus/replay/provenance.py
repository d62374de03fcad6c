"""Which code a run was made with."""

from __future__ import annotations

import subprocess
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def git_sha() -> str | None:
    """Commit of the checkout that this package runs from, "-dirty" appended if it has changes; None outside one."""
    if not _git("ls-files", "--error-unmatch", "__init__.py"):
        return None
    sha = _git("rev-parse", "HEAD")
    if not sha:
        return None
    return f"{sha}-dirty" if _git("status", "--porcelain") else sha


def _git(*arguments: str) -> str:
    """Output of a git command in the package's folder; empty where git or the checkout is missing."""
    try:
        done = subprocess.run(  # noqa: S603 (fixed words, no shell)
            ["git", "-C", str(_PACKAGE), *arguments],  # noqa: S607 (whichever git the user has)
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
