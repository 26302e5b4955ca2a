"""Cells evaluated chunk by chunk have the bits of one call."""

from __future__ import annotations

import itertools
import textwrap

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.core.trade import Reason
from engine.metrics import METRIC_NAMES
from engine.strategies import registry
from engine.studies import cells as module
from engine.studies.cells import CellRunner
from engine.studies.each import run_each
from engine.studies.grid import build_cells
from engine.studies.sweep import run_cells
from tests.fakes.prices import random_bars

GRIDS = {
    "ema_cross": {"fast": range(3, 8), "slow": range(8, 20)},
    "bollinger_reversion": {"length": range(10, 30, 3), "std": [1.5, 2.0]},
    "supertrend": {"atr_length": range(5, 30, 3)},
}
BARS = random_bars(150)


def cells_of(name, grid):
    spec = BacktestSpec(strategy=name, execution={"stop_loss": 0.05})
    return spec, build_cells(name, {}, grid).params


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(sorted(GRIDS)), data=st.data())
def test_that_any_chunks_in_any_order_have_the_bits_of_one_call(name, data):
    spec, params = cells_of(name, GRIDS[name])
    cuts = data.draw(st.sets(st.integers(1, params.size - 1), max_size=6).map(sorted))
    edges = [0, *cuts, params.size]
    parts = data.draw(st.permutations(list(itertools.pairwise(edges))))
    prepared = CellRunner(BARS, spec, params)
    errors: dict[int, str] = {}
    whole = run_cells(BARS, spec, params, errors)
    assert errors == {}
    for start, stop in parts:
        assert prepared.run(start, stop, errors).tobytes() == whole[start:stop].tobytes()
    assert errors == {}


def test_that_a_bank_that_is_too_large_is_not_made(monkeypatch):
    spec, params = cells_of("ema_cross", GRIDS["ema_cross"])
    whole = run_cells(BARS, spec, params)
    monkeypatch.setattr(module, "BANK_BYTES", 5 * 150 * 8)
    made = []
    lines = module.Lines
    monkeypatch.setattr(module, "Lines", lambda bars, plan: (made.append(plan.size), lines(bars, plan))[1])
    assert CellRunner(BARS, spec, params).run(5, 19, {}).tobytes() == whole[5:19].tobytes()
    assert made
    assert max(made) <= 5


def test_that_a_line_is_computed_once(monkeypatch):
    calls = []
    fill = module.fill_bank
    monkeypatch.setattr(module, "fill_bank", lambda bars, requests, bank: (calls.append(bank.shape[0]), fill(bars, requests, bank)))
    spec, params = cells_of("ema_cross", GRIDS["ema_cross"])
    prepared = CellRunner(BARS, spec, params)
    for start in range(0, params.size, 7):
        prepared.run(start, min(start + 7, params.size), {})
    assert sum(calls) == len(GRIDS["ema_cross"]["fast"]) + len(GRIDS["ema_cross"]["slow"])


def test_that_cells_of_one_date_range_use_its_bars_only():
    spec, params = cells_of("ema_cross", GRIDS["ema_cross"])
    day = np.datetime64(int(BARS.session[60]), "D").astype(object)
    spec = spec.replace(data={"start": day})
    values = CellRunner(BARS, spec, params).run(0, 3, {})
    assert values.tobytes() == run_cells(BARS, spec, params)[:3].tobytes()
    assert values.tobytes() != run_cells(BARS, spec.replace(data={}), params)[:3].tobytes()


def test_that_a_rule_that_leaves_its_range_is_told_cell_by_cell(tmp_path):
    text = """
        from engine.strategies import Strategy, StrategyParams, param, rule

        class Wild(Strategy):
            '''Leaves [-1, 1] for x above 5.'''
            title = "Wild"
            class Params(StrategyParams):
                x: int = param(1, low=0, high=10)
            @rule
            def decide(bars, bank, rows, params, target):
                for t in range(bars.close.shape[0]):
                    target[t] = 2.0 if params[0] > 5 else 1.0
    """
    (tmp_path / "wild.py").write_text(textwrap.dedent(text))
    registry.scan(tmp_path)
    try:
        spec, params = cells_of("wild", {"x": range(10)})
        prepared, errors = CellRunner(BARS, spec, params), {}
        values = prepared.run(4, 10, errors)
    finally:
        (tmp_path / "wild.py").unlink()
        registry.scan(tmp_path)
    assert sorted(errors) == [2, 3, 4, 5]
    assert np.isnan(values[2:]).all()
    assert np.isfinite(values[:2, :3]).all()


