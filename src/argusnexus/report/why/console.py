"""Why, on a terminal: the answer first, then what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from argusnexus.model.decisions import DecisionResult, Phase, phase_after
from argusnexus.report.texts import BAD, FAINT, GOOD, NOTE, Glyphs, glyphs_of
from argusnexus.report.why import tables
from argusnexus.report.why.story import CandleStory, DecisionStory, TradeStory
from argusnexus.report.why.units import number
from argusnexus.report.why.words import when

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console, RenderableType

    from argusnexus.report.why.units import Units


def render_why(story: TradeStory | CandleStory, console: Console) -> None:
    """Print a story, no wider than the console; it looks right from 80 columns on."""
    glyphs = glyphs_of(console)
    blocks = _trade(story, glyphs) if isinstance(story, TradeStory) else _candle(story, glyphs)
    for block in blocks:
        console.print(block, highlight=False)


def _trade(story: TradeStory, glyphs: Glyphs) -> Iterator[RenderableType]:
    units = story.units
    yield from _opening(f"{story.symbol}  {story.trade_id}", story.status.value, story.answer, story.notices)
    yield Text(glyphs.dot.join((story.run_id or "outside a run", story.strategy_name)), FAINT)
    if story.entry:
        yield _title("Entry decision", f"  {when(story.entry.timestamp)}, the close of its candle")
        yield from _decision(story.entry, units, glyphs)
    if story.entry_order:
        yield _title("Entry order")
        yield tables.order(story.entry_order, units)
    if story.fills:
        yield _title("Fills", _venue(story))
        yield tables.fills(story.fills, units, glyphs)
    if story.bracket:
        yield _title("Bracket", "  take profit and stop in one order at the venue")
        yield tables.order(story.bracket, units)
    yield from _ending(story, glyphs)


def _ending(story: TradeStory, glyphs: Glyphs) -> Iterator[RenderableType]:
    left, units = story.exit, story.units
    if left is None:
        return
    yield _title("Exit", f"  {left.reason}")
    yield Text(f"{left.words[:1].upper()}{left.words[1:]}.")
    if left.decision:
        yield Text(f"Decided at {when(left.decision.timestamp)} ({left.decision.decision_id}).")
    if left.order:
        yield tables.order(left.order, units)
    if story.result:
        yield _title("Result")
        yield tables.result(story.result, units, glyphs)


def _venue(story: TradeStory) -> str:
    return "  simulated" if all(fill.simulated for fill in story.fills) else "  reported by the venue"


def _candle(story: CandleStory, glyphs: Glyphs) -> Iterator[RenderableType]:
    told = story.decision
    heading = f"{story.symbol}  {when(told.timestamp)}"
    yield from _opening(heading, f"{told.result.name}: {told.reason}", story.answer, story.notices)
    for title, sentences in (
        ("Within this candle", story.in_this_candle),
        ("What came of it", story.afterwards),
    ):
        if sentences:
            yield _title(title)
            yield from (Text(sentence) for sentence in sentences)
    yield _title("Decision", f"  {_which(story)}")
    yield Text(glyphs.dot.join((story.run_id, told.strategy_name, told.decision_id)), FAINT)
    yield from _decision(told, story.units, glyphs)


def _which(story: CandleStory) -> str:
    opened = story.decision.opened
    candle = f"at the close of the candle of {when(opened)}" if opened else "at its candle's close"
    return candle if story.exact else f"{candle}, the newest at {when(story.asked)}"


def _opening(heading: str, state: str, answer: Iterable[str], notices: Iterable[str]) -> Iterator[Text]:
    yield Text.assemble((heading, "bold cyan"), (f"  {state}", FAINT))
    yield from (Text(sentence) for sentence in answer)
    yield from (Text(notice, NOTE) for notice in notices)


def _decision(told: DecisionStory, units: Units, glyphs: Glyphs) -> Iterator[RenderableType]:
    """What the strategy saw, the layers, the account and the plan, as far as they are there."""
    for one in told.conditions if _about_entering(told) else ():
        word, style = {True: ("met   ", GOOD), False: ("missed", BAD), None: ("?     ", NOTE)}[one.met]
        yield Text.assemble((word, style), f"  {one.words}")
    yield from _seen(told, units, glyphs)
    if told.layers:
        yield _title(
            "Risk layers", f"  {sum(layer.passed for layer in told.layers)} of {len(told.layers)} passed"
        )
        yield tables.layers(told.layers)
    if told.plan:
        yield _title("Plan")
        yield tables.plan(told.plan, units)
    if told.plan and told.plan.sizes:
        yield _title("Size", "  the smallest of four bounds, rounded down")
        yield tables.sizes(told.plan.sizes, units)
    if told.account and told.account.cash is not None:
        yield _title("Account then", f"  amounts in {units.quote}")
        yield tables.account(told.account)


def _about_entering(told: DecisionStory) -> bool:
    """What an entry needs is of no interest while one waits or a position is held."""
    return phase_after(told.result, told.reason) is Phase.IDLE or told.result is DecisionResult.ENTRY


def _seen(told: DecisionStory, units: Units, glyphs: Glyphs) -> Iterator[Text]:
    """Indicators in the strategy's own units: prices and ratios look alike here."""
    seen = {name: glyphs.none if value is None else number(value) for name, value in told.indicators.items()}
    if told.close is not None:
        seen = {"close": units.price(told.close)} | seen
    if told.trailing_stop is not None:
        seen |= {"trailing stop": units.price(told.trailing_stop)}
    if told.account and told.account.cash is None and told.account.equity is not None:
        seen |= {"equity": number(told.account.equity)}
    if seen:
        yield Text(f"Seen: {glyphs.dot.join(f'{name} {value}' for name, value in seen.items())}", FAINT)


def _title(text: str, rest: str = "") -> Text:
    return Text.assemble("\n", (text, "bold cyan"), (rest, FAINT))
