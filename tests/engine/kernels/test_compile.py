"""Compiled rules: found again in the cache, compiled again after an edit, safe in a user's file."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from engine.backtest.targets import targets_of
from engine.core.errors import StrategyError
from engine.kernels import compile as compile_module
from engine.registry import Registry
from engine.strategies import Strategy, check_declaration
from tests.conformance.series import bars_of


@compile_module.kernel
def scaled(value, factor):
    return value * factor


def fill_scaled(out):
    start = 0
    while start < 2:
        out[start] = scaled(start, 3)
        start += 1
    out[2] = scaled(1, 2) + scaled(1, 5) + scaled(2.0, 5)


RULE = """
from engine.strategies import Strategy, rule
from engine.kernels.compile import kernel

@kernel
def level():
    return {inner}

class Own(Strategy):
    @rule
    def decide(bars, bank, rows, params, target):
        for t in range(bars.close.shape[0]):
            target[t] = {outer} * level(){more}
"""


def write(folder, inner="1.0", outer="0.5", more=""):
    path = folder / "own.py"
    path.write_text(RULE.format(inner=inner, outer=outer, more=more))
    os.utime(path, (1_700_000_000, 1_700_000_000))  # an edit within one tick of the clock
    return path


@pytest.fixture
def registry(tmp_path):
    found = Registry(Strategy, "engine.strategies", "strategy", check_declaration)
    found.scan(tmp_path)
    return found


def targets(registry, folder):
    registry.scan(folder)
    assert not registry.broken
    strategy = registry.get("own")()
    return targets_of(strategy, bars_of([1.0, 2.0]), strategy.parse({})).tolist()


def test_that_an_edit_of_a_rule_counts_even_when_size_and_time_stay(registry, tmp_path):
    write(tmp_path, outer="0.5")
    assert targets(registry, tmp_path) == [0.5, 0.5]
    write(tmp_path, outer="0.7")
    assert targets(registry, tmp_path) == [0.7, 0.7]


def test_that_an_edit_of_a_called_function_counts_even_when_size_and_time_stay(registry, tmp_path):
    write(tmp_path, inner="1.0")
    assert targets(registry, tmp_path) == [0.5, 0.5]
    write(tmp_path, inner="0.2")
    assert targets(registry, tmp_path) == [0.1, 0.1]


def shared(width):
    """Return a function of some module whose global name WIDTH comes from another module."""
    scope = {"__name__": "somewhere", "WIDTH": width}
    exec("def fill(out):\n    out[0] = WIDTH\n", scope)  # noqa: S102  (a function on one line of source)
    return scope["fill"]


def test_that_another_constant_of_another_module_counts_although_no_source_line_changed():
    assert compile_module._stamp(shared(3)) == compile_module._stamp(shared(3))
    assert compile_module._stamp(shared(3)) != compile_module._stamp(shared(4))


def test_that_no_bytecode_is_written_next_to_a_users_file(registry, tmp_path):
    write(tmp_path)
    registry.scan(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["own.py"]


def test_that_a_rule_in_a_folder_that_cannot_be_written_still_compiles(registry, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "plugins"
    folder.mkdir()
    write(folder)
    (folder / "__pycache__").write_text("a file where the cache folder would be")
    assert targets(registry, folder) == [0.5, 0.5]
    assert sorted(path.name for path in folder.iterdir()) == ["__pycache__", "own.py"]


def test_that_a_rule_without_any_cache_folder_still_compiles(registry, tmp_path, monkeypatch):
    from numba.core import caching

    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    write(tmp_path)
    assert targets(registry, tmp_path) == [0.5, 0.5]


def test_that_an_index_outside_the_bars_is_an_error_in_a_users_rule(registry, tmp_path):
    path = write(tmp_path, more=" * bars.close[t + 1]")
    registry.scan(tmp_path)
    strategy = registry.get("own")()
    with pytest.raises(StrategyError, match=rf"{path.name}:13: IndexError: index 2 is out of bounds"):
        targets_of(strategy, bars_of([1.0, 1.0]), strategy.parse({}))


def test_that_a_rule_numba_cannot_compile_is_told_with_file_and_line(registry, tmp_path):
    path = write(tmp_path, more=" + [].foo")
    registry.scan(tmp_path)
    strategy = registry.get("own")()
    with pytest.raises(StrategyError, match="the rule does not compile") as caught:
        targets_of(strategy, bars_of([1.0]), strategy.parse({}))
    assert str(path) in caught.value.where
    assert "\n" not in str(caught.value)


SECOND_START = """
import sys, numpy as np
from pathlib import Path
from engine.strategies import registry
assert "numba" not in sys.modules, "declarations must not import numba"
registry.scan(Path(sys.argv[1]))
rule = registry.get("own").decide.compiled
print(sum(rule.stats.cache_hits.values()), sum(rule.stats.cache_misses.values()))
"""


def test_that_the_next_start_takes_the_compiled_rule_from_the_disk(tmp_path):
    write(tmp_path)
    found = [
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(SECOND_START), str(tmp_path)],
            capture_output=True, text=True, check=True,
        ).stdout.split()
        for _ in range(2)
    ]  # fmt: skip
    assert found == [["0", "1"], ["1", "0"]]


def test_that_a_rule_writes_into_the_given_array_only():
    from engine.strategies import load

    strategy = load("turtle")
    bars = bars_of(np.linspace(100.0, 200.0, 60))
    before = bars.digest
    targets_of(strategy, bars, strategy.parse({}))
    del bars.__dict__["digest"]
    assert bars.digest == before


def test_that_a_kernel_is_compiled_once_for_different_constants():
    from engine.kernels.types import VECTOR

    entry = compile_module._dispatcher(fill_scaled)  # not cached: the file lies in the tests
    entry.compile((VECTOR,))
    out = np.empty(3)
    entry(out)
    assert out.tolist() == [0.0, 3.0, 17.0]
    kinds = {str(kinds) for kinds in compile_module._compiled_kernel(scaled).overloads}
    assert kinds == {"(int64, int64)", "(float64, int64)"}
