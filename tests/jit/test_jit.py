"""Compiled twins: the same results as the rules they were made of, and never those of an older source."""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from argusnexus import _jit
from argusnexus._jit import compiled, rule
from argusnexus.money import as_increment, rounded_down, rounded_up, snapped_down, snapped_up
from argusnexus.risk.layers import evaluate
from argusnexus.risk.sizing import position_size
from risk.test_layers import CALM, LIMITS
from risk.test_sizing import FACTS, LOT

CENT = as_increment(Decimal("0.01"))


class Pair(NamedTuple):
    first: float
    second: float


@rule
def halved(value: float) -> float:
    return value / 2.0


@rule
def halved_pair(pair: Pair) -> Pair:
    return Pair(first=halved(pair.first), second=halved(pair.second))


@rule
def halves(count: int) -> list[float]:
    return [halved(float(number)) for number in range(count)]


def unmarked(value: float) -> float:
    return value * 3.0


@rule
def calls_an_unmarked_function(value: float) -> float:
    return unmarked(value)


@pytest.fixture
def rules(monkeypatch):
    """Rules of a test are forgotten after it."""
    monkeypatch.setattr(_jit, "_rules", set(_jit._rules))


def loaded(path, source):
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestTwins:
    def test_a_marked_rule_stays_a_plain_function(self):
        assert halved.__name__ == "halved"
        assert halved(3.0) == 1.5

    def test_a_twin_gives_what_the_rule_gives(self):
        pair = Pair(0.1, 1e300)
        assert compiled(halved_pair)(pair) == halved_pair(pair)

    def test_a_rule_is_compiled_once(self):
        assert compiled(halved) is compiled(halved)

    def test_rules_called_within_a_comprehension_are_compiled_too(self):
        assert compiled(halves)(4) == halves(4)

    @pytest.mark.parametrize("rounding", [rounded_down, rounded_up, snapped_down, snapped_up])
    def test_rounding_is_bit_identical(self, rounding):
        twin = compiled(rounding)
        rng = random.Random(1)
        values = [rng.uniform(-1, 1e6) for _ in range(500)] + [cents / 100 for cents in range(500)]
        assert [twin(value, CENT) for value in values] == [rounding(value, CENT) for value in values]

    def test_layers_and_size_are_bit_identical(self):
        assert compiled(evaluate)(CALM, LIMITS) == evaluate(CALM, LIMITS)
        assert compiled(position_size)(FACTS, LOT) == position_size(FACTS, LOT)


class TestRefusals:
    @pytest.mark.parametrize("thing", [len, "halved", Pair])
    def test_what_is_no_plain_function_cannot_be_compiled(self, thing):
        with pytest.raises(TypeError, match="expected a plain function marked with @rule"):
            compiled(thing)

    @pytest.mark.usefixtures("rules")
    def test_marking_something_else_changes_nothing(self):
        before = set(_jit._rules)
        assert rule(len) is len
        assert _jit._rules == before

    def test_a_function_that_is_no_rule_is_named_when_a_rule_calls_it(self):
        with pytest.raises(Exception, match="unmarked"):
            compiled(calls_an_unmarked_function)(1.0)


