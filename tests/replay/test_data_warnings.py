"""What is odd about the candles stands in the run, and so in its report."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from argusnexus.market.sample import SAMPLE_GRANULARITY
from argusnexus.market.source import SampleSource
from argusnexus.replay import ReplayRunner, ReportGenerator, simulation
from argusnexus.replay.market import load_market

SYMBOL = "SIM-BTC-USD"


@pytest.fixture
def market():
    return load_market(SampleSource(), [SYMBOL], SAMPLE_GRANULARITY, date(2023, 1, 1), date(2023, 6, 30))


def report_of(tmp_path, market):
    with ReplayRunner(
        tmp_path / "a.db", [SYMBOL], None, None, 500, granularity="1h", market=market
    ) as runner:
        runner.run()
    return ReportGenerator(tmp_path / "a.db", runner.run_id).report


def test_clean_candles_bring_no_warning(tmp_path, market):
    assert report_of(tmp_path, market).data_quality.warnings == ()


@pytest.mark.parametrize("beside_from", [0, simulation.BESIDE_FROM])
def test_a_volume_in_another_unit_is_a_warning_in_the_report(monkeypatch, tmp_path, market, beside_from):
    monkeypatch.setattr(simulation, "BESIDE_FROM", beside_from)
    candles = market.symbols[0].candles
    other_unit = np.where(np.arange(len(candles)) < 2_000, candles.volume, 60_000 * candles.volume)
    one = replace(market.symbols[0], candles=replace(candles, volume=other_unit))
    (words,) = report_of(tmp_path, replace(market, symbols=(one,))).data_quality.warnings
    assert words.startswith(f"{SYMBOL}: the volume's unit changes 1 time: up by ")
    assert "The volume filter and max_participation compare volumes of two units" in words
