"""The reason for one decision, in a few sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from argusnexus.model.decisions import DecisionResult, Reason, RiskLayer
from argusnexus.report.why.words import human, when, why_left

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argusnexus.report.why.story import (
        DecisionStory,
        HaltSince,
        HeldPosition,
        Measured,
        PendingEntry,
        PlanStory,
        WarmUp,
    )
    from argusnexus.report.why.units import Units

_SIGNAL_REFUSED = "The entry signal was refused"


class Circumstances(NamedTuple):
    """What stood around a decision; None where it doesn't apply."""

    warm_up: WarmUp | None
    pending_entry: PendingEntry | None
    position: HeldPosition | None
    halt: HaltSince | None


def answer(told: DecisionStory, around: Circumstances, units: Units) -> Iterator[str]:
    """Why this decision was what it was."""
    match told.result:
        case DecisionResult.HOLD:
            yield from _held(told, around, units)
        case DecisionResult.ENTRY:
            yield from _entered(told, units)
        case DecisionResult.EXIT:
            yield _left(told, around.position, units)
        case DecisionResult.REFUSED:
            yield from _refused(told, units)
    if around.halt:
        yield _halted(told, around.halt)


def _held(told: DecisionStory, around: Circumstances, units: Units) -> Iterator[str]:
    match told.reason:
        case Reason.WARMUP.label:
            yield _warming_up(around.warm_up)
        case Reason.ENTRY_PENDING.label:
            yield _waiting(around.pending_entry, units)
        case Reason.EXIT_PENDING.label:
            yield _leaving(around.position, units)
        case Reason.POSITION_HELD.label:
            yield from _holding(told, around.position, units)
        case _:
            yield from _no_entry(told)


def _warming_up(warm_up: WarmUp | None) -> str:
    if warm_up is None:
        return "Warm-up: the indicators need more candles."
    words = f"Warm-up: this was candle {warm_up.candle:,} of the {warm_up.candles:,} that the strategy waits for first."
    if warm_up.tradable_from is None:
        return f"{words} The data ended before it was over."
    return f"{words} Tradable from {when(warm_up.tradable_from)}."


def _waiting(pending: PendingEntry | None, units: Units) -> str:
    if pending is None:
        return "An entry was waiting at the venue."
    order = pending.order
    limit = "the market" if order.limit_price is None else units.price(order.limit_price)
    left = f"{pending.candles_left:,} candle{'' if pending.candles_left == 1 else 's'}"
    return (
        f"An entry was waiting at the venue: buy {units.quantity(order.quantity)} at {limit}, submitted "
        f"{when(order.submitted_at)}. It had {left} left to fill before it expires."
    )


def _leaving(position: HeldPosition | None, units: Units) -> str:
    """Only a stop that a gap jumped leaves a sale waiting at a close: other exits fill at the next open."""
    words = "The position was being sold: a market sell waited for the next open"
    if position is None or position.leaving_since is None:
        return f"{words}."
    stop = "" if position.stop is None else f" {units.price(position.stop)}"
    return (
        f"{words} since {when(position.leaving_since)}, because a gap jumped the limit of the stop{stop} "
        f"(trade {position.trade_id})."
    )


def _holding(told: DecisionStory, position: HeldPosition | None, units: Units) -> Iterator[str]:
    if position is None:
        yield "A position was held, and nothing said leave."
        return
    yield (
        f"Trade {position.trade_id} was held, and nothing said leave: {units.quantity(position.quantity)} bought at "
        f"{units.price(position.entry_price)}."
    )
    levels = {
        "the stop": position.stop,
        "the take profit": position.take_profit,
        "the trailing stop": position.trailing_stop,
    }
    close = told.close
    if close is not None:
        distances = [
            f"{units.distance(close, level)} {name} {units.price(level)}"
            for name, level in levels.items()
            if level
        ]
        yield f"The close {units.price(close)} is {', '.join(distances)}."


