"""A strategy by its name: loaded from exactly what is hashed, and refused in one sentence where it can't be."""

from __future__ import annotations

import hashlib
import sys
import typing
from dataclasses import dataclass
from pathlib import Path

import pytest

from argusnexus.config import StrategySource, load_settings, load_strategy_class, source_of
from argusnexus.errors import ConfigError, StrategyError
from argusnexus.strategy import DonchianBreakout, Strategy
from config.strategy_texts import BREAKOUT, made, refused


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class TestFiles:
    def test_a_class_is_named_by_its_file(self, strategy_file):
        strategy_file(BREAKOUT)
        assert made("window", 30).window == 30

    def test_a_path_may_have_folders_and_colons(self, strategy_file):
        path = strategy_file(BREAKOUT, "v:1/my breakout.py")
        for given in ("v:1/my breakout.py", "./v:1/my breakout.py", path):
            source = load_settings(strategy=f"{given}:Breakout").strategy_source
            assert source == StrategySource(f"{given}:Breakout", sha256(path))

    def test_the_hash_is_of_the_executed_bytes_whatever_the_file_becomes(self, strategy_file):
        path = strategy_file(BREAKOUT)
        settings, executed = load_settings(strategy="my.py:Breakout"), sha256(path)
        strategy_file(BREAKOUT.replace("40", "50"))
        assert settings.strategy_source.sha256 == executed != sha256(path)

    def test_changed_source_is_another_strategy_in_the_same_process(self, strategy_file):
        strategy_file(BREAKOUT)
        before = load_settings(strategy="my.py:Breakout")
        strategy_file(BREAKOUT.replace("40", "50"))
        after = load_settings(strategy="my.py:Breakout")
        assert (before.strategy.window, after.strategy.window) == (40, 50)
        assert (type(before.strategy)().window, type(after.strategy)().window) == (40, 50)
        assert before.strategy_source.sha256 != after.strategy_source.sha256

    def test_another_encoding_is_read_as_the_file_declares_it(self, strategy_file, tmp_path):
        text = "# -*- coding: latin-1 -*-\nfrom dataclasses import dataclass\nfrom argusnexus.strategy import Strategy\n"
        text += BREAKOUT.replace("window: int = 40", "mark: str = 'é'")
        strategy_file("")
        (tmp_path / "my.py").write_bytes(text.encode("latin-1"))
        assert load_settings(strategy="my.py:Breakout").strategy.mark == "é"

    def test_postponed_annotations_and_typing_are_understood(self, strategy_file):
        strategy_file(
            """
            from enum import Enum

            class Side(Enum):
                LONG = "long"
                BOTH = "both"

            @dataclass(frozen=True, slots=True)
            class Breakout(Strategy):
                side: Side = Side.LONG
                levels: tuple[float, ...] = (1.0,)
                stop: float | None = None

                def signals(self, candles): ...
            """,
            before="from __future__ import annotations",
        )
        assert made("side", "both").side.value == "both"
        assert made("levels", "[0.5, 1]").levels == (0.5, 1.0)
        assert made("stop", 2).stop == 2.0
        assert typing.get_type_hints(type(made("stop", 2)))["stop"] == float | None


class TestNeighbours:
    BASE = """
    @dataclass(frozen=True)
    class Base(Strategy):
        depth: float = 1.5

        def signals(self, candles): ...
    """
    USER = "from common import Base\n@dataclass(frozen=True)\nclass Breakout(Base):\n    window: int = 40\n"

    def test_files_beside_it_can_be_imported_and_their_fields_are_parameters(self, strategy_file):
        strategy_file(self.BASE, "one/common.py", before="from __future__ import annotations")
        strategy_file(self.USER, "one/my.py")
        assert made("depth", 2.5, "one/my.py:Breakout").depth == 2.5

    def test_neighbours_of_one_name_in_two_folders_do_not_mix(self, strategy_file):
        for folder, depth in (("one", "1.5"), ("two", "7.0")):
            strategy_file(self.BASE.replace("1.5", depth), f"{folder}/common.py")
            strategy_file(self.USER, f"{folder}/my.py")
        depths = [
            load_settings(strategy=f"{folder}/my.py:Breakout").strategy.depth for folder in ("one", "two")
        ]
        assert depths == [1.5, 7.0]

    def test_a_way_round_finds_the_same_neighbours_and_leaves_none(self, strategy_file):
        strategy_file(self.BASE, "one/common.py")
        strategy_file(self.USER, "one/my.py")
        assert load_settings(strategy="one/../one/my.py:Breakout").strategy.depth == 1.5
        assert "common" not in sys.modules

    def test_a_changed_neighbour_is_read_anew(self, strategy_file):
        depths = []
        for depth in ("1.5", "7.0"):
            strategy_file(self.BASE.replace("1.5", depth), "common.py")
            strategy_file(self.USER)
            depths.append(load_settings(strategy="my.py:Breakout").strategy.depth)
        assert depths == [1.5, 7.0]

    def test_the_search_path_and_the_neighbours_are_left_as_they_were(self, strategy_file):
        strategy_file(self.BASE, "common.py")
        strategy_file(self.USER)
        before = list(sys.path)
        load_settings(strategy="my.py:Breakout")
        assert sys.path == before
        assert "common" not in sys.modules


