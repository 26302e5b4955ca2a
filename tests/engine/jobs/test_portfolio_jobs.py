"""Portfolios as jobs: the same bits from every executor, and prices that are shared, not sent."""

from __future__ import annotations

from dataclasses import replace
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest

import engine
from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.errors import InputError, WorkerCrashed
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.jobs.events import Failed, Finished, Partial, Progress
from engine.jobs.requests import BacktestJob, SweepJob
from engine.jobs.stripped import Part, restore, strip
from engine.storage.run_store import RunStore
from engine.studies.sweep import sweep_here
from tests.fakes.events import kinds, run, to_the_end, until
from tests.fakes.portfolio import a_portfolio, legs
from tests.fakes.prices import random_bars

SPEC = BacktestSpec(
    strategy="ema_cross", params={"fast": 3, "slow": 9}, execution={"stop_loss": 0.02, "take_profit": 0.02},
    portfolio={"allocation": "inverse_volatility", "max_positions": 2},
    gates=[{"name": "moving_average", "length": 20}], costs={"borrow_rate": 0.02, "slippage_bps": 5},
)  # fmt: skip
GRID = {"fast": range(3, 6), "slow": range(8, 12)}
ARRAYS = ("equity", "signals", "positions", "orders", "trades", "rejected", "scaling", "stops", "charges")


@pytest.fixture(scope="module")
def members():
    return legs()


def assert_same_bits(one, other):
    for name in ARRAYS:
        left, right = getattr(one, name), getattr(other, name)
        assert (left is None) == (right is None), name
        assert left is None or left.tobytes() == right.tobytes(), name
    assert one.band.pessimistic.tobytes() == other.band.pessimistic.tobytes()
    assert one.allocation.weights.tobytes() == other.allocation.weights.tobytes()
    assert [gate.open.tobytes() for gate in one.gates] == [gate.open.tobytes() for gate in other.gates]
    assert (one.receipt, one.spec, one.sleeves, one.symbols) == (
        other.receipt, other.spec, other.sleeves, other.symbols
    )
    assert [leg.digest for leg in one.legs] == [leg.digest for leg in other.legs]
    assert one.bars.digest == other.bars.digest


def test_that_a_portfolio_has_the_bits_of_a_direct_call_and_the_very_prices_that_were_given(executor, members):
    job_id = executor.submit(BacktestJob(members, SPEC))
    events = to_the_end(executor)
    assert kinds(events) == ["Queued", "Started", "Finished"]
    assert events[0].title == "ema_cross on AAA, BBB, CCC"
    assert events[0].job_id == job_id
    result = events[-1].value
    assert_same_bits(result, run_backtest(members, SPEC))
    assert all(leg is given for leg, given in zip(result.legs, members, strict=True))


def test_that_a_part_of_the_history_comes_back_on_the_bars_of_that_part(executor, members):
    spec = SPEC.replace(data={"start": "1997-06-10", "end": "1997-08-20"})
    result = run(executor, BacktestJob(members, spec)).value
    assert_same_bits(result, run_backtest(members, spec))


def test_that_finer_bars_reach_the_run(executor):
    whole = random_bars(40, seed=11)
    finer = halves_of(whole)
    spec = BacktestSpec(strategy="buy_and_hold", execution={"stop_loss": 0.001, "take_profit": 0.001})
    result = run(executor, BacktestJob(whole, spec, finer=(finer,))).value
    direct = run_backtest(whole, spec, (finer,))
    assert result.receipt == direct.receipt != run_backtest(whole, spec).receipt
    assert result.equity.tobytes() == direct.equity.tobytes()
    assert result.bars is whole


