"""Walk-forward: no fold sees its future, folds are ordinary runs, the joined equity is the folds' own."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.bars import OHLCV
from engine.core.errors import InputError, JobCancelled
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.metrics import METRIC_NAMES
from engine.strategies import registry
from engine.studies import fold_run
from engine.studies.fold_run import WalkForwardSpec
from engine.studies.plateau import choose
from engine.studies.sweep import sweep_here
from engine.studies.walk_forward import (
    SUMMARY,
    join,
    plan_folds,
    run_folds,
    walk_forward,
    walk_forward_matrix,
)
from engine.studies.windows import Windows
from tests.conformance.series import intraday
from tests.engine.cases import make_bars, random_bars

GOLDEN = Path(__file__).parent / "golden" / "walk_forward_three_folds.json"
GRID = {"fast": [3, 5, 8], "slow": [10, 15, 20]}
SPEC = BacktestSpec(strategy="ema_cross", costs={"slippage_bps": 10})
ASKED = WalkForwardSpec(Windows(train=100, test=40, purge=3, embargo=2), GRID)
BARS = random_bars(5, 240)

PANDAS = '''
import pandas as pd

from engine.strategies import Strategy, StrategyParams, param


class Breakaway(Strategy):
    """Long above the mean of the last closes."""

    title = "Breakaway"

    class Params(StrategyParams):
        fast: int = param(5, low=2, high=50)

    def signals(self, bars, p):
        if p.fast == 13:
            raise ValueError("not thirteen")
        close = pd.Series(bars.close)
        return (close > close.rolling(p.fast).mean()).astype(float).to_numpy()
'''


@pytest.fixture
def pandas_strategy(tmp_path):
    (tmp_path / "breakaway.py").write_text(PANDAS)
    registry.scan(tmp_path)
    yield "breakaway"
    (tmp_path / "breakaway.py").unlink()
    registry.scan(tmp_path)


def scrambled(bars, first, stop=None, seed=9):
    """Other prices in bars first : stop, the same times."""
    factor = np.ones(len(bars))
    part = slice(first, stop)
    factor[part] = np.exp(np.random.default_rng(seed).normal(0, 0.2, factor[part].size))
    columns = {name: np.where(factor == 1.0, value, -value) for name, value in bars.columns.items()}
    arrays = {name: getattr(bars, name) * factor for name in OHLCV}
    return dataclasses.replace(bars, **arrays, columns=columns)


def each(change, bars, *args):
    return change(bars, *args) if not isinstance(bars, tuple) else tuple(change(one, *args) for one in bars)


def assert_same_fold(one, other):
    assert one.fold == other.fold
    assert one.choice == other.choice
    assert one.study.values.tobytes() == other.study.values.tobytes()
    assert one.out_of_sample.equity.tobytes() == other.out_of_sample.equity.tobytes()
    assert one.out_of_sample.orders.tobytes() == other.out_of_sample.orders.tobytes()
    assert one.in_sample.receipt == other.in_sample.receipt
    assert one.out_of_sample.receipt == other.out_of_sample.receipt


def ways():
    late = random_bars(7, 240)
    two = (BARS, late.slice(10, 240))
    four = {"fast": [3, 8], "slow": [10, 20]}
    return [
        ("plain", BARS, SPEC, GRID),
        ("costs, stops, sizing", BARS, SPEC.replace(
            costs={"commission_bps": 3, "commission_min": 1, "slippage_bps": 5},
            sizing={"name": "volatility_target"}, execution={"stop_loss": 0.03, "lot": 1, "close_at_end": True},
        ), GRID),
        ("gate", BARS, SPEC.replace(gates=[{"name": "moving_average", "length": 20}]), GRID),
        ("dates", BARS, SPEC.replace(data={"start": "2000-01-06", "end": "2000-08-20"}), GRID),
        ("portfolio", two, SPEC.replace(portfolio={"allocation": "inverse_volatility"}), four),
        ("formula", two, SPEC.replace(data={"formula": "RND5 - 0.5*RND7"}), four),
    ]  # fmt: skip


WAYS = ways()


@pytest.mark.parametrize(("bars", "spec", "grid"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
def test_that_no_fold_sees_its_future(bars, spec, grid):
    asked = dataclasses.replace(ASKED, grid=grid)
    plan = plan_folds(bars, spec, asked)
    runs = list(run_folds(plan))
    assert len(runs) >= 2
    for run in (runs[0], runs[1]):
        end = plan.course.time[run.fold.test_stop - 1]
        after = each(lambda one, end=end: scrambled(one, int(np.searchsorted(one.time, end, "right"))), bars)
        [again] = [r for r in run_folds(plan_folds(after, spec, asked)) if r.fold == run.fold]
        assert_same_fold(again, run)
        begin = plan.course.time[run.fold.train_stop]
        tested = each(lambda one, begin=begin: scrambled(one, int(np.searchsorted(one.time, begin))), bars)
        [other] = [r for r in run_folds(plan_folds(tested, spec, asked)) if r.fold == run.fold]
        assert other.choice == run.choice
        assert other.study.values.tobytes() == run.study.values.tobytes()
        assert other.in_sample.receipt == run.in_sample.receipt
        assert other.out_of_sample.receipt != run.out_of_sample.receipt


@pytest.mark.parametrize(("bars", "spec", "grid"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
def test_that_a_fold_is_an_ordinary_run_of_its_spec_and_dates(bars, spec, grid):
    plan = plan_folds(bars, spec, dataclasses.replace(ASKED, grid=grid))
    [*_, run] = run_folds(plan)
    for result, part in ((run.in_sample, run.fold.train), (run.out_of_sample, run.fold.test)):
        again = run_backtest(bars, result.spec)
        assert again.equity.tobytes() == result.equity.tobytes()
        assert again.metrics == pytest.approx(result.metrics, nan_ok=True, abs=0, rel=0)
        assert again.receipt == result.receipt
        np.testing.assert_array_equal(result.bars.time, plan.course.time[part])
    cell = dict(zip(METRIC_NAMES, run.study.values[run.choice.cell], strict=True))
    for name in ("final_equity", "sharpe", "orders", "max_drawdown"):
        assert cell[name] == run.in_sample.metrics[name]
    assert dict(run.out_of_sample.spec.strategy.params) | run.params == run.out_of_sample.spec.strategy.params


def test_that_a_strategy_in_pandas_walks_too(pandas_strategy):
    spec = SPEC.replace(strategy={"name": pandas_strategy})
    asked = dataclasses.replace(ASKED, grid={"fast": [3, 10, 20]})
    whole = walk_forward(BARS, spec, asked)
    end = whole.folds[0].fold.test_stop
    again = walk_forward(scrambled(BARS, end), spec, asked)
    assert_same_fold(again.folds[0], whole.folds[0])
    assert len(whole.folds) == 3
    failing = walk_forward(BARS, spec, dataclasses.replace(ASKED, grid={"fast": [3, 13, 20]}))
    assert [list(run.study.errors) for run in failing.folds] == [[1], [1], [1]]
    assert "thirteen" in failing.folds[0].study.errors[1]


@pytest.mark.parametrize("windows", [Windows("days", train=9, test=4, purge=2), Windows(train=500, test=190, embargo=7)])
def test_that_folds_of_intraday_bars_are_cut_between_bars(windows):
    bars = intraday().slice(0, 1200)
    spec = SPEC.replace(execution={"rebalance": "daily"})
    plan = plan_folds(bars, spec, WalkForwardSpec(windows, {"fast": [5, 10], "slow": [20]}, "total_return"))
    for run in run_folds(plan):
        fold = run.fold
        whole_days = windows.unit == "days"
        edge = fold.train_stop + windows.purge
        assert (bars.session[edge] > bars.session[edge - 1]) or not whole_days
        np.testing.assert_array_equal(run.in_sample.bars.time, bars.time[fold.train])
        np.testing.assert_array_equal(run.out_of_sample.bars.time, bars.time[fold.test])
        again = run_backtest(bars.slice(0, fold.test_stop), run.out_of_sample.spec)
        assert again.receipt == run.out_of_sample.receipt
        assert again.equity.tobytes() == run.out_of_sample.equity.tobytes()
    assert run.fold.number > 1


@pytest.mark.parametrize("kind", ["rolling", "anchored"])
@pytest.mark.parametrize(
    ("target", "sign", "pick"), [("sharpe", 1.0, "plateau"), ("calmar", 1.0, "peak"), ("volatility", -1.0, "plateau")]
)
def test_that_each_fold_is_the_sweep_of_its_training_bars_and_the_choice_in_it(kind, target, sign, pick):
    windows = dataclasses.replace(ASKED.windows, kind=kind)
    found = walk_forward(BARS, SPEC, WalkForwardSpec(windows, GRID, target, pick))
    for run in found.folds:
        first, stop = run.fold.train_start, run.fold.train_stop
        study = sweep_here(BARS.slice(first, stop), SPEC, GRID)
        assert study.values.tobytes() == run.study.values.tobytes()
        assert choose(study.params, study.metrics[target], sign, pick) == run.choice
        assert run.fold.test_start - stop == 5
        # What lies between training and test is warm-up and no more: the first bar decides.
        assert run.out_of_sample.orders["decision_bar"].min() == 0
        assert run.out_of_sample.equity[0] == SPEC.capital


def test_that_the_joined_equity_is_the_folds_own():
    found = walk_forward(BARS, SPEC, ASKED)
    whole, level = found.stitched, SPEC.capital
    for run, start in zip(found.folds, whole.starts, strict=True):
        own = run.out_of_sample
        part = slice(start, start + own.equity.size)
        assert whole.returns[part].tobytes() == own.returns.tobytes()
        np.testing.assert_array_equal(whole.time[part], own.bars.time)
        np.testing.assert_allclose(whole.equity[part], level * own.equity / SPEC.capital, rtol=1e-14)
        level = whole.equity[part][-1]
    assert whole.equity[: found.folds[0].out_of_sample.equity.size].tobytes() == found.folds[0].out_of_sample.equity.tobytes()
    assert whole.equity.dtype == whole.returns.dtype == np.float64
    np.testing.assert_allclose(whole.equity, SPEC.capital * np.cumprod(1.0 + whole.returns), rtol=1e-13)
    np.testing.assert_array_equal(np.diff(np.searchsorted(BARS.time, whole.time)), 1)
    assert found.unused == len(BARS) - found.folds[-1].fold.test_stop


def test_that_the_closed_trades_of_all_folds_make_the_gain_at_each_folds_scale():
    spec = SPEC.replace(execution={"close_at_end": True})
    found = walk_forward(BARS, spec, ASKED)
    metrics = found.stitched.metrics
    assert metrics["trades"] == sum(run.out_of_sample.trades.size for run in found.folds) > 3
    assert metrics["expectancy"] * metrics["trades"] == pytest.approx(metrics["final_equity"] - 10_000, rel=1e-9)
    costs = [run.out_of_sample.metrics["costs_paid"] for run in found.folds]
    assert metrics["costs_paid"] == pytest.approx(np.dot(costs, found.stitched.scales), rel=1e-12)


def test_that_one_fold_joined_has_the_metrics_of_its_run():
    plan = plan_folds(BARS, SPEC.replace(costs={"slippage_bps": 10, "commission_bps": 4}), ASKED)
    run = next(run_folds(plan))
    found = join(plan, [run])
    for name in METRIC_NAMES:
        assert found.stitched.metrics[name] == pytest.approx(run.out_of_sample.metrics[name], rel=1e-12, nan_ok=True), name


def test_three_folds_worked_by_hand():
    golden = json.loads(GOLDEN.read_text())
    n = len(golden["close"])
    bars = make_bars(golden["close"], columns={"long": np.ones(n), "short": -np.ones(n)})
    spec = BacktestSpec(strategy="external_signals", costs={"slippage_bps": 0}, periods_per_year=9)
    asked = WalkForwardSpec(Windows(train=4, test=3), {"column": ["short", "long"]}, "total_return")
    found = walk_forward(bars, spec, asked)
    assert len(found.folds) == len(golden["folds"])
    for run, own in zip(found.folds, golden["folds"], strict=True):
        assert [run.fold.train_start, run.fold.train_stop] == own["train"]
        assert [run.fold.test_start, run.fold.test_stop] == own["test"]
        total = dict(zip(run.study.params["column"].tolist(), run.study.metrics["total_return"], strict=True))
        assert total == pytest.approx(own["total_return"], rel=1e-12)
        assert run.params == {"column": own["chosen"]}
        np.testing.assert_allclose(run.out_of_sample.equity, own["equity"], rtol=1e-12)
        np.testing.assert_allclose(run.out_of_sample.returns, own["returns"], rtol=1e-12)
    np.testing.assert_allclose(found.stitched.equity, golden["stitched"]["equity"], rtol=1e-12)
    for name, value in golden["stitched"]["metrics"].items():
        assert found.stitched.metrics[name] == pytest.approx(value, rel=1e-12, abs=1e-12), name
    inside = np.mean([1.2**2.25, 1.2**2.25, (4 / 3) ** 2.25]) - 1.0
    assert found.efficiency == pytest.approx(0.152 / inside, rel=1e-12)
    [drift] = found.drift
    assert (drift.values, drift.changes) == (("long", "short", "short"), 1)
    assert np.isnan([drift.low, drift.high, drift.step]).all()


def test_that_the_drift_of_a_number_counts_in_steps_of_its_axis():
    found = walk_forward(BARS, SPEC, ASKED)
    np.testing.assert_array_equal(found.surface("sharpe"), [run.study.metrics["sharpe"] for run in found.folds])
    np.testing.assert_array_equal(found.metrics_of("sharpe")[1], [r.out_of_sample.metrics["sharpe"] for r in found.folds])
    fast = found.drift[0]
    assert fast.values == tuple(run.params["fast"] for run in found.folds)
    at = [GRID["fast"].index(value) for value in fast.values]
    assert fast.step == pytest.approx(np.abs(np.diff(at)).mean() / 2)
    assert (fast.low, fast.high) == (min(fast.values), max(fast.values))
    assert found.receipt == walk_forward(BARS, SPEC, ASKED).receipt
    assert found.receipt != walk_forward(BARS, SPEC.replace(capital=5_000), ASKED).receipt


def test_that_an_efficiency_needs_a_gain_in_sample():
    assert np.isnan(fold_run.efficiency(0.0, 0.1))
    assert np.isnan(fold_run.efficiency(-0.1, 0.1))
    assert fold_run.efficiency(0.2, -0.1) == -0.5


def test_that_a_liquidated_fold_ends_the_joined_equity():
    close = [100, 100, 100, 99, 98, 97, 200, 300, 300, 300, 300, 300, 300]
    bars = make_bars(close, columns={"short": -np.ones(13)})
    spec = BacktestSpec(strategy="external_signals", costs={"slippage_bps": 0})
    asked = WalkForwardSpec(Windows(train=4, test=3), {"column": ["short"]}, "total_return")
    found = walk_forward(bars, spec, asked)
    assert len(found.folds) == 3
    assert found.stitched.starts.tolist() == [0]
    assert found.stitched.equity[-1] <= 0.0


def test_that_finer_bars_of_each_part_decide_in_it():
    hours = np.repeat(BARS.time, 2) - np.tile([NS_PER_DAY // 2, 0], len(BARS))
    middle = (BARS.high + BARS.low) / 2
    pieces = {
        "open": np.column_stack((BARS.open, middle)), "close": np.column_stack((middle, BARS.close)),
        "high": np.column_stack((BARS.high, np.maximum(middle, BARS.close))),
        "low": np.column_stack((np.minimum(middle, BARS.open), BARS.low)),
    }  # fmt: skip
    fine = dataclasses.replace(
        BARS, timeframe=Timeframe(12, "h"), time=hours, session=np.repeat(BARS.session, 2),
        volume=np.ones(2 * len(BARS)), **{name: value.ravel() for name, value in pieces.items()},
    )  # fmt: skip
    spec = SPEC.replace(execution={"stop_loss": 0.01, "take_profit": 0.01})
    asked = dataclasses.replace(ASKED, grid={"fast": [3, 5], "slow": [10]})
    plan = plan_folds(BARS, spec, asked, [fine])
    run = walk_forward(BARS, spec, asked, finer=[fine]).folds[1]
    [pieces] = plan.course.cut(run.fold.train_start, run.fold.train_stop)[1]
    np.testing.assert_array_equal(pieces.time, hours[2 * run.fold.train_start : 2 * run.fold.train_stop])
    again = run_backtest(BARS, run.out_of_sample.spec, fine)
    assert again.equity.tobytes() == run.out_of_sample.equity.tobytes()
    assert run.out_of_sample.band.resolved > 0
    again = run_backtest(BARS, run.in_sample.spec, fine)
    assert again.equity.tobytes() == run.in_sample.equity.tobytes()


def test_that_a_walk_forward_tells_of_progress_and_can_be_stopped(monkeypatch):
    monkeypatch.setattr(fold_run, "_CHUNK_BARS", 200)
    told, finished, asked = [], [], []
    walk_forward(BARS, SPEC, ASKED, on_progress=lambda *done: told.append(done))
    assert told == [(1, 3), (2, 3), (3, 3)]

    def stop():
        asked.append(1)
        return len(asked) > 8  # in the middle of the second fold: 9 cells in chunks of 2

    plan = plan_folds(BARS, SPEC, ASKED)
    with pytest.raises(JobCancelled, match="stopped"):
        finished.extend(run_folds(plan, is_cancelled=stop))
    assert len(finished) == 1
    assert len(join(plan, finished).folds) == 1
    assert finished[0].study.values.tobytes() == sweep_here(BARS.slice(0, 97), SPEC, GRID).values.tobytes()


def test_that_any_search_can_stand_inside():
    calls = []

    def search(bars, spec, grid, on_progress=None, finer=()):
        calls.append(len(bars))
        return sweep_here(bars, spec, grid, on_progress, finer)

    found = walk_forward(BARS, SPEC, ASKED, search=search)
    assert calls == [97, 97, 97]
    assert found.receipt == walk_forward(BARS, SPEC, ASKED).receipt


def test_that_a_matrix_holds_the_walk_forward_of_each_pair_of_lengths():
    told = []
    matrix = walk_forward_matrix(BARS, SPEC, ASKED, [60, 100, 500], [20, 40], on_progress=lambda *done: told.append(done))
    assert told == [(k, 6) for k in range(1, 7)]
    own = walk_forward(BARS, SPEC, ASKED)
    assert matrix.values["efficiency"][1, 1] == own.efficiency
    assert matrix.values["folds"][1, 1] == len(own.folds)
    assert matrix.values["sharpe"][1, 1] == own.stitched.metrics["sharpe"]
    assert tuple(matrix.values) == SUMMARY
    assert sorted(matrix.errors) == [(2, 0), (2, 1)]
    assert "one fold needs 522 bars, the data has 240 bars" in matrix.errors[2, 0]
    assert np.isnan(matrix.values["sharpe"][2]).all()
    with pytest.raises(JobCancelled):
        walk_forward_matrix(BARS, SPEC, ASKED, [60], [20], is_cancelled=lambda: True)
    with pytest.raises(InputError, match="needs at least one length"):
        walk_forward_matrix(BARS, SPEC, ASKED, [], [20])
    with pytest.raises(InputError, match="windows in bars or days"):
        walk_forward_matrix(BARS, SPEC, dataclasses.replace(ASKED, windows=Windows("folds", folds=2)), [60], [20])


def test_that_bad_input_is_refused():
    with pytest.raises(InputError, match="unknown metric 'sharp'"):
        WalkForwardSpec(ASKED.windows, GRID, "sharp")
    with pytest.raises(InputError, match="unknown choice 'middle'"):
        WalkForwardSpec(ASKED.windows, GRID, pick="middle")
    with pytest.raises(InputError, match="makes training and test parts itself") as caught:
        walk_forward(BARS, SPEC.replace(data={"train_split": 0.5, "run_mode": "train"}), ASKED)
    assert caught.value.field == "data.run_mode"
    with pytest.raises(InputError, match="one fold needs 142 bars, the data has 90 bars"):
        walk_forward(BARS.slice(0, 90), SPEC, ASKED)
    with pytest.raises(InputError, match="unknown parameter 'fsat'"):
        walk_forward(BARS, SPEC, dataclasses.replace(ASKED, grid={"fsat": [3]}))
    listed_late = random_bars(7, 240).slice(120, 240)
    with pytest.raises(InputError, match="RND7 has no bar in the training part of fold 1, 2000-01-01 to 2000-04-06"):
        walk_forward((BARS, listed_late), SPEC, ASKED)


def test_that_a_target_undefined_in_every_cell_names_the_fold():
    flat = make_bars(100.0 + np.arange(240.0), columns={"target": np.zeros(240)})
    spec = BacktestSpec(strategy="external_signals")
    asked = dataclasses.replace(ASKED, grid={"column": ["target"]}, target="win_rate")
    with pytest.raises(InputError, match="Win rate is undefined in every cell of fold 1, 2000-01-01 to 2000-04-06"):
        walk_forward(flat, spec, asked)
    with pytest.raises(InputError, match="no column 'tarket'"):
        walk_forward(flat, spec, dataclasses.replace(asked, grid={"column": ["tarket"]}))


def test_that_cells_that_all_fail_say_why(pandas_strategy):
    spec = SPEC.replace(strategy={"name": pandas_strategy})
    asked = dataclasses.replace(ASKED, grid={"fast": [13]})
    with pytest.raises(InputError, match=r"Sharpe is undefined in every cell of fold 1, .*: .*thirteen"):
        walk_forward(BARS, spec, asked)


def test_that_a_split_that_only_marks_the_test_part_is_left_out():
    marked = walk_forward(BARS, SPEC.replace(data={"train_split": 0.5}), ASKED)
    assert marked.receipt == walk_forward(BARS, SPEC, ASKED).receipt
