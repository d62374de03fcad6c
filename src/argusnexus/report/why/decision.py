"""One decision as a story: what the strategy saw, the ten layers, the account and the plan."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from argusnexus.model.conditions import CLOSE
from argusnexus.model.times import from_iso
from argusnexus.report.why.conditions import measured
from argusnexus.report.why.layers import layer_stories
from argusnexus.report.why.plan import plan_story
from argusnexus.report.why.story import AccountThen, DecisionStory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argusnexus.model.decisions import Decision
    from argusnexus.report.why.source import Source


def decision_story(decision: Decision, source: Source) -> DecisionStory:
    """A decision, from its row or from the tape's line."""
    context = decision.market_context
    candle = context.get("candle") or {}
    close = candle.get("close", context.get("close"))
    opened = candle.get("time", context.get("open_time"))
    return DecisionStory(
        decision_id=decision.decision_id,
        timestamp=decision.timestamp,
        opened=None if opened is None else from_iso(opened),
        symbol=decision.symbol,
        strategy_name=decision.strategy_name,
        result=decision.result,
        reason=decision.result_reason,
        close=close,
        indicators=decision.signal_values,
        conditions=measured(source.conditions, {**decision.signal_values, CLOSE: close}, source.units),
        layers=layer_stories(decision.risk_checks),
        account=_account(context),
        plan=plan_story(context, source.terms),
        trailing_stop=context.get("trailing_stop"),
    )


def _account(context: Mapping[str, Any]) -> AccountThen | None:
    """Whole from a row; the tape keeps the equity alone."""
    account = context.get("account")
    if account is None:
        equity = context.get("equity")
        return None if equity is None else AccountThen(None, None, equity, None, None, None, None, None)
    return AccountThen(**{item.name: account.get(item.name) for item in fields(AccountThen)})
