"""The batch driver against an independent, exact implementation of the replay semantics."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from argusnexus.execution.product_specs import ProductSpecs
from argusnexus.market.importing import read_candles
from argusnexus.market.resample import resample
from argusnexus.model.candles import Granularity
from argusnexus.model.decisions import RiskLayer
from replay.both_engines import disagreements, told_by_the_batch, told_by_the_oracle
from replay.random_cases import Case, random_case

CI_SEEDS = range(400)
EVERY_EXIT = {"stop_loss", "take_profit", "chandelier", "channel", "signal", "emergency"}
EVERY_REFUSAL = {"invalid_stop", "invalid_take_profit", "size_zero", "funds"} | {
    layer.label
    for layer in RiskLayer
    if layer is not RiskLayer.ASSET_CONCENTRATION  # the size obeys it already
}


def _refuse_disagreements(seeds):
    for seed in seeds:
        case = random_case(seed)
        found = disagreements(case, told_by_the_batch(case), told_by_the_oracle(case))
        assert not found, f"seed {seed}, {len(found)} disagreements:\n" + "\n".join(found[:5])


@pytest.mark.parametrize("chunk", range(8))
def test_random_replays_agree_with_the_oracle(chunk):
    _refuse_disagreements(CI_SEEDS[chunk::8])


@pytest.mark.campaign
@pytest.mark.parametrize("thousand", range(1, 41))
def test_very_many_random_replays_agree_with_the_oracle(thousand):
    _refuse_disagreements(range(1000 * thousand, 1000 * (thousand + 1)))


def test_the_random_replays_are_worth_comparing():
    """Every way out of a position and every refusal happens, and so does what is rare in real candles."""
    told = [told_by_the_batch(random_case(seed)) for seed in CI_SEEDS]
    exits = Counter(trade.exit_reason for run in told for trade in run.trades)
    refused = {
        reason
        for run in told
        for all_ in run.decisions.values()
        for _, word, reason in all_
        if word == "REFUSED"
    }
    assert set(exits) == EVERY_EXIT
    assert refused == EVERY_REFUSAL
    assert exits.total() > 1000
    assert sum(sum(run.ambiguous.values()) for run in told) > 20
    assert sum(sum(run.expired.values()) for run in told) > 100
    assert sum(halt is not None for run in told for halt in run.halts.values()) > 5


def _real_case(candles, mode):
    return Case(
        candles=candles,
        products={symbol: ProductSpecs.get(symbol) for symbol in candles},
        strategy={},
        risk={},
        execution={},
        capital=Decimal(500),
        mode=mode,
    )


@pytest.fixture(scope="module")
def independent(real_candles):
    case = _real_case(real_candles, "independent")
    return case, told_by_the_batch(case)


@pytest.fixture(scope="module")
def portfolio(real_candles):
    case = _real_case(real_candles, "portfolio")
    return case, told_by_the_batch(case)


def test_real_candles_in_accounts_of_their_own_agree_with_the_oracle(independent):
    case, ours = independent
    assert not disagreements(case, ours, told_by_the_oracle(case))


def test_real_candles_in_one_account_agree_with_the_oracle(portfolio):
    case, ours = portfolio
    assert not disagreements(case, ours, told_by_the_oracle(case))


def test_real_candles_have_the_known_numbers_of_trades(independent, portfolio):
    """Known from implementations of the same rules that share no code with this one."""
    counts = Counter(trade.symbol for trade in independent[1].trades)
    assert counts == {"BTC-USD": 102, "ETH-USD": 134, "SOL-USD": 128}
    assert len(portfolio[1].trades) == 113


def test_the_first_real_trade_is_the_known_one(independent):
    first = independent[1].trades[0]
    known = next(trade for trade in independent[1].trades if trade.symbol == "BTC-USD")
    assert first.entry_time <= known.entry_time
    assert (known.entry_time, known.exit_time) == (1_714_773_600_000_000_000, 1_714_986_000_000_000_000)
    assert (known.entry_price, known.exit_price) == (Decimal("62938.45"), Decimal("65510.29"))
    assert (known.quantity, known.exit_reason) == (Decimal("0.00114454"), "take_profit")


# Series without data errors, by granularity; where another one is named, they are made into it.
SERIES = [
    ("coinbase_BTC-USD_15m", "15m", None),
    ("coinbase_SOL-USD_15m", "15m", None),
    ("coinbase_BTC-USD_1m", "1m", None),
    ("coinbase_BTC-USD_6h", "6h", None),
    ("coinbase_BTC-USD_1d", "1d", None),
    ("coinbase_BTC-USD_1h", "1h", "4h"),
    ("coinbase_SOL-USD_1h", "1h", "7h"),
    ("cdd-coinbase_ETH-USD_1h", "1h", None),
    ("kraken_BTC-USD_1h", "1h", None),
    ("bitstamp_BTC-USD_1h", "1h", None),
]
TABLES = {
    "default": {},
    "loose": {
        "strategy": {
            "entry_period": 20,
            "exit_period": 10,
            "trend_period": 0,
            "volume_multiplier": 0.0,
            "warmup": 30,
        },
        "risk": {"max_drawdown": 1.0, "daily_loss_limit": 1.0},
        "execution": {"maker_fee": 0.0, "taker_fee": 0.0},
    },
    "market-entries": {
        "strategy": {
            "entry_period": 20,
            "exit_period": 10,
            "stop_atr": 1.0,
            "take_profit_atr": 2.0,
            "warmup": 50,
        },
        "risk": {"max_drawdown": 1.0},
        "execution": {"entry_type": "market", "maker_fee": 0.0005, "taker_fee": 0.001},
    },
}


@pytest.mark.campaign
@pytest.mark.parametrize("tables", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize(("name", "granularity", "made"), SERIES)
def test_other_real_series_agree_with_the_oracle(real_file, name, granularity, made, tables):
    candles = read_candles(real_file(f"{name}.parquet"), "BTC-USD", Granularity.parse(granularity)).candles
    if made:
        candles = resample(candles, Granularity.parse(made)).candles
    case = replace(_real_case({"BTC-USD": candles}, "independent"), **tables)
    ours = told_by_the_batch(case)
    assert len(ours.trades) > 10
    assert not disagreements(case, ours, told_by_the_oracle(case))
