"""A leg of a portfolio seen as a run of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.backtest.leg_view import leg_view
from engine.core.errors import InputError
from engine.core.trade import Reason
from tests.fakes.portfolio import LATE, a_portfolio


@pytest.fixture(scope="module")
def result():
    return a_portfolio()


def test_that_the_view_has_the_legs_own_bars_and_the_equity_at_them(result):
    for asset, leg in enumerate(result.legs):
        view = leg_view(result, asset)
        assert view.bars is leg
        at = np.searchsorted(result.bars.time, leg.time)
        at = at[at < result.equity.size]
        for name in ("equity", "scaling"):
            np.testing.assert_array_equal(getattr(view, name), getattr(result, name)[at])
        np.testing.assert_array_equal(view.signals, result.signals[asset, at])
        np.testing.assert_array_equal(view.positions, result.positions[asset, at])
        np.testing.assert_array_equal(view.stops, result.stops[asset : asset + 1, at])
        np.testing.assert_array_equal(view.band.pessimistic, result.band.pessimistic[at])
        assert view.equity.shape == view.signals.shape == view.positions.shape == view.drawdown.shape
        assert not view.is_portfolio
        assert view.symbols == (leg.symbol,)
        assert view.sleeves == (result.sleeves[asset],)


def test_that_trades_and_orders_point_at_the_same_instants_as_in_the_whole(result):
    for asset, leg in enumerate(result.legs):
        view = leg_view(result, asset)
        for table, names in ((view.trades, ("entry_bar", "exit_bar")), (view.orders, ("fill_bar", "decision_bar"))):
            whole = getattr(result, "trades" if table is view.trades else "orders")
            whole = whole[whole["asset"] == asset]
            assert table.size == whole.size > 0
            assert (table["asset"] == 0).all()
            for name in names:
                inside = np.isin(result.bars.time[whole[name]], leg.time)
                np.testing.assert_array_equal(
                    leg.time[table[name]][inside], result.bars.time[whole[name]][inside]
                )
        np.testing.assert_array_equal(view.trades["pnl"], result.trades["pnl"][result.trades["asset"] == asset])


def test_that_what_happened_where_the_leg_has_no_bar_is_put_at_its_last_one_before(result):
    view = leg_view(result, LATE)
    closing = view.trades[-1]
    assert closing["exit_reason"] == Reason.DATA_ENDED
    whole = result.trades[result.trades["asset"] == LATE][-1]
    assert result.bars.time[whole["exit_bar"]] not in result.legs[LATE].time
    assert closing["exit_bar"] == len(result.legs[LATE]) - 1


def test_that_rejected_candidates_are_the_legs_own(result):
    counts = [leg_view(result, asset).rejected.size for asset in range(len(result.legs))]
    assert sum(counts) == result.rejected.size
    row = leg_view(result, 1).rejected[0]
    whole = result.rejected[result.rejected["asset"] == 1][0]
    assert result.legs[1].time[row["bar"]] == result.bars.time[whole["bar"]]


def test_that_charges_between_two_bars_are_counted_at_the_next_and_none_is_lost(result):
    for asset, leg in enumerate(result.legs):
        charges = leg_view(result, asset).charges
        assert charges.shape == (1, len(leg))
        assert charges.sum() == pytest.approx(result.charges[asset].sum())
    first = np.searchsorted(result.bars.time, result.legs[1].time)
    np.testing.assert_allclose(
        leg_view(result, 1).charges[0, 3], result.charges[1, first[2] + 1 : first[3] + 1].sum()
    )


def test_that_metrics_receipt_and_warnings_stay_those_of_the_account(result):
    view = leg_view(result, 1)
    assert view.metrics == result.metrics
    assert (view.receipt, view.warnings, view.spec) == (result.receipt, result.warnings, result.spec)


def test_that_the_split_is_the_legs_first_bar_of_the_test_part(result):
    for asset, leg in enumerate(result.legs):
        split = leg_view(result, asset).split
        assert (leg.time[:split] < result.bars.time[result.split]).all()
        assert (leg.time[split:] >= result.bars.time[result.split]).all()


def test_that_weights_are_those_of_the_leg_at_its_bars(result):
    view = leg_view(result, 1).allocation
    at = np.searchsorted(result.bars.time, result.legs[1].time)
    np.testing.assert_array_equal(view.weights[0], result.allocation.weights[1, at])
    assert (np.diff(view.weights[0], prepend=0.0)[1:].nonzero()[0] + 1).tolist() == [
        bar for bar in view.recomputed.tolist() if bar
    ]


def test_that_a_run_that_ended_early_is_cut_at_its_last_simulated_bar(result):
    n = 50
    cut = replace(
        result, equity=result.equity[:n], signals=result.signals[:, :n], positions=result.positions[:, :n],
        stops=result.stops[:, :n], scaling=result.scaling[:n], band=None, charges=None,
        trades=result.trades[result.trades["exit_bar"] < n], orders=result.orders[result.orders["fill_bar"] < n],
    )  # fmt: skip
    for asset, leg in enumerate(result.legs):
        view = leg_view(cut, asset)
        assert view.equity.size == np.sum(np.isin(result.bars.time[:n], leg.time))
        assert view.bars is leg


def test_that_gates_come_with_the_legs_on_the_bars_of_the_first(result):
    assert leg_view(result, 0).gates == result.gates
    assert leg_view(result, 1).gates == ()
    twins = replace(result, legs=(result.legs[0], result.legs[0], *result.legs[2:]))
    assert leg_view(twins, 1).gates == result.gates


def test_that_one_signal_of_a_formula_serves_every_leg(result):
    formula = replace(result, signals=result.signals[0])
    at = np.searchsorted(result.bars.time, result.legs[2].time)
    np.testing.assert_array_equal(leg_view(formula, 2).signals, result.signals[0, at[at < result.equity.size]])


def test_that_a_single_run_is_its_own_view_and_an_unknown_leg_is_told(result):
    single = leg_view(result, 0)
    assert leg_view(single, 0) is single
    with pytest.raises(InputError, match="there is no leg 3"):
        leg_view(result, 3)
