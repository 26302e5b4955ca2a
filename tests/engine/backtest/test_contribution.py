import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.contribution import (
    bars_on_axis,
    contributions,
    correlations,
    exposures,
    marks,
    return_correlations,
    sums_by_leg,
    turnover_of_legs,
)
from tests.fakes.hand_made import CAPITAL, leg_bars, made_portfolio


def change_of(result):
    return np.diff(result.equity, prepend=result.spec.capital)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(0, 10_000), st.sampled_from([1.0, 50.0]))
def test_that_contributions_sum_to_the_change_of_equity_in_every_bar(count, seed, multiplier):
    result = made_portfolio(count, 160, seed=seed, multiplier=multiplier)
    off = np.abs(contributions(result).sum(axis=0) - change_of(result))
    assert off.max() <= 1e-9 * max(CAPITAL, np.abs(result.equity).max())


def test_that_the_contribution_of_a_leg_is_the_net_profit_of_its_trades():
    result = made_portfolio(4, 300)
    assert not result.trades["open"].any()
    assert contributions(result).sum(axis=1) == pytest.approx(sums_by_leg(result, result.trades["pnl"]), abs=1e-7)


def test_that_a_leg_between_its_own_bars_is_marked_at_its_last_close():
    result = made_portfolio(3, 60)
    leg = result.legs[2]
    missing = np.setdiff1d(result.bars.time, leg.time)
    bar = int(np.searchsorted(result.bars.time, missing[missing > leg.time[0]][0]))
    last = int(np.searchsorted(leg.time, result.bars.time[bar])) - 1
    assert marks(result)[2, bar] == leg.close[last]
    assert bars_on_axis(leg, result.bars, len(result.bars))[bar] == last


def test_that_a_leg_that_begins_late_is_worth_nothing_before():
    days = np.arange(100, 110)
    late = leg_bars("LATE", days[4:], 1)
    axis = leg_bars("AXIS", days, 2)
    assert bars_on_axis(late, axis, 10).tolist() == [-1, -1, -1, -1, 0, 1, 2, 3, 4, 5]


def test_that_exposures_are_signed_shares_of_equity():
    result = made_portfolio(3, 200)
    held = exposures(result)
    cash = result.equity * (1 - held.sum(axis=0))
    value = (result.holdings * marks(result)).sum(axis=0)
    assert cash + value == pytest.approx(result.equity)
    assert (np.sign(held) == np.sign(result.holdings)).all()


def test_that_turnover_counts_every_order_once():
    result = made_portfolio(3, 200)
    traded = np.abs(result.orders["quantity"]) * result.orders["price"]
    assert turnover_of_legs(result).sum() == pytest.approx(traded.sum())
    assert turnover_of_legs(result)[1] == pytest.approx(traded[result.orders["asset"] == 1].sum())


def test_that_correlations_are_those_of_numpy():
    series = np.random.default_rng(1).normal(size=(4, 200))
    assert correlations(series) == pytest.approx(np.corrcoef(series))


def test_that_a_row_that_does_not_move_has_no_correlation():
    series = np.vstack((np.random.default_rng(1).normal(size=50), np.full(50, 0.1)))
    table = correlations(series)
    assert np.isnan(table[0, 1])
    assert np.isnan(table[1, 1])
    assert table[0, 0] == 1.0
    assert np.isnan(correlations(series[:, :2])).all()


def test_that_returns_of_different_calendars_are_compared_over_the_bars_both_have():
    days = np.arange(100, 400)
    one, other = leg_bars("ONE", days, 1), leg_bars("TWO", days[::2], 2)
    table = return_correlations([one, other])
    here = one.close[::2]
    expected = np.corrcoef(here[1:] / here[:-1], other.close[1:] / other.close[:-1])[0, 1]
    assert table[0, 1] == pytest.approx(expected)
    assert table[0, 0] == 1.0


def test_that_legs_without_common_bars_have_no_correlation():
    one, other = leg_bars("ONE", np.arange(100, 150), 1), leg_bars("TWO", np.arange(200, 250), 2)
    assert np.isnan(return_correlations([one, other])[0, 1])
