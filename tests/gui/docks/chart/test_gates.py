from dataclasses import replace

import numpy as np
import pytest

from engine.regimes import GateSeries
from ivybt_desktop.context import Workspace
from ivybt_desktop.docks.chart.gates import gate_rows, gate_tip
from ivybt_desktop.docks.chart.presenter import ChartPresenter
from ivybt_desktop.docks.chart.view import ChartView
from ivybt_desktop.theme.tokens import DARK
from tests.gui.docks.chart.test_presenter import FakeWorker
from tests.gui.docks.fakes import FakeCatalogue
from tests.gui.plots.samples import random_bars, random_result


def gated(count=300, shift=0):
    bars = random_bars(count)
    open_ = np.arange(count + shift) % 60 < 30
    open_[:20] = False
    line = np.where(np.arange(count + shift) < 20, np.nan, 1.0)
    series = GateSeries(open_, {"average": line}, np.array([40, 80, 120]), "open while close is above its average", 2)
    made = random_result(bars, gates=[{"name": "moving_average", "length": 20}])
    return replace(made, gates=(series,))


def test_that_a_row_knows_open_closed_and_too_little_history():
    (row,) = gate_rows(gated())
    assert row.name == "Moving average"
    assert row.state_at(5) == "closed: too little history"
    assert row.state_at(25) == "open"
    assert row.state_at(35) == "closed"
    assert row.state_at(-1) == row.state_at(300) == ""
    assert row.legend == "open while close is above its average; 2 fits found no solution, the one before stayed in force"


def test_that_a_refit_is_told_at_its_bar():
    rows = gate_rows(gated())
    assert gate_tip(rows, 80) == [("Moving average", "open, fitted at this close")]
    assert gate_tip(rows, 81) == [("Moving average", "open")]


def test_that_gates_of_other_bars_are_not_drawn():
    assert gate_rows(gated(shift=5)) == []


@pytest.fixture
def chart(qtbot):
    view, workspace = ChartView(DARK), Workspace()
    qtbot.addWidget(view)
    view.presenter, view.workspace = ChartPresenter(view, workspace, FakeWorker(), FakeCatalogue()), workspace
    view.resize(900, 500)
    view.show()
    qtbot.waitExposed(view)
    yield view
    view.presenter.close()


def test_that_the_strip_stands_under_the_prices_only_while_there_are_gates(chart):
    assert not chart.gates.isVisible()
    chart.workspace.set_result(gated())
    assert chart.gates.isVisible()
    assert chart.gates.y() >= chart.price.geometry().bottom()
    assert chart.gates.height() < 24
    assert "open while close is above its average" in chart.gates.accessibleDescription()
    chart.workspace.set_result(random_result(random_bars(300)))
    assert not chart.gates.isVisible()


def test_that_the_strip_shares_the_cursor_and_tells_its_states(chart):
    chart.workspace.set_result(gated())
    chart.workspace.hover_bar(35)
    assert chart.gates._cursor.bar == 35
    assert chart.gates.tip(35)[1:] == [("Moving average", "closed")]
    assert chart.gates.tip(-1) == []


def test_that_panes_of_lines_stand_under_the_strip_and_keep_their_share(chart):
    chart.workspace.set_result(gated())
    chart.show_lines({"rsi": (np.full(300, 50.0), "own")})
    chart.grab()
    assert chart.stack.panes[1].y() > chart.gates.y()
    assert chart.price.height() > 2 * chart.stack.panes[1].height()
