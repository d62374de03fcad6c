"""What holding the asset would have earned, the least a strategy is measured against."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from argusnexus.errors import DataError
from argusnexus.money import amount

if TYPE_CHECKING:
    from argusnexus.money import Amount


class BuyAndHold(NamedTuple):
    """The result of holding.

    Attributes:
        net_pnl: quote currency.
        return_percent: of the start capital.
    """

    net_pnl: Amount
    return_percent: Amount


def buy_and_hold(
    start_capital: Amount, first_open: Amount, last_close: Amount, taker_fee: Amount | float
) -> BuyAndHold:
    """The whole start capital put in at the first open and marked at the last close.

    One taker fee (a fraction) is paid out of the capital for buying; nothing is sold, so there is no second one.

    Raises:
        DataError: if the first open is no price.
    """
    if first_open <= 0:
        raise DataError(f"Buy and hold: expected a first open above 0, was {first_open}.")
    growth = last_close / (first_open * (1 + amount(taker_fee)))
    return BuyAndHold(net_pnl=start_capital * growth - start_capital, return_percent=100 * growth - 100)
