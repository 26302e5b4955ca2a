"""From flags and spec files to a spec: whatever stands there, it is a spec or an `InputError`."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from engine.allocation import registry as allocations
from engine.backtest.spec import BacktestSpec
from engine.cli.arguments import Parser
from engine.cli.spec_flags import add_spec_flags, spec_flags, spec_from
from engine.core.errors import InputError
from engine.execution.presets import PRESETS
from engine.fields import describe
from engine.regimes import gate_names, load_gate
from engine.sizing import SIZERS

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
SECTIONS = ("costs", "execution", "data", "sizing", "portfolio", "gates", "sleeves", "symbol_costs")
PATHS = [("strategy",), ("strategy", "name"), ("strategy", "params"), ("strategy", "params", "fast"), ("params",)]
PATHS += [tuple(item.path.split(".")) for item in spec_flags()] + [(name,) for name in SECTIONS]
PATHS += [("portfolio", "allocation"), ("data", "candles"), ("data", "files")]
BASE = ("--strategy", "ema_cross")
FLAGS = [(), ("--param", "fast=5"), ("--lot", "1"), ("--allocation-lookback", "100"), ("--candles", "renko")]


def parse(*arguments: str) -> BacktestSpec:
    parser = Parser(prog="ivybt backtest")
    add_spec_flags(parser)
    return spec_from(parser.parse_args(list(arguments)))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), value=VALUES, flags=st.sampled_from(FLAGS))
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


@settings(max_examples=150, deadline=None)
@given(item=st.sampled_from(spec_flags()), text=st.text(max_size=10))
def test_that_any_text_after_a_flag_is_taken_or_refused_naming_the_flag(item, text):
    if item.info.type == "bool":
        return
    try:
        parse(*BASE, f"{item.flag}={text}")
    except InputError as error:
        refusal = str(error)
    else:
        return
    assert item.flag in refusal


def test_that_every_field_has_a_flag_of_its_own():
    flags = [item.flag for item in spec_flags()]
    assert len(flags) == len(set(flags))
    assert {"--data", "--capital", "--slippage-bps", "--stop-loss", "--fraction", "--periods-per-year"} <= set(flags)


def leaves(model, prefix=""):
    """Dotted names of all fields of a model that hold no model themselves."""
    for name, declared in model.model_fields.items():
        kinds = {"sizing": SIZERS.values(), "allocation": [allocations.get(one) for one in allocations.names()]}
        inner = kinds.get(name) or [declared.annotation]
        for kind in inner:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from leaves(kind, f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}"


def test_that_no_field_of_the_spec_is_without_a_flag():
    reached = {item.path for item in spec_flags()} | {"strategy.name", "strategy.params", "data.files"}
    assert set(leaves(BacktestSpec)) == reached


def test_that_a_default_given_as_a_flag_changes_nothing():
    arguments = list(BASE)
    plain = parse(*arguments)
    for item in spec_flags():
        applies = not item.variants or "fixed_fraction" in item.variants
        if item.info.default is not None and item.info.type != "bool" and applies:
            arguments += [item.flag, str(item.info.default)]
    assert parse(*arguments) == plain


@pytest.mark.parametrize("word", ["none", "off", "None"])
def test_that_an_optional_field_is_switched_off_by_a_word(word):
    assert parse(*BASE, "--stop-loss", word).execution.stop_loss is None


def other_value(info):
    """A legal value that is not the default."""
    if info.type == "choice":
        return next(choice for choice in info.choices if choice != info.default)
    if info.type == "bool":
        return not info.default
    if info.type == "date":
        return "2015-02-03"
    if info.type == "str":
        return {"timeframe": "1d", "formula": "A - 0.5*B", "finer": "minutes.csv"}.get(info.name, "prices.csv")
    low, high = info.low or 0.0, info.high if info.high is not None else 1e6
    step = info.step or 1
    near = (info.default if info.default is not None else low) + step
    value = near if low <= near <= high else (low + high) / 2
    return int(value) if info.type == "int" else round(float(value), 9)


NEEDED = {
    "sizing.risk": {"execution": {"stop_loss": 0.05}},
    "sizing.cap": {"execution": {"stop_loss": 0.05}},
    "sizing.name": {"execution": {"stop_loss": 0.05}},
}
NAMED = {
    "sizing.name": ["kelly", "risk_per_trade", "volatility_target", "fixed_cash", "fixed_units"],
    "portfolio.allocation.name": ["risk_parity", "equal_weight"],
    "costs.preset": list(PRESETS)[:3],
}


def cases():
    """Each field with a value that is not its default."""
    for item in spec_flags():
        if item.path in ("gates", "sleeves", "symbol_costs", "portfolio.groups") or item.info.name == "symbols":
            continue
        for value in NAMED.get(item.path) or [other_value(item.info)]:
            yield pytest.param(item, value, id=f"{item.path}={value}")


def nested(path, value):
    *sections, name = path.split(".")
    found = inner = {}
    for section in sections:
        inner[section] = inner = {}
    inner[name] = value
    return found


def merged(one, other):
    for name, value in other.items():
        one[name] = merged(one.get(name, {}), value) if isinstance(value, dict) else value
    return one


@pytest.mark.parametrize(("item", "value"), list(cases()))
def test_that_a_field_from_a_file_and_from_its_flag_makes_the_same_spec(tmp_path, item, value):
    mapping = merged({"strategy": {"name": "ema_cross"}}, nested(item.path, value))
    mapping = merged(mapping, NEEDED.get(item.path, {}))
    arguments = [*BASE, f"{item.flag}" if item.info.type == "bool" else f"{item.flag}={value}"]
    if item.variants:
        family = "sizing" if item.path.startswith("sizing") else "portfolio.allocation"
        merged(mapping, nested(f"{family}.name", item.variants[0]))
        arguments += [f"--{family.rpartition('.')[2]}", item.variants[0]]
    if "execution" in NEEDED.get(item.path, {}):
        arguments += ["--stop-loss", "0.05"]
    file = tmp_path / "run.yaml"
    file.write_text(yaml.safe_dump(mapping))
    by_flag, by_file = parse(*arguments), parse(str(file))
    assert by_flag == by_file
    assert by_flag.to_dict() == by_file.to_dict()
    assert by_flag != parse(*BASE)


GATE_FIELDS = [
    pytest.param(name, info, id=f"{name}.{info.name}")
    for name in gate_names()
    for info in describe(load_gate(name))
    if info.name != "name"
]


@pytest.mark.parametrize(("name", "info"), GATE_FIELDS)
def test_that_a_gate_from_a_file_and_from_its_flag_is_the_same(tmp_path, name, info):
    value = other_value(info)
    file = tmp_path / "run.yaml"
    file.write_text(yaml.safe_dump({"strategy": "ema_cross", "gates": [{"name": name, info.name: value}]}))
    flag = f"{name}:{info.name}={str(value).lower() if isinstance(value, bool) else value}"

    def outcome(*arguments):
        try:
            return parse(*arguments).to_dict()
        except InputError as error:
            return error.what  # fields that contradict each other do so from both

    assert outcome(*BASE, "--gate", flag) == outcome(str(file))


def both(tmp_path, mapping, *arguments):
    file = tmp_path / "run.yaml"
    file.write_text(yaml.safe_dump({"strategy": "ema_cross"} | mapping))
    by_flags = parse(*BASE, *arguments)
    assert by_flags == parse(str(file))
    assert by_flags.to_dict() == parse(str(file)).to_dict()
    return by_flags


def test_that_lists_and_groups_from_a_file_and_from_flags_make_the_same_spec(tmp_path):
    both(tmp_path, {"data": {"file": "a.csv", "files": ["b.csv", "c.csv"], "symbols": ["A", "ES=F"]}},
         "--data", "a.csv", "--data", "b.csv", "--data", "c.csv", "--symbols", "A, ES=F")  # fmt: skip
    both(tmp_path, {"portfolio": {"groups": {"SPY": "equities", "ES=F": "futures"}}},
         "--group", "SPY=equities", "--group", "ES=F=futures")  # fmt: skip
    both(tmp_path, {"symbol_costs": {"BTC": {"commission_bps": 10, "slippage_bps": 5}}},
         "--symbol-costs", "BTC:commission_bps=10,slippage_bps=5")  # fmt: skip
    both(tmp_path, {"strategy": {"name": "ema_cross", "symbols": ["SPY"], "weight": 0.5}},
         "--strategy-symbols", "SPY", "--strategy-weight", "0.5")  # fmt: skip


def test_that_sleeves_from_a_file_and_from_flags_make_the_same_spec(tmp_path):
    sleeves = [
        {"name": "sma_cross", "params": {"fast": 5}, "symbols": ["SPY", "TLT"], "weight": 0.5},
        {"name": "buy_and_hold"},
    ]
    spec = both(tmp_path, {"sleeves": sleeves},
                "--sleeve", "sma_cross:fast=5@SPY,TLT*0.5", "--sleeve", "buy_and_hold")  # fmt: skip
    assert spec.sleeves[0].params == {"fast": 5}
    assert spec.sleeves[0].weight == 0.5


def test_that_a_spec_that_was_printed_reads_back_equal(tmp_path):
    spec = parse(*BASE, "--sizing", "kelly", "--allocation", "risk_parity", "--gate", "moving_average", "--candles",
                 "renko", "--sleeve", "sma_cross*2", "--costs", next(iter(PRESETS)), "--slippage-bps", "7")  # fmt: skip
    file = tmp_path / "again.yaml"
    file.write_text(spec.to_yaml())
    assert parse(str(file)) == spec


def test_that_another_name_starts_from_its_own_values_and_the_same_name_keeps_those_of_the_file(tmp_path):
    file = tmp_path / "run.yaml"
    mapping = {"strategy": "ema_cross", "sizing": {"name": "kelly", "cap": 2.0}, "costs": {"slippage_bps": 77}}
    file.write_text(yaml.safe_dump(mapping))
    assert parse(str(file), "--sizing", "volatility_target").sizing.cap == 1.0
    assert parse(str(file), "--sizing", "kelly").sizing.cap == 2.0
    assert parse(str(file), "--sizing-share", "0.25").sizing.cap == 2.0
    name, preset = next(iter(PRESETS.items()))
    dumped = tmp_path / "dumped.yaml"
    dumped.write_text(parse(str(file)).to_yaml())
    costs = parse(str(dumped), "--costs", name).costs
    assert costs.slippage_bps == preset.costs.get("slippage_bps", 10.0)
    assert parse(str(dumped), "--costs", name, "--slippage-bps", "3").costs.slippage_bps == 3.0


def test_that_given_gates_replace_those_of_the_file_and_none_clears_them(tmp_path):
    file = tmp_path / "run.yaml"
    file.write_text(yaml.safe_dump({"strategy": "ema_cross", "gates": [{"name": "garch"}]}))
    assert [gate.name for gate in parse(str(file), "--gate", "moving_average").gates] == ["moving_average"]
    assert parse(str(file), "--gate", "none").gates == ()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--sizing-target", "0.1"), ("--sizing-target", "unknown field 'target'", "Add --sizing volatility_target")),
        (("--sizing", "kely"), ("--sizing", "unknown sizing 'kely'", "Did you mean 'kelly'?")),
        (("--sizing", "risk_per_trade"), ("sizing by risk needs a stop", "execution.stop_loss")),
        (("--allocation", "risk_party"), ("--allocation", "Did you mean 'risk_parity'?")),
        (("--gate", "moving_avarage"), ("--gate", "Did you mean 'moving_average'?")),
        (("--gate", "moving_average:lenght=5"), ("--gate moving_average", "'lenght'", "Did you mean 'length'?")),
        (("--gate", "moving_average:length=1"), ("--gate moving_average length",)),
        (("--gate", ":length=1"), ("--gate", "has no name")),
        (("--costs", "us_equity_free"), ("--costs", "unknown cost preset", "Did you mean 'us_equities_free'?")),
        (("--symbol-costs", "SPY:slip=3"), ("--symbol-costs SPY", "'slip'")),
        (("--sleeve", "sma_cros"), ("--sleeve", "Did you mean 'sma_cross'?")),
        (("--sleeve", "sma_cross:fst=3"), ("--sleeve sma_cross", "unknown parameter 'fst'")),
        (("--group", "SPY"), ("--group", "SYMBOL=GROUP")),
        (("--max-leverage", "0"), ("--max-leverage", "must be above 0")),
        (("--stop-loss", "0"), ("--stop-loss", "stands at the entry price itself")),
        (("--stop-loss", "1.5"), ("--stop-loss", "can never be touched")),
        (("--break-even", "0.1", "--take-profit", "0.05"), ("--break-even", "not before the target")),
        (("--entry", "limit", "--fill", "this_close"), ("--entry", "Use fill next_open")),
    ],
)
def test_that_what_cannot_be_is_refused_with_flag_and_hint(arguments, words):
    with pytest.raises(InputError) as refusal:
        parse(*BASE, *arguments)
    for word in words:
        assert word in str(refusal.value)