def test_that_bars_a_strategy_refuses_are_told_in_the_cells_that_it_refuses_them_for(tmp_path):
    text = """
        from engine.core.errors import InputError
        from engine.strategies import Strategy, StrategyParams, param, rule

        class Picky(Strategy):
            title = "Picky"
            checked = ("x",)
            class Params(StrategyParams):
                x: int = param(1, low=0, high=10)
                y: int = param(1, low=0, high=10)
            def check(self, bars, p):
                if p.x > 3:
                    raise InputError(f"x of {p.x} needs other bars", field="strategy.params.x", hint="Use less")
            @rule
            def decide(bars, bank, rows, params, target):
                for t in range(bars.close.shape[0]):
                    target[t] = 1.0
    """
    (tmp_path / "picky.py").write_text(textwrap.dedent(text))
    registry.scan(tmp_path)
    try:
        spec, params = cells_of("picky", {"x": range(2, 6), "y": [1, 2]})
        errors = {}
        values = CellRunner(BARS, spec, params).run(0, 8, errors)
        with pytest.raises(InputError, match="x of 4 needs other bars") as caught:
            run_backtest(BARS, BacktestSpec(strategy="picky", params={"x": 4}))
        each = run_each([BARS], BacktestSpec(strategy="picky", params={"x": 5}))
        alone = run_backtest(BARS, BacktestSpec(strategy="picky", params={"x": 2})).metrics
    finally:
        (tmp_path / "picky.py").unlink()
        registry.scan(tmp_path)
    assert caught.value.field == "strategy.params.x"
    assert sorted(errors) == [4, 5, 6, 7]
    assert "x of 5 needs other bars" in errors[7]
    assert "x of 5 needs other bars" in each.errors[0]
    assert values[0, 0] == alone[METRIC_NAMES[0]]
    assert np.isnan(values[4:]).all()


def test_that_a_stop_that_the_levels_leave_to_the_spec_is_that_of_every_cell(tmp_path):
    """A spec that was filled in before says `bracket` and the stop; the levels say neither stop nor target."""
    text = """
        from engine.indicators.moving_average import sma
        from engine.strategies import Levels, Strategy, StrategyParams, param, rule

        class Straddle(Strategy):
            title = "Straddle"
            class Params(StrategyParams):
                n: int = param(3, low=2, high=9)
            def indicators(self, p):
                return {"long": sma("high", p.n), "short": sma("low", p.n)}
            def levels(self, bars, p):
                return Levels("long", "short", bars_alive=2)
            @rule
            def decide(bars, bank, rows, params, target):
                for t in range(10, bars.close.shape[0]):
                    target[t] = 1.0 if t % 12 < 9 else 0.0
    """
    (tmp_path / "straddle.py").write_text(textwrap.dedent(text))
    registry.scan(tmp_path)
    try:
        execution = {"entry": "bracket", "entry_bars": 2, "stop_loss": 0.01, "take_profit": 0.02}
        spec = BacktestSpec(strategy="straddle", execution=execution)
        errors: dict[int, str] = {}
        values = CellRunner(BARS, spec, build_cells("straddle", {}, {"n": range(2, 6)}).params).run(0, 4, errors)
        runs = [run_backtest(BARS, spec.replace(strategy={"name": "straddle", "params": {"n": n}})) for n in range(2, 6)]
    finally:
        (tmp_path / "straddle.py").unlink()
        registry.scan(tmp_path)
    assert errors == {}
    assert any((run.trades["exit_reason"] == Reason.STOP_LOSS).any() for run in runs)
    for row, run in enumerate(runs):
        found = dict(zip(METRIC_NAMES, values[row].tolist(), strict=True))
        for name in ("total_return", "sharpe", "trades", "win_rate"):
            assert found[name] == run.metrics[name]


@pytest.mark.parametrize("placed", ["", "def levels(self, bars, p): return Levels('long', 'short', bars_alive=2)"])
def test_that_bars_that_a_rule_leaves_out_are_flat_in_every_cell(tmp_path, placed):
    """As in its own run: neither the targets of the cell before nor what was in the memory."""
    text = f"""
        from engine.indicators.moving_average import sma
        from engine.strategies import Levels, Strategy, StrategyParams, param, rule

        class Sparse(Strategy):
            title = "Sparse"
            class Params(StrategyParams):
                n: int = param(3, low=2, high=60)
            def indicators(self, p):
                return {{"long": sma("high", 2), "short": sma("low", 2)}}
            {placed}
            @rule
            def decide(bars, bank, rows, params, target):
                for t in range(int(params[0]), bars.close.shape[0]):
                    if t % int(params[0]) == 0:
                        target[t] = 1.0
    """
    (tmp_path / "sparse.py").write_text(textwrap.dedent(text))
    registry.scan(tmp_path)
    try:
        spec, values = BacktestSpec(strategy="sparse"), range(2, 60, 3)
        found = run_cells(BARS, spec, build_cells("sparse", {}, {"n": values}).params)
        runs = [run_backtest(BARS, BacktestSpec(strategy="sparse", params={"n": n})).metrics for n in values]
    finally:
        (tmp_path / "sparse.py").unlink()
        registry.scan(tmp_path)
    for name in ("total_return", "trades", "orders", "exposure"):
        assert found[:, METRIC_NAMES.index(name)].tolist() == [run[name] for run in runs]
