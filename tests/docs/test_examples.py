"""The example strategies load by their name, look back only, and trade."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from argusnexus.config import load_settings
from argusnexus.errors import ConfigError
from argusnexus.market.sample import SAMPLE_SYMBOLS, sample_candles
from argusnexus.market.source import SampleSource
from argusnexus.model.candles import Granularity
from argusnexus.replay import ReplayRunner
from argusnexus.replay.market import load_market
from argusnexus.strategy import check_causality, signals_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
REFERENCES = {"breakout.py": "Breakout", "sma_cross.py": "SmaCross"}


@pytest.fixture(params=REFERENCES)
def settings(request):
    """The settings with which one of the examples runs."""
    return load_settings(strategy=f"{EXAMPLES / request.param}:{REFERENCES[request.param]}")


def test_every_example_is_tried():
    assert sorted(path.name for path in EXAMPLES.glob("*.py")) == sorted(REFERENCES)


def test_it_looks_back_only(settings):
    candles = sample_candles("SIM-ETH-USD").rows(slice(0, 2500))
    signals = signals_of(settings.strategy, candles)
    assert signals.entry.any()
    assert check_causality(settings.strategy, candles, signals, exhaustive=True) == 2499


def test_it_trades_on_the_sample_market(settings, tmp_path):
    hour = Granularity.parse("1h")
    market = load_market(SampleSource(), SAMPLE_SYMBOLS, hour, date(2023, 1, 1), date(2023, 12, 31))
    with ReplayRunner(
        tmp_path / "argus.db",
        SAMPLE_SYMBOLS,
        None,
        None,
        500,
        granularity="1h",
        settings=settings,
        market=market,
    ) as runner:
        runner.run()
    assert runner.trades_closed > 30


def test_the_breakout_refuses_a_target_nearer_than_its_stop():
    with pytest.raises(ConfigError, match=r"strategy.target_atr: expected more than stop_atr \(2\), was 1.5"):
        load_settings(overrides=["strategy.target_atr=1.5"], strategy=f"{EXAMPLES / 'breakout.py'}:Breakout")
