"""What a replay is asked to do, checked before anything is touched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from argusnexus.config import Settings
from argusnexus.errors import ConfigError, did_you_mean
from argusnexus.execution import ProductSpecs
from argusnexus.model.candles import Granularity
from argusnexus.model.product import currencies
from argusnexus.model.runs import CapitalMode, IntegrityTag
from argusnexus.model.times import from_ns
from argusnexus.money import Amount, amount, plain
from argusnexus.replay.market import as_date

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from argusnexus.model.product import ProductSpec
    from argusnexus.replay.market import ReplayMarket
    from argusnexus.strategy import Strategy


SMALLEST_CAPITAL = amount("0.000001")
LARGEST_CAPITAL = amount(10**12)
"""Between these float64 holds every amount of a run to far below its quote currency's smallest coin."""


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """A replay's arguments.

    Attributes:
        symbols: in the order that decides who comes first at one time.
        start, end: days, both inclusive; None is as far as the candles go.
        capital: start capital of each account, quote currency.
        skip_volume_filter: the strategy's volume filter was switched off.
    """

    symbols: tuple[str, ...]
    start: date | None
    end: date | None
    granularity: Granularity
    capital: Amount
    capital_mode: CapitalMode
    settings: Settings
    skip_volume_filter: bool

    @property
    def integrity(self) -> tuple[IntegrityTag, ...]:
        return (IntegrityTag.DEGRADED_SKIP_VOLUME,) if self.skip_volume_filter else ()

    def product(self, symbol: str) -> ProductSpec:
        return ProductSpecs.get(symbol, self.settings.products)

    def accounts(self) -> tuple[tuple[str, ...], ...]:
        """The symbols of each account."""
        if self.capital_mode is CapitalMode.PORTFOLIO:
            return (self.symbols,)
        return tuple((symbol,) for symbol in self.symbols)

    def as_config(self) -> dict[str, Any]:
        """All that decides the result but the candles, as JSON values."""
        asked = {
            "symbols": list(self.symbols),
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat() if self.end else None,
            "granularity": str(self.granularity),
            "capital": plain(self.capital),
            "capital_mode": self.capital_mode.value,
            "skip_volume_filter": self.skip_volume_filter,
        }
        return self.settings.as_config() | {"replay": asked}


def make_plan(
    symbols: Sequence[str] | str,
    start: date | str | None,
    end: date | str | None,
    capital: Amount | float | str,
    *,
    capital_mode: CapitalMode | str = CapitalMode.INDEPENDENT,
    granularity: Granularity | str = "4h",
    skip_volume_filter: bool = False,
    settings: Settings | None = None,
) -> ReplayPlan:
    """A plan from what a user gives; symbols may be one text with commas.

    Raises:
        ConfigError: naming the argument that can't be used.
    """
    settings = settings or Settings()
    plan = ReplayPlan(
        symbols=_symbols(symbols),
        start=as_date("start", start),
        end=as_date("end", end),
        granularity=Granularity.parse(granularity) if isinstance(granularity, str) else granularity,
        capital=_capital(capital),
        capital_mode=_capital_mode(capital_mode),
        settings=_without_volume_filter(settings) if skip_volume_filter else settings,
        skip_volume_filter=skip_volume_filter,
    )
    _refuse_unsound(plan)
    return plan


def refuse_unless_planned(market: ReplayMarket, plan: ReplayPlan) -> None:
    """A ConfigError unless the market's candles are those that the plan is about."""
    symbols = tuple(one.candles.symbol for one in market.symbols)
    granularities = sorted({one.candles.granularity for one in market.symbols})
    if symbols != plan.symbols or granularities != [plan.granularity]:
        raise ConfigError(
            f"market: expected {plan.granularity} candles of {', '.join(plan.symbols)}, in this order; was "
            f"{' and '.join(map(str, granularities))} of {', '.join(symbols)}."
        )
    for one in market.symbols:
        first, last = (from_ns(ns).date() for ns in (one.candles.times[0], one.candles.times[-1]))
        if (plan.start and first < plan.start) or (plan.end and last > plan.end):
            raise ConfigError(
                f"market: candles of {one.candles.symbol} from {first} to {last} lie outside the days asked for, "
                f"{plan.start or 'the first'} to {plan.end or 'the last'}."
            )


def _symbols(symbols: Sequence[str] | str) -> tuple[str, ...]:
    listed = symbols.split(",") if isinstance(symbols, str) else symbols
    found = tuple(symbol.strip() for symbol in listed if symbol.strip())
    if not found:
        raise ConfigError("symbols: expected at least one, for example BTC-USD,ETH-USD.")
    twice = sorted({symbol for symbol in found if found.count(symbol) > 1})
    if twice:
        raise ConfigError(f"symbols: {', '.join(twice)} stands more than once.")
    return found


def _capital(capital: Amount | float | str) -> Amount:
    try:
        exact = amount(capital)
    except ValueError as error:
        raise ConfigError(f"capital: {error}.") from None
    if not SMALLEST_CAPITAL <= exact <= LARGEST_CAPITAL:
        bounds = f"between {plain(SMALLEST_CAPITAL)} and {plain(LARGEST_CAPITAL)}"
        raise ConfigError(f"capital: expected an amount above 0, {bounds}, was {capital}.")
    return exact


def _capital_mode(mode: CapitalMode | str) -> CapitalMode:
    known = [one.value for one in CapitalMode]
    if isinstance(mode, CapitalMode):
        return mode
    if mode not in known:
        raise ConfigError(
            f"capital_mode: expected {' or '.join(known)}, was {mode!r}.{did_you_mean(mode, known)}"
        )
    return CapitalMode(mode)


def _without_volume_filter(settings: Settings) -> Settings:
    strategy: Any = settings.strategy
    if not hasattr(strategy, "volume_multiplier"):
        raise ConfigError(f"Strategy {strategy.name} has no volume filter (volume_multiplier) to skip.")
    unfiltered: Strategy = replace(strategy, volume_multiplier=0.0)
    return replace(settings, strategy=unfiltered)


def _refuse_unsound(plan: ReplayPlan) -> None:
    if plan.start and plan.end and plan.start > plan.end:
        raise ConfigError(f"The range starts after it ends: {plan.start} is later than {plan.end}.")
    for symbol in plan.symbols:
        plan.product(symbol)
    quotes = sorted({currencies(symbol)[1] for symbol in plan.symbols})
    if plan.capital_mode is CapitalMode.PORTFOLIO and len(quotes) > 1:
        raise ConfigError(
            f"capital_mode portfolio: one account holds one quote currency, but the symbols are quoted in "
            f"{', '.join(quotes)}. Choose symbols of one of them, or capital mode independent."
        )