class TestModules:
    def test_a_class_is_named_by_its_module_in_the_current_folder(self, strategy_file):
        path = strategy_file(BREAKOUT, "ideas/breakouts.py")
        settings = load_settings(strategy="ideas.breakouts:Breakout")
        assert settings.strategy_source == StrategySource("ideas.breakouts:Breakout", sha256(path))

    def test_a_module_may_import_its_own_package(self, strategy_file):
        strategy_file("LIMIT = 7", "ideas/limits.py")
        strategy_file(BREAKOUT.replace("40", "LIMIT"), "ideas/breakouts.py", "from .limits import LIMIT")
        assert load_settings(strategy="ideas.breakouts:Breakout").strategy.window == 7

    def test_a_package_itself_may_hold_the_strategy(self, strategy_file):
        strategy_file(BREAKOUT, "ideas/__init__.py")
        assert load_settings(strategy="ideas:Breakout").strategy.window == 40

    def test_a_changed_module_is_another_strategy(self, strategy_file):
        windows = []
        for window in ("40", "50"):
            strategy_file(BREAKOUT.replace("40", window), "ideas/breakouts.py")
            windows.append(load_settings(strategy="ideas.breakouts:Breakout").strategy.window)
        assert windows == [40, 50]

    def test_an_installed_module_is_found(self):
        kind = load_strategy_class("argusnexus.strategy.donchian:DonchianBreakout")
        assert kind().first_decision == DonchianBreakout().first_decision

    @pytest.mark.parametrize(
        "module", ["nowhere", "ideas.nowhere", "my.nowhere", "nowhere.at.all", ".my", "a b"]
    )
    def test_a_module_that_is_not_there_is_refused(self, strategy_file, module):
        strategy_file(BREAKOUT)
        strategy_file("", "ideas/__init__.py")
        refused(ConfigError, "isn't there; looked in the current folder and among", f"{module}:Breakout")

    def test_a_module_without_source_is_refused(self):
        refused(ConfigError, "math has no source file", "math:Breakout")

    def test_a_session_is_no_module(self):
        refused(ConfigError, "typed into a notebook .* put it into a file", "__main__:Breakout")

    def test_a_package_that_fails_is_named(self, strategy_file):
        strategy_file("1 / 0", "ideas/__init__.py")
        strategy_file(BREAKOUT, "ideas/breakouts.py")
        refused(StrategyError, "package can't be imported: ZeroDivisionError", "ideas.breakouts:Breakout")

    def test_a_package_that_leaves_the_program_is_named(self, strategy_file):
        strategy_file("raise SystemExit(0)", "ideas/__init__.py")
        strategy_file(BREAKOUT, "ideas/breakouts.py")
        refused(StrategyError, "package can't be imported: SystemExit: 0", "ideas.breakouts:Breakout")

    def test_a_package_that_lacks_something_is_not_called_missing(self, strategy_file):
        strategy_file("import nothing_of_this_name", "ideas/__init__.py")
        strategy_file(BREAKOUT, "ideas/breakouts.py")
        refused(StrategyError, "No module named 'nothing_of_this_name'", "ideas.breakouts:Breakout")


class TestSources:
    def test_the_built_in_strategy_has_its_short_name_and_a_hash(self):
        source = source_of(DonchianBreakout(entry_period=20))
        assert source.name == "donchian"
        assert source.sha256 == sha256(sys.modules[DonchianBreakout.__module__].__file__)

    def test_a_class_of_a_module_is_named_by_it_and_its_file_is_hashed(self):
        source = source_of(Plain())
        assert source == StrategySource(f"{__name__}:Plain", sha256(__file__))

    def test_a_class_from_a_notebook_has_no_hash(self, monkeypatch):
        monkeypatch.setattr(Plain, "__module__", "__main__")
        monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
        assert source_of(Plain()) == StrategySource("__main__:Plain", None)

    def test_a_class_of_a_script_is_named_by_its_file(self, monkeypatch, strategy_file):
        path = strategy_file(BREAKOUT, "scripts/my.py")
        monkeypatch.setattr(Plain, "__module__", "__main__")
        monkeypatch.setattr(sys.modules["__main__"], "__file__", str(path), raising=False)
        monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
        assert source_of(Plain()) == StrategySource("scripts/my.py:Plain", sha256(path))

    def test_a_class_of_a_module_that_is_run_is_named_by_the_module(self, monkeypatch):
        class Spec:
            name = "ideas.run"

        monkeypatch.setattr(Plain, "__module__", "__main__")
        monkeypatch.setattr(sys.modules["__main__"], "__file__", __file__, raising=False)
        monkeypatch.setattr(sys.modules["__main__"], "__spec__", Spec)
        assert source_of(Plain()).name == "ideas.run:Plain"

    def test_a_file_that_is_gone_has_no_hash(self, monkeypatch):
        monkeypatch.setattr(sys.modules[__name__], "__file__", "/nowhere/at/all.py")
        assert source_of(Plain()).sha256 is None


@dataclass(frozen=True)
class Plain(Strategy):
    def signals(self, candles): ...
