from dataclasses import replace

import numpy as np
import pytest

from engine.core.trade import REJECTED_DTYPE
from ivybt_desktop.context import AppContext, Workspace
from ivybt_desktop.docks.portfolio import DOCK
from ivybt_desktop.docks.portfolio.columns import rejected_columns
from ivybt_desktop.docks.portfolio.presenter import NO_RUN, NONE_REJECTED, ONE, TABS, PortfolioPresenter
from ivybt_desktop.docks.portfolio.state import (
    MOST_CELLS,
    profit_matrix,
    return_matrix,
    shares_of,
    weights_of,
)
from ivybt_desktop.docks.portfolio.view import PortfolioView
from ivybt_desktop.signal import Signal
from ivybt_desktop.theme.tokens import DARK, LIGHT
from ivybt_desktop.widgets.largest_legs import MOST
from tests.fakes.hand_made import made_portfolio
from tests.gui.docks.fakes import FakeChart
from tests.gui.plots.samples import random_bars, random_result


class FakePortfolio(FakeChart):
    def __init__(self):
        super().__init__()
        self.tab_changed, self.leg_opened, self.rejected_opened = Signal(), Signal(), Signal()
        self.profit_wanted, self.uncovered = Signal(), Signal()
        self.seen = True

    def is_seen(self):
        return self.seen


@pytest.fixture(scope="module")
def result():
    return made_portfolio(4)


@pytest.fixture
def view():
    return FakePortfolio()


@pytest.fixture
def presenter(view, workspace):
    return PortfolioPresenter(view, workspace)


def test_that_a_single_run_says_how_to_get_a_portfolio(presenter, view, workspace):
    assert view.last("show_empty") == (NO_RUN,)
    workspace.set_result(random_result(random_bars(100)))
    assert view.last("show_empty") == (ONE,)


def test_that_only_the_tab_in_sight_is_worked_out_and_only_once(presenter, view, workspace, result):
    view.seen = False
    workspace.set_result(result)
    assert view.count("show_weights") == 0
    view.seen = True
    view.uncovered.emit()
    view.uncovered.emit()
    assert (view.count("show_weights"), view.count("show_shares")) == (1, 0)
    view.tab_changed.emit("contribution")
    assert view.count("show_shares") == 1
    workspace.set_result(replace(result))
    assert (view.count("show_weights"), view.count("show_shares")) == (1, 2)


def test_that_the_tip_adds_up(presenter, view, workspace, result):
    workspace.set_result(result)
    rows = dict(view.tip(150))
    held = weights_of(result).held[:, 150]
    assert rows["SPY"] == f"{held[0] * 100:,.1f}%".replace("-", "\N{MINUS SIGN}")
    assert rows["Net"] == f"{held.sum() * 100:,.1f}%".replace("-", "\N{MINUS SIGN}")
    assert rows["Scaled to"] == "80.0%"
    assert view.tip(10_000) == []


def test_that_net_profit_by_leg_falls_and_sums_to_the_change_of_equity(result):
    rows = shares_of(result)
    values = [row.value for row in rows]
    assert values[:-1] == sorted(values[:-1], reverse=True)
    assert sum(values[:-1]) == pytest.approx(values[-1])
    assert values[-1] == pytest.approx(result.equity[-1] - result.spec.capital, abs=1e-6)
    assert rows[-1].asset == -1
    assert rows[-1].figures[2] == str(result.trades.size)


def test_that_many_legs_are_the_largest_and_the_rest():
    result = made_portfolio(12, 120)
    weights = weights_of(result)
    assert weights.held.shape[0] == weights.target.shape[0] == MOST + 1
    assert weights.names[-1] == "5 others"
    assert weights.target.sum(axis=0) == pytest.approx(np.ones(weights.target.shape[1]))


def test_that_a_scaling_of_one_is_no_scaling(result):
    assert weights_of(replace(result, scaling=np.full(result.equity.size, 1 - 1e-12))).scaling is None
    assert weights_of(result).scaling is result.scaling


def test_that_both_matrices_have_the_legs_in_order(result):
    for matrix in (return_matrix(result), profit_matrix(result)):
        assert list(matrix.names) == ["SPY", "TLT", "GLD", "EFA"]
        assert matrix.values.shape == (4, 4)
        assert np.allclose(matrix.values, matrix.values.T, equal_nan=True)
    assert return_matrix(result).note == "Bar returns on common bars"


