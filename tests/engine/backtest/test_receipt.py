"""Rule 24 for every field there is: what changes the run changes the receipt, and nothing else does."""

import dataclasses

import numpy as np
import pytest

import engine
from engine.allocation import allocation_names, parse_allocation
from engine.backtest import receipt as module
from engine.backtest.portfolio import PortfolioSpec
from engine.backtest.receipt import receipt_of
from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec, CandleSpec, DataSpec, InstrumentSpec
from engine.core.bars import OHLCV, Bars
from engine.core.errors import InputError
from engine.execution.costs import CostModel
from engine.execution.fills import ExecutionModel
from engine.fields import describe
from engine.regimes import gate_names, load_gate
from engine.sizing import SIZERS
from tests.engine.cases import random_bars

BASE = BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20})
PATHS = {"data.file", "data.files", "data.finer"}  # the prices count, not the names of their files


def with_value(values, path, value):
    """Return a copy of nested mappings with one place changed; numbers in a path count lists."""
    first, _, rest = path.partition(".")
    if isinstance(values, list):
        return [with_value(item, rest, value) if at == int(first) else item for at, item in enumerate(values)]
    return dict(values) | {first: with_value(values[first], rest, value) if rest else value}


def value_at(values, path):
    for part in path.split("."):
        values = values[int(part)] if isinstance(values, list) else values[part]
    return values


def placed(path, values, **others):
    """Return the base with a part replaced, as a spec that has every default of that part."""
    return BacktestSpec.parse(with_value(BASE.to_dict() | others, path, values))


STOPPED = {"execution": {"stop_loss": 0.05}}  # sizing by risk needs one
WIDER = {"hmm": {"states": 3, "to_state": 2}}  # room for one more state on either side
# A declared model, where it stands, and a spec that has it there.
PARTS = [
    ("", BacktestSpec, BASE), ("costs", CostModel, BASE), ("execution", ExecutionModel, BASE), ("data", DataSpec, BASE),
    ("data.candles", CandleSpec, BASE), ("data.instrument", InstrumentSpec, BASE), ("portfolio", PortfolioSpec, BASE),
    ("symbol_costs.SPY", CostModel, placed("symbol_costs", {"SPY": {}})),
    *(("sizing", model, placed("sizing", {"name": name}, **STOPPED)) for name, model in SIZERS.items()),
    *(
        ("gates.0", load_gate(name), placed("gates", [{"name": name} | WIDER.get(name, {})]))
        for name in gate_names()
    ),
    *(
        ("portfolio.allocation", type(parse_allocation(name)), placed("portfolio.allocation", {"name": name}))
        for name in allocation_names()
    ),
]  # fmt: skip
FIELDS = [
    pytest.param(f"{place}.{info.name}".lstrip("."), info, spec, id=f"{place}.{model.__name__}.{info.name}")
    for place, model, spec in PARTS
    for info in describe(model)
    if info.name != "name"
]
# Fields that no form shows as one control.
OTHERS = {
    "data.files": ["a.csv"], "data.symbols": ["SPY"], "portfolio.groups": {"SPY": "US"}, "strategy.symbols": ["SPY"],
    "strategy.weight": 0.5, "strategy.params": {"fast": 6, "slow": 20}, "strategy.name": "sma_cross",
    "sleeves": [{"name": "turtle"}], "gates": [{"name": "ar1"}], "symbol_costs": {"SPY": {}},
    "sizing": {"name": "kelly"}, "portfolio.allocation": {"name": "equal_weight"},
}  # fmt: skip


def candidates(info, value):
    """Yield other values of a field, the likeliest first."""
    if info.type == "choice":
        yield from (word for word in info.choices if word != value)
    elif info.type in ("int", "float"):
        step = info.step or 1
        start = (info.low or 0) if value is None else value
        yield from (int(found) if info.type == "int" else found for found in (start + step, start - step, info.high))
    else:
        yield {"bool": not value, "date": "2001-01-01", "str": "none" if info.name == "preset" else "other"}[info.type]


def changed(path, info, spec):
    """Return the spec with another lawful value of one field, all the other fields as they were."""
    values = spec.to_dict()
    for value in candidates(info, value_at(values, path)):
        try:
            return BacktestSpec.parse(with_value(values, path, value))
        except InputError:
            continue
    raise AssertionError(f"no other value of {path} is lawful")


@pytest.mark.parametrize(("path", "info", "spec"), FIELDS)
def test_that_every_field_but_the_paths_changes_the_receipt_rule_24(path, info, spec):
    other = changed(path, info, spec)
    assert other != spec
    assert (receipt_of(["x"], other) == receipt_of(["x"], spec)) == (path in PATHS)


