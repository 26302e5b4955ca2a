"""Declared fields: what forms read, what people are told."""

import datetime as dt
import enum
import math
from typing import Literal

import pytest

from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.fields import Model, describe, field, parse, title_of
from engine.strategies import StrategyParams, number_of


class Colour(enum.Enum):
    """Two colours."""

    RED = "red"
    BLUE = "blue"


class Inner(Model):
    """Nested."""

    depth: int = field(1, low=1, high=9)


class Everything(Model):
    """One field of each type."""

    count: int = field(10, low=2, high=100, step=1, unit="bars", help="How many", title="Number of bars")
    width: float = field(2.0, low=0.5, high=4)
    stop: float | None = field(2.0, low=0.5, high=10, step=0.5)
    switch: bool = field(False)
    name: str = field("target")
    mode: Literal["a", "b"] = field("a")
    colour: Colour = field(Colour.RED)
    day: dt.date | None = field(None)
    rate: float = field(1.0, low=1e-9, high=5)
    inner: Inner = Inner()


INFO = {info.name: info for info in describe(Everything)}


def test_that_fields_come_in_declared_order_without_nested_models():
    assert list(INFO) == ["count", "width", "stop", "switch", "name", "mode", "colour", "day", "rate"]


def test_that_a_field_tells_everything_a_form_needs():
    assert INFO["count"].to_dict() == {
        "name": "count", "type": "int", "default": 10, "low": 2, "high": 100, "step": 1, "choices": [],
        "unit": "bars", "help": "How many", "optional": False, "title": "Number of bars",
    }  # fmt: skip


def test_that_types_defaults_and_ranges_are_read_from_the_declaration():
    assert {name: info.type for name, info in INFO.items()} == {
        "count": "int", "width": "float", "stop": "float", "switch": "bool", "name": "str", "mode": "choice",
        "colour": "choice", "day": "date", "rate": "float",
    }  # fmt: skip
    assert (INFO["stop"].low, INFO["stop"].high, INFO["stop"].step, INFO["stop"].optional) == (0.5, 10, 0.5, True)
    assert INFO["mode"].choices == ("a", "b")
    assert (INFO["colour"].choices, INFO["colour"].default) == (("red", "blue"), "red")
    assert (INFO["switch"].low, INFO["switch"].high) == (None, None)
    assert INFO["day"].optional


def test_that_text_from_flags_is_read_as_the_declared_type():
    read = parse(Everything, {"count": "12", "width": "1.5", "switch": "true", "day": "2015-01-31", "stop": None})
    assert (read.count, read.width, read.switch, read.day, read.stop) == (12, 1.5, True, dt.date(2015, 1, 31), None)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"coumt": 3}, "coumt: unknown field 'coumt'. Did you mean 'count'?"),
        ({"inner": {"dept": 3}}, "inner.dept: unknown field 'dept'. Did you mean 'depth'?"),
        ({"inner": {"depth": 10}}, "inner.depth: must be at most 9, was 10. Use a value from 1 to 9"),
        ({"count": 1}, "count: must be at least 2, was 1. Use a value from 2 to 100"),
        ({"count": 2.5}, "count: must be a whole number, was 2.5. Use a value from 2 to 100"),
        ({"count": "ten"}, "count: must be a whole number, was 'ten'. Use a value from 2 to 100"),
        ({"width": "wide"}, "width: must be a number, was 'wide'. Use a value from 0.5 to 4"),
        ({"width": math.nan}, "width: must be a finite number, was nan. Use a value from 0.5 to 4"),
        ({"stop": 99}, "stop: must be at most 10, was 99. Use a value from 0.5 to 10"),
        ({"switch": "perhaps"}, "switch: must be true or false, was 'perhaps'"),
        ({"mode": "c"}, "mode: must be 'a' or 'b', was 'c'"),
        ({"day": "31.01.2015"}, "day: must be a date such as 2015-01-31, was '31.01.2015'"),
        ({"rate": 0}, "rate: must be above 0, was 0. Use a value up to 5"),
        ({"name": 7}, "name: must be text, was 7"),
    ],
)
def test_that_a_wrong_value_is_told_in_plain_words(data, told):
    with pytest.raises(InputError) as caught:
        parse(Everything, data)
    assert str(caught.value) == told


def test_that_the_place_of_a_field_is_part_of_its_name():
    with pytest.raises(InputError) as caught:
        parse(Everything, {"count": 1}, where="strategy.params")
    assert caught.value.field == "strategy.params.count"
    assert caught.value.value == 1


class Vector(StrategyParams):
    """Parameters as a rule sees them."""

    length: int = field(3)
    stop: float | None = field(2.0)
    switch: bool = field(True)
    mode: Literal["a", "b"] = field("b")
    colour: Colour = field(Colour.BLUE)
    column: str = field("target")
    limit: Literal["x", "y"] | None = field(None)


def test_that_a_rule_sees_numbers_in_declared_order():
    assert Vector().vector()[:6].tolist() == [3.0, 2.0, 1.0, 1.0, 1.0, 0.0]


def test_that_an_empty_parameter_is_nan_and_differs_from_zero():
    assert math.isnan(Vector(stop=None).vector()[1])
    assert math.isnan(Vector().vector()[6])
    assert Vector(stop=0.0).vector()[1] == 0.0
    [info] = [info for info in describe(Vector) if info.name == "stop"]
    assert math.isnan(number_of(info, None))


def test_that_parameters_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Vector().length = 4


class Crossing(StrategyParams):
    """Two lengths and something else."""

    fast: int = field(10)
    slow: int = field(50)
    other: int = field(1)
    constraint = "fast < slow"


def test_that_a_broken_constraint_names_the_values_it_compares():
    with pytest.raises(InputError, match=r"parameters must satisfy fast < slow, were fast=60, slow=50\.") as caught:
        Crossing(fast=60)
    assert caught.value.field == "params"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"capital": True}, "capital: must be a number, was True"),
        ({"costs": 5}, "costs: must be a group of fields"),
        ({"strategy": None}, "strategy: must be a group of fields"),
        ({"params": None}, "strategy.params: must be a group of fields"),
        ({"capital": None}, "capital: must be a number"),
        ({"execution": {"time_stop": True}}, "execution.time_stop: must be a number"),
        ({"data": {"file": 5}}, "data.file: must be text"),
        ({"data": {"start": "2020"}}, "data.start: must be a date such as"),
        ({"data": {"symbols": ["SPY"], "source": "yahoo"}}, "data.source: unknown field 'source'"),
    ],
)
def test_that_wrong_kinds_are_told_in_plain_words(values, words):
    with pytest.raises(InputError, match=words):
        BacktestSpec(**({"strategy": "buy_and_hold"} | values))


def test_that_a_field_without_a_title_is_spelled_from_its_name():
    assert [title_of(name) for name in ("fast", "atr_length", "rsi", "stop_std")] == [
        "Fast", "ATR length", "RSI", "Stop STD",
    ]  # fmt: skip