def _no_entry(told: DecisionStory) -> Iterator[str]:
    """The strategy's own reason; a reason like a+b names several conditions."""
    named = told.reason.split("+")
    missed = [one for one in told.conditions if one.name in named] or _unmet(told)
    if not missed:
        yield f"No entry: the strategy's reason was {human(told.reason)}."
    for one in missed:
        yield f"No entry, {human(one.name)}: {one.words}."


def _unmet(told: DecisionStory) -> list[Measured]:
    return [one for one in told.conditions if one.met is False]


def _entered(told: DecisionStory, units: Units) -> Iterator[str]:
    yield "The strategy signalled an entry, and all ten risk layers let it pass."
    plan = told.plan
    if plan:
        yield (
            f"An entry was submitted: buy {units.quantity(plan.quantity)} at {units.price(plan.entry)}, stop "
            f"{units.price(plan.stop)}, take profit {units.price(plan.take_profit)}."
        )


def _left(told: DecisionStory, position: HeldPosition | None, units: Units) -> str:
    trade = "The position" if position is None else f"Trade {position.trade_id}"
    return f"{trade} was to be sold at the next open: {why_left(told.reason, told, units)}."


def _refused(told: DecisionStory, units: Units) -> Iterator[str]:
    failed = [layer for layer in told.layers if not layer.passed]
    for layer in failed[:1]:
        if layer.layer is RiskLayer.TRADING_HALTED:
            yield f"{_SIGNAL_REFUSED} by risk layer 1 of 10: trading was halted."
        else:
            yield (
                f"{_SIGNAL_REFUSED} by risk layer {layer.number} of 10: {layer.what} {layer.found}, "
                f"needed {layer.needed}."
            )
    for layer in failed[1:]:
        yield f"Layer {layer.number} would have refused it as well: {layer.what} {layer.found}, needed {layer.needed}."
    if not failed:
        yield f"{_SIGNAL_REFUSED}: {_impossible(told, units)}."


def _impossible(told: DecisionStory, units: Units) -> str:
    """What kept a signal from becoming an order before any risk layer looked at it."""
    plan = told.plan
    if plan is None:
        return human(told.reason)
    match told.reason:
        case Reason.INVALID_STOP.label:
            return _invalid_stop(plan, units)
        case Reason.INVALID_TAKE_PROFIT.label:
            target, entry = units.price(plan.take_profit), units.price(plan.entry)
            return f"its take profit {target} isn't above its entry {entry} (both rounded down to the tick)"
        case Reason.SIZE_ZERO.label:
            return _no_size(plan, units)
        case Reason.FUNDS.label:
            return _outside_funds(plan, units)
        case _:
            return human(told.reason)


def _invalid_stop(plan: PlanStory, units: Units) -> str:
    stop, entry = units.price(plan.stop), units.price(plan.entry)
    if plan.stop <= 0:
        return f"its stop {stop} isn't above 0"
    return f"its stop {stop} isn't below its entry {entry} (the stop rounded up to the tick, the entry down)"


def _no_size(plan: PlanStory, units: Units) -> str:
    words = "nothing is left of its quantity"
    step = f"the smallest step of {units.step}"
    for size in plan.sizes:
        if size.bound and size.quantity is not None:
            return f"{words}: {size.words} allows {units.exactly(size.quantity)}, less than {step}"
    return words


def _outside_funds(plan: PlanStory, units: Units) -> str:
    words = f"its value of {units.money(plan.value)}"
    product = units.product
    if product is None:
        return f"{words} is outside what the venue takes"
    lowest, highest = units.money(product.min_market_funds), units.money(product.max_market_funds)
    return f"{words} is outside the {lowest} to {highest} that the venue takes"


def _halted(told: DecisionStory, halt: HaltSince) -> str:
    if halt.timestamp == told.timestamp and halt.symbol == told.symbol:
        return f"This decision reached the drawdown limit, and no entry is allowed after it: {halt.words}."
    return f"No entry is allowed any more: {halt.words}."