class TestCache:
    SOURCE = "from argusnexus._jit import rule\n\n\n@rule\ndef grown(value):\n    return value + {step}\n"

    @pytest.mark.usefixtures("rules")
    def test_a_changed_rule_source_changes_the_digest(self, tmp_path):
        path = tmp_path / "growing.py"
        without = _jit._digest()
        loaded(path, self.SOURCE.format(step=1.0))
        first = _jit._digest()
        path.write_text(self.SOURCE.format(step=2.0), encoding="utf-8")
        assert len({without, first, _jit._digest()}) == 3

    @pytest.mark.usefixtures("rules")
    def test_the_digest_is_the_same_for_the_same_sources(self, tmp_path):
        path = tmp_path / "growing.py"
        loaded(path, self.SOURCE.format(step=1.0))
        first = _jit._digest()
        loaded(path, self.SOURCE.format(step=1.0))
        assert _jit._digest() == first

    @pytest.mark.usefixtures("rules")
    def test_a_twin_is_made_of_the_source_that_is_there(self, tmp_path):
        """Through a whole new process each time, with the disk cache that they share."""
        (tmp_path / "inner.py").write_text(self.SOURCE.format(step=1.0), encoding="utf-8")
        outer = "from inner import grown\nfrom argusnexus._jit import compiled, rule\n\n\n@rule\ndef twice(value):\n"
        outer += "    return grown(value) * 2.0\n\n\nprint(compiled(twice)(1.0))\n"
        (tmp_path / "outer.py").write_text(outer, encoding="utf-8")
        assert self._run(tmp_path) == "4.0"
        (tmp_path / "inner.py").write_text(self.SOURCE.format(step=2.0), encoding="utf-8")
        assert self._run(tmp_path) == "6.0"

    def test_what_was_compiled_is_loaded_without_what_only_a_compiler_needs(self, tmp_path):
        source = "import sys\nimport numpy as np\nfrom argusnexus._jit import compiled, rule\n\n\n@rule\n"
        source += "def total(values, pair):\n    return values.sum() + pair[0]\n\n\n"
        source += "print(compiled(total)(np.ones(3), (1.0, 2.0)), 'numba.np.polynomial' in sys.modules)\n"
        (tmp_path / "outer.py").write_text(source, encoding="utf-8")
        assert [self._run(tmp_path) for _ in range(2)] == ["4.0 True", "4.0 False"]

    @pytest.mark.usefixtures("rules")
    def test_where_nothing_can_be_written_rules_compile_all_the_same(self, tmp_path, monkeypatch):
        (tmp_path / "occupied").write_text("a file, not a folder")
        monkeypatch.setattr(_jit, "user_cache_dir", lambda _: str(tmp_path / "occupied"))
        module = loaded(tmp_path / "growing.py", self.SOURCE.format(step=1.0))
        assert _jit.cache_folder() is None
        assert compiled(module.grown)(1.0) == 2.0

    def test_every_rule_of_the_package_is_in_a_room_that_the_digest_reads(self):
        rooms = {_jit._PACKAGE / room for room in _jit.ROOMS_OF_RULES}
        for function in _jit._rules:
            path = Path(function.__code__.co_filename)
            if path.is_relative_to(_jit._PACKAGE):
                assert path.with_suffix("") in rooms or rooms & set(path.parents), path

    def test_folders_of_sources_that_are_long_gone_are_deleted(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_jit, "user_cache_dir", lambda _: str(tmp_path))
        for age in range(5):
            (tmp_path / "compiled" / f"older{age}").mkdir(parents=True)
            os.utime(tmp_path / "compiled" / f"older{age}", (1e9 - age, 1e9 - age))
        kept = _jit.cache_folder()
        assert {one.name for one in kept.parent.iterdir()} == {kept.name, "older0", "older1"}

    def test_a_changed_constant_of_the_package_changes_the_digest(self, tmp_path, monkeypatch):
        """An enum or a tolerance that a rule reads is compiled into it, wherever it stands."""
        (tmp_path / "model.py").write_text("LIMIT = 1\n")
        monkeypatch.setattr(_jit, "_PACKAGE", tmp_path)
        digests = []
        for limit in (1, 2):
            (tmp_path / "model.py").write_text(f"LIMIT = {limit}\n")
            _jit._rooms_digest.cache_clear()
            digests.append(_jit._digest())
        monkeypatch.undo()
        _jit._rooms_digest.cache_clear()
        assert digests[0] != digests[1]

    @staticmethod
    def _run(folder):
        package = str(importlib.util.find_spec("argusnexus").submodule_search_locations[0])
        environment = {
            "PYTHONPATH": f"{folder}:{package}/..",
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            [sys.executable, str(folder / "outer.py")],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def test_importing_rules_does_not_import_the_compiler(self):
        probe = "import sys, argusnexus.engine.step; print('numba' in sys.modules)"
        environment = {"PYTHONPATH": ":".join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", probe], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "False"
