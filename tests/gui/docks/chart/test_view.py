import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel

from ivybt_desktop.context import Workspace
from ivybt_desktop.docks.chart import DOCK
from ivybt_desktop.docks.chart.heading import HeadingBar
from ivybt_desktop.docks.chart.ports import Heading
from ivybt_desktop.docks.chart.presenter import ChartPresenter
from ivybt_desktop.docks.chart.view import EMPTY, ChartView
from ivybt_desktop.theme.tokens import DARK, LIGHT
from tests.fakes.desk import FakeJobs
from tests.gui.docks.chart.test_presenter import lines_for
from tests.gui.docks.fakes import FakeCatalogue, FakeWorker
from tests.gui.plots.samples import random_bars, random_result


@pytest.fixture
def worker():
    return FakeWorker()


@pytest.fixture
def chart(qtbot, workspace, worker):
    view = ChartView(DARK)
    qtbot.addWidget(view)
    view.presenter = ChartPresenter(view, workspace, worker, FakeCatalogue())
    view.resize(900, 560)
    view.show()
    qtbot.waitExposed(view)
    yield view
    view.presenter.close()


@pytest.fixture
def result(chart, workspace):
    bars = random_bars(2_520)
    made = random_result(bars, 60)
    workspace.set_bars(bars)
    workspace.set_result(made)
    chart.grab()
    return made


def test_that_the_dock_is_declared_without_qt():
    assert (DOCK.id, DOCK.title, DOCK.area, DOCK.order) == ("chart", "Chart", "centre", 0)


def test_that_the_empty_chart_says_what_to_do(chart):
    label = next(label for label in chart.findChildren(QLabel) if label.text() == EMPTY)
    assert label.isVisible()


def test_that_a_selected_trade_is_centred_and_the_zoom_is_kept(chart, workspace, result):
    chart.stack.shown.show(0, 180)
    workspace.select_trade(40)
    trade, shown = result.trades[40], chart.stack.shown
    assert shown.span == pytest.approx(180)
    assert shown.first < trade["entry_bar"]
    assert trade["exit_bar"] < shown.last
    assert chart.markers.selected == 40


def test_that_a_click_on_a_marker_selects_its_trade_and_stays(chart, workspace, result, qtbot):
    chart.stack.shown.show(1_000, 1_250)
    chart.grab()
    trades = result.trades
    row = int(np.flatnonzero((trades["entry_bar"] > 1_020) & (trades["exit_bar"] < 1_230))[0])
    view = chart.price.view()
    below = 5 if trades["side"][row] > 0 else -5
    at = QPoint(round(view.x(float(trades["entry_bar"][row]))), round(view.y(trades["entry_price"][row])) + below)
    first = chart.stack.shown.first
    qtbot.mouseClick(chart.price, Qt.MouseButton.LeftButton, pos=at)
    assert workspace.trade >= 0
    chosen = trades[workspace.trade]
    assert trades["entry_bar"][row] in (chosen["entry_bar"], chosen["exit_bar"])
    assert chart.stack.shown.first == first


def test_that_own_lines_get_a_pane_below_and_prices_lines_none(chart, workspace, worker, result):
    worker.answer(lines_for(result.bars))
    assert [pane.accessibleName() for pane in chart.stack.panes] == ["Prices", "rsi"]
    assert [entry.title for entry in chart.price.legend] == ["fast"]
    chart.grab()


def test_that_new_values_of_the_same_lines_keep_the_panes(chart, workspace, worker, result):
    worker.answer(lines_for(result.bars))
    panes, line = list(chart.stack.panes), chart.price.legend[0]
    workspace.set_result(random_result(result.bars, 30, seed=8))
    worker.answer({name: (values * 1.1, where) for name, (values, where) in lines_for(result.bars).items()})
    assert chart.stack.panes == panes
    assert chart.price.legend[0] is line


def test_that_markers_lie_over_the_lines(chart, workspace, worker, result):
    worker.answer(lines_for(result.bars))
    assert chart.price.layers[-1] is chart.markers


def test_that_another_series_takes_the_lines_away(chart, workspace, worker, result):
    worker.answer(lines_for(result.bars))
    workspace.set_bars(random_bars(500, seed=2))
    assert len(chart.stack.panes) == 1
    assert chart.price.legend == []


def test_that_volume_keeps_prices_off_the_foot_of_the_pane(chart, workspace, result):
    assert chart.price.foot > 0
    workspace.set_bars(random_bars(400, seed=5, volume=False))
    assert chart.price.foot == 0


def test_that_the_theme_is_followed(chart, workspace, result):
    workspace.set_theme(LIGHT)
    image = chart.price.grab().toImage()
    assert image.pixelColor(image.width() - 3, image.height() // 2).name() == LIGHT.panel.lower()


def test_that_a_warning_is_amber_by_role(qtbot):
    bar = HeadingBar()
    qtbot.addWidget(bar)
    bar.show_heading(Heading("SPX  1d", "EMA cross", "Signal at close of bar t, fill at the same close", warn=True))
    roles = [label.property("role") for label in bar.findChildren(QLabel)]
    assert roles == ["heading", "label", "caution"]
    bar.resize(120, 24)
    assert not bar.grab().isNull()


def test_that_a_built_dock_closes_without_leaving_a_thread(qtbot, tmp_path):
    from ivybt_desktop.context import AppContext

    workspace = Workspace()
    dock = DOCK.build(AppContext(workspace, FakeJobs(), None, tmp_path, tmp_path, lambda path: None))
    qtbot.addWidget(dock.view)
    bars = random_bars(300)
    workspace.set_bars(bars)
    assert {action.id for action in dock.actions} >= {"chart.next_trade", "chart.log", "chart.fit"}
    for action in dock.actions:
        action.callback()
    dock.presenter.close()


def test_that_a_click_beside_the_markers_asks_about_its_bar_and_esc_lets_go_of_it(chart, workspace, result, qtbot):
    chart.stack.shown.show(1_000, 1_250)
    chart.grab()
    view = chart.price.view()
    chart.price.clicked.emit(float(view.x(1_100)), view.height - 1.0)
    assert workspace.asked == (0, 1_100)
    assert chart.asked.bar == 1_100
    assert not chart.grab().isNull()
    qtbot.keyClick(chart.stack, Qt.Key.Key_Escape)
    assert workspace.asked is None
    assert chart.asked.bar == -1
