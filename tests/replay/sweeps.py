"""Small sweeps over the sample market."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime

from argusnexus.config import Settings
from argusnexus.market.sample import SAMPLE_SYMBOLS
from argusnexus.market.source import SampleSource
from argusnexus.model.candles import Granularity
from argusnexus.model.trials import Trial
from argusnexus.replay.market import load_market
from argusnexus.replay.plan import make_plan
from argusnexus.replay.sweep import SweepRunner, axes_of, make_grid
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout

BTC = SAMPLE_SYMBOLS[0]
HOUR = Granularity.parse("1h")
BUSY = Settings(
    strategy=DonchianBreakout(
        entry_period=10, exit_period=8, trend_period=0, volume_multiplier=0.0, warmup=20
    ),
    risk=RiskConfig(max_drawdown=1.0),
)
PERIODS = {"strategy.entry_period": [10, 20, 30, 40], "risk.risk_per_trade": [0.005, 0.01]}


def a_plan(symbols=(BTC,), end=date(2023, 3, 31), mode="independent", settings=BUSY, start=None):
    return make_plan(symbols, start, end, 500, capital_mode=mode, granularity="1h", settings=settings)


def a_market(plan):
    return load_market(SampleSource(), plan.symbols, plan.granularity, plan.start, plan.end)


def a_grid(axes=PERIODS, **more):
    return make_grid(axes_of(axes.items()), **more)


def swept(db, plan=None, grid=None, **more):
    """The result of a whole sweep, its trials with their trades."""
    plan = plan or a_plan()
    with SweepRunner(db, plan, a_market(plan), grid or a_grid(), **more) as runner:
        runner.run()
        return replace(runner.result(), trials=tuple(runner.trials()))


def without_times(trials):
    """Trials as they must be the same wherever and whenever they are done."""
    fixed = {"sweep_id": "", "finished_at": datetime(2026, 1, 1, tzinfo=UTC)}
    return [replace(trial, **fixed) for trial in trials]


assert {"sweep_id", "finished_at"} <= {field.name for field in fields(Trial)}
