"""A spec read from YAML, shown in the form and given out again is the same spec, whatever field was changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.core.instrument import Instrument
from engine.fields import FieldInfo
from engine.strategies import registry
from ivybt_desktop.docks.setup.kinds import allocation_kinds, gate_kinds, sizing_kinds
from ivybt_desktop.docks.setup.sections import FIELDS, SECTIONS, params_of
from ivybt_desktop.docks.setup.values import defaults, flatten, nest
from tests.fakes.prices import random_bars

KINDS = {"sizing": sizing_kinds, "portfolio.allocation": allocation_kinds, "gates.0": gate_kinds}


def shown_and_given_out(spec):
    """Return the spec after it went through the form."""
    params = params_of(registry.get(spec.strategy.name))
    values = defaults() | {info.name: info.default for info in params} | flatten(spec)
    return BacktestSpec.parse(nest(values, [info.name for info in params]))


def from_yaml(tmp_path, spec):
    path = tmp_path / "run.yaml"
    path.write_text(spec.to_yaml(), encoding="utf-8")
    return BacktestSpec.read(path)


def other(info: FieldInfo):
    """Return a value that is not the default."""
    if info.type == "choice":
        return next(choice for choice in reversed(info.choices) if choice != info.default)
    if info.type == "bool":
        return not info.default
    if info.type == "date":
        return dt.date(2001, 2, 3)
    if info.type in ("str", "path"):
        return "SPY - 0.8*QQQ"
    step = info.step or (1 if info.type == "int" else 0.01)
    start = info.default if info.default is not None else max(info.low or 0, 0)
    value = start + step if info.high is None or start + step <= info.high else start - step
    return int(value) if info.type == "int" else round(value, 10)


def base():
    return BacktestSpec(strategy="ema_cross", params={"fast": 10, "slow": 50})


def changed(name, value):
    """Return the default spec with one field changed."""
    *path, leaf = name.split(".")
    values = base().to_dict()
    inner = values
    for step in path:
        inner = inner[step]
    inner[leaf] = str(value) if isinstance(value, dt.date) else value
    return values


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_that_each_field_changed_once_comes_out_as_it_went_in(name, tmp_path):
    values = changed(name, other(FIELDS[name]))
    try:
        spec = BacktestSpec.parse(values)
    except InputError:
        # It cannot stand alone: a fee at most below the fee at least, a target closer than break-even.
        pytest.skip("needs another field beside it")
    spec = from_yaml(tmp_path, spec)
    assert spec != base()
    assert shown_and_given_out(spec) == spec


@pytest.mark.parametrize(
    ("place", "kind", "info"),
    [
        pytest.param(place, kind.name, info, id=f"{place}-{kind.name}-{info.name if info else 'as it is'}")
        for place, kinds in KINDS.items()
        for kind in kinds()
        for info in (None, *kind.fields)
    ],
)
def test_that_each_kind_with_each_field_changed_once_comes_out_as_it_went_in(place, kind, info, tmp_path):
    held = {"name": kind} | ({info.name: other(info)} if info is not None else {})
    stops = {"stop_loss": 0.05}  # sizing by risk needs one
    try:
        if place == "sizing":
            spec = base().replace(sizing=held, execution=stops)
        elif place.startswith("gates"):
            spec = base().replace(gates=[{"name": "moving_average"}, held])
        else:
            spec = base().replace(portfolio={"allocation": held})
    except InputError:
        pytest.skip("needs another field beside it")
    spec = from_yaml(tmp_path, spec)
    assert shown_and_given_out(spec) == spec


@settings(max_examples=60, deadline=None)
@given(
    symbols=st.lists(st.sampled_from(["SPY", "QQQ", "0700.HK"]), unique=True),
    weights=st.lists(st.floats(0, 100), max_size=3),
    groups=st.dictionaries(st.sampled_from(["SPY", "ES=F", "name"]), st.text(min_size=1, max_size=9)),
    costs=st.dictionaries(st.sampled_from(["SPY", "QQQ"]), st.floats(0, 1000)),
    gates=st.lists(st.sampled_from([kind.name for kind in gate_kinds()]), max_size=3),
)
def test_that_lists_and_symbols_come_out_as_they_went_in(symbols, weights, groups, costs, gates):
    full = {"entry": 20, "exit": 10, "skip_after_winner": False, "atr": 20, "stop_atr": 2.0}
    spec = base().replace(
        data={"file": "a.csv", "files": ["b.csv"], "symbols": symbols},
        strategy={"name": "ema_cross", "params": {"fast": 10, "slow": 50}, "symbols": symbols, "weight": 0.5},
        sleeves=[
            {"name": "turtle", "params": full, "weight": weight, "symbols": symbols} for weight in weights
        ],
        gates=[{"name": name} for name in gates],
        symbol_costs={symbol: {"slippage_bps": value} for symbol, value in costs.items()},
        portfolio={"groups": groups},
    )
    assert shown_and_given_out(spec) == spec


def test_that_every_declared_field_of_the_spec_has_a_row_in_one_section():
    rows = [info.name for part in SECTIONS.values() for info in part.fields]
    assert len(rows) == len(set(rows))
    assert set(rows) == set(FIELDS)


def test_that_the_form_and_the_file_have_one_receipt(tmp_path):
    series = [replace(random_bars(300, seed=seed), instrument=Instrument(name)) for seed, name in enumerate("AB")]
    spec = from_yaml(
        tmp_path,
        base().replace(
            sizing={"name": "volatility_target", "length": 20}, gates=[{"name": "moving_average", "length": 20}],
            costs={"preset": "us_equities_free", "slippage_bps": 3}, execution={"stop_loss": 0.05},
            sleeves=[{"name": "turtle", "params": {"entry": 30}}],
            portfolio={"allocation": {"name": "equal_weight"}, "when_short": "rank", "max_name": 0.8},
        ),
    )  # fmt: skip
    by_file, by_form = (run_backtest(series, given) for given in (spec, shown_and_given_out(spec)))
    assert by_file.receipt == by_form.receipt
