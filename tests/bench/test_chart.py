"""Chart and table at scale, offscreen at 1200 x 700; prints figures. Run with ``-m bench -s``.

Wall time is what a person feels; CPU time of this process is beside it, because a busy machine lengthens
the first and not the second.
"""

from __future__ import annotations

import os
import time

import numpy as np
import pytest

from tests.gui.docks.fakes import FakeCatalogue

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

pytestmark = [pytest.mark.bench, pytest.mark.gui]

BARS, TRADES, LIVE_BARS = 1_000_000, 100_000, 2_520
SIZE = (1_200, 700)


class Clock:
    """Wall and CPU time of repeated steps, in milliseconds."""

    def __init__(self):
        self.wall, self.cpu = [], []

    def __enter__(self):
        self._start = (time.perf_counter(), time.process_time())
        return self

    def __exit__(self, *error):
        self.wall.append((time.perf_counter() - self._start[0]) * 1e3)
        self.cpu.append((time.process_time() - self._start[1]) * 1e3)

    def tell(self, name, goal):
        median, p95 = np.percentile(self.wall, (50, 95))
        cpu = np.percentile(self.cpu, 95)
        print(f"\n{name:<44} median {median:6.2f}  p95 {p95:6.2f} ms   (CPU p95 {cpu:6.2f} ms)   goal {goal}")
        return float(cpu)


class Inline:
    """Computes at once."""

    def call(self, work, then, failed):
        then(work())

    def close(self):
        """Nothing to stop."""


@pytest.fixture(scope="module")
def million():
    from tests.gui.plots.samples import random_bars, random_result

    bars = random_bars(BARS, minutes=5)
    return random_result(bars, TRADES)


@pytest.fixture
def chart(qtbot):
    from ivybt_desktop.context import Workspace
    from ivybt_desktop.docks.chart.presenter import ChartPresenter
    from ivybt_desktop.docks.chart.view import ChartView
    from ivybt_desktop.theme.tokens import DARK

    workspace, view = Workspace(), ChartView(DARK)
    qtbot.addWidget(view)
    view.presenter, view.workspace = ChartPresenter(view, workspace, Inline(), FakeCatalogue()), workspace
    view.resize(*SIZE)
    view.show()
    qtbot.waitExposed(view)
    return view


def repaint(chart):
    for pane in chart.stack.panes:
        pane.repaint()
    chart.stack.axis.repaint()


def show(chart, result):
    chart.workspace.set_bars(result.bars)
    chart.workspace.set_result(result)
    repaint(chart)


@pytest.mark.parametrize("span", [120, 1_000, 10_000, 100_000, 1_000_000])
def test_that_a_step_over_a_million_bars_fits_a_frame(chart, million, span):
    show(chart, million)
    shown = chart.stack.shown
    shown.show(BARS / 2 - span / 2, BARS / 2 + span / 2)
    repaint(chart)
    pan, zoom = Clock(), Clock()
    for step in range(60):
        with pan:
            shown.pan(span * 0.02 * (1 if step % 2 else -1) + 1)
            repaint(chart)
        with zoom:
            shown.zoom(1 / 1.1 if step % 2 else 1.1, BARS / 2)
            repaint(chart)
    assert pan.tell(f"pan, {span:,} of 1,000,000 bars visible", "p95 < 16 ms") < 16
    assert zoom.tell(f"zoom, {span:,} of 1,000,000 bars visible", "p95 < 16 ms") < 16


def test_that_the_crosshair_follows_the_mouse(chart, million):
    show(chart, million)
    clock = Clock()
    for bar in range(BARS - 200, BARS - 1):
        chart.price._cursor.y = 200.0
        with clock:
            chart.workspace.hover_bar(bar)
            repaint(chart)
    assert clock.tell("crosshair with data tip", "p95 < 16 ms") < 16


def test_that_a_million_bars_are_set_up_quickly(chart, million):
    clock = Clock()
    with clock:
        show(chart, million)
    assert clock.tell("open 1,000,000 bars and 100,000 trades", "< 1 s") < 1_000


