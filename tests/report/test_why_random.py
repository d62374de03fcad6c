"""Random replays in which the rare is common: every story can be told, and tells each fill exactly once."""

from __future__ import annotations

from collections import Counter

import pytest

from argusnexus.config import Settings
from argusnexus.model.decisions import DecisionResult
from argusnexus.model.orders import EntryType
from argusnexus.model.settings import ExecutionConfig
from argusnexus.model.trades import TradeStatus
from argusnexus.replay import ReplayRunner
from argusnexus.replay.market import ReplayMarket, SymbolMarket
from argusnexus.report.why import explain_candle, explain_trade
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout, Signals, Strategy
from argusnexus.truth.queries import LedgerReader
from replay.random_cases import random_case
from report.why_cases import seen_in_both


class Injected(Strategy):
    """The signals of a random case, whatever the candles say."""

    name = "injected"

    def __init__(self, case):
        self._rows = case.injected

    def signals(self, candles):
        rows = self._rows[candles.symbol][: len(candles)]
        return Signals(
            entry=[row.entry for row in rows],
            entry_price=[row.entry_price for row in rows],
            stop=[row.stop for row in rows],
            take_profit=[row.take_profit for row in rows],
            exit=[row.exit for row in rows],
            trailing_distance=[row.trailing_distance for row in rows],
            warmup=sum(row.hold_reason == "warmup" for row in self._rows[candles.symbol]),
        )


def replayed(case, db):
    settings = Settings(
        strategy=Injected(case) if case.injected else DonchianBreakout(**case.strategy),
        risk=RiskConfig(**case.risk),
        execution=ExecutionConfig(**case.execution | {"entry_type": EntryType(case.execution["entry_type"])}),
        products=case.products,
    )
    symbols = list(case.candles)
    market = ReplayMarket(tuple(SymbolMarket(one, "random", None) for one in case.candles.values()), ())
    granularity = case.candles[symbols[0]].granularity
    with ReplayRunner(
        db,
        symbols,
        None,
        None,
        case.capital,
        case.mode,
        granularity,
        settings=settings,
        market=market,
        native=False,
    ) as runner:
        runner.run()
        return runner.run_id


def assert_every_story_holds(db, run_id):
    """Every trade and every decision is told; fills and expiries each at the one candle in which they happened."""
    with LedgerReader(db) as reader:
        trades = reader.trades(run_id)
        for trade in trades:
            story = seen_in_both(explain_trade(reader, trade.trade_id))
            assert story.entry.plan.quantity == pytest.approx(float(trade.quantity))
        told = Counter()
        for symbol in reader.run(run_id).symbols:
            for decision in reader.decisions(run_id, symbol):
                story = seen_in_both(explain_candle(reader, run_id, symbol, decision.timestamp))
                assert_whole(story)
                told.update((kind_of(words), trade_in(words)) for words in story.in_this_candle)
        expected = Counter(("filled", trade.trade_id) for trade in trades)
        expected.update(("sold", trade.trade_id) for trade in trades if trade.status is TradeStatus.CLOSED)
        expected["expired", ""] = sum(reader.expired_entries(run_id).values())
        assert told == +expected


def kind_of(words):
    """What a sentence tells of."""
    if words.startswith("Trade"):
        return "sold"
    return "filled" if words.startswith("The entry filled") else "expired"


def trade_in(words):
    """The trade that a sentence names."""
    return next((word.strip(".") for word in words.split() if word.startswith("trd_")), "")


def assert_whole(story):
    """What stood around a decision is there whenever the decision says so."""
    reason, result = story.decision.reason, story.decision.result
    assert (story.warm_up is not None) == (reason == "warmup")
    waiting = result is DecisionResult.ENTRY or reason == "entry_pending"
    assert (story.pending_entry is not None) == waiting
    if story.pending_entry:
        assert story.pending_entry.candles_left > 0
    held = result is DecisionResult.EXIT or reason in {"position_held", "exit_pending"}
    assert (story.position is not None) == held
    assert bool(story.afterwards) == (result in (DecisionResult.ENTRY, DecisionResult.EXIT))
    if story.position:
        assert (story.position.leaving_since is not None) == (reason != "position_held")


@pytest.mark.parametrize("seed", range(4))
def test_every_story_of_a_random_replay_holds(tmp_path, seed):
    case = random_case(seed)
    assert_every_story_holds(tmp_path / "random.db", replayed(case, tmp_path / "random.db"))


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 160))
def test_every_story_of_many_random_replays_holds(tmp_path, seed):
    case = random_case(seed)
    assert_every_story_holds(tmp_path / "random.db", replayed(case, tmp_path / "random.db"))
