"""The strategy contract: parameters, rules, sources."""

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.strategies import Strategy, _digest, load, rule


def test_that_loading_gives_a_fresh_instance():
    assert load("ema_cross") is not load("ema_cross")
    assert load("ema_cross").id == "ema_cross"


def test_that_an_unknown_strategy_suggests_the_nearest():
    with pytest.raises(InputError, match=r"unknown strategy 'turtel'\. Did you mean 'turtle'\?"):
        load("turtel")


@pytest.mark.parametrize(
    ("name", "params", "told"),
    [
        ("ema_cross", {"fast": 60}, "parameters must satisfy fast < slow, were fast=60, slow=50"),
        ("sma_cross", {"fast": 30}, "parameters must satisfy fast < slow, were fast=30, slow=30"),
        ("turtle", {"exit": 25}, "parameters must satisfy exit <= entry, were entry=20, exit=25"),
        ("turtle", {"stop_atr": 0}, r"strategy\.params\.stop_atr: must be at least 0\.5, was 0"),
        ("supertrend", {"atr_lenght": 7}, r"Did you mean 'atr_length'\?"),
        ("external_signals", {"column": 3}, r"strategy\.params\.column: must be text, was 3"),
    ],
)
def test_that_parameters_that_cannot_be_are_refused(name, params, told):
    with pytest.raises(InputError, match=told):
        load(name).parse(params)


def test_that_an_empty_stop_reaches_the_rule_as_nan():
    turtle = load("turtle")
    assert np.isnan(turtle.parse({"stop_atr": None}).vector()[4])
    assert turtle.parse({}).vector().tolist() == [20.0, 10.0, 0.0, 20.0, 2.0]


def test_that_the_warm_up_is_that_of_the_slowest_line():
    assert load("ema_cross").warmup(load("ema_cross").parse({})) == 49
    assert load("turtle").warmup(load("turtle").parse({"entry": 55, "atr": 20})) == 55
    assert load("turtle").warmup(load("turtle").parse({"atr": 80})) == 80
    assert load("buy_and_hold").warmup(load("buy_and_hold").parse({})) == 0


def test_that_a_rule_compiles_once():
    @rule
    def decide(bars, bank, rows, params, target):
        target[:] = 0.0

    assert decide.compiled is decide.compiled


def test_that_a_rule_is_shared_by_all_instances():
    assert load("turtle").decide is load("turtle").decide


def test_that_the_source_digest_ignores_line_ends():
    unix = _digest(b"x = 1\ny = 2\n")
    assert _digest(b"x = 1\r\ny = 2\r\n") == unix
    assert _digest(b"x = 1\ny = 3\n") != unix


def test_that_a_strategy_without_parameters_accepts_none_only():
    class Own(Strategy):
        pass

    assert Own.fields() == []
    with pytest.raises(InputError, match="unknown field 'fast'"):
        Own.parse({"fast": 3})
