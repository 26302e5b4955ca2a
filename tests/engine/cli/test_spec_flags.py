"""From flags and spec files to a spec: whatever stands there, it is a spec or an `InputError`."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.backtest.spec import BacktestSpec
from engine.cli.arguments import Parser
from engine.cli.spec_flags import add_spec_flags, spec_flags, spec_from
from engine.core.errors import InputError

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
PATHS = [("strategy",), ("strategy", "name"), ("strategy", "params"), ("strategy", "params", "fast"), ("params",)]
PATHS += [tuple(item.path.split(".")) for item in spec_flags()] + [("costs",), ("execution",), ("data",), ("sizing",)]


def parse(*arguments: str) -> BacktestSpec:
    parser = Parser(prog="ivybt backtest")
    add_spec_flags(parser)
    return spec_from(parser.parse_args(list(arguments)))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), value=VALUES, flags=st.sampled_from([(), ("--param", "fast=5"), ("--lot", "1")]))
def test_that_any_value_in_a_spec_file_is_taken_or_refused_in_one_sentence(tmp_path, path, value, flags):
    spec = {"strategy": {"name": "ema_cross", "params": {}}}
    inner = spec
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
    inner[path[-1]] = value
    file = tmp_path / "run.json"
    file.write_text(json.dumps(spec))
    try:
        assert isinstance(parse(str(file), *flags), BacktestSpec)
    except InputError as error:
        refusal = error
    else:
        return
    assert refusal.what
    assert refusal.where


@settings(max_examples=100, deadline=None)
@given(item=st.sampled_from(spec_flags()), text=st.text(max_size=10))
def test_that_any_text_after_a_flag_is_taken_or_refused_naming_the_flag(item, text):
    if item.info.type == "bool":
        return
    try:
        parse("--strategy", "ema_cross", f"{item.flag}={text}")
    except InputError as error:
        refusal = str(error)
    else:
        return
    assert item.flag in refusal


def test_that_every_field_has_a_flag_of_its_own():
    flags = [item.flag for item in spec_flags()]
    assert len(flags) == len(set(flags))
    assert {"--data", "--capital", "--slippage-bps", "--stop-loss", "--fraction", "--periods-per-year"} <= set(flags)


def test_that_a_default_given_as_a_flag_changes_nothing():
    arguments = ["--strategy", "ema_cross"]
    plain = parse(*arguments)
    for item in spec_flags():
        if item.info.default is not None and item.info.type != "bool":
            arguments += [item.flag, str(item.info.default)]
    assert parse(*arguments) == plain


@pytest.mark.parametrize("word", ["none", "off", "None"])
def test_that_an_optional_field_is_switched_off_by_a_word(word):
    assert parse("--strategy", "ema_cross", "--stop-loss", word).execution.stop_loss is None
