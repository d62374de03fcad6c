"""The plan that a run or a sweep was begun with, from its recorded configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from argusnexus.config import settings_of
from argusnexus.config.strategies import STRATEGIES
from argusnexus.errors import ArgusError, ConfigError
from argusnexus.replay.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argusnexus.replay.plan import ReplayPlan

_MOVED = "Where the strategy's file was moved, --strategy FILE.py:Class says where it is."


def recorded_plan(config: Mapping[str, Any], strategy: str | None = None) -> ReplayPlan:
    """The plan that a run's recorded configuration stands for.

    Args:
        config: as `ReplayPlan.as_config` gave it.
        strategy: where the strategy is to be found today; None is where it was.

    Raises:
        ConfigError: if the configuration can't be used.
        StrategyError: if the strategy can't be loaded.
    """
    try:
        table = dict(config["strategy"])
        if strategy is not None:
            config = {**config, "strategy": table | {"name": strategy}}
        asked = config["replay"]
        return make_plan(
            asked["symbols"],
            asked["start"],
            asked["end"],
            asked["capital"],
            capital_mode=asked["capital_mode"],
            granularity=asked["granularity"],
            skip_volume_filter=asked["skip_volume_filter"],
            settings=settings_of(config),
        )
    except ArgusError as error:
        hint = "" if table.get("name") in STRATEGIES else f" {_MOVED}"
        raise type(error)(f"The run's recorded configuration can't be used: {error}{hint}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"The run's recorded configuration can't be used: {error!r}.") from error