@pytest.mark.parametrize("path", OTHERS)
def test_that_lists_names_and_further_strategies_change_the_receipt_rule_24(path):
    other = BacktestSpec.parse(with_value(BASE.to_dict(), path, OTHERS[path]))
    assert other != BASE
    assert (receipt_of(["x"], other) == receipt_of(["x"], BASE)) == (path in PATHS)


def test_that_every_field_of_a_further_strategy_changes_the_receipt_rule_24():
    sleeve = {"name": "turtle", "params": {}, "symbols": [], "weight": 1.0}
    changes = ({}, {"weight": 0.5}, {"symbols": ["SPY"]}, {"params": {"entry": 30}}, {"name": "supertrend"})
    specs = [BASE.replace(sleeves=[sleeve | change]) for change in changes]
    specs.append(BASE.replace(sleeves=[sleeve, sleeve]))
    assert len({receipt_of(["x"], spec) for spec in specs}) == len(specs)


def test_that_each_sizing_gate_and_allocation_has_a_receipt_of_its_own_rule_24():
    apart = [spec for _, _, spec in PARTS if spec != BASE]
    assert len({receipt_of(["x"], spec) for spec in (BASE, *apart)}) == 1 + len(apart)


def leaves(values, prefix=""):
    """Yield the paths of a spec's plain values."""
    for name, value in values.items():
        nested = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        path = f"{prefix}{name}" + (".0" if nested is not value else "")
        if isinstance(nested, dict) and nested and path != "strategy.params":
            yield from leaves(nested, f"{path}.")
        else:
            yield path


def test_that_the_fields_tested_are_all_fields_of_the_spec():
    told = {param.values[0] for param in FIELDS} | set(OTHERS)
    for _, _, spec in PARTS:
        missing = {path for path in leaves(spec.to_dict()) if path not in told and not path.endswith(".name")}
        assert not missing


def test_that_parameters_strategy_and_prices_change_the_receipt_rule_24():
    found = {
        receipt_of(["x"], BASE),
        receipt_of(["y"], BASE),
        receipt_of(["x", "y"], BASE),
        receipt_of(["x"], BASE.replace(strategy={"name": "ema_cross", "params": {"fast": 6, "slow": 20}})),
        receipt_of(["x"], BASE.replace(strategy={"name": "sma_cross", "params": {"fast": 5, "slow": 20}})),
    }
    assert len(found) == 5


@pytest.mark.parametrize("name", ["engine", "kernel", "source"])
def test_that_versions_and_source_change_the_receipt_rule_24(monkeypatch, name):
    before = receipt_of(["x"], BASE)
    if name == "engine":
        monkeypatch.setattr(engine, "__version__", "0.0.0+other")
    elif name == "kernel":
        monkeypatch.setattr(module, "KERNEL_VERSION", "other")
    else:
        monkeypatch.setattr(module, "source_digest", lambda _name: "other")
    assert receipt_of(["x"], BASE) != before


def test_that_the_order_of_fields_and_the_kind_of_number_do_not_matter():
    values = BASE.to_dict()
    turned = {name: values[name] for name in reversed(values)}
    turned["strategy"] = {"params": {"slow": 20, "fast": 5}, "name": "ema_cross"}
    turned["capital"] = 10_000
    bars = random_bars(1)
    runs = [run_backtest(bars, BASE), run_backtest(bars, BacktestSpec.parse(turned))]
    runs.append(run_backtest(bars, BacktestSpec(strategy="ema_cross", params={"slow": 20.0, "fast": 5.0})))
    assert len({run.receipt for run in runs}) == 1


def test_that_prices_before_a_test_part_change_its_receipt_rule_24():
    bars = random_bars(1)
    close = bars.close.copy()
    close[len(bars) // 2 - 5] = bars.low[len(bars) // 2 - 5]
    spec = BASE.replace(data={"train_split": 0.5, "run_mode": "test"})
    one, other = run_backtest(bars, spec), run_backtest(dataclasses.replace(bars, close=close), spec)
    assert one.bars.digest == other.bars.digest
    assert one.receipt != other.receipt


@pytest.mark.parametrize("name", ["time", "session", *OHLCV, "column"])
def test_that_every_array_of_prices_is_in_the_digest_rule_24(name):
    bars = random_bars(2, size=20)
    arrays = {key: np.array(getattr(bars, key)) for key in ("time", "session", *OHLCV)}
    columns = {"score": np.arange(20.0)}

    def build():
        return Bars(bars.instrument, bars.timeframe, columns=columns, **arrays)

    before = build().digest
    if name == "column":
        columns["score"] = columns["score"] + 1e-9
    else:
        arrays[name] = arrays[name] + (1 if name in ("time", "session") else 1e-9)
    assert build().digest != before
