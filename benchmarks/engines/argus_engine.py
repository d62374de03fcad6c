"""ArgusNexus' engine alone: signals, and the compiled step over arrays; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argus import SETTINGS, SYMBOL
from common import CAPITAL, Stopwatch, arguments, finish

from argusnexus.config import load_settings
from argusnexus.engine.columns import signal_columns
from argusnexus.engine.setup import start_account, step_params
from argusnexus.execution import ProductSpecs
from argusnexus.market.importing import read_candles
from argusnexus.model.candles import Granularity
from argusnexus.money import amount
from argusnexus.replay.batch import run_parts
from argusnexus.risk import RiskManager
from argusnexus.strategy import signals_of

if TYPE_CHECKING:
    from argusnexus.config import Settings
    from argusnexus.model.candles import Candles

ROOM = 4096


def main() -> None:
    path, out = arguments()
    candles = read_candles(path, SYMBOL, Granularity.parse("1m")).candles
    settings = load_settings(None, SETTINGS)
    run(candles.rows(slice(0, 1000)), settings)  # compiled, or read from the cache, before the watch
    watch = Stopwatch()
    watch.median(lambda: run(candles, settings))
    finish(out, len(candles), watch, [])


def run(candles: Candles, settings: Settings) -> None:
    risk = RiskManager(settings.risk)
    columns = signal_columns(signals_of(settings.strategy, candles))
    params = step_params(ProductSpecs.get(SYMBOL), risk, settings.execution)
    account = start_account(amount(CAPITAL), risk, candles.granularity, 1)
    for _part in run_parts([candles], [columns], [params], [0], account, native=True, room=ROOM):
        pass


if __name__ == "__main__":
    main()
