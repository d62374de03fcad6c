"""One text, and one hash, for equal settings."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argusnexus.config import Settings, canonical_json, config_hash, load_settings
from argusnexus.config.settings import strategy_parameters
from argusnexus.model.product import ProductSpec
from argusnexus.model.settings import ExecutionConfig
from argusnexus.risk import RiskConfig
from argusnexus.strategy import DonchianBreakout, Strategy

DEFAULT_HASH = config_hash(Settings().as_config())
ADA = ProductSpec(
    "ADA-USD", "ADA", "USD", *(Decimal(text) for text in ("0.00000001", "0.0001", "1", "1000000"))
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values))
def test_the_text_does_not_depend_on_the_order_of_keys(config):
    backwards = dict(reversed(list(config.items())))
    assert canonical_json(config) == canonical_json(backwards)
    assert config_hash(config) == config_hash(backwards)
    assert json.loads(canonical_json(config)) == config


def test_the_text_has_sorted_keys_and_no_spaces():
    assert (
        canonical_json({"b": 1.50, "a": [1, {"d": None, "c": "é"}]})
        == '{"a":[1,{"c":"\\u00e9","d":null}],"b":1.5}'
    )


def test_what_json_cannot_say_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"a": float("nan")})


def test_equal_settings_have_one_hash(tmp_path):
    path = tmp_path / "argus.toml"
    path.write_text("[risk]\nmax_leverage = 1\n[strategy]\nstop_atr = 2\n")
    assert config_hash(load_settings(path).as_config()) == DEFAULT_HASH


@pytest.mark.parametrize(
    "changed",
    [
        Settings(strategy=DonchianBreakout(entry_period=56)),
        Settings(risk=RiskConfig(max_leverage=1.5)),
        Settings(risk=RiskConfig(correlation_groups=())),
        Settings(execution=replace(ExecutionConfig(), slippage_bps=6.0)),
        Settings(products={"ADA-USD": ADA}),
    ],
)
def test_any_changed_setting_changes_the_hash(changed):
    assert config_hash(changed.as_config()) != DEFAULT_HASH


def test_settings_are_tables_of_plain_json_values():
    config = Settings(
        products={"ADA-USD": ADA}, risk=RiskConfig(correlation_groups=(("A-USD", "B-USD"),))
    ).as_config()
    assert json.loads(canonical_json(config)) == config
    assert config["strategy"]["name"] == "donchian"
    assert config["execution"]["entry_type"] == "limit"
    assert config["risk"]["correlation_groups"] == [["A-USD", "B-USD"]]
    assert config["products"]["ADA-USD"]["base_increment"] == "0.00000001"


def test_a_strategy_that_is_no_dataclass_has_no_parameters():
    class Plain(Strategy):
        name = "plain"

        def signals(self, candles):
            return DonchianBreakout().signals(candles)

    assert strategy_parameters(Plain()) == {}


def test_a_strategys_fields_are_its_parameters():
    @dataclass(frozen=True)
    class Tuned(DonchianBreakout):
        patience: int = 3

    parameters = strategy_parameters(Tuned(patience=5))
    assert (parameters["patience"], parameters["entry_period"]) == (5, 55)
    assert not np.isnan(parameters["stop_atr"])
