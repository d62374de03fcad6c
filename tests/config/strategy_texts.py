"""A strategy's text, and what becomes of it when a configuration names it."""

from __future__ import annotations

import pytest

from argusnexus.config import load_settings

BREAKOUT = """
@dataclass(frozen=True)
class Breakout(Strategy):
    window: int = 40

    def signals(self, candles):
        raise NotImplementedError
"""


def made(parameter, value, reference="my.py:Breakout"):
    return load_settings(overrides=[f"strategy.{parameter}={value}"], strategy=reference).strategy


def refused(kind, match, reference="my.py:Breakout", overrides=()):
    with pytest.raises(kind, match=match) as caught:
        load_settings(overrides=overrides, strategy=reference)
    assert type(caught.value) is kind
