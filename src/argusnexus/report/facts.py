"""What the ledger holds of a run, read once, for all symbols or narrowed to one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from argusnexus.errors import LedgerError
from argusnexus.model.product import currencies
from argusnexus.model.runs import CapitalMode
from argusnexus.model.trades import TradeStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from argusnexus.model.runs import Halt, Run, RunSymbol
    from argusnexus.model.trades import Trade
    from argusnexus.money import Amount
    from argusnexus.truth.explained import Explanation
    from argusnexus.truth.queries import EquityCurve, LedgerReader


@dataclass(frozen=True, slots=True)
class Facts:
    """A run, or one symbol of it.

    Attributes:
        names: the symbols, in the order given.
        candles: what is known of each symbol's candles; of a symbol without any, nothing.
        trades: closed ones in closing order, then the open ones.
        curves: equity of the account of each symbol; of one symbol of a portfolio none, for the account isn't its own.
        notices: what could not be read.
    """

    run: Run
    names: tuple[str, ...]
    candles: tuple[RunSymbol, ...]
    trades: tuple[Trade, ...]
    halts: tuple[Halt, ...]
    refusals: Mapping[str, Counter[str]]
    expired: Mapping[str, int]
    holds: Mapping[str, Counter[str]]
    curves: Mapping[str, EquityCurve]
    explanations: tuple[Explanation, ...]
    notices: tuple[str, ...]

    @property
    def shared(self) -> bool:
        """Whether the symbols share one account."""
        return self.run.capital_mode is CapitalMode.PORTFOLIO

    @property
    def start_capital(self) -> Amount:
        """Of all accounts together, quote currency."""
        return self.run.capital if self.shared else self.run.capital * len(self.names)

    @property
    def closed(self) -> list[Trade]:
        return [trade for trade in self.trades if trade.status is TradeStatus.CLOSED]

    @property
    def open(self) -> list[Trade]:
        return [trade for trade in self.trades if trade.status is TradeStatus.OPEN]

    @property
    def net_pnls(self) -> list[Amount]:
        """Of the closed trades; the ledger refuses one without."""
        return [trade.net_pnl for trade in self.closed if trade.net_pnl is not None]

    def of(self, symbol: str) -> Facts:
        """The same, narrowed to one symbol."""
        halts = self.halts if self.shared else tuple(halt for halt in self.halts if halt.symbol == symbol)
        curves = {} if self.shared else {name: curve for name, curve in self.curves.items() if name == symbol}
        return replace(
            self,
            names=(symbol,),
            candles=tuple(row for row in self.candles if row.symbol == symbol),
            trades=tuple(trade for trade in self.trades if trade.symbol == symbol),
            halts=halts,
            refusals={symbol: self.refusals.get(symbol, Counter())},
            expired={symbol: self.expired.get(symbol, 0)},
            holds={symbol: self.holds.get(symbol, Counter())},
            curves=curves,
        )


def read_facts(reader: LedgerReader, run_id: str) -> Facts:
    """All that a report needs.

    Raises:
        UnknownRunError: if the ledger has no such run.
        LedgerError: if it can't be read.
    """
    run = reader.run(run_id)
    facts = Facts(
        run=run,
        names=run.symbols,
        candles=tuple(reader.run_symbols(run_id)),
        trades=tuple(reader.trades(run_id)),
        halts=tuple(reader.halts(run_id)),
        refusals=reader.refusals(run_id),
        expired=reader.expired_entries(run_id),
        holds={},
        curves={},
        explanations=tuple(reader.explanations(run_id)),
        notices=(),
    )
    return _with_tape(reader, replace(facts, notices=tuple(_notices(facts))))


def _notices(facts: Facts) -> Iterator[str]:
    """What a reader must know before the figures."""
    quotes = sorted({currencies(symbol)[1] for symbol in facts.names})
    if len(quotes) > 1:
        yield f"Totals add up amounts of different currencies ({', '.join(quotes)}): read the symbols one by one."
    for row in facts.candles:
        if row.tradable_from is None:
            yield (
                f"{row.symbol}: its {row.candles_processed:,} candles are all warm-up, so that nothing could be "
                "decided. Give it a longer range, or the strategy a shorter warm-up."
            )


def _with_tape(reader: LedgerReader, facts: Facts) -> Facts:
    """A lost or damaged tape takes nothing from the trades: the report says so and goes on without it."""
    run_id = facts.run.run_id
    try:
        return replace(facts, holds=reader.hold_reasons(run_id), curves=reader.equity(run_id))
    except LedgerError as error:
        return replace(facts, notices=(*facts.notices, str(error)))
