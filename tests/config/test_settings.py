"""From TOML and `--set` to settings: what is known is read exactly, everything else is refused with a hint."""

from __future__ import annotations

from decimal import Decimal

import pytest

from argusnexus.config import Settings, load_settings
from argusnexus.errors import ConfigError
from argusnexus.model.orders import EntryType
from argusnexus.model.settings import ExecutionConfig
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout

ADA = """
[products."ADA-USD"]
base_increment = "0.00000001"
quote_increment = "0.0001"
min_market_funds = "1"
max_market_funds = 1000000
"""


@pytest.fixture
def toml(tmp_path):
    def write(text):
        path = tmp_path / "argus.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refused(match, path=None, overrides=()):
    with pytest.raises(ConfigError, match=match):
        load_settings(path, overrides)


class TestReading:
    def test_without_a_file_everything_is_a_default(self):
        assert load_settings() == Settings(DonchianBreakout(), RiskConfig(), ExecutionConfig(), {})

    def test_every_table_is_read(self, toml):
        settings = load_settings(
            toml(
                """
                [strategy]
                name = "donchian"
                entry_period = 20
                stop_atr = 3
                [risk]
                max_leverage = 2
                correlation_groups = [["BTC-USD", "SOL-USD"], ["ETH-USD"]]
                [execution]
                entry_type = "market"
                slippage_bps = 7.5
                """
            )
        )
        assert settings.strategy == DonchianBreakout(entry_period=20, stop_atr=3.0)
        assert settings.risk == RiskConfig(
            max_leverage=2.0, correlation_groups=(("BTC-USD", "SOL-USD"), ("ETH-USD",))
        )
        assert settings.execution == ExecutionConfig(entry_type=EntryType.MARKET, slippage_bps=7.5)

    def test_products_are_exact(self, toml):
        product = load_settings(toml(ADA)).products["ADA-USD"]
        assert (product.base_currency, product.quote_currency) == ("ADA", "USD")
        assert product.quote_increment == Decimal("0.0001")
        assert product.max_market_funds == Decimal(1_000_000)

    def test_a_missing_file_is_refused(self, tmp_path):
        refused("isn't there", tmp_path / "none.toml")

    def test_a_folder_is_refused(self, tmp_path):
        refused("can't be read", tmp_path)

    @pytest.mark.parametrize("content", [b"[risk\n", b"\xff\xfe"])
    def test_what_is_no_toml_is_refused(self, tmp_path, content):
        path = tmp_path / "argus.toml"
        path.write_bytes(content)
        refused("no valid TOML", path)


class TestUnknown:
    def test_a_table_is_refused_with_the_one_that_may_have_been_meant(self, toml):
        refused("Unknown table 'riks'.*Did you mean 'risk'", toml("[riks]\nmax_leverage = 1\n"))

    def test_a_key_is_refused_with_the_one_that_may_have_been_meant(self, toml):
        refused(
            r"Unknown key 'risk_per_trad' in \[risk\].*Did you mean 'risk_per_trade'",
            toml("[risk]\nrisk_per_trad = 0.01\n"),
        )

    def test_every_known_key_is_listed(self):
        refused("Known: .*entry_type.*taker_fee", overrides=["execution.colour=1"])

    def test_a_strategy_is_refused_with_the_one_that_may_have_been_meant(self, toml):
        refused("'donchain' isn't known.*Did you mean 'donchian'", toml('[strategy]\nname = "donchain"\n'))

    def test_an_entry_type_is_refused_with_those_that_are_known(self):
        refused(
            "execution.entry_type: .*'limit' or 'market', was 'stop'", overrides=["execution.entry_type=stop"]
        )

    def test_a_products_key_is_refused(self, toml):
        refused("Unknown key 'tick'.*Known: base_increment", toml(f"{ADA}tick = 1\n"))


class TestTypes:
    @pytest.mark.parametrize(
        "override",
        [
            "risk.max_trades_per_hour=2.5",
            "risk.max_trades_per_hour=many",
            "risk.risk_per_trade=small",
            'risk.risk_per_trade="0.01"',
            "risk.risk_per_trade=true",
            "strategy.entry_period=20.0",
            "execution.entry_ttl=[3]",
            "execution.maker_fee=1979-05-27",
            'risk.correlation_groups=["BTC-USD"]',
            "risk.max_leverage=nan",
            "risk.max_leverage=inf",
        ],
    )
    def test_a_value_of_another_type_is_refused_by_name(self, override):
        refused(f"^{override.partition('=')[0]}: ", overrides=[override])

    def test_a_table_must_be_one(self, toml):
        refused("risk: expected a table", toml("risk = 3\n"))

    def test_a_table_must_be_one_for_an_override_too(self, toml):
        refused("risk: expected a table", toml("risk = 3\n"), ["risk.max_leverage=1"])

    def test_a_product_must_be_a_table_for_an_override_too(self, toml):
        refused(
            "expected a table", toml('[products]\n"ADA-USD" = 3\n'), ['products."ADA-USD".base_increment=1']
        )


