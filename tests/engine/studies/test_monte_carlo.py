"""Monte Carlo: what shuffling keeps, what drawing gives, judged by arch and by slow twins."""

import functools
import warnings

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.kernels import bootstrap as kernel
from engine.studies.monte_carlo import QUANTILES, Method, block_length, monte_carlo, trade_returns
from tests.conformance.series import sp500


@functools.cache
def run():
    return run_backtest(sp500().slice(0, 2520), BacktestSpec(strategy="ema_cross"))


def orders(method, block, paths, n, seed=7):
    rows = np.empty((paths, n))
    kernel.orders_driver()(method, 1.0 / block, seed, rows, n)
    return rows.astype(int)


def test_that_shuffling_keeps_the_final_equity_and_changes_the_way():
    found = monte_carlo(run(), Method.SHUFFLE_TRADES, paths=2_000)
    closed = run().trades[~run().trades["open"]]
    expected = run().spec.capital + closed["pnl"].sum()
    np.testing.assert_allclose(found.final, expected, rtol=1e-9)
    assert np.unique(found.drawdown.round(6)).size > 500


def test_that_trade_returns_multiply_to_what_the_closed_trades_made():
    closed = run().trades[~run().trades["open"]]
    made = run().spec.capital * np.prod(1.0 + trade_returns(run()))
    assert made == pytest.approx(run().spec.capital + closed["pnl"].sum(), rel=1e-12)


@pytest.mark.parametrize("method", [kernel.SHUFFLE, kernel.DRAW, kernel.BLOCKS])
def test_that_each_step_comes_as_often_as_any_other(method):
    counts = np.bincount(orders(method, 5.0, 4_000, 50).ravel(), minlength=50)
    np.testing.assert_allclose(counts / counts.sum(), 1 / 50, rtol=0.05)


def test_that_shuffles_are_permutations_and_all_of_them_are_as_likely():
    drawn = orders(kernel.SHUFFLE, 1.0, 24_000, 4)
    assert (np.sort(drawn, axis=1) == np.arange(4)).all()
    codes = drawn @ np.array([64, 16, 4, 1])
    _, counts = np.unique(codes, return_counts=True)
    assert counts.size == 24
    np.testing.assert_allclose(counts, 1_000, rtol=0.12)


def test_that_blocks_have_the_mean_length_that_was_asked_for_and_run_on_at_the_end():
    drawn = orders(kernel.BLOCKS, 8.0, 2_000, 200)
    follows = (drawn[:, 1:] - drawn[:, :-1]) % 200 == 1
    # A jump lands on the next bar by chance once in 200.
    assert 1.0 / (1.0 - follows.mean()) == pytest.approx(8.0, rel=0.05)
    assert ((drawn[:, :-1] == 199) & (drawn[:, 1:] == 0)).any()


@pytest.mark.parametrize(("method", "block"), [(Method.DRAW_BLOCKS, 10.0), (Method.DRAW_BLOCKS, 1.0)])
def test_that_quantiles_are_those_of_archs_stationary_bootstrap(method, block):
    from arch.bootstrap import StationaryBootstrap

    returns, paths = np.asarray(run().returns), 4_000
    found = monte_carlo(run(), method, paths=paths, block=block, seed=3)
    judge = StationaryBootstrap(block, returns, seed=1)
    finals, drawdowns = [], []
    for data, _ in judge.bootstrap(paths):
        equity = np.concatenate(([1.0], np.cumprod(1.0 + data[0])))
        finals.append(equity[-1])
        drawdowns.append((equity / np.maximum.accumulate(equity) - 1.0).min())
    for share in QUANTILES:
        # Three standard errors of the difference of two sample quantiles, by the density around them.
        for mine, theirs in ((found.final / run().spec.capital, finals), (found.drawdown, drawdowns)):
            around = np.quantile(theirs, [max(share - 0.02, 0.0), min(share + 0.02, 1.0)])
            error = np.sqrt(2 * share * (1 - share) / paths) * np.diff(around)[0] / 0.04
            assert abs(np.quantile(mine, share) - np.quantile(theirs, share)) < 3.5 * error


def test_that_a_path_is_what_a_slow_twin_makes_of_its_order():
    steps = np.asarray(run().returns)[:300].copy()
    steps.flags.writeable = False
    points, fan, results = np.arange(300), np.empty((5, 300)), np.empty((5, kernel.COLUMNS))
    kernel.paths_driver()(steps, kernel.BLOCKS, 0.2, 11, 100.0, True, points, fan, results)
    for path, order in enumerate(orders(kernel.BLOCKS, 5.0, 5, 300, seed=11)):
        equity, peak, longest, since, deepest = 100.0, 100.0, 0, 0, 0.0
        for t, k in enumerate(order):
            equity *= 1.0 + steps[k]
            since = 0 if equity >= peak else since + 1
            longest, peak = max(longest, since), max(peak, equity)
            deepest = min(deepest, equity / peak - 1.0)
            assert fan[path, t] == equity
        np.testing.assert_allclose(results[path, :3], [equity, deepest, longest], rtol=1e-12)


def test_that_the_fan_is_ordered_and_holds_the_distribution_of_the_end():
    found = monte_carlo(run(), paths=3_000)
    assert (np.diff(found.fan, axis=0) >= 0).all()
    np.testing.assert_allclose(found.fan[:, -1], np.quantile(found.final, QUANTILES))
    assert found.points[-1] == run().equity.size - 1
    assert found.actual[-1] == pytest.approx(run().equity[-1])


def test_that_a_seed_gives_the_same_paths_and_another_one_others():
    first, again, other = (monte_carlo(run(), paths=200, seed=seed, block=5.0) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.final, again.final)
    assert np.intersect1d(first.final, other.final).size == 0


def test_that_ruin_is_the_share_of_paths_beyond_the_limit():
    found = monte_carlo(run(), paths=500, limit=0.3)
    assert found.ruined == (found.drawdown <= -0.3).mean()
    assert monte_carlo(run(), paths=500, limit=0.6).ruined <= found.ruined


def test_that_the_automatic_block_is_archs():
    from arch.bootstrap import optimal_block_length

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = optimal_block_length(np.asarray(run().returns))["stationary"].iloc[0]
    assert block_length(np.asarray(run().returns)) == pytest.approx(max(expected, 1.0))
    assert block_length(np.zeros(100)) == 1.0


def test_that_every_method_says_what_it_does():
    assert "final equity is the same" in Method.SHUFFLE_TRADES.sentence
    assert all(method.sentence for method in Method)


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"method": "shuffle"}, "method"), ({"paths": 0}, "paths"), ({"seed": -1}, "seed"), ({"limit": 1.5}, "limit"),
     ({"block": 0.5}, "block")],
)  # fmt: skip
def test_that_bad_arguments_are_refused_with_their_field(changed, field):
    with pytest.raises(InputError) as caught:
        monte_carlo(run(), **({"paths": 10} | changed))
    assert caught.value.field == field


def test_that_a_run_without_trades_says_what_is_missing():
    held = run_backtest(sp500().slice(0, 100), BacktestSpec(strategy="buy_and_hold"))
    with pytest.raises(InputError, match="0 closed trades are too few"):
        monte_carlo(held, Method.DRAW_TRADES)
