"""The ten risk layers in words: what was looked at, what it was, what it had to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from argusnexus.model.decisions import RiskCheck, RiskLayer
from argusnexus.report.why.story import LayerStory
from argusnexus.report.why.units import apart

if TYPE_CHECKING:
    from collections.abc import Sequence

_PER_CENT = 100


class _Kind(NamedTuple):
    """How a layer is written.

    Attributes:
        bound: what the value must be, before its limit.
        scale: 100 where value and limit are fractions that are shown as per cent.
    """

    what: str
    bound: str
    scale: int = 1
    unit: str = ""
    digits: int = 2


_KINDS = {
    RiskLayer.TRADE_FREQUENCY: _Kind("entries in the last 60 minutes", "below", digits=0),
    RiskLayer.DAILY_LOSS: _Kind("realised P&L of the day", "above"),
    RiskLayer.DRAWDOWN: _Kind("drawdown from the peak", "below", _PER_CENT, " %"),
    RiskLayer.CIRCUIT_BREAKER: _Kind("the candle's move, open to close", "below", _PER_CENT, " %"),
    RiskLayer.CIRCUIT_BREAKER_COOLDOWN: _Kind("time since a candle tripped", "above", unit=" min", digits=0),
    RiskLayer.RISK_REWARD: _Kind("reward to risk", "at least"),
    RiskLayer.ASSET_CONCENTRATION: _Kind("this position, of equity", "at most", _PER_CENT, " %"),
    RiskLayer.CORRELATED_EXPOSURE: _Kind("its correlation group, of equity", "at most", _PER_CENT, " %"),
    RiskLayer.LEVERAGE: _Kind("all positions, times equity", "at most"),
}


def layer_stories(checks: Sequence[RiskCheck]) -> tuple[LayerStory, ...]:
    """One for each recorded check, in their order."""
    return tuple(_layer_story(check) for check in checks)


def _layer_story(check: RiskCheck) -> LayerStory:
    what, found, needed = _words(check)
    return LayerStory(
        check.layer + 1, check.layer, check.value, check.limit, check.passed, what, found, needed
    )


def _words(check: RiskCheck) -> tuple[str, str, str]:
    if check.layer is RiskLayer.TRADING_HALTED:
        return "trading halted", "yes" if check.value else "no", "no"
    kind = _KINDS[check.layer]
    if check.limit is None:
        return kind.what, _alone(check.value, kind), "-"
    if check.value is None:
        return kind.what, "never", f"{kind.bound} {_alone(check.limit, kind)}"
    value, limit = apart(check.value, check.limit, kind.digits, kind.scale)
    return kind.what, f"{value}{kind.unit}", f"{kind.bound} {limit}{kind.unit}"


def _alone(value: float | None, kind: _Kind) -> str:
    return "-" if value is None else f"{apart(value, value, kind.digits, kind.scale)[0]}{kind.unit}"