class TestFractions:
    @pytest.mark.parametrize(
        ("override", "hint"),
        [
            ("risk.risk_per_trade=1", "0.01"),
            ("risk.max_drawdown=25", "0.25"),
            ("risk.daily_loss_limit=2", "0.02"),
            ("risk.max_asset_concentration=30", "0.3"),
            ("risk.circuit_breaker=8", "0.08"),
            ("risk.stop_buffer=5", "0.05"),
            ("execution.max_participation=10", "0.1"),
            ("execution.maker_fee=1.5", "0.015"),
            ("execution.taker_fee=1.2", "0.012"),
        ],
    )
    def test_a_percentage_is_refused_with_the_fraction_that_may_have_been_meant(self, override, hint):
        refused(f"if .* % was meant, write {hint}", overrides=[override])

    @pytest.mark.parametrize(
        "override",
        [
            "risk.risk_per_trade=-0.01",
            "risk.max_trades_per_hour=-1",
            "execution.slippage_bps=-1",
            "execution.slippage_bps=10000",
            "execution.entry_ttl=0",
            "execution.taker_fee=-0.1",
            "strategy.stop_atr=-2",
        ],
    )
    def test_values_out_of_range_are_refused_by_name(self, override):
        refused(f"^{override.partition('=')[0]}: ", overrides=[override])


class TestOverrides:
    def test_they_win_over_the_file(self, toml):
        settings = load_settings(
            toml("[risk]\nmax_leverage = 2.0\n"), ["risk.max_leverage=3", "risk.max_leverage=0.5"]
        )
        assert settings.risk.max_leverage == 0.5

    @pytest.mark.parametrize(
        ("override", "table", "key", "value"),
        [
            ("execution.entry_type=market", "execution", "entry_type", EntryType.MARKET),
            ('execution.entry_type="market"', "execution", "entry_type", EntryType.MARKET),
            ("risk.risk_per_trade = 0.005", "risk", "risk_per_trade", 0.005),
            ('risk.correlation_groups=[["A-USD"]]', "risk", "correlation_groups", (("A-USD",),)),
            ("strategy.trend_period=0", "strategy", "trend_period", 0),
        ],
    )
    def test_values_are_toml_or_plain_text(self, override, table, key, value):
        assert getattr(getattr(load_settings(overrides=[override]), table), key) == value

    @pytest.mark.parametrize("override", ["risk.max_leverage", "max_leverage=1", "=1", "", "risk.=1"])
    def test_what_is_no_override_is_refused_with_an_example(self, override):
        refused("expected table.key=value, for example", overrides=[override])

    def test_an_unknown_table_is_refused(self):
        refused("Unknown table 'rsik'.*Did you mean 'risk'", overrides=["rsik.max_leverage=1"])

    @pytest.mark.parametrize("symbol", ['"ADA-USD"', "ADA-USD"])
    def test_a_products_key_can_be_set(self, toml, symbol):
        settings = load_settings(toml(ADA), [f"products.{symbol}.quote_increment=0.01"])
        assert settings.products["ADA-USD"].quote_increment == Decimal("0.01")


class TestProducts:
    def test_every_missing_key_is_named(self, toml):
        refused(
            "ADA-USD.*: base_increment, min_market_funds, max_market_funds missing",
            toml('[products."ADA-USD"]\nquote_increment = "0.01"\n'),
        )

    def test_a_product_must_be_a_table(self, toml):
        refused("expected a table .*ADA-USD", toml('[products]\n"ADA-USD" = 3\n'))

    @pytest.mark.parametrize("value", ['"tiny"', "true", "[1]", "nan", "0", "-0.01", '"1e-16"'])
    def test_an_increment_that_cannot_be_used_is_refused(self, toml, value):
        refused("ADA-USD", toml(ADA.replace('"0.0001"', value)))

    def test_funds_must_be_in_order(self, toml):
        refused("min_market_funds <= max_market_funds", toml(ADA.replace('"1"', "2000000")))

    def test_a_symbol_without_two_currencies_is_refused(self, toml):
        refused("expected BASE-QUOTE", toml(ADA.replace("ADA-USD", "ADAUSD")))