def test_that_a_large_matrix_keeps_the_legs_that_moved_the_account():
    result = made_portfolio(MOST_CELLS + 4, 300)
    matrix = profit_matrix(result)
    assert len(matrix.names) == MOST_CELLS
    assert matrix.note.endswith(f"{MOST_CELLS} of {MOST_CELLS + 4} legs, those that earned or lost most")


def test_that_a_rejected_candidate_tells_what_it_would_have_earned_and_jumps_to_the_chart(
    presenter, view, workspace, result
):
    columns = {column.id: column for column in rejected_columns(result)}
    texts = {name: column.text(column.values[2]) for name, column in columns.items()}
    assert texts["symbol"] == "GLD"
    assert texts["time"] == result.bars.label(50)
    assert (texts["wanted"], texts["filled"], texts["missed_return"]) == ("+25.00", "50.00", "+3.00")
    assert texts["missed_pnl"] == "+600.00"
    places = []
    workspace.place_asked.connect(lambda *place: places.append(place))
    workspace.set_result(result)
    view.rejected_opened.emit(2)
    view.rejected_opened.emit(-1)
    assert places == [(2, 50)]


def test_that_no_rejected_candidate_is_good_news(presenter, view, workspace, result):
    workspace.set_result(replace(result, rejected=np.zeros(0, REJECTED_DTYPE)))
    view.tab_changed.emit("rejected")
    assert view.last("show_rejected")[1] == NONE_REJECTED
    workspace.set_result(result)
    assert view.last("show_rejected")[1].startswith("6 candidates, 2 filled in part; they would have made +")


def test_that_a_leg_brings_its_first_trade_and_the_sum_nothing(presenter, view, workspace, result):
    workspace.set_result(result)
    view.tab_changed.emit("contribution")
    rows = view.last("show_shares")[0]
    view.leg_opened.emit(len(rows) - 1)
    assert workspace.trade == -1
    view.leg_opened.emit(0)
    assert result.trades["asset"][workspace.trade] == rows[0].asset


@pytest.fixture
def screen(on_screen, workspace):
    view = PortfolioView(DARK)
    return on_screen(view, PortfolioPresenter(view, workspace), 900, 260)


@pytest.mark.parametrize("tab", TABS)
def test_that_every_tab_paints_and_follows_the_theme(screen, workspace, result, tab):
    workspace.set_result(result)
    screen.open_tab(tab)
    assert not screen.grab().isNull()
    workspace.set_theme(LIGHT)
    assert not screen.grab().isNull()


def test_that_targets_are_shown_instead_of_what_was_held(screen, workspace, result):
    workspace.set_result(result)
    held = screen.areas.values
    screen._kind.setCurrentIndex(1)
    assert not np.array_equal(screen.areas.values, held)
    assert screen.areas.values.sum(axis=0) == pytest.approx(np.ones(result.equity.size))
    assert [pane.accessibleName() for pane in screen.stack.panes] == ["Weights", "Scaling"]


def test_that_correlations_switch_to_the_profit_of_the_legs(screen, workspace, result):
    workspace.set_result(result)
    screen.open_tab("correlation")
    before = screen.matrix._values
    screen._pairs.setCurrentIndex(1)
    assert not np.allclose(screen.matrix._values, before, equal_nan=True)


def test_that_a_row_of_the_table_asks_for_its_place(screen, workspace, result):
    workspace.set_result(result)
    screen.open_tab("rejected")
    places = []
    workspace.place_asked.connect(lambda *place: places.append(place))
    screen.table.select_row(1)
    assert places == [(1, 35)]


def test_that_the_dock_is_declared_and_closes(qtbot, tmp_path, result):
    workspace = Workspace()
    dock = DOCK.build(AppContext(workspace, None, None, tmp_path, tmp_path, lambda path: None))
    qtbot.addWidget(dock.view)
    assert (DOCK.area, DOCK.shortcut) == ("bottom", "Ctrl+Shift+P")
    workspace.set_result(result)
    for action in dock.actions:
        action.callback()
    dock.presenter.close()
    workspace.set_result(None)
    assert dock.view._empty.words == ""
