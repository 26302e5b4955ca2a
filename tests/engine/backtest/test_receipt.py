"""Rule 24 for every field there is: what changes the run changes the receipt, and nothing else does."""

import datetime as dt
from enum import Enum

import numpy as np
import pytest

import engine
from engine.backtest import receipt as module
from engine.backtest.receipt import receipt_of
from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec, DataSpec
from engine.core.bars import OHLCV, Bars
from engine.execution.costs import CostModel
from engine.execution.fills import ExecutionModel
from engine.fields import describe
from engine.sizing import FixedFraction
from tests.engine.cases import random_bars

BASE = BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20})
PARTS = {"costs": CostModel, "execution": ExecutionModel, "sizing": FixedFraction, "data": DataSpec}
FIELDS = [
    *((part, info) for part, model in PARTS.items() for info in describe(model) if len(info.choices) != 1),
    *(("", info) for info in describe(BacktestSpec)),
]


def other(info):
    if info.type == "choice":
        return next((word for word in info.choices if word != info.default), None)
    changed = {"bool": not info.default, "date": dt.date(2001, 1, 1), "str": "other"}
    if info.type in changed:
        return changed[info.type]
    value = (info.low or 0 if info.default is None else info.default) + 1
    return value if info.high is None or value < info.high else info.high / 2


def with_field(part, info):
    values = BASE.to_dict()
    value = other(info)
    value = value.value if isinstance(value, Enum) else value
    if part:
        values[part] = values[part] | {info.name: value}
    else:
        values[info.name] = value
    return BacktestSpec.parse(values)


@pytest.mark.parametrize(("part", "info"), FIELDS, ids=[f"{part}.{info.name}" for part, info in FIELDS])
def test_that_every_field_but_the_path_changes_the_receipt_rule_24(part, info):
    changed = with_field(part, info)
    assert changed != BASE
    same = receipt_of(["x"], changed) == receipt_of(["x"], BASE)
    assert same == ((part, info.name) == ("data", "file"))


def test_that_the_fields_tested_are_all_fields_of_the_spec():
    told = {(part, info.name) for part, info in FIELDS} | {("sizing", "name")}  # that has one choice
    there = {
        (part, name) for part, value in BASE.to_dict().items() if isinstance(value, dict) and part != "strategy"
        for name in value
    }  # fmt: skip
    there |= {("", name) for name, value in BASE.to_dict().items() if not isinstance(value, dict)}
    assert told == there


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
