"""Grids, plans and sweeps: legal cells, shared lines, and the bits of single runs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.indicators.moving_average import ema, sma
from engine.metrics import METRIC_NAMES
from engine.strategies import Strategy, StrategyParams, param
from engine.studies import cells as cells_module
from engine.studies.grid import build_cells, full_columns
from engine.studies.plan import plan_bank
from engine.studies.sweep import run_cells, sweep_here
from tests.engine.cases import random_bars

SPEC = BacktestSpec(strategy="ema_cross", costs={"slippage_bps": 10})
GRID = {"fast": [3, 5, 8, 30], "slow": [10, 20, 30, 60]}


def same_bits(study):
    for cell in range(len(study)):
        single = run_backtest(study.bars, study.cell_spec(cell)).metrics
        for name in METRIC_NAMES:
            one, many = single[name], study.metrics[name][cell]
            assert one == many or (np.isnan(one) and np.isnan(many)), (cell, name)


@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        SPEC.replace(costs={"slippage_bps": 3, "commission_bps": 5, "commission_min": 1, "borrow_rate": 0.05}),
        SPEC.replace(execution={"stop_loss": 0.04, "take_profit": 0.06, "lot": 1}),
        SPEC.replace(execution={"rebalance": "weekly", "fill": "next_close", "close_at_end": True}),
        SPEC.replace(execution={"trailing_stop": 2.0, "stop_unit": "atr", "reentry": "allowed"}),
        SPEC.replace(execution={"rebalance": "band", "band": 0.02}, sizing={"fraction": 0.5}),
    ],
)
def test_that_every_cell_has_the_bits_of_its_single_run(spec):
    same_bits(sweep_here(random_bars(4, 300), spec, GRID))


@pytest.mark.parametrize(
    ("name", "grid"),
    [
        ("sma_cross", {"fast": [3, 10], "slow": [20, 30]}),
        ("bollinger_reversion", {"length": [10, 20], "std": [1.5, 2.0, 2.5]}),
        ("supertrend", {"atr_length": [7, 10], "factor": [2.0, 3.0]}),
        ("turtle", {"entry": [10, 20], "exit": [5, 8], "skip_after_winner": [False, True], "stop_atr": [2.0, None]}),
    ],
)  # fmt: skip
def test_that_cells_of_every_compiled_strategy_have_the_bits_of_single_runs(name, grid):
    same_bits(sweep_here(random_bars(11, 400), BacktestSpec(strategy=name), grid))


def test_that_illegal_cells_are_left_out_and_counted():
    cells = build_cells("ema_cross", {}, GRID)
    assert cells.illegal == 3  # fast 30 with slow 10, 20 and 30
    assert all(cells.params["fast"] < cells.params["slow"])
    assert cells.params.dtype.names == ("fast", "slow")


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({"fsat": [1]}, "unknown parameter 'fsat'. Did you mean 'fast'"),
        ({"fast": [1000]}, "1000 is out of range. Use values from 2 to 100"),
        ({"fast": ["x"]}, "must be a number, was 'x'"),
        ({"fast": [2.5]}, "must be a whole number"),
        ({"fast": []}, "the axis has no values"),
        ({}, "the grid has no axis"),
        ({"fast": [90], "slow": [10]}, "no cell satisfies fast < slow"),
    ],
)
def test_that_a_wrong_grid_says_what_is_wrong(grid, message):
    with pytest.raises(InputError, match=message):
        build_cells("ema_cross", {}, grid)


def test_that_fixed_parameters_stay_fixed_and_axes_override_them():
    spec = SPEC.replace(strategy={"name": "ema_cross", "params": {"fast": 4, "slow": 99}})
    study = sweep_here(random_bars(4, 200), spec, {"slow": [20, 40]})
    assert [study.cell_spec(cell).strategy.params for cell in range(2)] == [
        {"fast": 4, "slow": 20}, {"fast": 4, "slow": 40}
    ]  # fmt: skip
    same_bits(study)


def columns_of(strategy, grid):
    axes = np.array(list(zip(*grid.values(), strict=True)), dtype=[(name, float) for name in grid])
    table = np.array([tuple(row) for row in axes.tolist()], dtype=axes.dtype)
    return full_columns(strategy, {}, table)


class Symbolic(Strategy):
    class Params(StrategyParams):
        length: float = param(5.0, low=1, high=100)
        factor: float = param(2.0, low=1, high=5)

    def indicators(self, p):
        return {"a": ema("close", p.length), "b": ema("close", p.length * p.factor), "c": sma("close", 10)}


class Branching(Symbolic):
    def indicators(self, p):
        return super().indicators(p) if p.length > 0 else {}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3)), min_size=1, max_size=12))
def test_that_a_symbolic_plan_reads_the_same_lines_as_cell_by_cell_declarations(values):
    lengths, factors = zip(*values, strict=True)
    grid = {"length": [float(x) for x in lengths], "factor": [float(x) for x in factors]}
    plans = [plan_bank(kind(), columns_of(kind(), grid), len(values)) for kind in (Symbolic, Branching)]

    def rows(plan):
        return [(kind, source, tuple(args)) for kind, source, table in plan.requests for args in table]

    for cell in range(len(values)):
        read = [[rows(plan)[row] for row in plan.cell_rows[cell]] for plan in plans]
        assert read[0] == read[1]
    assert len(rows(plans[0])) == len(set(rows(plans[0]))) == plans[0].size


def test_that_a_large_bank_is_worked_off_in_parts_with_the_same_bits(monkeypatch):
    bars = random_bars(4, 300)
    whole = sweep_here(bars, SPEC, GRID).values
    monkeypatch.setattr(cells_module, "BANK_BYTES", 3 * 300 * 8)
    assert sweep_here(bars, SPEC, GRID).values.tobytes() == whole.tobytes()


def test_that_parts_of_a_grid_give_the_rows_of_the_whole():
    bars, cells = random_bars(4, 300), build_cells("ema_cross", {}, GRID)
    whole = run_cells(bars, SPEC, cells.params)
    parts = [run_cells(bars, SPEC, cells.params[k : k + 3]) for k in range(0, len(cells), 3)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_that_a_failed_cell_of_a_plain_strategy_is_a_value_with_its_message(tmp_path):
    from engine.strategies import registry

    source = (
        "import numpy as np\nfrom engine.core.errors import StrategyError\n"
        "from engine.strategies import Strategy, StrategyParams, param\n\n"
        "class Fragile(Strategy):\n    class Params(StrategyParams):\n"
        "        length: int = param(5, low=1, high=100)\n\n"
        "    def signals(self, bars, p):\n        if p.length == 3:\n"
        "            raise ValueError('cannot do three')\n"
        "        return np.where(np.arange(len(bars)) % p.length == 0, 1.0, 0.0)\n"
    )
    (tmp_path / "fragile.py").write_text(source)
    registry.scan(tmp_path)
    try:
        study = sweep_here(random_bars(2, 50), BacktestSpec(strategy="fragile"), {"length": [2, 3, 4]})
    finally:
        (tmp_path / "fragile.py").unlink()
        registry.scan(tmp_path)
    assert list(study.errors) == [1]
    assert "cannot do three" in study.errors[1]
    assert np.isnan(study.values[1]).all()
    assert np.isfinite(study.metrics["final_equity"][[0, 2]]).all()


def test_that_a_study_names_its_metrics_like_a_run():
    study = sweep_here(random_bars(2, 60), SPEC, {"slow": [20, 40]})
    assert tuple(study.metrics) == METRIC_NAMES
    assert study.metrics["var_95"].shape == (2,)
    with pytest.raises(KeyError):
        study.metrics["sharp"]
    assert study.backtests_per_second > 0


RULE = '''
from engine.strategies import Strategy, StrategyParams, param, rule


class Wild(Strategy):
    class Params(StrategyParams):
        size: float = param(1.0, low=0, high=9)

    @rule
    def decide(bars, bank, rows, params, target):
        for t in range(bars.close.shape[0]):
            target[t] = params[0]
'''


def test_that_a_compiled_cell_outside_minus_one_to_one_is_an_error_and_not_a_number(tmp_path):
    from engine.strategies import registry

    (tmp_path / "wild.py").write_text(RULE)
    registry.scan(tmp_path)
    try:
        study = sweep_here(random_bars(2, 50), BacktestSpec(strategy="wild"), {"size": [0.5, 2.0, 1.0]})
    finally:
        (tmp_path / "wild.py").unlink()
        registry.scan(tmp_path)
    assert list(study.errors) == [1]
    assert np.isnan(study.metrics["final_equity"][1])
    assert np.isfinite(study.metrics["final_equity"][[0, 2]]).all()