def halves_of(bars):
    """Two bars of half a day for each daily one: up to the high first, then down."""
    time = np.sort(np.concatenate([bars.time - NS_PER_DAY // 2, bars.time]))
    middle = bars.high
    pairs = {
        "open": (bars.open, middle), "high": (bars.high, bars.high),
        "low": (np.minimum(bars.open, middle), bars.low), "close": (middle, bars.close),
    }  # fmt: skip
    columns = {name: np.stack(both, axis=1).reshape(-1) for name, both in pairs.items()}
    return Bars(
        bars.instrument, Timeframe.parse("12h"), time, **columns, volume=np.ones(time.size),
        session=np.repeat(bars.session, 2),
    )  # fmt: skip


def test_that_a_sweep_of_a_portfolio_has_the_metrics_of_single_runs(executor, members):
    executor.submit(SweepJob(members, SPEC, GRID))
    events = to_the_end(executor)
    covered = sorted(
        cell for one in events if isinstance(one, Partial) for cell in range(one.start, one.start + len(one.values))
    )
    assert covered == list(range(12))
    study, direct = events[-1].value, sweep_here(members, SPEC, GRID)
    assert study.values.tobytes() == direct.values.tobytes()
    assert (study.errors, study.symbols) == ({}, ("AAA", "BBB", "CCC"))
    metrics = run_backtest(members, study.cell_spec(5)).metrics
    for name in ("total_return", "sharpe", "trades", "var_95"):
        np.testing.assert_array_equal(study.metrics[name][5], metrics[name])


def test_that_gates_and_sizing_on_one_instrument_sweep_with_the_numbers_of_single_runs(executor):
    bars = random_bars(300)
    spec = BacktestSpec(
        strategy="ema_cross", gates=[{"name": "moving_average", "length": 30}],
        sizing={"name": "volatility_target", "target": 0.1}, data={"train_split": 0.6, "run_mode": "test"},
    )  # fmt: skip
    study = run(executor, SweepJob(bars, spec, GRID)).value
    for cell in (0, 7, 11):
        metrics = run_backtest(bars, study.cell_spec(cell)).metrics
        assert study.metrics["final_equity"][cell] == metrics["final_equity"]


def test_that_a_public_sweep_takes_several_instruments_and_any_number_of_workers(members):
    one = engine.sweep(list(members), SPEC, GRID)
    two = engine.sweep(list(members), SPEC, GRID, workers=2)
    assert one.values.tobytes() == two.values.tobytes()


def test_that_what_is_wrong_with_all_cells_is_told_before_any_of_them(executor, members):
    spec = SPEC.replace(data={"start": "2030-01-01"})
    executor.submit(SweepJob(members, spec, GRID))
    events = to_the_end(executor)
    assert kinds(events) == ["Queued", "Failed"]
    assert isinstance(events[-1].error, InputError)
    unknown = run(executor, BacktestJob(members, SPEC.replace(data={"symbols": ["AAB"]})))
    assert isinstance(unknown, Failed)
    assert "no prices of 'AAB'" in unknown.what


def test_that_a_portfolio_with_a_store_is_kept_there(executor, members, tmp_path):
    finished = run(executor, BacktestJob(members, SPEC, store=tmp_path / "runs"))
    assert isinstance(finished, Finished)
    assert_same_bits(RunStore(tmp_path / "runs").load(finished.run_id), run_backtest(members, SPEC))


def test_that_a_portfolio_sweep_can_be_cancelled_and_the_next_job_runs(pool, members):
    job_id = pool.submit(SweepJob(members, SPEC, {"fast": range(3, 60), "slow": range(60, 160)}))
    until(pool, Progress)
    pool.cancel(job_id)
    assert kinds(to_the_end(pool, job_id))[-1] == "Cancelled"
    assert_same_bits(run(pool, BacktestJob(members, SPEC)).value, run_backtest(members, SPEC))


def test_that_a_portfolio_that_takes_its_process_down_fails_alone_and_the_next_one_has_its_prices(pool, members):
    killer = SPEC.replace(strategy={"name": "suicidal"})
    failed = run(pool, BacktestJob(members, killer))
    assert isinstance(failed.error, WorkerCrashed)
    assert_same_bits(run(pool, BacktestJob(members, SPEC)).value, run_backtest(members, SPEC))


def test_that_a_failing_cell_of_a_portfolio_is_a_value_and_the_others_finish(executor, members):
    spec = BacktestSpec(strategy="picky")
    study = run(executor, SweepJob(members, spec, {"x": range(1, 5)})).value
    assert list(study.errors) == [2]
    assert "picky" in study.errors[2]
    assert np.isfinite(np.delete(study.metrics["total_return"], 2)).all()


# -- results without their prices ---------------------------------------------------------------------


def test_that_a_stripped_result_holds_no_given_prices_and_comes_back_whole(members):
    result = a_portfolio()
    result = replace(result, legs=(members[0], members[1].slice(10, 60), members[2]))
    stripped = strip(result, members)
    assert stripped.result.legs == ()
    assert len(stripped.result.bars) == 0
    assert [type(price) for price in stripped.prices] == [Bars, Part, Part, Part]
    sent = ForkingPickler.loads(ForkingPickler.dumps(stripped))
    back = restore(sent, members)
    assert back.legs[0] is members[0]
    assert back.legs[1].digest == result.legs[1].digest
    assert back.bars.digest == result.bars.digest


def test_that_another_instrument_on_the_same_prices_is_kept(members):
    stated = replace(members[0], instrument=replace(members[0].instrument, multiplier=50.0))
    result = replace(a_portfolio(), legs=(stated, stated))
    back = restore(ForkingPickler.loads(ForkingPickler.dumps(strip(result, members))), members)
    assert back.legs[0].instrument.multiplier == 50.0
    assert back.legs[0] is back.legs[1]
    assert np.may_share_memory(back.legs[0].close, members[0].close)


def test_that_prices_that_only_look_alike_are_sent_whole(members):
    copy = replace(members[0], close=members[0].close.copy())
    stripped = strip(replace(a_portfolio(), legs=(copy,)), members)
    assert isinstance(stripped.prices[1], Bars)
