"""All that the author of a strategy must know: one method, `signals(candles) -> Signals`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from argusnexus.errors import StrategyError
from argusnexus.model.trades import ExitReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argusnexus.model.candles import BoolColumn, Candles, FloatColumn, IntColumn


EXIT_SIGNALS = (ExitReason.SIGNAL, ExitReason.CHANNEL, ExitReason.CHANDELIER)
"""Reasons that a strategy may give for leaving; the others belong to the venue."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Signals:
    """What a strategy says at the close of each candle, as columns of one length.

    Row i may depend on candles 0 to i only.

    Attributes:
        entry: go long (while flat).
        entry_price, stop, take_profit: raw prices of the plan, read where `entry` is set.
        exit: leave at the next open (while in a position), with `exit_reason`.
        trailing_distance: how far below the highest price since the fill the trailing stop lies; NaN for none.
        hold_reason: row numbers into `hold_reasons`, read where neither `entry` nor a position says more.
        hold_reasons: the strategy's own words for doing nothing.
        warmup: the first row that may be anything but HOLD("warmup").
        indicators: what the strategy looked at, by name; logged with every decision.
    """

    entry: BoolColumn
    entry_price: FloatColumn
    stop: FloatColumn
    take_profit: FloatColumn
    exit: BoolColumn
    exit_reason: ExitReason = ExitReason.SIGNAL
    trailing_distance: FloatColumn
    hold_reason: IntColumn
    hold_reasons: tuple[str, ...]
    warmup: int
    indicators: Mapping[str, FloatColumn] = field(default_factory=dict)

    def checked(self, candles: Candles, strategy: str) -> Signals:
        """The same signals, once their columns are known to fit the candles.

        Raises:
            StrategyError: if a column's length differs from the candles', or a signal has no usable price.
        """
        names = ("entry", "entry_price", "stop", "take_profit", "exit", "trailing_distance", "hold_reason")
        columns = {name: getattr(self, name) for name in names} | dict(self.indicators)
        for name, column in columns.items():
            if len(column) != len(candles):
                raise StrategyError(
                    f"{strategy}: column {name!r} has {len(column)} rows for {len(candles)} candles of "
                    f"{candles.symbol}; every column needs one row a candle."
                )
        self._refuse_missing_prices(candles, strategy)
        if self.exit_reason not in EXIT_SIGNALS:
            allowed = ", ".join(reason.name for reason in EXIT_SIGNALS)
            raise StrategyError(f"{strategy}: exit_reason is one of {allowed}, was {self.exit_reason!r}.")
        return self

    def _refuse_missing_prices(self, candles: Candles, strategy: str) -> None:
        signalled = self.entry & (np.arange(len(candles)) >= self.warmup)
        for name in ("entry_price", "stop", "take_profit"):
            wrong = np.flatnonzero(signalled & ~np.isfinite(getattr(self, name)))
            if len(wrong):
                row = int(wrong[0])
                raise StrategyError(
                    f"{strategy}: {name} of the entry signal at row {row} of {candles.symbol} is "
                    f"{getattr(self, name)[row]}; an entry needs a finite entry price, stop and take profit."
                )


class Strategy(ABC):
    """A trading idea: subclasses are frozen dataclasses whose fields are the parameters."""

    name: ClassVar[str]

    @abstractmethod
    def signals(self, candles: Candles) -> Signals:
        """The signals at each candle's close, causal and of the candles' length."""
