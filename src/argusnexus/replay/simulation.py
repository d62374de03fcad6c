"""From a plan and its candles to the rows of a run; nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from argusnexus.engine.columns import signal_columns
from argusnexus.engine.rows import RowMaker
from argusnexus.engine.setup import start_account, step_params
from argusnexus.execution import BracketOrderBuilder
from argusnexus.market.checks import quality, warnings_of
from argusnexus.model.runs import RunSymbol
from argusnexus.model.times import from_ns
from argusnexus.money import amount
from argusnexus.replay.batch import run_batch
from argusnexus.replay.collector import RowCollector
from argusnexus.replay.story import Storyteller, halt_of
from argusnexus.risk import RiskManager
from argusnexus.strategy import check_causality, signals_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from argusnexus.model.candles import Candles
    from argusnexus.replay.batch import BatchRun
    from argusnexus.replay.market import ReplayMarket, SymbolMarket
    from argusnexus.replay.plan import ReplayPlan
    from argusnexus.strategy import Signals
    from argusnexus.truth.tape import TapeTable

    Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Simulation:
    """All that a replay leaves behind."""

    rows: RowCollector
    run_symbols: tuple[RunSymbol, ...]
    tapes: tuple[TapeTable, ...]


class Simulator:
    """Runs one plan over its candles.

    Args:
        run_id: goes into every row and every order's id.
        native: compiled instead of interpreted; the results are the same.
        progress: told what is being done, how many steps are done and how many there are.
    """

    def __init__(
        self, plan: ReplayPlan, market: ReplayMarket, run_id: str, *, native: bool, progress: Progress
    ) -> None:
        self._plan = plan
        self._run_id = run_id
        self._native = native
        self._progress = progress
        self._risk = RiskManager(plan.settings.risk)
        self._desk = BracketOrderBuilder(run_id, products=plan.settings.products)
        self._markets = {one.candles.symbol: one for one in market.symbols}
        self._rows = RowCollector()
        self._steps_done = 0
        self._cuts: dict[str, int] = {}

    def run(self) -> Simulation:
        """Every account in turn."""
        run_symbols: list[RunSymbol] = []
        tapes: list[TapeTable] = []
        for symbols in self._plan.accounts():
            for teller in self._account(symbols):
                run_symbols.append(self._run_symbol(teller))
                tapes.append(teller.tape())
        return Simulation(self._rows, tuple(run_symbols), tuple(tapes))

    def _account(self, symbols: tuple[str, ...]) -> Iterable[Storyteller]:
        candles = [self._markets[symbol].candles for symbol in symbols]
        signals = [self._signals(one) for one in candles]
        self._announce(f"replaying {', '.join(symbols)}")
        batch = self._batch(candles, signals)
        limit = self._plan.settings.risk.max_drawdown
        halt = halt_of(batch, candles, self._run_id, limit)
        if halt:
            self._rows.log_halt(halt)
        for place, (one, seen) in enumerate(zip(candles, signals, strict=True)):
            teller = Storyteller(batch, place, one, seen, self._row_maker(one.symbol, seen))
            teller.tell(self._rows, self._desk, self._plan.settings.execution.entry_type)
            yield teller

    def _signals(self, candles: Candles) -> Signals:
        self._announce(f"signals for {candles.symbol}")
        strategy = self._plan.settings.strategy
        signals = signals_of(strategy, candles)
        self._cuts[candles.symbol] = check_causality(strategy, candles, signals)
        return signals

    def _batch(self, candles: list[Candles], signals: list[Signals]) -> BatchRun:
        plan = self._plan
        groups = [self._risk.group_of(one.symbol) for one in candles]
        return run_batch(
            candles,
            [signal_columns(one) for one in signals],
            [step_params(plan.product(one.symbol), self._risk, plan.settings.execution) for one in candles],
            [groups.index(group) for group in groups],
            start_account(plan.capital, self._risk, plan.granularity, len(candles)),
            native=self._native,
        )

    def _row_maker(self, symbol: str, signals: Signals) -> RowMaker:
        execution = self._plan.settings.execution
        return RowMaker(
            run_id=self._run_id,
            product=self._plan.product(symbol),
            strategy_name=self._plan.settings.strategy.name,
            hold_reasons=signals.hold_reasons,
            maker_fee=amount(execution.maker_fee),
            taker_fee=amount(execution.taker_fee),
        )

    def _run_symbol(self, teller: Storyteller) -> RunSymbol:
        candles = teller.candles
        market: SymbolMarket = self._markets[candles.symbol]
        found = quality(candles)
        warmup = teller.signals.warmup
        return RunSymbol(
            run_id=self._run_id,
            symbol=candles.symbol,
            position=self._plan.symbols.index(candles.symbol),
            source=market.source,
            candles_processed=len(candles),
            first_open_time=from_ns(candles.times[0]),
            last_close_time=from_ns(candles.close_times[-1]),
            first_open=amount(candles.open[0]),
            last_close=amount(candles.close[-1]),
            tradable_from=from_ns(candles.close_times[warmup]) if warmup < len(candles) else None,
            gaps_detected=found.gaps_detected,
            missing_candles=found.missing_candles,
            longest_gap=found.longest_gap,
            volume_anomalies=found.zero_volume,
            ambiguous_candles=teller.ambiguous_candles,
            clipped=market.clipped,
            causality_cuts=self._cuts[candles.symbol],
            data_warnings=self._warnings(candles),
        )

    def _warnings(self, candles: Candles) -> tuple[str, ...]:
        increment = float(self._plan.product(candles.symbol).quote_increment)
        return tuple(f"{one.message}. {one.effect}" for one in warnings_of(candles, increment))

    def _announce(self, what: str) -> None:
        total = len(self._plan.symbols) + len(self._plan.accounts())
        self._progress(what, self._steps_done, total)
        self._steps_done += 1
