"""From a plan and its candles to the rows of a run; nothing is written here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from argusnexus.engine.columns import signal_columns
from argusnexus.engine.rows import RowMaker
from argusnexus.engine.setup import start_account, step_params
from argusnexus.execution import BracketOrderBuilder
from argusnexus.market.checks import quality, warnings_of
from argusnexus.model.decisions import DecisionResult
from argusnexus.model.runs import RunSymbol
from argusnexus.model.times import from_ns
from argusnexus.money import amount
from argusnexus.replay.batch import run_parts
from argusnexus.replay.collector import CollectingBook, RowCollector
from argusnexus.replay.story import Scene, halt_of
from argusnexus.risk import RiskManager
from argusnexus.strategy import check_acted_on, check_causality, check_continuity, signals_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from argusnexus.model.candles import Candles
    from argusnexus.model.runs import Halt
    from argusnexus.replay.batch import BatchRun
    from argusnexus.replay.market import ReplayMarket, SymbolMarket
    from argusnexus.replay.plan import ReplayPlan
    from argusnexus.replay.story import Teller
    from argusnexus.strategy import Signals
    from argusnexus.truth.tape import TapeTable

    Progress = Callable[[str, int, int], None]


ROOM = 16_384
"""Events and decisions that are told at once: some ten megabytes of them, however long the run is."""

BESIDE_FROM = 200_000
"""Candles of a symbol from which a thread of its own judges them: numpy leaves the interpreter free for as long as it
works on long columns. With short ones two threads wait for one another, which costs more than the checks."""


class Told(NamedTuple):
    """What a replay leaves behind beside its rows."""

    run_symbols: tuple[RunSymbol, ...]
    tapes: tuple[TapeTable, ...]


class Simulation(NamedTuple):
    """All that a replay leaves behind."""

    rows: RowCollector
    run_symbols: tuple[RunSymbol, ...]
    tapes: tuple[TapeTable, ...]


class Book(Protocol):
    """Where a replay's rows go."""

    def teller(self, scene: Scene) -> Teller:
        """Whoever tells what happens to this symbol."""
        ...

    def log_halt(self, halt: Halt) -> None: ...


class Simulator:
    """Runs one plan over its candles.

    Args:
        run_id: goes into every row and every order's id.
        native: compiled instead of interpreted; the results are the same. None chooses what is sooner done.
        progress: told what is being done, how many steps are done and how many there are.
        room: records that are told at once; the rows are the same.
    """

    def __init__(
        self,
        plan: ReplayPlan,
        market: ReplayMarket,
        run_id: str,
        *,
        native: bool | None,
        progress: Progress,
        room: int = ROOM,
    ) -> None:
        self._plan = plan
        self._run_id = run_id
        self._native = native
        self._progress = progress
        self._room = room
        self._risk = RiskManager(plan.settings.risk)
        self._markets = {one.candles.symbol: one for one in market.symbols}
        self._steps_done = 0
        self._cuts: dict[str, int] = {}

    def run(self) -> Simulation:
        """Every account in turn, all rows in memory."""
        rows = RowCollector()
        desk = BracketOrderBuilder(self._run_id, products=self._plan.settings.products)
        told = self.tell(CollectingBook(rows, desk, self._plan.settings.execution.entry_type))
        return Simulation(rows, *told)

    def tell(self, book: Book) -> Told:
        """Every account in turn; the rows go into the book as they come to be."""
        run_symbols: list[RunSymbol] = []
        tapes: list[TapeTable] = []
        with ThreadPoolExecutor(1) as beside:
            warnings = {
                symbol: self._begin_warnings(one.candles, beside) for symbol, one in self._markets.items()
            }
            for symbols in self._plan.accounts():
                for scene, ambiguous, tape in self._account(symbols, book):
                    odd = warnings[scene.candles.symbol]()
                    run_symbols.append(self._run_symbol(scene, ambiguous, odd))
                    tapes.append(tape)
        return Told(tuple(run_symbols), tuple(tapes))

    def _account(self, symbols: tuple[str, ...], book: Book) -> Iterator[tuple[Scene, int, TapeTable]]:
        candles = [self._markets[symbol].candles for symbol in symbols]
        scenes = [
            Scene(place, one, seen := self._signals(one), self._row_maker(one.symbol, seen))
            for place, one in enumerate(candles)
        ]
        tellers = [book.teller(scene) for scene in scenes]
        ambiguous = [0] * len(scenes)
        self._announce(f"replaying {', '.join(symbols)}")
        for part in self._parts(scenes):
            for scene, teller in zip(scenes, tellers, strict=True):
                teller.tell(part)
                ambiguous[scene.place] += scene.ambiguous_candles(part)
        for teller in tellers:
            teller.finish()
        halt = halt_of(part, candles, self._run_id, self._plan.settings.risk.max_drawdown)
        if halt:
            book.log_halt(halt)
        for scene in scenes:
            tape = scene.tape(part)
            self._check_acted_on(scene, tape)
            yield scene, ambiguous[scene.place], tape

    def _signals(self, candles: Candles) -> Signals:
        self._announce(f"signals for {candles.symbol}")
        strategy = self._plan.settings.strategy
        signals = signals_of(strategy, candles)
        self._cuts[candles.symbol] = check_causality(strategy, candles, signals)
        check_continuity(strategy, candles, signals)
        return signals

    def _check_acted_on(self, scene: Scene, tape: TapeTable) -> None:
        """Signals that became orders must not have looked ahead; of very many a thousand are tried."""
        ordered = np.isin(tape.result, (DecisionResult.ENTRY.value, DecisionResult.EXIT.value))
        strategy, candles = self._plan.settings.strategy, scene.candles
        rows = np.flatnonzero(ordered)
        self._cuts[candles.symbol] += check_acted_on(strategy, candles, scene.signals, rows)

    def _parts(self, scenes: list[Scene]) -> Iterator[BatchRun]:
        plan = self._plan
        symbols = [scene.candles.symbol for scene in scenes]
        groups = [self._risk.group_of(symbol) for symbol in symbols]
        return run_parts(
            [scene.candles for scene in scenes],
            [signal_columns(scene.signals) for scene in scenes],
            [step_params(plan.product(symbol), self._risk, plan.settings.execution) for symbol in symbols],
            [groups.index(group) for group in groups],
            start_account(plan.capital, self._risk, plan.granularity, len(scenes)),
            native=self._native,
            room=self._room,
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

    def _run_symbol(self, scene: Scene, ambiguous: int, warnings: tuple[str, ...]) -> RunSymbol:
        candles = scene.candles
        market: SymbolMarket = self._markets[candles.symbol]
        found = quality(candles)
        warmup = scene.signals.warmup
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
            ambiguous_candles=ambiguous,
            clipped=market.clipped,
            causality_cuts=self._cuts[candles.symbol],
            data_warnings=warnings,
        )

    def _begin_warnings(self, candles: Candles, beside: Executor) -> Callable[[], tuple[str, ...]]:
        """What gives the warnings once they are needed."""
        if len(candles) < BESIDE_FROM:
            return partial(self._warnings, candles)
        return beside.submit(self._warnings, candles).result

    def _warnings(self, candles: Candles) -> tuple[str, ...]:
        increment = float(self._plan.product(candles.symbol).quote_increment)
        return tuple(f"{one.message}. {one.effect}" for one in warnings_of(candles, increment))

    def _announce(self, what: str) -> None:
        total = len(self._plan.symbols) + len(self._plan.accounts())
        self._progress(what, self._steps_done, total)
        self._steps_done += 1
