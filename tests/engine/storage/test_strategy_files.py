"""New strategy files from a template, and copies of built-in strategies."""

from __future__ import annotations

import numpy as np
import pytest

from engine.backtest.targets import targets_of
from engine.core.errors import InputError
from engine.registry import Registry
from engine.storage.strategy_files import class_name_of, copy_strategy, free_name, new_strategy
from engine.strategies import Strategy, check_declaration
from engine.strategies import registry as built_in
from tests.fakes.plugins import write_plugin
from tests.fakes.prices import random_bars

NAMES = [name for name in built_in.names() if not built_in.is_user_plugin(name)]


@pytest.fixture
def fresh():
    return Registry(Strategy, "engine.strategies", "strategy", check_declaration)


@pytest.mark.parametrize("kind", ["rule", "pandas"])
def test_that_a_new_strategy_loads_under_its_name_and_decides(fresh, tmp_path, kind):
    path = new_strategy(tmp_path / "own", 'Über "my" breakout', kind)
    assert path.name == "uber_my_breakout.py"
    assert list((tmp_path / "own").iterdir()) == [path]
    fresh.scan(tmp_path / "own")
    assert not fresh.broken
    strategy = fresh.get("uber_my_breakout")()
    assert strategy.title == 'Über "my" breakout'
    assert (strategy.decide is not None) == (kind == "rule")
    assert strategy.Params.constraint
    assert strategy.indicators(strategy.parse({}))
    assert targets_of(strategy, random_bars(600), strategy.parse({})).any()
    assert "emplate" not in path.read_text()


def test_that_every_built_in_strategy_can_be_copied_and_the_copy_is_its_own(fresh, tmp_path):
    for name in NAMES:
        copy_strategy(tmp_path, name)
    fresh.scan(tmp_path)
    assert not fresh.broken
    assert sum(map(fresh.is_user_plugin, fresh.names())) == len(NAMES)


def test_that_a_copy_decides_as_the_one_it_was_copied_from(fresh, tmp_path):
    copy_strategy(tmp_path, "turtle", "Turtle of mine")
    fresh.scan(tmp_path)
    mine, other, bars = fresh.get("turtle_of_mine")(), built_in.get("turtle")(), random_bars(400)
    np.testing.assert_array_equal(
        targets_of(mine, bars, mine.parse({}), pure_python=True),
        targets_of(other, bars, other.parse({}), pure_python=True),
    )
    text = (tmp_path / "turtle_of_mine.py").read_text()
    assert "class TurtleOfMine(Strategy):" in text
    assert text.startswith('"""Turtle: channel breakouts')


def test_that_a_name_that_is_taken_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(InputError, match="'EMA cross' is taken: the strategy 'EMA cross' has the id ema_cross"):
        new_strategy(tmp_path, "EMA cross", "rule")
    (tmp_path / "mine.py").write_text("kept")
    with pytest.raises(InputError, match=r"there is a file mine\.py"):
        copy_strategy(tmp_path, "turtle", "Mine")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["kept"]
    assert free_name(tmp_path, "Mine") == "Mine 2"
    assert free_name(tmp_path, "Yours") == "Yours"


@pytest.mark.parametrize("name", ["", "  ", "2 fast", "...", "日本", "none", "True", "Strategy", "con", "COM1", "x" * 61])
def test_that_a_name_that_python_or_a_disk_refuses_is_refused_in_words(name):
    with pytest.raises(InputError, match=r"cannot be the name of a strategy\. Use up to 60 letters"):
        class_name_of(name)


@pytest.mark.parametrize(("name", "expected"), [("my idea", "MyIdea"), ("RSI 2", "RSI2"), ("é-a_b", "EAB")])
def test_that_words_become_a_class_name(name, expected):
    assert class_name_of(name) == expected


@pytest.mark.parametrize("text", ["(", None])
def test_that_a_copy_is_of_what_is_loaded_whatever_became_of_the_file(tmp_path, text):
    write_plugin(tmp_path, "Steady")
    path = tmp_path / "steady.py"
    try:
        built_in.scan(tmp_path)
        path.unlink()
        if text is not None:
            path.write_text(text)
        made = copy_strategy(tmp_path, "steady", "Mine")
        assert "class Mine(Strategy)" in made.read_text()
    finally:
        for file in tmp_path.glob("*.py"):
            file.unlink()
        built_in.scan(tmp_path)
