"""Which strategy runs, and what is said about a name, a file, a class or a parameter that can't be used."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from argusnexus.config import Settings, load_settings, load_strategy_class
from argusnexus.errors import ConfigError, StrategyError
from argusnexus.strategy import Strategy
from config.strategy_texts import BREAKOUT, made, refused


class TestNames:
    def test_the_configuration_may_name_it(self, strategy_file, tmp_path):
        strategy_file(BREAKOUT)
        (tmp_path / "argus.toml").write_text('[strategy]\nname = "my.py:Breakout"\nwindow = 30\n')
        assert load_settings(tmp_path / "argus.toml").strategy.window == 30

    def test_an_override_may_name_it(self, strategy_file):
        strategy_file(BREAKOUT)
        assert load_settings(overrides=["strategy.name=my.py:Breakout"]).strategy.window == 40

    def test_the_argument_wins_and_the_parameters_belong_to_it(self, strategy_file, tmp_path):
        strategy_file(BREAKOUT)
        (tmp_path / "argus.toml").write_text('[strategy]\nname = "donchian"\nwindow = 30\n')
        settings = load_settings(
            tmp_path / "argus.toml", ["strategy.name=donchian"], strategy="my.py:Breakout"
        )
        assert settings.strategy.window == 30

    def test_parameters_of_another_strategy_are_refused(self, strategy_file):
        strategy_file(BREAKOUT)
        refused(
            ConfigError, r"Unknown key 'entry_period' in \[strategy\]", overrides=["strategy.entry_period=20"]
        )

    def test_a_name_that_is_no_text_is_refused(self):
        with pytest.raises(ConfigError, match=r"strategy.name: expected a text .* was 3"):
            load_settings(overrides=["strategy.name=3"])

    @pytest.mark.parametrize("name", ["donchain", "", ":Breakout", "breakout"])
    def test_what_names_no_place_is_refused_with_the_forms_there_are(self, name):
        refused(ConfigError, r"isn't known; expected donchian, file.py:Class or package.module:Class", name)


class TestRefusedFiles:
    @pytest.mark.parametrize("reference", ["your.py:Breakout", "your.py", "folder/", "folder/:Breakout"])
    def test_a_file_that_is_not_there(self, strategy_file, reference):
        strategy_file(BREAKOUT, "folder/my.py")
        refused(ConfigError, "isn't there; looked for /.* starts at the current folder", reference)

    def test_a_file_that_may_not_be_read(self, strategy_file, monkeypatch):
        strategy_file(BREAKOUT)

        def denied(path):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_bytes", denied)
        refused(ConfigError, "my.py can't be read: Permission denied")

    def test_a_syntax_error_names_file_and_line(self, strategy_file):
        strategy_file("x = (\n")
        refused(StrategyError, r"my.py can't be loaded: .*my\.py, line 4: '\(' was never closed")

    def test_an_exception_names_its_line_and_shows_it(self, strategy_file):
        strategy_file("def half(x):\n    return x / 0\nwindow = half(3)\n")
        refused(StrategyError, r"line 5: ZeroDivisionError: division by zero \(return x / 0\)")

    def test_an_import_that_fails_names_its_line(self, strategy_file):
        strategy_file("import tlaib\n")
        refused(StrategyError, r"line 4: ModuleNotFoundError: No module named 'tlaib' \(import tlaib\)")

    def test_a_script_that_exits_while_it_is_loaded(self, strategy_file):
        strategy_file("raise SystemExit(3)\n")
        refused(StrategyError, "my.py can't be loaded: line 4: SystemExit: 3")

    def test_bytes_that_are_no_text(self, strategy_file, tmp_path):
        strategy_file("")
        (tmp_path / "my.py").write_bytes(b"\xff\xfe\x00")
        refused(StrategyError, "my.py can't be loaded")

    def test_ctrl_c_passes_through_and_nothing_stays_registered(self, strategy_file):
        strategy_file("raise KeyboardInterrupt\n")
        before = set(sys.modules)
        with pytest.raises(KeyboardInterrupt):
            load_strategy_class("my.py:Breakout")
        assert set(sys.modules) == before


class TestRefusedClasses:
    def test_no_class_named(self, strategy_file):
        strategy_file(BREAKOUT + BREAKOUT.replace("Breakout", "Other"))
        for reference in ("my.py", "my.py:"):
            refused(
                ConfigError,
                "names no class. my.py has the strategies Breakout, Other: write my.py:Breakout",
                reference,
            )

    def test_no_such_class(self, strategy_file):
        strategy_file(BREAKOUT)
        refused(
            ConfigError,
            "no class 'Brekout'. Did you mean 'Breakout'. .*has the strategy Breakout",
            "my.py:Brekout",
        )

    def test_no_strategy_in_the_file(self, strategy_file):
        strategy_file("")
        refused(ConfigError, "has no class 'Breakout'. my.py has no class that subclasses Strategy")

    @pytest.mark.parametrize("text", ["class Breakout: ...", "def Breakout(): ...", "Breakout = 3"])
    def test_something_that_is_no_strategy(self, strategy_file, text):
        strategy_file(text)
        refused(StrategyError, r"my.py:Breakout is no strategy; expected a class Name\(Strategy\)")

    def test_a_strategy_without_signals(self, strategy_file):
        strategy_file("@dataclass(frozen=True)\nclass Breakout(Strategy):\n    window: int = 40\n")
        refused(StrategyError, r"no method signals\(self, candles\)")

    @pytest.mark.parametrize("decorator", ["", "@dataclass"])
    def test_a_class_that_is_no_frozen_dataclass(self, strategy_file, decorator):
        strategy_file(BREAKOUT.replace("@dataclass(frozen=True)", decorator))
        refused(
            StrategyError, r"no frozen dataclass of its own.*write @dataclass\(frozen=True\) above the class"
        )

    def test_a_subclass_that_forgot_the_decorator(self, strategy_file):
        strategy_file(f"{BREAKOUT}\nclass Deeper(Breakout):\n    depth: int = 3\n")
        refused(StrategyError, "no frozen dataclass of its own", "my.py:Deeper")

    def test_a_parameter_called_name(self, strategy_file):
        strategy_file(BREAKOUT.replace("window: int = 40", "name: str = 'mine'"))
        refused(StrategyError, "name is what the ledger calls the strategy")

    @pytest.mark.parametrize(
        "annotation", ["object", "dict[str, float]", "bytes", "list[object]", "np.ndarray", "float | bytes"]
    )
    def test_a_field_that_toml_cannot_say(self, strategy_file, annotation):
        strategy_file(
            BREAKOUT.replace("window: int = 40", f"window: {annotation} = None"),
            before="import numpy as np",
        )
        refused(StrategyError, "field window is a .* which a configuration can't say")

    def test_a_constant_and_a_derived_field_are_no_parameters(self, strategy_file):
        text = "from dataclasses import field\nfrom typing import ClassVar\n" + BREAKOUT.replace(
            "window: int = 40",
            "table: ClassVar[dict] = {}\n    window: int = 40\n    known: object = field(default=None, init=False)",
        )
        strategy_file(text)
        assert load_settings(strategy="my.py:Breakout").as_config()["strategy"] == {
            "name": "my.py:Breakout",
            "window": 40,
        }

    def test_an_annotation_that_names_nothing(self, strategy_file):
        strategy_file(BREAKOUT.replace("int", "Nothing"), before="from __future__ import annotations")
        refused(StrategyError, "type of a field can't be found: name 'Nothing' is not defined")


class TestParameters:
    def test_a_misspelt_one_is_refused_with_a_suggestion(self, strategy_file):
        strategy_file(BREAKOUT)
        refused(
            ConfigError,
            r"Unknown key 'windwo' in \[strategy\]. Did you mean 'window'.*Known: window",
            overrides=["strategy.windwo=3"],
        )

    def test_a_strategy_without_parameters_says_so(self, strategy_file):
        strategy_file(BREAKOUT.replace("window: int = 40", ""))
        refused(ConfigError, "It has none", overrides=["strategy.window=3"])

    @pytest.mark.parametrize("value", ["2.5", "many", "true", '"3"', "[3]"])
    def test_one_of_another_type_is_refused(self, strategy_file, value):
        strategy_file(BREAKOUT)
        refused(ConfigError, "^strategy.window: ", overrides=[f"strategy.window={value}"])

    def test_one_without_a_default_must_be_given(self, strategy_file):
        strategy_file(BREAKOUT.replace(" = 40", ""))
        refused(ConfigError, r"strategy.window: my.py:Breakout has no default .*--set strategy.window=")
        assert made("window", 3).window == 3

    @pytest.mark.parametrize("error", ["ConfigError", "ValueError", "StrategyError"])
    def test_one_that_the_strategy_refuses_is_told_in_its_words(self, strategy_file, error):
        strategy_file(refusing(f"raise {error}(f'window {{self.window}} is odd')"))
        refused(ConfigError, "window 3 is odd", overrides=["strategy.window=3"])

    def test_what_the_strategy_does_wrong_with_it_names_the_line(self, strategy_file):
        strategy_file(refusing("self.window / 0"))
        refused(
            StrategyError,
            r"can't be made from window=3: ZeroDivisionError: division by zero \(.*my.py, line \d+: self.window / 0\)",
            overrides=["strategy.window=3"],
        )

    @pytest.mark.parametrize("value", ["nan", "inf"])
    def test_one_that_is_not_finite_cannot_be_recorded(self, strategy_file, value):
        strategy_file(BREAKOUT.replace("int = 40", "float = 40.0"))
        refused(ConfigError, "^strategy.window: .*can't be recorded", overrides=[f"strategy.window={value}"])

    def test_one_that_json_cannot_say_is_refused_from_python_too(self):
        @dataclass(frozen=True)
        class Odd(Strategy):
            weights: object = frozenset()

            def signals(self, candles): ...

        with pytest.raises(ConfigError, match=r"strategy.weights: .*Odd can't be recorded"):
            Settings(strategy=Odd())


def refusing(statement):
    body = f"\n    def __post_init__(self):\n        {statement}\n"
    return "from argusnexus.errors import ConfigError, StrategyError\n" + BREAKOUT + body