def test_that_a_row_of_the_log_brings_its_trade(chart, million, qtbot):
    from PySide6.QtCore import Qt

    from ivybt_desktop.docks.trades.presenter import TradesPresenter
    from ivybt_desktop.docks.trades.view import TradesView
    from ivybt_desktop.theme.tokens import DARK

    table = TradesView(DARK)
    qtbot.addWidget(table)
    TradesPresenter(table, chart.workspace)
    clock = Clock()
    with clock:
        show(chart, million)
    clock.tell("show 100,000 trades in chart and table", "-")
    table.resize(1_000, 300)
    table.show()
    qtbot.waitExposed(table)
    table.table.select_row(50_000)
    clock = Clock()
    for _ in range(60):
        with clock:
            qtbot.keyClick(table.table.grid, Qt.Key.Key_Down)
            table.table.grid.viewport().repaint()
            repaint(chart)
    assert chart.workspace.trade == 50_060
    assert clock.tell("Trades row to chart (key to pixels)", "< 50 ms") < 50


def test_that_a_table_of_100_000_rows_sorts_quickly(million, qtbot):
    from ivybt_desktop.docks.trades.columns import trade_columns
    from ivybt_desktop.theme.tokens import DARK
    from ivybt_desktop.widgets.table_view import TableView

    table = TableView(DARK, "Trades")
    qtbot.addWidget(table)
    table.resize(1_000, 400)
    table.show()
    qtbot.waitExposed(table)
    filled, one, two, copied = Clock(), Clock(), Clock(), Clock()
    with filled:
        table.set_columns(trade_columns(million))
        table.grid.viewport().repaint()
    filled.tell("fill a table of 100,000 rows", "-")
    for step in range(10):
        with one:
            table.model.sort_by([(4, bool(step % 2))])
            table.grid.viewport().repaint()
        with two:
            table.model.sort_by([(1, False), (4, bool(step % 2))])
            table.grid.viewport().repaint()
    one.tell("sort 100,000 rows by one column", "< 100 ms")
    assert two.tell("sort 100,000 rows by two columns", "< 100 ms") < 100
    table.grid.selectAll()
    with copied:
        text = table.copy_text()
    assert text.count("\n") == TRADES + 1
    copied.tell("copy 100,000 rows with headers", "-")


def test_that_a_dragged_slider_redraws_often_enough(chart, qtbot):
    from engine.backtest.run import run_backtest
    from engine.backtest.spec import BacktestSpec
    from ivybt_desktop.docks.equity.presenter import EquityPresenter
    from ivybt_desktop.docks.equity.view import EquityView
    from ivybt_desktop.docks.trades.presenter import TradesPresenter
    from ivybt_desktop.docks.trades.view import TradesView
    from ivybt_desktop.theme.tokens import DARK
    from tests.gui.plots.samples import random_bars

    equity, trades = EquityView(DARK), TradesView(DARK)
    for widget in (equity, trades):
        qtbot.addWidget(widget)
        widget.resize(900, 300)
        widget.show()
        qtbot.waitExposed(widget)
    EquityPresenter(equity, chart.workspace)
    TradesPresenter(trades, chart.workspace)
    bars = random_bars(LIVE_BARS)
    chart.workspace.set_bars(bars)
    results = [run_backtest(bars, BacktestSpec(strategy="ema_cross", params={"fast": fast})) for fast in range(5, 45)]
    chart.workspace.set_result(results[0])
    drawn, whole = Clock(), Clock()
    for fast, result in zip(range(5, 45), results, strict=True):
        with drawn:
            chart.workspace.set_result(result)
            repaint(chart)
            for pane in equity.stack.panes:
                pane.repaint()
            trades.table.grid.viewport().repaint()
        with whole:
            again = run_backtest(bars, BacktestSpec(strategy="ema_cross", params={"fast": fast}))
            chart.workspace.set_result(again)
            repaint(chart)
    drawn.tell("redraw chart, equity and trades, 2,520 bars", "< 30 ms")
    cost = whole.tell("run and redraw the chart, 2,520 bars", ">= 20 a second")
    print(f"{'':<44} {1_000 / np.median(whole.wall):.0f} redraws a second")
    assert cost < 50
