"""Settings that more than one room reads."""

from __future__ import annotations

from dataclasses import dataclass

from argusnexus.errors import ConfigError
from argusnexus.model.orders import EntryType

BASIS_POINTS = 10_000
PERCENT = 100


def refuse_unless_fraction(table: str, name: str, value: float, *, below_one: bool = False) -> None:
    """A ConfigError unless `value` is a fraction: 0 to 1 (or below 1)."""
    too_large = value >= 1 if below_one else value > 1
    if value < 0 or too_large or value != value:  # noqa: PLR0124 (NaN)
        bound = "at least 0 and below 1" if below_one else "0 to 1"
        hint = (
            f" Fractions are fractions: if {value:g} % was meant, write {value / PERCENT:g}."
            if 1 <= value <= PERCENT
            else ""
        )
        raise ConfigError(f"{table}.{name}: expected a fraction, {bound}, was {value!r}.{hint}")


def refuse_unless_at_least(table: str, name: str, value: float, lowest: float) -> None:
    """A ConfigError unless `value` is a finite number of at least `lowest`."""
    if not lowest <= value < float("inf"):
        raise ConfigError(f"{table}.{name}: expected a number of at least {lowest:g}, was {value!r}.")


@dataclass(frozen=True, slots=True)
class ExecutionConfig:
    """The `[execution]` table: how orders are sent and what their simulated fills cost.

    Attributes:
        maker_fee, taker_fee: fraction of the notional.
        slippage_bps: of market orders, marketable limits and stops, in hundredths of a per cent.
        entry_ttl: candles that a limit entry lives.
        max_participation: largest part of the candle's volume that an order may be; 0 switches the bound off.
    """

    entry_type: EntryType = EntryType.LIMIT
    maker_fee: float = 0.006
    taker_fee: float = 0.012
    slippage_bps: float = 5.0
    entry_ttl: int = 3
    max_participation: float = 0.1

    def __post_init__(self) -> None:
        for name in ("maker_fee", "taker_fee", "max_participation"):
            refuse_unless_fraction("execution", name, getattr(self, name))
        refuse_unless_at_least("execution", "slippage_bps", self.slippage_bps, 0)
        refuse_unless_at_least("execution", "entry_ttl", self.entry_ttl, 1)
        if self.slippage_bps >= BASIS_POINTS:
            raise ConfigError(
                f"execution.slippage_bps: expected less than 10000 (100 %), was {self.slippage_bps!r}."
            )
