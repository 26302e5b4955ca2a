"""Axes of every type of parameter: each cell is the run with that value, None included."""

from typing import Any, Literal

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.indicators.channel import bollinger
from engine.indicators.moving_average import ema, sma
from engine.metrics import METRIC_NAMES, TAIL_NAMES
from engine.strategies import Strategy, StrategyParams, param, registry, rule
from engine.studies.grid import build_cells
from engine.studies.sweep import sweep_here
from tests.engine.cases import random_bars

NAMES = [name for name in METRIC_NAMES if name not in TAIL_NAMES]


class Chooser(Strategy):
    """Above or below an average of a chosen kind; without a length, of 30 bars."""

    class Params(StrategyParams):
        length: int | None = param(None, low=2, high=50)
        kind: Literal["ema", "sma"] | None = param(None)
        inverted: bool = param(False)
        scale: float = param(1.0, low=0.1, high=1.0)

    def indicators(self, p: Any):
        length = 30 if p.length is None else p.length
        line = ema("close", length) if p.kind == "ema" else sma("close", length)
        return {"line": line, "lower": bollinger("close", length, 1.5)[2]}

    @rule
    def decide(bars, bank, rows, params, target):
        for t in range(bars.close.shape[0]):
            line = bank[rows[0], t]
            side = 1.0 if bars.close[t] > line else (-1.0 if bars.close[t] < line else 0.0)
            if bars.close[t] < bank[rows[1], t]:
                side = 0.0
            target[t] = params[3] * (-side if params[2] == 1.0 else side)


@pytest.fixture
def chooser(monkeypatch):
    known = registry._load_builtin()
    monkeypatch.setattr(Chooser, "id", "chooser")
    monkeypatch.setitem(known, "chooser", Chooser)


@pytest.mark.parametrize(
    ("fixed", "grid"),
    [
        ({}, {"length": [None, 5, 20]}),
        ({"length": None}, {"inverted": [True, False]}),
        ({"length": 10}, {"kind": ["ema", "sma", None], "inverted": [False, True]}),
        ({"kind": None}, {"length": [7, None], "scale": [0.5, 1]}),
        ({"length": 8, "kind": "ema"}, {"scale": np.array([0.25, 0.75])}),
    ],
)  # fmt: skip
def test_that_every_cell_of_optional_and_worded_axes_is_the_single_run(chooser, fixed, grid):
    bars, spec = random_bars(5, size=120), BacktestSpec(strategy="chooser", params=fixed)
    study = sweep_here(bars, spec, grid)
    assert len(study) == np.prod([len(values) for values in grid.values()])
    assert not study.errors
    for cell in range(len(study)):
        own = study.cell_spec(cell)
        asked = {name: study.params[name][cell : cell + 1].tolist()[0] for name in grid}
        for name, value in own.strategy.params.items():
            if name in grid:
                assert value == asked[name] or value is None
        alone = run_backtest(bars, own).metrics
        for name in NAMES:
            np.testing.assert_array_equal(study.metrics[name][cell], alone[name], err_msg=name)


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ({"fast": [float("nan")]}, "finite"),
        ({"fast": [float("inf")]}, "finite"),
        ({"fast": 5}, "several values"),
        ({"fast": "12"}, "several values"),
    ],
)
def test_that_an_axis_that_is_no_series_of_numbers_is_refused_in_words(grid, words):
    with pytest.raises(InputError, match=words):
        build_cells("ema_cross", {}, grid)


def test_that_words_are_no_switches(chooser):
    with pytest.raises(InputError, match="true or false"):
        build_cells("chooser", {}, {"inverted": ["false"]})
