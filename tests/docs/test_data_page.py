"""The page about candles names what the checks can find."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from argusnexus.market.checks import Code

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `.*\| (?:error|warning|info|by share) \|.*", PAGE, flags=re.MULTILINE)


@pytest.mark.parametrize("code", Code)
def test_every_finding_is_documented(code):
    assert any(f"`{code.value}`" in row.split("|")[1] for row in ROWS)


def test_no_finding_is_documented_that_there_is_not():
    named = {name for row in ROWS for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == {code.value for code in Code}
