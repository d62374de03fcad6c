"""A replay's row in `runs`: what was asked for, with which code, on which candles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus._version import __version__
from argusnexus.config import config_hash
from argusnexus.model.runs import MarketTimeBasis, Run, RunMode
from argusnexus.replay.provenance import git_sha

if TYPE_CHECKING:
    from datetime import datetime

    from argusnexus.replay.market import ReplayMarket
    from argusnexus.replay.plan import ReplayPlan

INTEGRITY_OK = "ok"


def run_row(
    plan: ReplayPlan, market: ReplayMarket | None, run_id: str, created_by: str, started_at: datetime
) -> Run:
    """The row of a replay that is running; None is a market that is not known yet."""
    config = plan.as_config()
    return Run(
        run_id=run_id,
        run_mode=RunMode.REPLAY,
        capital_mode=plan.capital_mode,
        market_time_basis=MarketTimeBasis.CANDLE_TIMESTAMP,
        data_integrity=_integrity(plan, market),
        created_by=created_by,
        git_sha=git_sha(),
        package_version=__version__,
        config_hash=config_hash(config),
        config=config,
        data_hash=market.data_hash if market else None,
        symbols=plan.symbols,
        granularity=str(plan.granularity),
        capital=plan.capital,
        start_date=plan.start.isoformat() if plan.start else None,
        end_date=plan.end.isoformat() if plan.end else None,
        started_at=started_at,
        strategy_hash=plan.settings.strategy_source.sha256,
    )


def _integrity(plan: ReplayPlan, market: ReplayMarket | None) -> str:
    tags = (market.integrity if market else ()) + plan.integrity
    return "+".join(tag.value for tag in tags) or INTEGRITY_OK
